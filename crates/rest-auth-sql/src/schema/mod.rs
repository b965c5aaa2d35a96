//! The schema: Django's tables, and what we add to them.
//!
//! [`migrate`] creates or completes. It makes the tables that are missing, as Django would, notes them in Django's
//! history, and touches nothing that is there. [`fit`] is the look at start-up.

mod django_names;
mod files;
mod history;
mod needed;
mod own_columns;
mod profiles;
mod user_table;

use rest_auth_core::model::Timestamp;

use crate::driver::{Catalogue, Dialect, Error, Pool, Result};
use crate::user_model::UserModel;
use files::{File, LOOKUPS, TABLES, Table};

pub(crate) use needed::fit;

/// What Django's history calls the files of our own tables.
const OWN: [(&str, &str); 4] = [
    ("rest_auth", "0001_outbox"),
    ("rest_auth_throttle", "0003_throttle"),
    ("rest_auth_refresh_token", "0004_refresh_token"),
    ("rest_auth_social_code", "0005_social_code"),
];

/// What a run has made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Migrated {
    /// Tables, in the order of their making.
    pub tables: Vec<String>,
    /// Indexes of ours on tables that were there.
    pub indexes: Vec<String>,
}

/// Creates or completes the schema. Safe when two processes do it at once.
pub(crate) async fn migrate(pool: &Pool, model: &UserModel, now: Timestamp) -> Result<Migrated> {
    let mut migrated = Migrated { tables: make_tables(pool, model, now).await?, indexes: Vec::new() };
    match make_lookups(pool, model, now).await {
        Ok(indexes) => migrated.indexes = indexes,
        // On a database of Django's the tables may belong to somebody else.
        Err(Error::Backend(source)) => {
            tracing::warn!(
                "looking up user names and addresses stays slow, since an index cannot be made: {source}"
            );
        }
        Err(other) => return Err(other),
    }
    Ok(migrated)
}

async fn make_tables(pool: &Pool, model: &UserModel, now: Timestamp) -> Result<Vec<String>> {
    let dialect = pool.dialect();
    let mut tx = pool.write_slowly().await?;
    tx.lock_schema().await?;
    let there = tx.catalogue().await?;
    if !there.has_table(&model.table)
        && there.has_table("django_migrations")
        && history::has_django(&mut tx).await?
    {
        return Err(Error::backend(format!(
            "this is a Django project's database, and it has no table \"{}\": set [user_model] table to the table of its user model",
            model.table
        )));
    }
    let mut made = Vec::new();
    let mut apps = Vec::new();
    for file in &TABLES {
        let tables = tables_of(file, dialect, model, &there);
        let whole = tables.iter().all(|table| !there.has_table(&table.name));
        for table in tables.into_iter().filter(|table| !there.has_table(&table.name)) {
            for statement in &table.statements {
                tx.execute(statement, &[]).await?;
            }
            made.push(table.name);
        }
        if whole {
            apps.push(app_of(file, model));
        }
    }
    history::note(&mut tx, &apps, model, now).await?;
    for (file, migration) in OWN {
        if apps.contains(&file) {
            history::applied(&mut tx, "rest_auth", migration, now).await?;
        }
    }
    tx.commit().await?;
    Ok(made)
}

fn tables_of(file: &File, dialect: Dialect, model: &UserModel, there: &Catalogue) -> Vec<Table> {
    if file.name != "auth_user" {
        return file.tables(dialect, model);
    }
    let mut tables = if model.is_djangos_own() {
        file.tables(dialect, model)
    } else {
        files::tables(user_table::statements(dialect, model))
    };
    // Beside a user table that is there, the tables of relations are the project's to make.
    if !there.has_table(&model.table) {
        tables.extend(files::tables(profiles::statements(dialect, model)));
    }
    tables
}

/// The label that Django's history has for a file's tables.
fn app_of<'a>(file: &File, model: &'a UserModel) -> &'a str {
    match file.name {
        "auth_user" => model.label().0,
        name => name,
    }
}

/// A migration of Django's that rebuilds a table on SQLite takes our indexes with it, so each run looks for them.
async fn make_lookups(pool: &Pool, model: &UserModel, now: Timestamp) -> Result<Vec<String>> {
    let there = pool.read().catalogue().await?;
    let wanted = lookups(pool.dialect(), model, &there);
    if wanted.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = pool.write_slowly().await?;
    tx.lock_schema().await?;
    let there = tx.catalogue().await?;
    let wanted = lookups(pool.dialect(), model, &there);
    let mut made = Vec::new();
    for (index, statement) in wanted {
        tx.execute(&statement, &[]).await?;
        made.push(index);
    }
    history::applied(&mut tx, "rest_auth", "0002_lookups", now).await?;
    tx.commit().await?;
    Ok(made)
}

/// The indexes that are missing, with the statement for each.
fn lookups(dialect: Dialect, model: &UserModel, there: &Catalogue) -> Vec<(String, String)> {
    let mut wanted = Vec::new();
    for statement in LOOKUPS.statements(dialect, model) {
        let index = statement.split('"').nth(1).unwrap_or_default().to_owned();
        let has_column = model.username.is_some() || !index.ends_with("username_upper");
        if has_column && !there.has_index(&index) {
            wanted.push((index, statement));
        }
    }
    wanted
}

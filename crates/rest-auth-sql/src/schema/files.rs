//! The files under `migrations/`: one for each Django app, and four of our own. DDL is written twice, once for each
//! database, with the same file names.

use super::django_names::foreign_key_name;
use crate::driver::Dialect;
use crate::user_model::UserModel;
use rest_auth_core::model::UserIdKind;

/// A file, by name and by database.
pub(super) struct File {
    pub(super) name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

const fn file(name: &'static str, sqlite: &'static str, postgres: &'static str) -> File {
    File { name, sqlite, postgres }
}

/// The files that make tables, parents first.
pub(super) const TABLES: [File; 18] = [
    file(
        "django_migrations",
        include_str!("../../migrations/sqlite/django_migrations.sql"),
        include_str!("../../migrations/postgres/django_migrations.sql"),
    ),
    file(
        "contenttypes",
        include_str!("../../migrations/sqlite/contenttypes.sql"),
        include_str!("../../migrations/postgres/contenttypes.sql"),
    ),
    file(
        "auth",
        include_str!("../../migrations/sqlite/auth.sql"),
        include_str!("../../migrations/postgres/auth.sql"),
    ),
    file(
        "auth_user",
        include_str!("../../migrations/sqlite/auth_user.sql"),
        include_str!("../../migrations/postgres/auth_user.sql"),
    ),
    file(
        "account",
        include_str!("../../migrations/sqlite/account.sql"),
        include_str!("../../migrations/postgres/account.sql"),
    ),
    file(
        "admin",
        include_str!("../../migrations/sqlite/admin.sql"),
        include_str!("../../migrations/postgres/admin.sql"),
    ),
    file(
        "authtoken",
        include_str!("../../migrations/sqlite/authtoken.sql"),
        include_str!("../../migrations/postgres/authtoken.sql"),
    ),
    file(
        "dj_rest_auth_mfa",
        include_str!("../../migrations/sqlite/dj_rest_auth_mfa.sql"),
        include_str!("../../migrations/postgres/dj_rest_auth_mfa.sql"),
    ),
    file(
        "mfa",
        include_str!("../../migrations/sqlite/mfa.sql"),
        include_str!("../../migrations/postgres/mfa.sql"),
    ),
    file(
        "sessions",
        include_str!("../../migrations/sqlite/sessions.sql"),
        include_str!("../../migrations/postgres/sessions.sql"),
    ),
    file(
        "sites",
        include_str!("../../migrations/sqlite/sites.sql"),
        include_str!("../../migrations/postgres/sites.sql"),
    ),
    file(
        "socialaccount",
        include_str!("../../migrations/sqlite/socialaccount.sql"),
        include_str!("../../migrations/postgres/socialaccount.sql"),
    ),
    file(
        "token_blacklist",
        include_str!("../../migrations/sqlite/token_blacklist.sql"),
        include_str!("../../migrations/postgres/token_blacklist.sql"),
    ),
    file(
        "usersessions",
        include_str!("../../migrations/sqlite/usersessions.sql"),
        include_str!("../../migrations/postgres/usersessions.sql"),
    ),
    file(
        "rest_auth",
        include_str!("../../migrations/sqlite/rest_auth.sql"),
        include_str!("../../migrations/postgres/rest_auth.sql"),
    ),
    file(
        "rest_auth_throttle",
        include_str!("../../migrations/sqlite/rest_auth_throttle.sql"),
        include_str!("../../migrations/postgres/rest_auth_throttle.sql"),
    ),
    file(
        "rest_auth_refresh_token",
        include_str!("../../migrations/sqlite/rest_auth_refresh_token.sql"),
        include_str!("../../migrations/postgres/rest_auth_refresh_token.sql"),
    ),
    file(
        "rest_auth_social_code",
        include_str!("../../migrations/sqlite/rest_auth_social_code.sql"),
        include_str!("../../migrations/postgres/rest_auth_social_code.sql"),
    ),
];

/// The indexes that we add.
pub(super) const LOOKUPS: File = file(
    "rest_auth_lookups",
    include_str!("../../migrations/sqlite/rest_auth_lookups.sql"),
    include_str!("../../migrations/postgres/rest_auth_lookups.sql"),
);

/// A table and everything that belongs to it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) name: String,
    /// `CREATE TABLE` first, then its indexes.
    pub(super) statements: Vec<String>,
}

impl File {
    /// The statements for one database, with the user model filled in.
    pub(super) fn statements(&self, dialect: Dialect, model: &UserModel) -> Vec<String> {
        let text = match dialect {
            Dialect::Sqlite => self.sqlite,
            Dialect::Postgres => self.postgres,
        };
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
        let text = filled_in(&lines.join("\n"), dialect, model);
        text.split(";\n")
            .map(|statement| statement.trim().trim_end_matches(';').to_owned())
            .filter(|statement| !statement.is_empty())
            .collect()
    }

    /// The tables of a file.
    pub(super) fn tables(&self, dialect: Dialect, model: &UserModel) -> Vec<Table> {
        tables(self.statements(dialect, model))
    }
}

/// Groups statements by the table that they are about.
pub(super) fn tables(statements: Vec<String>) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for statement in statements {
        if let Some(rest) = statement.strip_prefix("CREATE TABLE ") {
            let name = rest.split(' ').next().unwrap_or_default().trim_matches('"').to_owned();
            tables.push(Table { name, statements: vec![statement] });
        } else if let Some(table) = tables.last_mut() {
            table.statements.push(statement);
        }
    }
    tables
}

/// Replaces `{user_table}`, `{user_key}`, `{username}` and `{fk TABLE COLUMN}`.
fn filled_in(text: &str, dialect: Dialect, model: &UserModel) -> String {
    let mut filled = text
        .replace("{user_table}", &model.table)
        .replace("{user_key}", user_key(dialect, model.id))
        .replace("{username}", model.username.as_deref().unwrap_or_default());
    while let Some((before, rest)) = filled.split_once("{fk ") {
        let (table_and_column, after) = rest.split_once('}').unwrap_or((rest, ""));
        let (table, column) = table_and_column.split_once(' ').unwrap_or((table_and_column, "user_id"));
        filled = format!("{before}{}{after}", foreign_key_name(table, column, &model.table));
    }
    filled
}

/// The type of a column that refers to an account.
pub(super) fn user_key(dialect: Dialect, kind: UserIdKind) -> &'static str {
    match (kind, dialect) {
        (UserIdKind::Int, _) => "integer",
        (UserIdKind::BigInt, _) => "bigint",
        (UserIdKind::Uuid, Dialect::Sqlite) => "char(32)",
        (UserIdKind::Uuid, Dialect::Postgres) => "uuid",
    }
}

//! A look at the rows behind a server's back, and a hand in them: on SQLite files and PostgreSQL alike.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use sqlx::{Connection as _, Executor as _, PgConnection, Row as _};

/// Every row of every table as text, by table.
pub type Dump = BTreeMap<String, Vec<String>>;

/// A database, by its URL.
#[derive(Clone, Debug)]
pub enum Rows {
    /// An SQLite file.
    Sqlite(PathBuf),
    /// PostgreSQL.
    Postgres(String),
}

impl Rows {
    /// The rows of a database.
    ///
    /// # Panics
    ///
    /// If the URL names memory: nobody else sees it.
    pub fn of(url: &str) -> Self {
        if let Some(path) = url.strip_prefix("sqlite://") {
            return Self::Sqlite(PathBuf::from(path));
        }
        assert!(url.starts_with("postgres"), "{url} cannot be looked into");
        Self::Postgres(url.to_owned())
    }

    /// How many rows a query finds, or a table has.
    ///
    /// # Panics
    ///
    /// If there is no such table.
    pub async fn count(&self, table: &str) -> u64 {
        let found = self.texts(&format!("SELECT CAST(count(*) AS text) FROM {table}")).await;
        found[0].parse().expect("a count is a number")
    }

    /// The first column of a query, which must be text.
    ///
    /// # Panics
    ///
    /// If the query fails.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        match self {
            Self::Sqlite(path) => {
                let connection = open(path);
                let mut statement = connection.prepare(sql).expect("the query is sound");
                let rows = statement.query_map([], |row| row.get(0)).expect("the query runs");
                rows.map(|row| row.expect("the column is text")).collect()
            }
            Self::Postgres(url) => texts(&mut connect(url).await, sql).await,
        }
    }

    /// Runs statements.
    ///
    /// # Panics
    ///
    /// If one fails.
    pub async fn run(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => open(path).execute_batch(sql).expect("the statements run"),
            Self::Postgres(url) => {
                let mut connection = connect(url).await;
                connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("the statements run");
            }
        }
    }

    /// Every row of every table.
    ///
    /// # Panics
    ///
    /// If the database cannot be read.
    pub async fn dump(&self) -> Dump {
        match self {
            Self::Sqlite(path) => {
                let connection = open(path);
                let names = self
                    .texts(
                        "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'sqlite_sequence'",
                    )
                    .await;
                names.into_iter().map(|name| (name.clone(), dump_table(&connection, &name))).collect()
            }
            Self::Postgres(url) => {
                let (mut connection, mut dump) = (connect(url).await, Dump::new());
                let names = "SELECT CAST(table_name AS text) FROM information_schema.tables \
                             WHERE table_schema = 'public'";
                for name in texts(&mut connection, names).await {
                    let rows = format!(r#"SELECT t::text FROM "{name}" t ORDER BY 1"#);
                    dump.insert(name, texts(&mut connection, &rows).await);
                }
                dump
            }
        }
    }
}

fn open(path: &Path) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).expect("the file opens");
    connection.busy_timeout(std::time::Duration::from_secs(20)).expect("a limit can be set");
    connection
}

async fn texts(connection: &mut PgConnection, sql: &str) -> Vec<String> {
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await;
    rows.expect("the query runs").iter().map(|row| row.get(0)).collect()
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the database answers")
}

fn dump_table(connection: &rusqlite::Connection, name: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!(r#"SELECT * FROM "{name}""#)).expect("there is a table");
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values: Result<Vec<String>, _> =
            (0..columns).map(|column| row.get_ref(column).map(show)).collect();
        values.map(|values| values.join("|"))
    });
    let mut rows: Vec<String> =
        rows.expect("the table is read").map(|row| row.expect("a row is read")).collect();
    rows.sort();
    rows
}

fn show(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => "NULL".to_owned(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:?}"),
    }
}

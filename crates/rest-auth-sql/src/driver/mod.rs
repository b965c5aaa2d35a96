//! The only place that names a database. Above it there is one text for each question: the common subset of SQLite's
//! and PostgreSQL's SQL, with `$1`, `$2` … for values.
//!
//! [`Pool`] is a database, [`Conn`] reads from it without a transaction, [`Tx`] is a transaction; each statement passes
//! through one function here, which traces its text, its time and its rows, and never its values.

mod availability;
mod catalogue;
mod error;
mod fields;
mod lock;
mod options;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "sqlite")]
mod sqlite;
mod value;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

pub(crate) use catalogue::{Catalogue, Column};
pub(crate) use error::{Error, Result};
pub(crate) use fields::Fields;
pub use options::{Options, UnknownUrl};
pub(crate) use value::{Param, Row};

/// Which SQL a schema statement is to be written in. Only `schema/` asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    /// An expression for a new random UUID (version 4).
    pub(crate) fn random_uuid(self) -> &'static str {
        match self {
            Self::Sqlite => {
                "lower(hex(randomblob(6)) || '4' || substr(hex(randomblob(2)), 2) \
                 || substr('89AB', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || hex(randomblob(6)))"
            }
            Self::Postgres => "gen_random_uuid()",
        }
    }
}

/// A database: cheap to clone, and safe to use while the database is away.
#[derive(Clone)]
pub(crate) struct Pool {
    database: Database,
    fields: Arc<Fields>,
}

#[derive(Clone)]
enum Database {
    #[cfg(feature = "sqlite")]
    Sqlite(Arc<sqlite::Database>),
    #[cfg(feature = "postgres")]
    Postgres(Arc<postgres::Database>),
}

/// Which time limits hold.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Pace {
    Request,
    Maintenance,
}

impl Pace {
    /// A limit for requests; an operator who waits has an hour.
    fn limit(self, request: Duration) -> Duration {
        match self {
            Self::Request => request,
            Self::Maintenance => Duration::from_hours(1),
        }
    }
}

/// What a statement gave: its rows, and how many rows it touched.
struct Answer {
    rows: Vec<Row>,
    touched: u64,
}

/// Whether the caller wants a statement's rows or only their number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Rows,
    Count,
}

impl Database {
    fn dialect(&self) -> Dialect {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite(_) => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

impl Pool {
    /// The database that a URL names. Nothing is opened or contacted before the first statement, except that memory
    /// is there at once. `fields` names what must be unique.
    pub(crate) fn open(url: &str, options: Options, fields: Fields) -> Result<Self> {
        let database = match options::Target::parse(url).map_err(Error::backend)? {
            #[cfg(feature = "sqlite")]
            options::Target::SqliteFile(path) => Database::Sqlite(sqlite::Database::file(&path, options)?),
            #[cfg(feature = "sqlite")]
            options::Target::SqliteMemory => Database::Sqlite(sqlite::Database::memory(options)?),
            #[cfg(feature = "postgres")]
            options::Target::Postgres(url) => Database::Postgres(postgres::Database::url(&url, options)?),
            #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
            _ => return Err(Error::backend(UnknownUrl::not_compiled_in(url))),
        };
        Ok(Self { database, fields: Arc::new(fields) })
    }

    /// The database behind a host application's pool, whose size and limits hold.
    #[cfg(feature = "postgres")]
    pub(crate) fn postgres(pool: sqlx::PgPool, options: Options, fields: Fields) -> Self {
        let database = Database::Postgres(postgres::Database::host(pool, options));
        Self { database, fields: Arc::new(fields) }
    }

    /// The SQL that schema statements are to be written in.
    pub(crate) fn dialect(&self) -> Dialect {
        self.database.dialect()
    }

    /// Something to read with. A connection is taken for each statement and given back after it.
    pub(crate) fn read(&self) -> Conn {
        Conn { work: Work::Reads(self.database.clone()), fields: Arc::clone(&self.fields) }
    }

    /// A transaction that may write, within the limits of a request.
    pub(crate) async fn write(&self) -> Result<Conn> {
        self.begin(Pace::Request).await
    }

    /// A transaction that may take long, as making an index does. On SQLite every other writer waits for it.
    pub(crate) async fn write_slowly(&self) -> Result<Conn> {
        self.begin(Pace::Maintenance).await
    }

    async fn begin(&self, pace: Pace) -> Result<Conn> {
        let tx = match &self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => Transaction::Sqlite(database.begin(pace).await?),
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => Transaction::Postgres(Box::pin(database.begin(pace)).await?),
        };
        Ok(Conn { work: Work::Writes { tx, failed: false }, fields: Arc::clone(&self.fields) })
    }

    /// Waits for what is under way and closes. Every later call fails.
    pub(crate) async fn close(&self) {
        match &self.database {
            #[cfg(feature = "sqlite")]
            Database::Sqlite(database) => database.close().await,
            #[cfg(feature = "postgres")]
            Database::Postgres(database) => Box::pin(database.close()).await,
        }
    }
}

enum Transaction {
    #[cfg(feature = "sqlite")]
    Sqlite(sqlite::Lease),
    #[cfg(feature = "postgres")]
    Postgres(postgres::Transaction),
}

enum Work {
    Reads(Database),
    Writes { tx: Transaction, failed: bool },
}

/// Something that runs statements: reads without a transaction, or one transaction, which ends with [`Conn::commit`]
/// or, when it is dropped, leaves no trace.
pub(crate) struct Conn {
    work: Work,
    fields: Arc<Fields>,
}

impl Conn {
    fn dialect(&self) -> Dialect {
        match &self.work {
            Work::Reads(database) => database.dialect(),
            #[cfg(feature = "sqlite")]
            Work::Writes { tx: Transaction::Sqlite(_), .. } => Dialect::Sqlite,
            #[cfg(feature = "postgres")]
            Work::Writes { tx: Transaction::Postgres(_), .. } => Dialect::Postgres,
        }
    }

    /// Every row of a query.
    pub(crate) async fn rows(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Vec<Row>> {
        Ok(self.run(sql, params, Want::Rows).await?.rows)
    }

    /// The only row of a query, or none. The first, if there are more.
    pub(crate) async fn row(&mut self, sql: &str, params: &[Param<'_>]) -> Result<Option<Row>> {
        Ok(self.run(sql, params, Want::Rows).await?.rows.into_iter().next())
    }

    /// How many rows a statement touched.
    pub(crate) async fn execute(&mut self, sql: &str, params: &[Param<'_>]) -> Result<u64> {
        Ok(self.run(sql, params, Want::Count).await?.touched)
    }

    /// Makes the transaction last: when this returns, a crash or a power cut loses nothing.
    pub(crate) async fn commit(self) -> Result<()> {
        match self.work {
            Work::Reads(_) => Ok(()),
            Work::Writes { failed: true, .. } => Err(Error::backend(AFTER_A_FAILURE)),
            Work::Writes { tx, .. } => match tx {
                #[cfg(feature = "sqlite")]
                Transaction::Sqlite(lease) => lease.commit().await,
                #[cfg(feature = "postgres")]
                Transaction::Postgres(tx) => Box::pin(tx.commit()).await,
            },
        }
    }

    /// Every statement passes through here.
    async fn run(&mut self, sql: &str, params: &[Param<'_>], want: Want) -> Result<Answer> {
        let traced = tracing::enabled!(target: "rest_auth_sql::statement", tracing::Level::DEBUG);
        let started = traced.then(Instant::now);
        let answer = self.pass(sql, params, want).await.map_err(|error| self.fields.name(error));
        if let Some(started) = started {
            let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
            match &answer {
                Ok(answer) => {
                    tracing::debug!(target: "rest_auth_sql::statement", sql, rows = answer.touched, micros);
                }
                Err(error) => tracing::debug!(target: "rest_auth_sql::statement", sql, %error, micros),
            }
        }
        answer
    }

    /// sqlx's futures are tens of kilobytes. Boxed, they cost one allocation beside a round trip to the server; inline,
    /// every future above would be as large, and be copied at each step of every request, on SQLite too.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(unused_variables, reason = "SQLite tells rows from numbers itself")
    )]
    async fn pass(&mut self, sql: &str, params: &[Param<'_>], want: Want) -> Result<Answer> {
        match &mut self.work {
            Work::Reads(database) => {
                if !sql.starts_with("SELECT") {
                    return Err(Error::backend(format!("this needs a transaction: {sql}")));
                }
                match database {
                    #[cfg(feature = "sqlite")]
                    Database::Sqlite(database) => database.read(sql, params).await,
                    #[cfg(feature = "postgres")]
                    Database::Postgres(database) => Box::pin(database.read(sql, params, want)).await,
                }
            }
            Work::Writes { failed: true, .. } => Err(Error::backend(AFTER_A_FAILURE)),
            Work::Writes { tx, failed } => {
                let answer = match tx {
                    #[cfg(feature = "sqlite")]
                    Transaction::Sqlite(lease) => lease.run(sql, params),
                    #[cfg(feature = "postgres")]
                    Transaction::Postgres(tx) => Box::pin(tx.run(sql, params, want)).await,
                };
                *failed = answer.is_err();
                answer
            }
        }
    }
}

/// PostgreSQL refuses to go on after an error, so SQLite does too: what passes on one passes on the other.
const AFTER_A_FAILURE: &str = "a statement of this transaction has failed: it can only be dropped";

/// Locks, also after a panic elsewhere: what our locks guard is whole between any two statements.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

//! PostgreSQL, on sqlx: a few connections of our own, or those of a host's pool.
//!
//! Idle connections are not tested before use. One that turns out to be dead is replaced, and what was asked is asked
//! once more where that cannot do anything twice: a read outside a transaction, or a `BEGIN`.

mod failure;
mod link;
mod statement;
mod unique_indexes;

use std::str::FromStr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgConnectOptions;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use super::availability::Availability;
use super::value::Param;
use super::{Answer, Error, Options, Pace, Result, Want, locked};
use failure::{is_gone, translate};
use link::{Held, Link};
use unique_indexes::UniqueIndexes;

pub(super) use link::Transaction;

/// A connection that was idle for so long is closed when another one is given back.
const IDLE: Duration = Duration::from_mins(5);

/// A PostgreSQL database.
pub(crate) struct Database {
    source: Source,
    options: Options,
    /// As many as there may be connections, so waiting for one is fair and has a limit.
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Link>>,
    availability: Availability,
    unique_indexes: UniqueIndexes,
    /// Whether statements may be kept prepared; not behind some connection poolers.
    prepare: bool,
}

/// Where connections come from.
enum Source {
    Own(Box<PgConnectOptions>),
    Host(PgPool),
}

impl Database {
    /// The database that a URL names. Nothing is contacted before the first statement.
    pub(super) fn url(url: &str, options: Options) -> Result<Arc<Self>> {
        // The parser's own message may repeat parts of the URL, which holds a password.
        let connect = PgConnectOptions::from_str(url).map_err(|_| Error::backend(UNREADABLE_URL))?;
        let connect = match connect.get_application_name() {
            Some(_) => connect,
            None => connect.application_name("rest-auth"),
        };
        let name = name(&connect);
        let prepare = !url.contains("statement-cache-capacity=0");
        let connect = if url.contains("statement-cache-capacity") {
            connect
        } else {
            connect.statement_cache_capacity(PREPARED)
        };
        let connect = sqlx::ConnectOptions::disable_statement_logging(connect);
        let permits = options.max_connections.max(1) as usize;
        Ok(Self::new(Source::Own(Box::new(connect)), name, options, permits, prepare))
    }

    /// The database behind a host's pool, whose limits hold.
    pub(super) fn host(pool: PgPool, options: Options) -> Arc<Self> {
        let name = name(&pool.connect_options());
        let permits = pool.options().get_max_connections().max(1) as usize;
        Self::new(Source::Host(pool), name, options, permits, true)
    }

    fn new(source: Source, name: String, options: Options, permits: usize, prepare: bool) -> Arc<Self> {
        Arc::new(Self {
            source,
            options,
            permits: Arc::new(Semaphore::new(permits)),
            idle: Mutex::default(),
            availability: Availability::new(name),
            unique_indexes: UniqueIndexes::default(),
            prepare,
        })
    }

    /// Runs a query, on a fresh connection once more if the first was dead.
    pub(super) async fn read(
        self: &Arc<Self>,
        sql: &str,
        params: &[Param<'_>],
        want: Want,
    ) -> Result<Answer> {
        if params.iter().any(statement::holds_nul) {
            // PostgreSQL cannot store it, so nothing equals it; asking would be an error.
            return Ok(Answer { rows: Vec::new(), touched: 0 });
        }
        let mut held = self.acquire().await?;
        match held.run(sql, params, want).await {
            Err(failure) if is_gone(&failure) => {
                drop(held);
                let mut held = self.acquire_fresh().await?;
                held.run(sql, params, want).await.map_err(|failure| self.failed(failure))
            }
            answer => answer.map_err(|failure| self.failed(failure)),
        }
    }

    /// Opens a transaction, on a fresh connection if the first was dead.
    pub(super) async fn begin(self: &Arc<Self>, pace: Pace) -> Result<Transaction> {
        let limit = pace.limit(self.options.statement_timeout);
        let mut held = self.acquire().await?.with_limit(limit);
        if let Err(failure) = held.begin(&self.unique_indexes).await {
            if !is_gone(&failure) {
                return Err(self.failed(failure));
            }
            drop(held);
            held = self.acquire_fresh().await?.with_limit(limit);
            held.begin(&self.unique_indexes).await.map_err(|failure| self.failed(failure))?;
        }
        Ok(Transaction::new(held))
    }

    /// Waits for transactions under way, at most as long as for a connection, and closes all connections.
    pub(super) async fn close(&self) {
        let all = match &self.source {
            Source::Own(_) => self.options.max_connections.max(1),
            // The host closes its pool itself.
            Source::Host(_) => 0,
        };
        let deadline = Instant::now() + self.options.acquire_timeout;
        let _ = timeout_at(deadline, self.permits.acquire_many(all)).await;
        self.permits.close();
        let links = std::mem::take(&mut *locked(&self.idle));
        for link in links {
            link.close().await;
        }
    }

    async fn acquire(self: &Arc<Self>) -> Result<Held> {
        self.availability.admit()?;
        let deadline = Instant::now() + self.options.acquire_timeout;
        let permit = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| Error::unavailable("all connections to PostgreSQL are in use"))?
            .map_err(|_| Error::unavailable("the database has been closed"))?;
        let idle = locked(&self.idle).pop();
        let link = match idle {
            Some(link) => link,
            None => self.connect(deadline, false).await?,
        };
        Ok(Held::new(link, permit, Arc::clone(self)))
    }

    /// After a connection has died: the idle ones have probably died with it.
    async fn acquire_fresh(self: &Arc<Self>) -> Result<Held> {
        locked(&self.idle).clear();
        let deadline = Instant::now() + self.options.acquire_timeout;
        let permit = timeout_at(deadline, Arc::clone(&self.permits).acquire_owned())
            .await
            .map_err(|_| Error::unavailable("all connections to PostgreSQL are in use"))?
            .map_err(|_| Error::unavailable("the database has been closed"))?;
        let link = self.connect(deadline, true).await?;
        Ok(Held::new(link, permit, Arc::clone(self)))
    }

    async fn connect(&self, deadline: Instant, tested: bool) -> Result<Link> {
        let link = match &self.source {
            Source::Own(connect) => timeout_at(deadline, Link::own(connect)).await,
            Source::Host(pool) => timeout_at(deadline, Link::host(pool, tested)).await,
        };
        let failure = match link {
            Ok(Ok(link)) => {
                self.availability.answered();
                return Ok(link);
            }
            Ok(Err(sqlx::Error::PoolTimedOut)) | Err(_) if self.host_is_busy() => {
                return Err(Error::unavailable("all connections of the pool are in use"));
            }
            Ok(Err(failure)) => failure,
            Err(_) => sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()),
        };
        self.availability.went_away(&failure);
        Err(Error::unavailable(failure))
    }

    /// Whether the host's own work, rather than the database, keeps us waiting.
    fn host_is_busy(&self) -> bool {
        matches!(&self.source, Source::Host(pool) if pool.size() >= pool.options().get_max_connections())
    }

    fn give_back(&self, link: Link) {
        if matches!(self.source, Source::Own(_)) && !self.permits.is_closed() {
            let mut idle = locked(&self.idle);
            idle.push(link);
            // The oldest lie at the bottom, since the youngest is taken first.
            if idle[0].idle_for() > IDLE {
                idle.remove(0);
            }
        }
    }

    fn failed(&self, failure: sqlx::Error) -> Error {
        if is_gone(&failure) {
            // Perhaps only this connection was ended: the next one decides whether the server is away.
            locked(&self.idle).clear();
        }
        translate(failure, &self.unique_indexes)
    }
}

/// Statements that a connection keeps prepared. All of ours fit.
const PREPARED: usize = 200;

const UNREADABLE_URL: &str = "the database URL cannot be read; write postgres://USER:PASSWORD@HOST:PORT/NAME";

/// What log lines call the database: no credentials.
fn name(connect: &PgConnectOptions) -> String {
    let database = connect.get_database().unwrap_or("(default)");
    match connect.get_socket() {
        Some(socket) => format!("the PostgreSQL database {database} at {}", socket.display()),
        None => {
            format!("the PostgreSQL database {database} at {}:{}", connect.get_host(), connect.get_port())
        }
    }
}

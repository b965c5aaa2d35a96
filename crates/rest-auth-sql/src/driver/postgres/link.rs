//! One connection, and who has it: a reader for one statement, a transaction until it ends.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::postgres::PgConnectOptions;
use sqlx::{ConnectOptions, Connection, Executor, PgConnection, PgPool, Postgres};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

use super::failure::is_gone;
use super::unique_indexes::UniqueIndexes;
use super::{Database, statement};
use crate::driver::value::Param;
use crate::driver::{Answer, Error, Result, Want};

/// A connection to the server.
pub(super) struct Link {
    connection: Wire,
    last_used: Instant,
}

enum Wire {
    Own(Box<PgConnection>),
    Host(PoolConnection<Postgres>),
}

impl Link {
    /// A new connection.
    pub(super) async fn own(connect: &PgConnectOptions) -> sqlx::Result<Self> {
        Ok(Self::new(Wire::Own(Box::new(connect.connect().await?))))
    }

    /// A connection of the host's; `tested` skips those that have died in its pool.
    pub(super) async fn host(pool: &PgPool, tested: bool) -> sqlx::Result<Self> {
        loop {
            let mut connection = pool.acquire().await?;
            if !tested || connection.ping().await.is_ok() {
                return Ok(Self::new(Wire::Host(connection)));
            }
            connection.close_on_drop();
        }
    }

    fn new(connection: Wire) -> Self {
        Self { connection, last_used: Instant::now() }
    }

    pub(super) fn idle_for(&self) -> Duration {
        self.last_used.elapsed()
    }

    pub(super) async fn close(self) {
        if let Wire::Own(connection) = self.connection {
            // It closes either way.
            let _ = connection.close().await;
        }
    }

    /// For a connection in an unknown state: the server rolls back what was open.
    fn discard(self) {
        if let Wire::Host(mut connection) = self.connection {
            connection.close_on_drop();
        }
    }
}

impl Deref for Link {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        match &self.connection {
            Wire::Own(connection) => connection,
            Wire::Host(connection) => connection,
        }
    }
}

impl DerefMut for Link {
    fn deref_mut(&mut self) -> &mut PgConnection {
        match &mut self.connection {
            Wire::Own(connection) => connection,
            Wire::Host(connection) => connection,
        }
    }
}

/// A connection that is in use. Dropping it gives it back, unless a statement was cut short or it died.
pub(super) struct Held {
    link: Option<Link>,
    /// A statement is under way, or was when its caller gave up, or the connection is dead.
    broken: bool,
    /// For one statement.
    limit: Duration,
    database: Arc<Database>,
    /// Declared last: the next one may come when the connection has been given back.
    _permit: OwnedSemaphorePermit,
}

impl Held {
    pub(super) fn new(link: Link, permit: OwnedSemaphorePermit, database: Arc<Database>) -> Self {
        let limit = database.options.statement_timeout;
        Self { link: Some(link), broken: false, limit, database, _permit: permit }
    }

    pub(super) fn with_limit(mut self, limit: Duration) -> Self {
        self.limit = limit;
        self
    }

    /// Runs a statement, for no longer than the limit.
    pub(super) async fn run(&mut self, sql: &str, params: &[Param<'_>], want: Want) -> sqlx::Result<Answer> {
        let prepare = self.database.prepare;
        let work = async |link: &mut Link| statement::run(link, sql, params, want, prepare).await;
        self.guarded(work).await
    }

    /// Opens a transaction. The first one looks the unique indexes up, since a transaction cannot after an error.
    pub(super) async fn begin(&mut self, unique_indexes: &UniqueIndexes) -> sqlx::Result<()> {
        if unique_indexes.wanted() {
            let answer = self.run(UniqueIndexes::QUERY, &[], Want::Rows).await?;
            unique_indexes.learn(answer);
        }
        self.simple("BEGIN").await
    }

    fn discard(mut self) {
        self.broken = true;
    }

    async fn simple(&mut self, sql: &'static str) -> sqlx::Result<()> {
        self.guarded(async |link: &mut Link| Executor::execute(&mut **link, sql).await.map(drop)).await
    }

    async fn guarded<T>(&mut self, work: impl AsyncFnOnce(&mut Link) -> sqlx::Result<T>) -> sqlx::Result<T> {
        let Some(link) = self.link.as_mut().filter(|_| !self.broken) else {
            return Err(sqlx::Error::Io(std::io::ErrorKind::NotConnected.into()));
        };
        self.broken = true;
        let answer = match timeout(self.limit, work(link)).await {
            Ok(answer) => answer,
            Err(_) => Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into())),
        };
        self.broken = answer.as_ref().err().is_some_and(is_gone);
        answer
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if let Some(mut link) = self.link.take() {
            if self.broken {
                link.discard();
            } else {
                link.last_used = Instant::now();
                self.database.give_back(link);
            }
        }
    }
}

/// A transaction. Dropping it rolls back.
pub(crate) struct Transaction {
    held: Option<Held>,
}

impl Transaction {
    pub(super) fn new(held: Held) -> Self {
        Self { held: Some(held) }
    }

    /// Runs a statement.
    pub(in crate::driver) async fn run(
        &mut self,
        sql: &str,
        params: &[Param<'_>],
        want: Want,
    ) -> Result<Answer> {
        let held = self.held.as_mut().ok_or_else(|| Error::backend("the transaction has ended"))?;
        let answer = held.run(sql, params, want).await;
        answer.map_err(|failure| held.database.failed(failure))
    }

    /// Makes it last.
    pub(in crate::driver) async fn commit(mut self) -> Result<()> {
        let mut held = self.held.take().ok_or_else(|| Error::backend("the transaction has ended"))?;
        let committed = held.simple("COMMIT").await;
        committed.map_err(|failure| held.database.failed(failure))
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        let Some(mut held) = self.held.take() else { return };
        match tokio::runtime::Handle::try_current() {
            Ok(runtime) if !held.broken => {
                runtime.spawn(async move {
                    if held.simple("ROLLBACK").await.is_err() {
                        // Without the connection the server rolls back by itself.
                        held.discard();
                    }
                });
            }
            _ => held.discard(),
        }
    }
}

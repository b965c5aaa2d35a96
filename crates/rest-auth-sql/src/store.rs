//! The store: what a flow reads and writes with.

use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use rest_auth_core::model::{Timestamp, UserId, UserIdKind};
use rest_auth_core::settings;
use rest_auth_core::store::{Records, Store, StoreError, StoreResult, Tx};

use crate::driver::{Catalogue, Conn, Fields, Options, Param, Pool, Result, Row};
use crate::schema::{self, Migrated};
use crate::user_model::{Profile, UserModel};
use crate::users::UserStatements;

/// Accounts, tokens, sessions, addresses and mails in an SQL database. Cheap to clone.
#[derive(Clone)]
pub struct SqlStore {
    pool: Pool,
    model: Arc<UserModel>,
    /// Known after the first look at the catalogue. The database may be away when the process starts.
    tables: Arc<RwLock<Option<Arc<Tables>>>>,
}

/// What the catalogue says, as statements.
pub(crate) struct Tables {
    pub(crate) users: UserStatements,
    pub(crate) has_sites: bool,
}

impl SqlStore {
    /// The database of a URL: `sqlite:///ABSOLUTE`, `sqlite://RELATIVE`, `sqlite::memory:`, `postgres://…`. It need not
    /// be there yet: what is asked before is answered with [`StoreError::Unavailable`].
    pub fn open(url: &str, options: Options, model: UserModel) -> StoreResult<Self> {
        Ok(Self::new(Pool::open(url, options, Fields::new(&model))?, model))
    }

    /// The database of a configuration.
    pub fn configured(database: &settings::Database, user_model: &settings::UserModel) -> StoreResult<Self> {
        let options = Options {
            max_connections: database.max_connections,
            readers: database.readers,
            mmap_size: database.mmap_size,
            acquire_timeout: database.acquire_timeout.duration(),
            busy_timeout: database.busy_timeout.duration(),
            ..Options::default()
        };
        let model = UserModel::new(user_model).map_err(|bad| StoreError::Backend(Box::new(bad)))?;
        Self::open(&database.url, options, model)
    }

    /// The database behind a host application's pool. Its size and its limits hold; of `options` only the time limits
    /// count.
    #[cfg(feature = "postgres")]
    pub fn postgres(pool: sqlx::PgPool, options: Options, model: UserModel) -> Self {
        let fields = Fields::new(&model);
        Self::new(Pool::postgres(pool, options, fields), model)
    }

    fn new(pool: Pool, model: UserModel) -> Self {
        Self { pool, model: Arc::new(model), tables: Arc::default() }
    }

    /// Creates or completes the tables: never touches what Django made, and notes in Django's history what it did. Safe
    /// when two processes do it at once.
    pub async fn migrate(&self, now: Timestamp) -> StoreResult<Migrated> {
        let migrated = schema::migrate(&self.pool, &self.model, now).await?;
        self.look().await?;
        Ok(migrated)
    }

    /// The statements for the tables that are there, from the first look at them.
    async fn tables(&self) -> StoreResult<Arc<Tables>> {
        let known = self.tables.read().unwrap_or_else(PoisonError::into_inner).clone();
        match known {
            Some(tables) => Ok(tables),
            None => self.look().await,
        }
    }

    /// Looks at the catalogue and refuses a database that lacks something.
    async fn look(&self) -> StoreResult<Arc<Tables>> {
        let there = self.pool.read().catalogue().await?;
        let profiles = schema::fit(&there, &self.model)?;
        let tables = Arc::new(Tables::new(&there, &self.model, profiles, &self.pool));
        *self.tables.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(&tables));
        Ok(tables)
    }
}

impl Tables {
    fn new(there: &Catalogue, model: &UserModel, profiles: Vec<Profile>, pool: &Pool) -> Self {
        Self {
            users: UserStatements::new(there, model, profiles, pool.dialect()),
            has_sites: there.has_table("django_site"),
        }
    }
}

#[async_trait]
impl Store for SqlStore {
    async fn read(&self) -> StoreResult<Box<dyn Records>> {
        Ok(Box::new(Connection { conn: self.pool.read(), tables: self.tables().await? }))
    }

    async fn write(&self) -> StoreResult<Box<dyn Tx>> {
        let tables = self.tables().await?;
        Ok(Box::new(Connection { conn: self.pool.write().await?, tables }))
    }

    async fn ready(&self) -> StoreResult<()> {
        self.look().await.map(drop)
    }

    async fn close(&self) {
        self.pool.close().await;
    }
}

/// Reads, or a transaction. Each aggregate's file implements its trait on it.
pub(crate) struct Connection {
    pub(crate) conn: Conn,
    pub(crate) tables: Arc<Tables>,
}

#[async_trait]
impl Tx for Connection {
    async fn commit(self: Box<Self>) -> StoreResult<()> {
        Ok(self.conn.commit().await?)
    }
}

impl From<UserId> for Param<'_> {
    fn from(id: UserId) -> Self {
        match id {
            UserId::Int(number) => Self::Int(Some(number)),
            UserId::Uuid(uuid) => Self::Uuid(Some(uuid.into_bytes())),
        }
    }
}

/// The key of an account, in a row's next column.
pub(crate) fn user_id(row: &mut Row, kind: UserIdKind) -> Result<UserId> {
    Ok(match kind {
        UserIdKind::Int | UserIdKind::BigInt => UserId::Int(row.int()?),
        UserIdKind::Uuid => UserId::Uuid(row.uuid()?),
    })
}

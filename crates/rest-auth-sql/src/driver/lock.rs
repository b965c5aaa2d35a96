//! Locks that last until the transaction ends. Whoever writes to SQLite excludes every other writer, and so has them all.

use super::value::Param;
use super::{Conn, Dialect, Result};

/// `rest_auth` in ASCII, cut to eight bytes.
const SCHEMA: i64 = 0x7265_7374_5f61_7574;
/// `rest_nam` in ASCII. Two names whose hashes are the same wait for each other, which does no harm.
const NAMES: i64 = 0x7265_7374_5f6e_616d;
/// `rest_cle` in ASCII.
const CLEANING: i64 = 0x7265_7374_5f63_6c65;
/// `rest_thr` in ASCII.
const THROTTLES: i64 = 0x7265_7374_5f74_6872;
/// `rest_ref` in ASCII.
const REFRESH_TOKENS: i64 = 0x7265_7374_5f72_6566;

const LOCK_NUMBER: &str = "SELECT 1 FROM (SELECT pg_advisory_xact_lock($1)) AS locked";
const LOCK_TEXT: &str = "SELECT 1 FROM (SELECT pg_advisory_xact_lock(hashtextextended($1, $2))) AS locked";

impl Conn {
    /// Lets one process at a time change the schema.
    pub(crate) async fn lock_schema(&mut self) -> Result<()> {
        self.lock(LOCK_NUMBER, &[Param::from(SCHEMA)]).await
    }

    /// Lets one transaction at a time decide about a name.
    pub(crate) async fn lock_name(&mut self, name: &str) -> Result<()> {
        self.lock(LOCK_TEXT, &[Param::from(name), Param::from(NAMES)]).await
    }

    /// Lets one transaction at a time count under a key.
    pub(crate) async fn lock_throttle(&mut self, key: &str) -> Result<()> {
        self.lock(LOCK_TEXT, &[Param::from(key), Param::from(THROTTLES)]).await
    }

    /// Lets one transaction at a time decide about the refresh tokens of an owner.
    pub(crate) async fn lock_refresh_tokens(&mut self, owner: &str) -> Result<()> {
        self.lock(LOCK_TEXT, &[Param::from(owner), Param::from(REFRESH_TOKENS)]).await
    }

    /// Lets one transaction at a time delete what has ended: two that found the same rows could wait for each other.
    pub(crate) async fn lock_cleaning(&mut self) -> Result<()> {
        self.lock(LOCK_NUMBER, &[Param::from(CLEANING)]).await
    }

    async fn lock(&mut self, sql: &str, params: &[Param<'_>]) -> Result<()> {
        match self.dialect() {
            Dialect::Sqlite => Ok(()),
            Dialect::Postgres => self.row(sql, params).await.map(drop),
        }
    }
}

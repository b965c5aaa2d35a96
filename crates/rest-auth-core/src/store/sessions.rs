//! Django's database sessions.

use async_trait::async_trait;

use super::StoreResult;
use crate::model::{SessionKey, SessionRow, Timestamp};

/// The rows of `django_session`.
#[async_trait]
pub trait Sessions: Send {
    /// The session with this key, if it has not ended by `now`.
    async fn session(&mut self, key: &SessionKey, now: Timestamp) -> StoreResult<Option<SessionRow>>;
    /// A new session. `Conflict` names `key`.
    async fn add_session(&mut self, session: &SessionRow) -> StoreResult<()>;
    /// Writes data and end of a session that is still there; whether it was. A session that was ended
    /// meanwhile does not come back.
    async fn set_session(&mut self, session: &SessionRow) -> StoreResult<bool>;
    /// Ends a session; whether it was there.
    async fn delete_session(&mut self, key: &SessionKey) -> StoreResult<bool>;
    /// Deletes at most `limit` sessions that ended before `now`; how many.
    async fn delete_expired_sessions(&mut self, now: Timestamp, limit: u32) -> StoreResult<u64>;
}

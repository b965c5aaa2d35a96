//! Django's database sessions.

use async_trait::async_trait;
use rest_auth_core::model::{SessionKey, SessionRow, Timestamp};
use rest_auth_core::store::{Sessions, StoreResult};

use crate::driver::Param;
use crate::store::Connection;

const BY_KEY: &str = "SELECT session_data, expire_date FROM django_session
    WHERE session_key = $1 AND expire_date > $2";

const ADD: &str = "INSERT INTO django_session (session_key, session_data, expire_date) VALUES ($1, $2, $3)";

const SET: &str = "UPDATE django_session SET session_data = $2, expire_date = $3 WHERE session_key = $1";

const DELETE: &str = "DELETE FROM django_session WHERE session_key = $1";

const DELETE_EXPIRED: &str = "DELETE FROM django_session WHERE session_key IN (
    SELECT session_key FROM django_session WHERE expire_date < $1 ORDER BY expire_date LIMIT $2)";

#[async_trait]
impl Sessions for Connection {
    async fn session(&mut self, key: &SessionKey, now: Timestamp) -> StoreResult<Option<SessionRow>> {
        let params = [Param::from(key.expose()), Param::from(now)];
        let Some(mut row) = self.conn.row(BY_KEY, &params).await? else { return Ok(None) };
        Ok(Some(SessionRow { key: key.clone(), data: row.text()?, expires: row.time()? }))
    }

    async fn add_session(&mut self, session: &SessionRow) -> StoreResult<()> {
        self.conn.execute(ADD, &values(session)).await?;
        Ok(())
    }

    async fn set_session(&mut self, session: &SessionRow) -> StoreResult<bool> {
        Ok(self.conn.execute(SET, &values(session)).await? > 0)
    }

    async fn delete_session(&mut self, key: &SessionKey) -> StoreResult<bool> {
        Ok(self.conn.execute(DELETE, &[Param::from(key.expose())]).await? > 0)
    }

    async fn delete_expired_sessions(&mut self, now: Timestamp, limit: u32) -> StoreResult<u64> {
        self.conn.lock_cleaning().await?;
        let params = [Param::from(now), Param::from(i64::from(limit))];
        Ok(self.conn.execute(DELETE_EXPIRED, &params).await?)
    }
}

fn values(session: &SessionRow) -> [Param<'_>; 3] {
    [Param::from(session.key.expose()), Param::from(&session.data), Param::from(session.expires)]
}

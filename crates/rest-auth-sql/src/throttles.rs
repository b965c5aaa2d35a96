//! Hits that count against a limit: our own table, a row for each.

use async_trait::async_trait;
use rest_auth_core::model::Timestamp;
use rest_auth_core::store::{Hit, StoreResult, Throttles, Window};

use crate::driver::Param;
use crate::store::Connection;

const COUNT: &str = "SELECT count(*), min(taken_at) FROM rest_auth_throttle WHERE key = $1 AND taken_at > $2";

const ADD: &str =
    "INSERT INTO rest_auth_throttle (key, taken_at, expires_at) VALUES ($1, $2, $3) RETURNING id";

const DELETE: &str = "DELETE FROM rest_auth_throttle WHERE id = $1";

const DELETE_KEY: &str = "DELETE FROM rest_auth_throttle WHERE key = $1";

const DELETE_EXPIRED: &str = "DELETE FROM rest_auth_throttle WHERE id IN (
    SELECT id FROM rest_auth_throttle WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

#[async_trait]
impl Throttles for Connection {
    async fn add_hit(&mut self, key: &str, window: Window, now: Timestamp) -> StoreResult<Hit> {
        // Whoever comes second waits here, and then counts what the first one has committed.
        self.conn.lock_throttle(key).await?;
        let begin = Timestamp::from_micros(now.micros().saturating_sub(window.micros));
        let row = self.conn.row(COUNT, &[Param::from(key), Param::from(begin)]).await?;
        let (count, oldest) = match row {
            Some(mut row) => (row.int()?, row.opt_time()?),
            None => (0, None),
        };
        if count >= i64::from(window.limit) {
            let passed = oldest.map_or(0, |oldest| now.micros_since(oldest));
            let wait = (count == i64::from(window.limit)).then(|| window.micros.saturating_sub(passed));
            return Ok(Hit::Refused { wait });
        }
        let end = Timestamp::from_micros(now.micros().saturating_add(window.micros));
        let params = [Param::from(key), Param::from(now), Param::from(end)];
        let row = self.conn.row(ADD, &params).await?;
        Ok(Hit::Counted { id: row.map(|mut row| row.int()).transpose()?.unwrap_or_default() })
    }

    async fn delete_hit(&mut self, id: i64) -> StoreResult<()> {
        self.conn.execute(DELETE, &[Param::from(id)]).await?;
        Ok(())
    }

    async fn delete_hits(&mut self, key: &str) -> StoreResult<()> {
        self.conn.execute(DELETE_KEY, &[Param::from(key)]).await?;
        Ok(())
    }

    async fn delete_expired_hits(&mut self, now: Timestamp, limit: u32) -> StoreResult<u64> {
        self.conn.lock_cleaning().await?;
        let params = [Param::from(now), Param::from(i64::from(limit))];
        Ok(self.conn.execute(DELETE_EXPIRED, &params).await?)
    }
}

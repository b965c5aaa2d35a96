//! Codes that hand a login by a provider over to a front end: our own table, a row for each digest.

use async_trait::async_trait;
use rest_auth_core::model::{Secret, Timestamp};
use rest_auth_core::store::{SocialCode, SocialCodes, StoreResult};

use crate::driver::Param;
use crate::store::Connection;

const ADD: &str = "INSERT INTO rest_auth_social_code (digest, content, expires_at) VALUES ($1, $2, $3)";

const BY_DIGEST: &str = "SELECT content, expires_at, used_at FROM rest_auth_social_code WHERE digest = $1";

/// The row is locked until the commit, and looked at again by whoever waited for it.
const USE: &str = "UPDATE rest_auth_social_code SET used_at = $1, content = $2
    WHERE digest = $3 AND used_at IS NULL AND expires_at > $1";

const SET: &str = "UPDATE rest_auth_social_code SET content = $1 WHERE digest = $2 AND used_at IS NOT NULL";

const DELETE_EXPIRED: &str = "DELETE FROM rest_auth_social_code WHERE digest IN (
    SELECT digest FROM rest_auth_social_code WHERE expires_at < $1 ORDER BY expires_at LIMIT $2)";

#[async_trait]
impl SocialCodes for Connection {
    async fn add_social_code(
        &mut self,
        digest: &str,
        content: &Secret,
        expires: Timestamp,
    ) -> StoreResult<()> {
        let params = [Param::from(digest), Param::from(content.expose()), Param::from(expires)];
        self.conn.execute(ADD, &params).await?;
        Ok(())
    }

    async fn social_code(&mut self, digest: &str) -> StoreResult<Option<SocialCode>> {
        let Some(mut row) = self.conn.row(BY_DIGEST, &[Param::from(digest)]).await? else { return Ok(None) };
        Ok(Some(SocialCode {
            content: Secret::new(row.text()?),
            expires: row.time()?,
            used: row.opt_time()?.is_some(),
        }))
    }

    async fn use_social_code(&mut self, digest: &str, gave: &Secret, now: Timestamp) -> StoreResult<bool> {
        let params = [Param::from(now), Param::from(gave.expose()), Param::from(digest)];
        Ok(self.conn.execute(USE, &params).await? > 0)
    }

    async fn set_social_code(&mut self, digest: &str, gave: &Secret) -> StoreResult<()> {
        self.conn.execute(SET, &[Param::from(gave.expose()), Param::from(digest)]).await?;
        Ok(())
    }

    async fn delete_expired_social_codes(&mut self, before: Timestamp, limit: u32) -> StoreResult<u64> {
        self.conn.lock_cleaning().await?;
        let params = [Param::from(before), Param::from(i64::from(limit))];
        Ok(self.conn.execute(DELETE_EXPIRED, &params).await?)
    }
}

//! simplejwt's outstanding and blacklisted tokens, and our own table of families.

use async_trait::async_trait;
use rest_auth_core::model::{
    Child, FamilyMember, NewRefreshToken, RefreshToken, Secret, Timestamp, UserId, UserIdKind,
};
use rest_auth_core::store::{RefreshTokens, StoreResult};

use crate::driver::Param;
use crate::store::Connection;

const BY_ID: &str = "SELECT b.id, f.family, f.started_at, n.token, n.created_at, n.expires_at, nb.id
    FROM token_blacklist_outstandingtoken o
    LEFT JOIN token_blacklist_blacklistedtoken b ON b.token_id = o.id
    LEFT JOIN rest_auth_refresh_token f ON f.jti = o.jti
    LEFT JOIN rest_auth_refresh_token c ON c.parent = o.jti
    LEFT JOIN token_blacklist_outstandingtoken n ON n.jti = c.jti
    LEFT JOIN token_blacklist_blacklistedtoken nb ON nb.token_id = n.id
    WHERE o.jti = $1";

const ADD: &str = "INSERT INTO token_blacklist_outstandingtoken (jti, token, user_id, created_at, expires_at)
    VALUES ($1, $2, $3, $4, $5) ON CONFLICT (jti) DO NOTHING";

const BLACKLIST: &str = "INSERT INTO token_blacklist_blacklistedtoken (blacklisted_at, token_id)
    SELECT $1, o.id FROM token_blacklist_outstandingtoken o
    WHERE o.jti = $2 ON CONFLICT (token_id) DO NOTHING";

const ADD_MEMBER: &str = "INSERT INTO rest_auth_refresh_token (jti, family, started_at, parent, expires_at)
    VALUES ($1, $2, $3, $4, $5)";

const BLACKLIST_FAMILY: &str = "INSERT INTO token_blacklist_blacklistedtoken (blacklisted_at, token_id)
    SELECT $1, o.id FROM rest_auth_refresh_token f
    JOIN token_blacklist_outstandingtoken o ON o.jti = f.jti
    WHERE f.family = $2 ON CONFLICT (token_id) DO NOTHING";

const BLACKLIST_ALL: &str = "INSERT INTO token_blacklist_blacklistedtoken (blacklisted_at, token_id)
    SELECT $1, o.id FROM token_blacklist_outstandingtoken o
    WHERE o.user_id = $2 AND o.expires_at > $1 ON CONFLICT (token_id) DO NOTHING";

/// The oldest rows come first: they have most likely ended, and are found without looking at all the others.
const DELETE_BLACKLISTED: &str = "DELETE FROM token_blacklist_blacklistedtoken WHERE token_id IN (
    SELECT id FROM token_blacklist_outstandingtoken WHERE expires_at <= $1 ORDER BY id LIMIT $2)";

const DELETE_OUTSTANDING: &str = "DELETE FROM token_blacklist_outstandingtoken WHERE id IN (
    SELECT id FROM token_blacklist_outstandingtoken WHERE expires_at <= $1 ORDER BY id LIMIT $2)";

const DELETE_MEMBERS: &str = "DELETE FROM rest_auth_refresh_token WHERE jti IN (
    SELECT jti FROM rest_auth_refresh_token WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)";

#[async_trait]
impl RefreshTokens for Connection {
    async fn hold_refresh_tokens(&mut self, owner: &str) -> StoreResult<()> {
        Ok(self.conn.lock_refresh_tokens(owner).await?)
    }

    async fn refresh_token(&mut self, id: &str) -> StoreResult<Option<RefreshToken>> {
        let Some(mut row) = self.conn.row(BY_ID, &[Param::from(id)]).await? else { return Ok(None) };
        let blacklisted = row.opt_int()?.is_some();
        let family = row.opt_text()?.zip(row.opt_time()?);
        let child = (row.opt_text()?, row.opt_time()?, row.opt_time()?, row.opt_int()?.is_some());
        let child = match child {
            (Some(token), created, Some(expires), blacklisted) => {
                // Rows of an old Django may lack the time of their making.
                let created = created.unwrap_or(expires);
                Some(Child { token: Secret::new(token), created, expires, blacklisted })
            }
            _ => None,
        };
        Ok(Some(RefreshToken { blacklisted, family, child }))
    }

    async fn add_refresh_token(&mut self, token: &NewRefreshToken) -> StoreResult<bool> {
        let owner = match (token.user_id, self.tables.users.id_kind) {
            (Some(id), _) => Param::from(id),
            (None, UserIdKind::Uuid) => Param::Uuid(None),
            (None, UserIdKind::Int | UserIdKind::BigInt) => Param::Int(None),
        };
        let params = [
            Param::from(&token.id),
            Param::from(token.token.expose()),
            owner,
            Param::from(token.created),
            Param::from(token.expires),
        ];
        Ok(self.conn.execute(ADD, &params).await? > 0)
    }

    async fn blacklist_refresh_token(&mut self, id: &str, now: Timestamp) -> StoreResult<bool> {
        Ok(self.conn.execute(BLACKLIST, &[Param::from(now), Param::from(id)]).await? > 0)
    }

    async fn add_family_member(&mut self, member: &FamilyMember) -> StoreResult<()> {
        let params = [
            Param::from(&member.id),
            Param::from(&member.family),
            Param::from(member.started),
            Param::from(member.parent.as_deref()),
            Param::from(member.expires),
        ];
        self.conn.execute(ADD_MEMBER, &params).await?;
        Ok(())
    }

    async fn blacklist_family(&mut self, family: &str, now: Timestamp) -> StoreResult<u64> {
        Ok(self.conn.execute(BLACKLIST_FAMILY, &[Param::from(now), Param::from(family)]).await?)
    }

    async fn blacklist_refresh_tokens(&mut self, user: UserId, now: Timestamp) -> StoreResult<u64> {
        Ok(self.conn.execute(BLACKLIST_ALL, &[Param::from(now), Param::from(user)]).await?)
    }

    async fn delete_expired_refresh_tokens(&mut self, now: Timestamp, limit: u32) -> StoreResult<u64> {
        self.conn.lock_cleaning().await?;
        let params = [Param::from(now), Param::from(i64::from(limit))];
        self.conn.execute(DELETE_BLACKLISTED, &params).await?;
        self.conn.execute(DELETE_MEMBERS, &params).await?;
        Ok(self.conn.execute(DELETE_OUTSTANDING, &params).await?)
    }
}

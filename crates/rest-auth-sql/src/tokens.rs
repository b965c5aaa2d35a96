//! DRF's tokens.

use async_trait::async_trait;
use rest_auth_core::model::{Timestamp, Token, TokenKey, User, UserId};
use rest_auth_core::store::{StoreError, StoreResult, Tokens};

use crate::driver::Param;
use crate::store::Connection;

const BY_USER: &str = r#"SELECT "key", created FROM authtoken_token WHERE user_id = $1"#;

/// The row that stands is locked by an update that changes nothing: a logout beside this cannot delete it between
/// finding it and reading it.
const ADD: &str = r#"INSERT INTO authtoken_token ("key", user_id, created) VALUES ($1, $2, $3)
    ON CONFLICT (user_id) DO UPDATE SET user_id = excluded.user_id RETURNING "key", created"#;

const DELETE: &str = "DELETE FROM authtoken_token WHERE user_id = $1";

#[async_trait]
impl Tokens for Connection {
    async fn token_user(&mut self, key: &TokenKey) -> StoreResult<Option<(Token, User)>> {
        let users = &self.tables.users;
        let Some(mut row) = self.conn.row(&users.by_token, &[Param::from(key.expose())]).await? else {
            return Ok(None);
        };
        let created = row.time()?;
        let user = users.read(&mut row)?;
        Ok(Some((Token { key: key.clone(), user_id: user.id, created }, user)))
    }

    async fn token(&mut self, user: UserId) -> StoreResult<Option<Token>> {
        let Some(mut row) = self.conn.row(BY_USER, &[Param::from(user)]).await? else { return Ok(None) };
        Ok(Some(Token { key: TokenKey::new(row.text()?), user_id: user, created: row.time()? }))
    }

    async fn token_or_add(&mut self, user: UserId, key: TokenKey, now: Timestamp) -> StoreResult<Token> {
        if let Some(token) = self.token(user).await? {
            return Ok(token);
        }
        let params = [Param::from(key.expose()), Param::from(user), Param::from(now)];
        let inconsistent = || StoreError::Inconsistent { table: "authtoken_token", id: user.to_string() };
        let mut row = self.conn.row(ADD, &params).await?.ok_or_else(inconsistent)?;
        Ok(Token { key: TokenKey::new(row.text()?), user_id: user, created: row.time()? })
    }

    async fn delete_token(&mut self, user: UserId) -> StoreResult<bool> {
        Ok(self.conn.execute(DELETE, &[Param::from(user)]).await? > 0)
    }
}

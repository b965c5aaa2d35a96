//! DRF's tokens.

use async_trait::async_trait;

use super::StoreResult;
use crate::model::{Timestamp, Token, TokenKey, User, UserId};

/// The rows of `authtoken_token`.
#[async_trait]
pub trait Tokens: Send {
    /// The account whose token this is, with the token: one join, the hot path of every request.
    async fn token_user(&mut self, key: &TokenKey) -> StoreResult<Option<(Token, User)>>;
    /// The account's token, if it has one.
    async fn token(&mut self, user: UserId) -> StoreResult<Option<Token>>;
    /// The account's token; `key` becomes it if there is none yet. Safe when two log-ins race.
    async fn token_or_add(&mut self, user: UserId, key: TokenKey, now: Timestamp) -> StoreResult<Token>;
    /// Deletes the account's token; whether there was one.
    async fn delete_token(&mut self, user: UserId) -> StoreResult<bool>;
}

//! simplejwt's refresh tokens: which are outstanding, which are blacklisted, which come from one login.

use async_trait::async_trait;

use super::StoreResult;
use crate::model::{FamilyMember, NewRefreshToken, RefreshToken, Timestamp, UserId};

/// The rows of `token_blacklist_outstandingtoken` and `token_blacklist_blacklistedtoken`, and of our own table of
/// families.
#[async_trait]
pub trait RefreshTokens: Send {
    /// Waits until nobody else decides about the tokens of this owner, and keeps others from it until the transaction
    /// ends. So a token never gets a successor while its family is being ended.
    async fn hold_refresh_tokens(&mut self, owner: &str) -> StoreResult<()>;
    /// What is known of the token with this id; `None` if it is not outstanding.
    async fn refresh_token(&mut self, id: &str) -> StoreResult<Option<RefreshToken>>;
    /// Notes a token as outstanding; whether it was not noted before.
    async fn add_refresh_token(&mut self, token: &NewRefreshToken) -> StoreResult<bool>;
    /// Ends an outstanding token; whether that is new.
    async fn blacklist_refresh_token(&mut self, id: &str, now: Timestamp) -> StoreResult<bool>;
    /// Notes a token's place in its family. `Conflict` names `parent` if that has a child already.
    async fn add_family_member(&mut self, member: &FamilyMember) -> StoreResult<()>;
    /// Ends every token of a family; how many that were not ended before.
    async fn blacklist_family(&mut self, family: &str, now: Timestamp) -> StoreResult<u64>;
    /// Ends every token of an account; how many that were not ended before.
    async fn blacklist_refresh_tokens(&mut self, user: UserId, now: Timestamp) -> StoreResult<u64>;
    /// Deletes at most `limit` tokens that ended by `now`, with everything noted about them; how many.
    async fn delete_expired_refresh_tokens(&mut self, now: Timestamp, limit: u32) -> StoreResult<u64>;
}

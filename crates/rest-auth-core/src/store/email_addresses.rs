//! The addresses of accounts: allauth's `account_emailaddress`.

use async_trait::async_trait;

use super::StoreResult;
use crate::model::{EmailAddress, Timestamp, UserId};

/// The rows of `account_emailaddress`, and of `account_emailconfirmation` where keys are stored.
#[async_trait]
pub trait EmailAddresses: Send {
    /// The row with this key.
    async fn email_address(&mut self, id: i64) -> StoreResult<Option<EmailAddress>>;
    /// Every row with this address, ignoring case, by key.
    async fn email_addresses(&mut self, email: &str) -> StoreResult<Vec<EmailAddress>>;
    /// Every address of an account, by key.
    async fn user_email_addresses(&mut self, user: UserId) -> StoreResult<Vec<EmailAddress>>;
    /// A new row. `Conflict` names `email` or `primary`.
    async fn add_email_address(
        &mut self,
        user: UserId,
        email: &str,
        verified: bool,
        primary: bool,
    ) -> StoreResult<EmailAddress>;
    /// Marks a row verified; whether it was not before. Of many that do so at once one does. `Conflict` names `email`: somebody else has verified the same address.
    async fn set_email_verified(&mut self, id: i64) -> StoreResult<bool>;
    /// Makes a row the account's primary one, and no other.
    async fn set_email_primary(&mut self, user: UserId, id: i64) -> StoreResult<()>;
    /// Deletes a row and its stored keys.
    async fn delete_email_address(&mut self, id: i64) -> StoreResult<()>;
    /// Stores a confirmation key for an address (`ACCOUNT_EMAIL_CONFIRMATION_HMAC = False`).
    async fn add_email_confirmation(&mut self, address: i64, key: &str, now: Timestamp) -> StoreResult<()>;
    /// The address that a stored key belongs to, and when the key was sent.
    async fn email_confirmation(&mut self, key: &str) -> StoreResult<Option<(EmailAddress, Timestamp)>>;
    /// Deletes at most `limit` stored keys that were sent before a time; how many.
    async fn delete_email_confirmations(&mut self, sent_before: Timestamp, limit: u32) -> StoreResult<u64>;
}

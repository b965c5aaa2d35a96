//! Codes that hand a login by a provider over to a front end: our own table. A code itself is never stored, only its
//! digest.

use async_trait::async_trait;

use super::StoreResult;
use crate::model::{Secret, Timestamp};

/// A row of `rest_auth_social_code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocialCode {
    /// What the code stands for; once it is used, what it gave.
    pub content: Secret,
    /// When it counts no more.
    pub expires: Timestamp,
    /// Whether somebody has redeemed it.
    pub used: bool,
}

/// The rows of `rest_auth_social_code`.
#[async_trait]
pub trait SocialCodes: Send {
    /// A new code, by its digest.
    async fn add_social_code(
        &mut self,
        digest: &str,
        content: &Secret,
        expires: Timestamp,
    ) -> StoreResult<()>;
    /// The code with this digest, used or not, ended or not.
    async fn social_code(&mut self, digest: &str) -> StoreResult<Option<SocialCode>>;
    /// Uses a code up, and puts what it gave in place of what it stands for: whether it was there, unused and not ended.
    /// Of any number of transactions that do so at once one is told yes; the others wait for its commit.
    async fn use_social_code(&mut self, digest: &str, gave: &Secret, now: Timestamp) -> StoreResult<bool>;
    /// Says what a used code gave.
    async fn set_social_code(&mut self, digest: &str, gave: &Secret) -> StoreResult<()>;
    /// Deletes at most `limit` codes that ended before this time; how many.
    async fn delete_expired_social_codes(&mut self, before: Timestamp, limit: u32) -> StoreResult<u64>;
}

//! Accounts at identity providers, their tokens, and the applications that providers know: allauth's tables.

use async_trait::async_trait;
use serde_json::{Map, Value};

use super::StoreResult;
use crate::model::{SocialAccount, SocialToken, Timestamp, User, UserId};
use crate::providers::Application;

/// An application with whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedApplication {
    /// The row of the table of providers that it belongs to.
    pub provider: String,
    /// The application, with its key.
    pub application: Application,
    /// The keys of its sites.
    pub sites: Vec<i64>,
}

/// The rows of `socialaccount_socialaccount`, `_socialtoken` and `_socialapp`.
#[async_trait]
pub trait SocialAccounts: Send {
    /// The account with this key at this provider.
    async fn social_account(&mut self, provider: &str, uid: &str) -> StoreResult<Option<SocialAccount>>;
    /// Our account that the account with this key at this provider is connected to. One query: tokens of other issuers are
    /// checked by it.
    async fn social_user(&mut self, provider: &str, uid: &str) -> StoreResult<Option<User>>;
    /// Every account that is connected to one of ours, by key.
    async fn user_social_accounts(&mut self, user: UserId) -> StoreResult<Vec<SocialAccount>>;
    /// Connects an account. `Conflict` names `uid`: somebody has it already.
    async fn add_social_account(
        &mut self,
        user: UserId,
        (provider, uid): (&str, &str),
        extra_data: &Map<String, Value>,
        now: Timestamp,
    ) -> StoreResult<SocialAccount>;
    /// Notes that an account was used, and what its profile is now.
    async fn set_social_account(
        &mut self,
        id: i64,
        extra_data: &Map<String, Value>,
        now: Timestamp,
    ) -> StoreResult<()>;
    /// Disconnects an account and deletes its tokens; whether it was there and belonged to `user`.
    async fn delete_social_account(&mut self, user: UserId, id: i64) -> StoreResult<bool>;
    /// The tokens of an account, by key.
    async fn social_tokens(&mut self, account: i64) -> StoreResult<Vec<SocialToken>>;
    /// Stores a token in place of the one for the same application. An empty `token_secret` leaves that as it is, since
    /// providers send a refresh token once.
    async fn set_social_token(&mut self, account: i64, token: &SocialToken) -> StoreResult<()>;
    /// A new application, for every site or for one: its key.
    async fn add_social_application(
        &mut self,
        provider: &str,
        application: &Application,
        site: Option<i64>,
    ) -> StoreResult<i64>;
    /// One more site for an application.
    async fn add_application_site(&mut self, application: i64, site: i64) -> StoreResult<()>;
    /// Deletes an application; whether it was there. Tokens that were made for it stay, and belong to none.
    async fn delete_social_application(&mut self, id: i64) -> StoreResult<bool>;
    /// Every application, by key.
    async fn all_social_applications(&mut self) -> StoreResult<Vec<ListedApplication>>;
    /// The applications whose provider or own id this is, by key: those of a site, or all without one.
    async fn social_applications(
        &mut self,
        provider: &str,
        site: Option<i64>,
    ) -> StoreResult<Vec<(String, Application)>>;
}

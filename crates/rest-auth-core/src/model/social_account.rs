//! An account at an identity provider, connected to one of ours.

use serde_json::{Map, Value};

use super::{Secret, Timestamp, UserId};

/// A row of allauth's `socialaccount_socialaccount`. The key is provider and `uid` together: never an address or a name.
#[derive(Clone, PartialEq)]
pub struct SocialAccount {
    /// The row's key.
    pub id: i64,
    /// Whose it is here.
    pub user_id: UserId,
    /// The provider, or the application's own id where several share a provider.
    pub provider: String,
    /// The account's key there.
    pub uid: String,
    /// When it was last used.
    pub last_login: Timestamp,
    /// When it was connected.
    pub date_joined: Timestamp,
    /// The profile, as the provider gave it last.
    pub extra_data: Map<String, Value>,
}

/// Profiles are people's data: only the key shows.
impl std::fmt::Debug for SocialAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SocialAccount")
            .field("id", &self.id)
            .field("user_id", &self.user_id)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// A provider's token for an account: a row of allauth's `socialaccount_socialtoken`.
#[derive(Clone, Debug, PartialEq)]
pub struct SocialToken {
    /// The application that it was made for; `None` for one from the configuration.
    pub application: Option<i64>,
    /// The access token.
    pub token: Secret,
    /// The refresh token, or OAuth 1's secret; empty for none.
    pub token_secret: Secret,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

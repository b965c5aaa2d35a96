//! What an exchange with a provider begins with and comes to: what a client posted, who that is, and why nobody was
//! identified. How it goes is `identify`'s.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::documents::Documents;
use super::mapping::Profile;
use crate::fetch::{Fetch, FetchError};
use crate::model::{Secret, Timestamp};

/// What a client posted.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// A code, to be exchanged.
    pub code: Option<Secret>,
    /// An access token; it counts before a code.
    pub access_token: Option<Secret>,
    /// OAuth 1's second half of the token.
    pub token_secret: Option<Secret>,
    /// A signed statement that came with the access token.
    pub id_token: Option<Secret>,
    /// PKCE's verifier, to be sent with the code.
    pub code_verifier: Option<Secret>,
    /// The nonce that the client sent the browser off with.
    pub nonce: Option<Secret>,
    /// OAuth 1: the request token that the browser was sent off with, its secret, and the verifier that it brought.
    pub request_token: Option<(String, Secret, Secret)>,
    /// What else the provider's row asks for.
    pub inputs: BTreeMap<Input, Secret>,
}

/// What some providers need beside a code: a row lists its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// VK: what its redirect brought along with the code.
    DeviceId,
    /// Battle.net: one of its regions.
    Region,
    /// Shopify: which shop.
    Shop,
    /// Telegram: what its widget or its redirect brought, in base64 or as JSON.
    #[serde(rename = "tgAuthResult")]
    TgAuthResult,
    /// Apple: the JSON text that it posts on the first login, with the name.
    User,
}

impl Input {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::DeviceId, Self::Region, Self::Shop, Self::TgAuthResult, Self::User];

    /// The input of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|input| input.name() == name)
    }

    /// The name of the field, and of the placeholder in a row.
    pub const fn name(self) -> &'static str {
        match self {
            Self::DeviceId => "device_id",
            Self::Region => "region",
            Self::Shop => "shop",
            Self::TgAuthResult => "tgAuthResult",
            Self::User => "user",
        }
    }
}

impl Given {
    /// What was posted beside the code; empty for nothing.
    pub fn input(&self, input: Input) -> &str {
        self.inputs.get(&input).map_or("", |text| text.expose().as_str())
    }
}

/// What asking takes.
pub struct Asking<'a> {
    /// How to reach the provider.
    pub fetch: &'a Arc<dyn Fetch>,
    /// Keys and discovery documents.
    pub documents: &'a Arc<Documents>,
    /// The address that the code was sent to.
    pub redirect_uri: &'a str,
    /// Whether addresses are asked for that a profile does not hold.
    pub query_email: bool,
    /// Whether an access token is believed though nobody says which application it was made for (W-27).
    pub allow_unbound: bool,
    /// The time.
    pub now: Timestamp,
    /// Never used before: for OAuth 1.
    pub nonce: String,
}

/// Who somebody is at a provider, and what the provider gave for later.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Who.
    pub profile: Profile,
    /// With which token.
    pub token: ProviderToken,
    /// Whether the provider binds the login to our application: by a code, a statement, or its word.
    pub bound: bool,
    /// The id of a statement that may be used once, and until when it could be used again.
    pub once: Option<(String, Timestamp)>,
}

/// A provider's token, for deployments that keep it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderToken {
    /// The access token.
    pub token: Secret,
    /// The refresh token, or OAuth 1's secret; empty for none.
    pub token_secret: Secret,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Why nobody was identified. The texts are for the log: no secret, nothing that a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderError {
    /// The code was not taken.
    Exchange(String),
    /// The token was not taken, or the answer says nothing usable.
    Refused(String),
    /// OAuth 1: the provider refused the signed request; with the host that upstream names.
    NoAccess(String),
    /// The provider is away.
    Unreachable(String),
    /// The configuration cannot work.
    Misconfigured(String),
}

impl std::fmt::Display for ProviderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exchange(why) | Self::Refused(why) | Self::Unreachable(why) | Self::Misconfigured(why) => {
                f.write_str(why)
            }
            Self::NoAccess(host) => write!(f, "{host} refused a signed request"),
        }
    }
}

impl std::error::Error for ProviderError {}

impl From<FetchError> for ProviderError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Forbidden(why) => Self::Misconfigured(why),
            FetchError::Unreachable(why) | FetchError::Malformed(why) => Self::Unreachable(why),
        }
    }
}

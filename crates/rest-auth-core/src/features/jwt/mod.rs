//! JSON web tokens as simplejwt has them: a short-lived access token with every request, and a refresh token that buys
//! new ones.
//!
//! | module | knows |
//! | --- | --- |
//! | `keys` | what signs and verifies, from the settings |
//! | `published` | keys that verify and are published elsewhere |
//! | `issue` | the two tokens of a login |
//! | `authenticate` | whom an access token means |
//! | `verify` | `TokenVerifyView` |
//! | `refresh` | `TokenRefreshView` with cookies, rotation, families |
//! | `revoke` | ending tokens: at logout, with the password |
//!
//! A token that is only checked costs no query: access tokens are in no list, as upstream. What a family is and what
//! ends it is in `refresh`.

mod authenticate;
mod issue;
mod keys;
mod published;
mod refresh;
mod revoke;
mod verify;

use std::sync::Arc;

use rest_auth_formats::jwt::{self, AuthenticationFailure, Claims, Mint, TokenError, TokenId, TokenKind};

use crate::context::{App, Context};
use crate::error::{Error, Result, TokenRefusal};
use crate::messages::{self, Message};
use crate::model::{Timestamp, User};
use crate::providers::ProviderError;
use crate::settings::{FeatureName, Settings, UserIdField};

pub use authenticate::{Authenticated, authenticate, verified_claims};
pub use issue::TokenPair;
pub(crate) use issue::{issue, mint_pair};
pub use keys::Jwt;
pub(crate) use keys::signing_text;
pub use refresh::{Refreshed, TokenRefresh, refresh};
pub(crate) use revoke::{Ending, end_family, end_family_of, end_tokens_of, id_of_refresh, look};
pub use verify::{TokenVerify, verify};

impl App {
    /// What makes and reads tokens; an error where the deployment has none.
    pub fn jwt(&self) -> Result<&Arc<Jwt>> {
        self.jwt.as_ref().ok_or_else(|| Error::internal("this deployment has no JSON web tokens"))
    }
}

/// Whether refresh tokens are noted when they are made, and so can be ended.
pub fn are_noted(settings: &Settings) -> bool {
    settings.uses_jwt()
        && settings.has(FeatureName::Blacklist)
        && settings.simple_jwt.jti_claim.get().is_some()
}

/// Whether they have families.
fn have_families(settings: &Settings) -> bool {
    settings.simple_jwt.refresh_token_families && are_noted(settings)
}

impl Jwt {
    /// Makes claims at a time.
    fn mint(&self, now: Timestamp) -> Mint<'_> {
        Mint { rules: &self.rules, lifetimes: &self.lifetimes, now }
    }

    /// The claims of a token that one of our keys signed, or of those that are published for us, and that holds now.
    /// Neither its kind nor a list was looked at. 503 while published keys cannot be had.
    async fn decode(&self, cx: &Context, token: &[u8]) -> Result<Result<Claims, TokenError>> {
        let decoded = |keys| jwt::decode(token, keys, &self.rules, cx.now);
        Ok(match self.published() {
            None => decoded(self.verifying_keys(cx.now)),
            Some(published) => decoded(&published.keys_for(cx, token).await?),
        })
    }

    /// The claims of a token that was just made, whoever else may verify it.
    fn decode_own(&self, token: &[u8], now: Timestamp) -> Result<Claims, TokenError> {
        jwt::decode(token, self.verifying_keys(now), &self.rules, now)
    }

    /// The token's own id.
    fn id_of<'c>(&self, claims: &'c Claims) -> Option<&'c str> {
        claims.token_id(&self.rules.names)
    }
}

/// Whether the keys that verify are published elsewhere.
pub(super) fn has_published_keys(app: &App) -> bool {
    app.jwt.as_ref().is_some_and(|jwt| jwt.published().is_some())
}

/// Fetches the keys that are published elsewhere, if there are such, so that no request has to.
pub(super) async fn keep_published_keys(app: &App) -> Result<(), ProviderError> {
    match app.jwt.as_ref().and_then(|jwt| jwt.published()) {
        Some(published) => published.keep(app).await,
        None => Ok(()),
    }
}

/// A new token's id.
fn token_id(cx: &Context) -> TokenId {
    TokenId::from_random(cx.entropy.bytes())
}

/// What stands in an account's tokens for it: the text of `USER_ID_FIELD`.
fn user_id_text(settings: &Settings, user: &User) -> String {
    match settings.simple_jwt.user_id_field {
        UserIdField::Id => user.id.to_string(),
        UserIdField::Username => user.username.clone().unwrap_or_default(),
        UserIdField::Email => user.email.clone(),
    }
}

/// Whether a list has to be asked about a token of this kind: simplejwt's `BlacklistMixin`. Where tokens do not tell
/// their kind, each may be a refresh token.
fn is_tracked(cx: &Context, jwt: &Jwt, claims: &Claims) -> bool {
    let is_access = match &jwt.rules.names.token_type {
        Some(name) => claims.text(name) == Some(TokenKind::Access.name()),
        None => false,
    };
    !is_access && are_noted(&cx.settings)
}

/// Whether a token was ended.
async fn is_blacklisted(cx: &Context, jwt: &Jwt, claims: &Claims) -> Result<bool> {
    let Some(id) = jwt.id_of(claims) else { return Ok(false) };
    let known = cx.store.read().await?.refresh_token(id).await?;
    Ok(known.is_some_and(|token| token.blacklisted))
}

/// A token is wrong: 401 with a code.
fn wrong(error: &TokenError) -> Error {
    refusal(messages::token_error(error), true)
}

/// A token is sound, and still: 401, mostly with a code.
fn refused(failure: AuthenticationFailure) -> Error {
    refusal(messages::jwt_failure(failure), failure.code().is_some())
}

fn refusal(message: Message, shows_code: bool) -> Error {
    Error::TokenRefused(TokenRefusal { message, shows_code, attempts: Vec::new() })
}

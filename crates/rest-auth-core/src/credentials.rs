//! The one place that issues credentials.
//!
//! Whatever lets somebody in (login, sign-up, later social login and second factors) passes through [`issue`],
//! so that a rule for all of them has one home: an account that is off gets nothing, a session gets a new key,
//! and the request is answered only after everything is committed by the caller.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::jwt::{self, TokenPair};
use crate::features::legacy_jwt;
use crate::features::sessions::{self, Session, SessionCookie};
use crate::messages;
use crate::model::{Token, TokenKey, User};
use crate::settings::{FeatureName, Settings};
use crate::store::Tx;

/// What a login asks for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// DRF's token.
    pub token: bool,
    /// JSON web tokens.
    pub jwt: bool,
    /// One of simplejwt's predecessors.
    pub legacy_jwt: bool,
    /// A session.
    pub session: bool,
}

impl Wanted {
    /// What the deployment answers a login with; whether that opens a session too is the caller's to say.
    pub fn of(settings: &Settings, session: bool) -> Self {
        let rest_auth = &settings.rest_auth;
        let legacy_jwt = settings.has(FeatureName::LegacyJwt);
        let jwt = rest_auth.use_jwt && !legacy_jwt;
        Self { token: rest_auth.token_model && !jwt && !legacy_jwt, jwt, legacy_jwt, session }
    }
}

/// What was issued. The caller commits, then answers.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// The account's token: the same one at every login, until a logout deletes it.
    pub token: Option<Token>,
    /// Two tokens that nobody has got before.
    pub jwt: Option<TokenPair>,
    /// A token of simplejwt's predecessors.
    pub legacy_jwt: Option<legacy_jwt::Issued>,
    /// The session's cookie, and the CSRF secret that goes with it.
    pub session: Option<SessionCookie>,
}

/// Issues what is wanted for an account whose password, or whatever else proves it, has been checked.
///
/// `current` is the session that the request came with: an anonymous one is carried over under a new key,
/// the same account's keeps its key, another account's is dropped, as Django's `login()` does.
pub async fn issue(
    cx: &Context,
    tx: &mut dyn Tx,
    user: &User,
    wanted: Wanted,
    current: Option<&Session>,
) -> Result<Credentials> {
    if !user.is_active {
        return Err(Error::non_field(messages::LOGIN_DISABLED));
    }
    let mut credentials = Credentials::default();
    if wanted.token {
        let key = TokenKey::from_random(cx.entropy.bytes());
        credentials.token = Some(tx.token_or_add(user.id, key, cx.now).await?);
    }
    if wanted.jwt {
        credentials.jwt = Some(jwt::issue(cx, tx, user).await?);
    }
    if wanted.legacy_jwt {
        credentials.legacy_jwt = Some(legacy_jwt::issue(cx, user)?);
    }
    if wanted.session {
        credentials.session = Some(sessions::log_in(cx, tx, user, current).await?);
        tx.set_last_login(user.id, cx.now).await?;
    }
    Ok(credentials)
}

//! Tokens that somebody else has made: an identity provider that our clients have already, and whose keys are published.
//!
//! A token lets in whoever is connected to its subject: one query, as for a token of our own, and no call to anybody once
//! the keys are here. Who comes first is found by a verified address or gets an account. Rownd, as rownd-django has it, is
//! one such issuer with particulars of its own.
//!
//! | module | knows |
//! | --- | --- |
//! | `issuer` | a row: whose tokens, and which of them are believed |
//! | `keys` | its keys, read once |
//! | `person` | what claims say of somebody |
//! | `account` | whose account that is, and making one |
//! | `refusal` | what is wrong with a token, and how that is told |
//! | `sessions` | a session for a token |

mod account;
mod issuer;
mod keys;
mod person;
mod refusal;
mod sessions;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use rest_auth_formats::jwt::{self, Claims};

use crate::context::{App, Context};
use crate::error::Result;
use crate::features::jwt as own_tokens;
use crate::model::User;
use crate::settings::Settings;

pub use issuer::Issuer;
pub(crate) use keys::{Keyring, key_set};
pub(crate) use person::{Named, Person};
pub(crate) use refusal::Refusal;
pub use refusal::refused_as_unknown;
pub use sessions::{SignedIn, sign_in, sign_out};

/// How often keys are fetched again: before they are stale, so that no request has to.
const REFRESH: Duration = Duration::from_mins(4);
/// The same after a failure.
const RETRY: Duration = Duration::from_secs(30);
/// Characters of a subject at most: allauth's column.
const SUBJECT_LENGTH: usize = 191;

/// Everybody whose tokens are believed.
#[derive(Debug, Default)]
pub struct Issuers {
    rows: Vec<Issuer>,
}

/// An account and what its token says.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// It may log in.
    pub user: User,
    /// The claims of the token.
    pub claims: Claims,
}

impl Issuers {
    /// Those of the settings: the entries of `external_issuers`, and Rownd.
    pub(crate) fn of(settings: &Settings) -> Self {
        let listed = settings.top.external_issuers.iter().cloned().map(Issuer::listed);
        let rownd = settings.uses_rownd().then(|| Issuer::rownd(settings));
        Self { rows: listed.chain(rownd).collect() }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Issuer> {
        self.rows.iter()
    }

    /// The one of a name.
    pub fn named(&self, name: &str) -> Option<&Issuer> {
        self.rows.iter().find(|issuer| issuer.name() == name)
    }

    /// The one that a token names as its own; what the token says is not looked at further.
    pub fn claiming(&self, token: &[u8]) -> Option<&Issuer> {
        if self.rows.is_empty() {
            return None;
        }
        let said = jwt::peek(token)?;
        self.rows.iter().find(|issuer| issuer.is_named_by(&said))
    }
}

/// Whom a token lets in. Somebody new may get an account by it.
///
/// Refused: a token that the issuer has not signed for us, or that does not hold now; somebody without an account who
/// gets none; an account that is off. 503 while the issuer's keys, or Rownd's data of somebody new, cannot be had.
pub async fn authenticate(cx: &Context, issuer: &Issuer, token: &[u8]) -> Result<Authenticated> {
    let claims = match issuer.verify(cx, token).await? {
        Ok(claims) => claims,
        Err(refusal) => return Err(issuer.refused(cx, &refusal)),
    };
    let user = match user_of(cx, issuer, &claims).await? {
        Ok(user) if user.is_active => user,
        Ok(_) => return Err(issuer.refused(cx, &Refusal::Inactive)),
        Err(refusal) => return Err(issuer.refused(cx, &refusal)),
    };
    Ok(Authenticated { user, claims })
}

/// The account of a verified token's subject: what is stored under it, never a name or an address (S-86).
async fn user_of(cx: &Context, issuer: &Issuer, claims: &Claims) -> Result<Result<User, Refusal>> {
    let Some(subject) = claims.text(&issuer.row().subject).filter(|subject| is_subject(subject)) else {
        return Ok(Err(Refusal::Invalid));
    };
    let known = cx.store.read().await?.social_user(issuer.name(), subject).await?;
    match known {
        Some(user) => Ok(Ok(user)),
        None => account::find_or_create(cx, issuer, claims, subject).await,
    }
}

/// Not every database can be asked for a NUL, and a longer one would have to be cut.
fn is_subject(subject: &str) -> bool {
    !subject.is_empty() && !subject.contains('\0') && subject.chars().count() <= SUBJECT_LENGTH
}

/// Keeps every issuer's keys at hand, and those of `simple_jwt.jwk_url`, for as long as it is polled. Dropping it at any time is safe: a request that finds
/// none fetches them.
pub async fn run(app: Arc<App>) -> Infallible {
    if app.issuers.rows.is_empty() && !own_tokens::has_published_keys(&app) {
        return std::future::pending().await;
    }
    loop {
        let mut pause = REFRESH;
        for issuer in app.issuers.iter() {
            if let Err(error) = issuer.keep(&app).await {
                tracing::warn!(issuer = issuer.name(), %error, "an issuer's keys could not be fetched");
                pause = RETRY;
            }
        }
        if let Err(error) = own_tokens::keep_published_keys(&app).await {
            tracing::warn!(%error, "the keys of simple_jwt.jwk_url could not be fetched");
            pause = RETRY;
        }
        tokio::time::sleep(pause).await;
    }
}

//! Who sends a request: DRF's authentication classes, one file each, and the chain in which they are asked.

mod basic;
mod external_issuers;
mod jwt;
mod jwt_cookie;
mod legacy_jwt;
mod rownd;
mod session;
mod token;

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use http::header::AUTHORIZATION;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use rest_auth_core::model::{Secret, TokenKey, User};
use rest_auth_core::settings::{AuthenticatorName, Settings};
use rest_auth_core::{Context, Error, Result};
use rest_auth_formats::csrf::CsrfSettings;
use rest_auth_formats::jwt::Claims;

pub(crate) use jwt::challenge as jwt_challenge;
pub(crate) use jwt_cookie::JwtCarrier;
pub(crate) use rownd::token_of;

/// A way to authenticate a request.
#[async_trait]
pub trait Authenticator: Send + Sync {
    /// `None`: no credentials of mine here, ask the next one. `Err`: mine, and bad: stop.
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>>;

    /// For `WWW-Authenticate`; `None` from the first authenticator turns 401 into 403, as in DRF.
    fn challenge(&self) -> Option<HeaderValue> {
        None
    }
}

/// Who sends a request, and what proves it.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The account. It may log in.
    pub user: User,
    /// DRF's `request.auth`.
    pub proof: Proof,
}

/// What proved an identity.
#[derive(Clone, Debug)]
pub enum Proof {
    /// A session, so a browser: what changes something needs a proof against CSRF too.
    Session,
    /// A token in the `Authorization` header.
    Token(TokenKey),
    /// A JSON web token, in the header or in a cookie.
    Jwt {
        /// As sent.
        token: Secret,
        /// What it says.
        claims: Claims,
    },
    /// A token of simplejwt's predecessors, as sent.
    LegacyJwt(Secret),
    /// The name and the password themselves, in the `Authorization` header.
    Password,
    /// A token of another issuer's: of Rownd, or of an entry of `external_issuers`.
    External {
        /// Its name.
        issuer: String,
        /// What the token says.
        claims: Claims,
    },
    /// An authenticator of the host's own.
    Other,
}

/// The `Authorization` header. Several of them are one with commas, as WSGI hands them on.
fn authorization(head: &Parts) -> Cow<'_, [u8]> {
    sent(head, &AUTHORIZATION).unwrap_or_default()
}

/// A header likewise; `None` if it is not there.
fn sent<'a>(head: &'a Parts, name: &HeaderName) -> Option<Cow<'a, [u8]>> {
    let lines = head.headers.get_all(name).iter().map(HeaderValue::as_bytes);
    lines.map(Cow::Borrowed).reduce(|before, line| Cow::Owned([&before[..], &line[..]].join(&b","[..])))
}

/// The authenticators in the order in which they are asked.
pub(crate) struct Chain {
    list: Vec<Arc<dyn Authenticator>>,
    challenge: Option<HeaderValue>,
}

/// What a bad credential means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadCredentials {
    /// The request ends, as in DRF.
    Refuse,
    /// They count as none, so that a stale header or cookie never keeps anybody from logging in (W-06).
    Ignore,
}

impl Chain {
    fn new(list: Vec<Arc<dyn Authenticator>>) -> Self {
        let challenge = list.first().and_then(|first| first.challenge());
        Self { list, challenge }
    }

    /// The chain of the setting `authentication`, and then the host's own.
    pub(crate) fn of(
        settings: &Settings,
        csrf: &Arc<CsrfSettings>,
        own: Vec<Arc<dyn Authenticator>>,
    ) -> Self {
        let names = &settings.http.authentication;
        let list = names.iter().enumerate().map(|(place, name)| -> Arc<dyn Authenticator> {
            let later = &names[place + 1..];
            // Who shares the header asks those who come later before refusing.
            let is_last = own.is_empty() && later.iter().all(|name| *name == AuthenticatorName::Session);
            match name {
                AuthenticatorName::Token => Arc::new(token::TokenAuthentication),
                AuthenticatorName::Session => Arc::new(session::SessionAuthentication::new(Arc::clone(csrf))),
                AuthenticatorName::Basic => Arc::new(basic::BasicAuthentication),
                AuthenticatorName::Jwt => Arc::new(jwt::JwtAuthentication::new(settings)),
                AuthenticatorName::JwtCookie => {
                    Arc::new(jwt_cookie::JwtCookieAuthentication::new(settings, Arc::clone(csrf)))
                }
                AuthenticatorName::LegacyJwt => {
                    Arc::new(legacy_jwt::JsonWebTokenAuthentication::new(settings))
                }
                AuthenticatorName::Rownd => Arc::new(rownd::RowndAuthentication::new(is_last)),
                AuthenticatorName::ExternalIssuers => {
                    Arc::new(external_issuers::ExternalIssuersAuthentication::new(settings, is_last))
                }
            }
        });
        Self::new(list.collect::<Vec<_>>().into_iter().chain(own).collect())
    }

    /// The first one's challenge.
    pub(crate) fn challenge(&self) -> Option<&HeaderValue> {
        self.challenge.as_ref()
    }

    /// Whether nobody can authenticate at all.
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Asks one after the other; the first that knows the credentials decides.
    pub(crate) async fn authenticate(
        &self,
        cx: &Context,
        head: &Parts,
        bad: BadCredentials,
    ) -> Result<Option<Identity>> {
        for authenticator in &self.list {
            match authenticator.authenticate(cx, head).await {
                Ok(None) => {}
                Err(Error::AuthenticationFailed(_) | Error::TokenRefused(_) | Error::Throttled { .. })
                    if bad == BadCredentials::Ignore => {}
                decided => return decided,
            }
        }
        Ok(None)
    }
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Chain").field("length", &self.list.len()).field("challenge", &self.challenge).finish()
    }
}

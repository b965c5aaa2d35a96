//! `Authorization: Bearer …`: simplejwt's `JWTAuthentication`.

use std::borrow::Cow;

use async_trait::async_trait;
use http::request::Parts;
use http::{HeaderName, HeaderValue};
use rest_auth_core::error::TokenRefusal;
use rest_auth_core::features::external_issuers::Issuer;
use rest_auth_core::features::jwt;
use rest_auth_core::messages;
use rest_auth_core::model::Secret;
use rest_auth_core::settings::{AuthenticatorName, Settings};
use rest_auth_core::{Context, Error, Result};
use rest_auth_formats::jwt::{self as format, AuthenticationFailure};

use super::{Authenticator, Identity, Proof, sent};
use crate::origin::header_name;

pub(super) struct JwtAuthentication {
    header: JwtHeader,
}

impl JwtAuthentication {
    pub(super) fn new(settings: &Settings) -> Self {
        Self { header: JwtHeader::of(settings) }
    }
}

#[async_trait]
impl Authenticator for JwtAuthentication {
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>> {
        match self.header.token(head)? {
            Some(token) if !is_anothers(cx, &token) => identify(cx, &token).await.map(Some),
            _ => Ok(None),
        }
    }

    fn challenge(&self) -> Option<HeaderValue> {
        challenge(&self.header.types)
    }
}

/// Where a header carries tokens: `AUTH_HEADER_NAME` and `AUTH_HEADER_TYPES`.
#[derive(Clone, Debug)]
pub(crate) struct JwtHeader {
    name: Option<HeaderName>,
    types: Vec<String>,
}

impl JwtHeader {
    pub(crate) fn of(settings: &Settings) -> Self {
        let own = &settings.simple_jwt;
        Self { name: header_name(&own.auth_header_name), types: own.auth_header_types.clone() }
    }

    /// What the request says in it; `None` if the header is not there at all.
    pub(super) fn sent<'a>(&self, head: &'a Parts) -> Option<Cow<'a, [u8]>> {
        sent(head, self.name.as_ref()?)
    }

    pub(super) fn types(&self) -> &[String] {
        &self.types
    }

    /// The token in it.
    pub(crate) fn token(&self, head: &Parts) -> Result<Option<Vec<u8>>> {
        let Some(sent) = self.sent(head) else { return Ok(None) };
        let token = format::read_header(&sent, &self.types).map_err(refused)?;
        Ok(token.map(<[u8]>::to_vec))
    }
}

/// `Bearer realm="api"`, with the first of the words that are taken.
pub(crate) fn challenge(types: &[String]) -> Option<HeaderValue> {
    let word = types.first().map_or(format::HEADER_TYPE, String::as_str);
    HeaderValue::try_from(format!("{word} realm=\"api\"")).ok()
}

/// Whether a token says that it is of another issuer who is asked too. Only a name is compared: whoever is asked then
/// takes it by its own keys or refuses it.
pub(super) fn is_anothers(cx: &Context, token: &[u8]) -> bool {
    let asked = |issuer: &Issuer| {
        let name =
            if issuer.is_rownd() { AuthenticatorName::Rownd } else { AuthenticatorName::ExternalIssuers };
        cx.settings.asks(name)
    };
    cx.issuers.claiming(token).is_some_and(asked)
}

/// Whom a token lets in.
pub(super) async fn identify(cx: &Context, token: &[u8]) -> Result<Identity> {
    let found = jwt::authenticate(cx, token).await?;
    let token = Secret::new(String::from_utf8_lossy(token).into_owned());
    Ok(Identity { user: found.user, proof: Proof::Jwt { token, claims: found.claims } })
}

pub(super) fn refused(failure: AuthenticationFailure) -> Error {
    let message = messages::jwt_failure(failure);
    Error::TokenRefused(TokenRefusal { message, shows_code: failure.code().is_some(), attempts: Vec::new() })
}

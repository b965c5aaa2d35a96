//! `Authorization: Bearer …` with a token that somebody else has made: the entries of `external_issuers`.

use async_trait::async_trait;
use http::HeaderValue;
use http::request::Parts;
use rest_auth_core::features::external_issuers::{self, Issuer};
use rest_auth_core::settings::{ExternalIssuer, Settings};
use rest_auth_core::{Context, Result};
use rest_auth_formats::auth_token;
use rest_auth_formats::jwt::AuthenticationFailure;

use super::jwt::refused;
use super::{Authenticator, Identity, Proof, authorization, jwt_challenge};

pub(super) struct ExternalIssuersAuthentication {
    challenge: Option<HeaderValue>,
    /// Whether another authenticator asks for tokens in the same header after this one.
    is_last: bool,
}

impl ExternalIssuersAuthentication {
    pub(super) fn new(settings: &Settings, is_last: bool) -> Self {
        let first = settings.top.external_issuers.first();
        let challenge = first.and_then(|row| jwt_challenge(&row.header_types));
        Self { challenge, is_last }
    }
}

#[async_trait]
impl Authenticator for ExternalIssuersAuthentication {
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>> {
        let header = authorization(head);
        let mut words = auth_token::words(&header);
        let Some(word) = words.next().filter(|word| listed(cx).any(|row| takes(row, word))) else {
            return Ok(None);
        };
        let (Some(token), None) = (words.next(), words.next()) else {
            return if self.is_last { Err(refused(AuthenticationFailure::BadHeader)) } else { Ok(None) };
        };
        match cx.issuers.claiming(token) {
            Some(issuer) if !issuer.is_rownd() && takes(issuer.row(), word) => {
                identify(cx, issuer, token).await.map(Some)
            }
            _ if self.is_last => Err(external_issuers::refused_as_unknown()),
            _ => Ok(None),
        }
    }

    fn challenge(&self) -> Option<HeaderValue> {
        self.challenge.clone()
    }
}

fn listed(cx: &Context) -> impl Iterator<Item = &ExternalIssuer> {
    cx.issuers.iter().filter(|issuer| !issuer.is_rownd()).map(Issuer::row)
}

/// Whether an issuer's tokens stand behind a word. Case means nothing (RFC 9110, section 11.1).
fn takes(row: &ExternalIssuer, word: &[u8]) -> bool {
    row.header_types.iter().any(|known| known.as_bytes().eq_ignore_ascii_case(word))
}

/// Whom a token lets in.
pub(super) async fn identify(cx: &Context, issuer: &Issuer, token: &[u8]) -> Result<Identity> {
    let found = external_issuers::authenticate(cx, issuer, token).await?;
    let proof = Proof::External { issuer: issuer.name().to_owned(), claims: found.claims };
    Ok(Identity { user: found.user, proof })
}

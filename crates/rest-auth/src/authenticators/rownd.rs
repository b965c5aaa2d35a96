//! `Authorization: Bearer …` with a token of Rownd's: rownd-django's `RowndApiAuthentication`.
//!
//! Upstream refuses every request that has no such token, whatever it has instead: nobody could log in or sign up beside
//! it. Here what is another authenticator's is left to that, and nothing is nothing.

use async_trait::async_trait;
use http::request::Parts;
use rest_auth_core::features::rownd::NAME;
use rest_auth_core::{Context, Error, Result, messages};
use rest_auth_formats::jwt;

use super::external_issuers::identify;
use super::{Authenticator, Identity, authorization};

pub(super) struct RowndAuthentication {
    /// Whether another authenticator looks at the header after this one.
    is_last: bool,
}

impl RowndAuthentication {
    pub(super) fn new(is_last: bool) -> Self {
        Self { is_last }
    }
}

#[async_trait]
impl Authenticator for RowndAuthentication {
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>> {
        let header = authorization(head);
        if header.is_empty() {
            return Ok(None);
        }
        let Some(token) = token_of(&header) else {
            return if self.is_last {
                Err(Error::AuthenticationFailed(messages::ROWND_MALFORMED))
            } else {
                Ok(None)
            };
        };
        // What names nobody, or somebody whom nobody here knows, is Rownd's to refuse if nobody else is left to ask.
        let is_ours = match cx.issuers.claiming(token) {
            Some(issuer) => issuer.is_rownd(),
            None => self.is_last || is_unsaid(token),
        };
        match cx.issuers.named(NAME).filter(|_| is_ours) {
            Some(issuer) => identify(cx, issuer, token).await.map(Some),
            None => Ok(None),
        }
    }
}

/// The second word, whatever the first one is, as upstream splits them.
pub(crate) fn token_of(header: &[u8]) -> Option<&[u8]> {
    header.split(|byte| *byte == b' ').nth(1).filter(|token| !token.is_empty())
}

/// Whether a token is signed as Rownd's are and does not say who made it.
fn is_unsaid(token: &[u8]) -> bool {
    jwt::peek(token).is_some_and(|said| said.issuer.is_none() && said.algorithm.as_deref() == Some("EdDSA"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_word_is_the_token_as_upstream_splits() {
        for (header, token) in [
            ("Bearer abc", Some("abc")),
            ("JWT abc def", Some("abc")),
            ("Bearer", None),
            ("Bearer  abc", None),
            ("Bearer\tabc", None),
            ("", None),
        ] {
            assert_eq!(token_of(header.as_bytes()), token.map(str::as_bytes), "{header}");
        }
    }
}

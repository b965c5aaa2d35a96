//! `Authorization: Token …`: DRF's `TokenAuthentication`.

use async_trait::async_trait;
use http::HeaderValue;
use http::request::Parts;
use rest_auth_core::messages;
use rest_auth_core::model::TokenKey;
use rest_auth_core::{Context, Error, Result};
use rest_auth_formats::auth_token::{self, TokenFailure};

use super::{Authenticator, Identity, Proof, authorization};

pub(super) struct TokenAuthentication;

#[async_trait]
impl Authenticator for TokenAuthentication {
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>> {
        let header = authorization(head);
        let Some(key) = auth_token::read_header(&header, auth_token::KEYWORD).map_err(refused)? else {
            return Ok(None);
        };
        let key = TokenKey::new(key);
        let found = cx.store.read().await?.token_user(&key).await?;
        let (token, user) = found.ok_or_else(|| refused(TokenFailure::InvalidToken))?;
        if !user.is_active {
            return Err(refused(TokenFailure::InactiveUser));
        }
        Ok(Some(Identity { user, proof: Proof::Token(token.key) }))
    }

    fn challenge(&self) -> Option<HeaderValue> {
        Some(HeaderValue::from_static(auth_token::KEYWORD))
    }
}

fn refused(failure: TokenFailure) -> Error {
    Error::AuthenticationFailed(match failure {
        TokenFailure::NoCredentials => messages::TOKEN_HEADER_EMPTY,
        TokenFailure::Spaces => messages::TOKEN_HEADER_SPACES,
        TokenFailure::InvalidCharacters => messages::TOKEN_HEADER_CHARACTERS,
        TokenFailure::InvalidToken => messages::INVALID_TOKEN,
        TokenFailure::InactiveUser => messages::USER_INACTIVE,
    })
}

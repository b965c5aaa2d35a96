//! `Authorization: Basic …`: DRF's `BasicAuthentication`.

use async_trait::async_trait;
use http::HeaderValue;
use http::request::Parts;
use rest_auth_core::features::basic_authentication;
use rest_auth_core::messages;
use rest_auth_core::model::Secret;
use rest_auth_core::{Context, Error, Result};
use rest_auth_formats::basic_auth::{self, BasicFailure};

use super::{Authenticator, Identity, Proof, authorization};

pub(super) struct BasicAuthentication;

#[async_trait]
impl Authenticator for BasicAuthentication {
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>> {
        let Some(sent) = basic_auth::read_header(&authorization(head)).map_err(refused)? else {
            return Ok(None);
        };
        let password = Secret::new(sent.password);
        let user = basic_authentication::authenticate(cx, &sent.username, &password).await?;
        Ok(Some(Identity { user, proof: Proof::Password }))
    }

    fn challenge(&self) -> Option<HeaderValue> {
        Some(HeaderValue::from_static(basic_auth::CHALLENGE))
    }
}

fn refused(failure: BasicFailure) -> Error {
    Error::AuthenticationFailed(match failure {
        BasicFailure::NoCredentials => messages::BASIC_HEADER_EMPTY,
        BasicFailure::Spaces => messages::BASIC_HEADER_SPACES,
        BasicFailure::Encoding => messages::BASIC_HEADER_ENCODING,
    })
}

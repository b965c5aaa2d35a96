//! `Authorization: JWT …`: djangorestframework-jwt's `JSONWebTokenAuthentication`.

use async_trait::async_trait;
use http::HeaderValue;
use http::header::AUTHORIZATION;
use http::request::Parts;
use rest_auth_core::features::legacy_jwt;
use rest_auth_core::model::Secret;
use rest_auth_core::settings::Settings;
use rest_auth_core::{Context, Result};

use super::{Authenticator, Identity, Proof, jwt_challenge, sent};
use crate::cookies;

pub(super) struct JsonWebTokenAuthentication {
    prefix: String,
    cookie: Option<String>,
}

impl JsonWebTokenAuthentication {
    pub(super) fn new(settings: &Settings) -> Self {
        let own = &settings.jwt_auth;
        Self { prefix: own.jwt_auth_header_prefix.clone(), cookie: own.jwt_auth_cookie.get().cloned() }
    }
}

#[async_trait]
impl Authenticator for JsonWebTokenAuthentication {
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>> {
        let rules = &cx.legacy_jwt()?.rules;
        let header = sent(head, &AUTHORIZATION);
        let cookie = self.cookie.as_deref().and_then(|name| cookies::read(&head.headers, name));
        let cookie = cookie.as_deref().map(str::as_bytes);
        let token = rules
            .find_token(header.as_deref(), cookie, &self.prefix)
            .map_err(|failure| legacy_jwt::refused(failure, rules.dialect))?;
        let Some(token) = token else { return Ok(None) };
        let user = legacy_jwt::authenticate(cx, token).await?;
        let token = Secret::new(String::from_utf8_lossy(token).into_owned());
        Ok(Some(Identity { user, proof: Proof::LegacyJwt(token) }))
    }

    fn challenge(&self) -> Option<HeaderValue> {
        jwt_challenge(std::slice::from_ref(&self.prefix))
    }
}

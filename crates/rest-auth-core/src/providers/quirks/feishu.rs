//! Feishu: a code is exchanged with a token of the application's own, which is fetched first.

use async_trait::async_trait;
use rest_auth_formats::percent;
use serde_json::Value;

use super::{Quirk, Situation};
use crate::fetch::{Method, Outgoing};
use crate::providers::identity::ProviderError;

const APP_TOKEN_URL: &str = "https://open.feishu.cn/open-apis/auth/v3/app_access_token/internal/";

pub(super) struct Feishu;

#[async_trait]
impl Quirk for Feishu {
    fn names(&self) -> &'static [&'static str] {
        &["app_access_token"]
    }

    async fn values(&self, at: &Situation<'_>) -> Result<Vec<(&'static str, String)>, ProviderError> {
        if at.given.access_token.is_some() {
            return Ok(Vec::new());
        }
        let application = &at.provider.application;
        let params = [
            ("app_id", application.client_id.as_str()),
            ("app_secret", application.secret.expose().as_str()),
        ];
        let request = Outgoing {
            method: Method::Post,
            url: APP_TOKEN_URL.to_owned(),
            headers: vec![("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
            body: Some(percent::encode_pairs(params)),
        };
        let answer = at.asking.fetch.fetch(request).await?;
        let body: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
        let token = body.get("app_access_token").and_then(Value::as_str).filter(|_| answer.is_success());
        let token = token.ok_or_else(|| {
            ProviderError::Exchange("Feishu gave the application no token of its own".to_owned())
        })?;
        Ok(vec![("app_access_token", token.to_owned())])
    }
}

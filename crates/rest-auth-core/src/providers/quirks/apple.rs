//! Apple: the client shows itself by a JSON web token that it signs with a key of its developer account; several client
//! ids (app and web) are one application; the name is posted by the browser, on the first login only, and nobody signs
//! it. <https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret>

use async_trait::async_trait;
use rest_auth_formats::jwt::{Algorithm, Claims, SigningKey, encode};
use serde_json::{Value, json};

use super::{Quirk, Situation};
use crate::providers::identity::{Input, ProviderError};
use crate::providers::path::Answers;
use crate::providers::provider::Application;

/// Who reads the client's token.
const AUDIENCE: &str = "https://appleid.apple.com";
/// Seconds for which the client's token holds; it is sent at once.
const LIFETIME: i64 = 3600;

pub(super) struct Apple;

#[async_trait]
impl Quirk for Apple {
    fn fault(&self, application: &Application) -> Option<String> {
        if application.key.expose().is_empty() {
            return Some("Apple needs `key`, the team's id".to_owned());
        }
        signing_key(application).err().map(|why| format!("`certificate_key`: {why}"))
    }

    async fn values(&self, at: &Situation<'_>) -> Result<Vec<(&'static str, String)>, ProviderError> {
        let application = &at.provider.application;
        let key = signing_key(application).map_err(ProviderError::Misconfigured)?;
        let client_id = application.client_id.split(',').next().unwrap_or_default().trim();
        let mut claims = Claims::new();
        claims.set("iss", application.key.expose().as_str());
        claims.set("aud", AUDIENCE);
        claims.set("sub", client_id);
        claims.set("iat", at.asking.now.seconds());
        claims.set("exp", at.asking.now.seconds() + LIFETIME);
        Ok(vec![("client_id", client_id.to_owned()), ("client_secret", encode(&claims, &key))])
    }

    /// Only the name is taken: an address that the browser posts is proof of nothing.
    fn work_out(&self, at: &Situation<'_>, answers: &mut Answers) {
        let posted: Value = serde_json::from_str(at.given.input(Input::User)).unwrap_or_default();
        if let (Some(name), Some(Value::Object(profile))) = (posted.get("name"), answers.profiles.first_mut())
        {
            let part = |name: &Value, key: &str| name.get(key).and_then(Value::as_str).map(str::to_owned);
            let (first, last) = (part(name, "firstName"), part(name, "lastName"));
            profile.insert("name".to_owned(), json!({"firstName": first, "lastName": last}));
        }
    }
}

fn signing_key(application: &Application) -> Result<SigningKey, String> {
    let text = application.settings.get("certificate_key").and_then(Value::as_str).unwrap_or_default();
    let key = SigningKey::new(Algorithm::Es256, text).map_err(|error| error.to_string())?;
    Ok(key.with_id(application.secret.expose()))
}

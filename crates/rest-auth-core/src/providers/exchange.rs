//! The exchange of a code: what the provider answers to it, under allauth's names, and the token in that.

use rest_auth_formats::percent;
use serde_json::Value;

use super::identify::{Exchange, text};
use super::identity::{Given, ProviderError, ProviderToken};
use super::requests::Login;
use crate::fetch::Incoming;
use crate::model::{Secret, Timestamp};

impl Exchange<'_> {
    /// The answer to a code, under allauth's names.
    pub(super) async fn exchange(&self) -> Result<Value, ProviderError> {
        let (asking, given) = (self.asking, self.given);
        if let Some((token, secret, verifier)) = &given.request_token {
            return self.provider.oauth1_token(asking, (token, secret), verifier).await;
        }
        let nothing = ProviderToken::default();
        let login = Login { code_verifier: text(given.code_verifier.as_ref()), ..self.login(&nothing) };
        let endpoint = self.discovery.as_ref().map(|found| (found.token_endpoint.as_str(), found.auth));
        let request = self.provider.token_request(endpoint, &login).ok_or_else(|| {
            ProviderError::Misconfigured(format!(
                "{} has no address that takes codes",
                self.provider.row.title
            ))
        })?;
        let answer = asking.fetch.fetch(request).await?;
        let refused = |why: &str| ProviderError::Exchange(format!("{}: {why}", self.provider.row.title));
        if !matches!(answer.status, 200 | 201) {
            return Err(refused(&format!("the code was answered with {}", answer.status)));
        }
        let mut token =
            token_answer(&answer).ok_or_else(|| refused("the answer to the code cannot be read"))?;
        if let Some(root) = &self.provider.row.token_root {
            token = token.get_mut(root).map(Value::take).unwrap_or_default();
        }
        if let Value::Object(members) = &mut token {
            for (ours, theirs) in &self.provider.row.token_names {
                if let Some(value) = members.get(theirs).cloned() {
                    members.insert(ours.clone(), value);
                }
            }
        }
        match token.get("access_token").and_then(Value::as_str) {
            Some(access_token) if !access_token.is_empty() => Ok(token),
            _ => Err(refused("the answer to the code holds no access token")),
        }
    }
}

/// JSON if it says so or looks like it, else a form: GitHub's default.
fn token_answer(answer: &Incoming) -> Option<Value> {
    let body = std::str::from_utf8(&answer.body).ok()?;
    let kind = answer.content_type.split(';').next().unwrap_or_default().trim();
    let value = if kind.eq_ignore_ascii_case("application/json") || body.starts_with("{\"") {
        serde_json::from_str(body).ok()?
    } else {
        let pairs = percent::decode_pairs(body.trim());
        Value::Object(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    };
    Some(value).filter(Value::is_object)
}

/// The token: of the answer to a code, or as the client posted it.
pub(super) fn token_of(answer: &Value, given: &Given, now: Timestamp) -> ProviderToken {
    let member = |name: &str| answer.get(name).and_then(Value::as_str).map(Secret::from);
    if !answer.is_object() {
        return ProviderToken {
            token: given.access_token.clone().unwrap_or_default(),
            token_secret: given.token_secret.clone().unwrap_or_default(),
            expires_at: None,
        };
    }
    let seconds = answer.get("expires_in").and_then(|value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    #[expect(clippy::cast_possible_truncation, reason = "a lifetime of more seconds than that is none")]
    let expires_at =
        seconds.filter(|s| (1.0..1e11).contains(s)).map(|seconds| now.plus_seconds(seconds as i64));
    ProviderToken {
        token: member("access_token").unwrap_or_default(),
        token_secret: member("refresh_token").unwrap_or_default(),
        expires_at,
    }
}

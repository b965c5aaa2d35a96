//! Telegram's login: the bot's token signs who somebody is, and nobody is asked. What the widget gives to the page, or the
//! redirect brings in `tgAuthResult`, is posted as it is.

use rest_auth_formats::{base64url, telegram};
use serde_json::{Map, Value};

use super::identity::{Asking, Given, Identity, Input, ProviderError, ProviderToken};
use super::path::Answers;
use super::provider::Provider;
use crate::model::Timestamp;

/// Seconds for which Telegram's word holds unless `auth_date_validity` says otherwise; allauth's default.
const VALIDITY: i64 = 30;
/// Seconds by which Telegram's clock may be ahead of ours.
const LEEWAY: i64 = 30;

/// Believes what the bot's token has signed a moment ago, once.
pub(super) fn identify(
    provider: &Provider,
    asking: &Asking<'_>,
    given: &Given,
) -> Result<Identity, ProviderError> {
    let refuse = |why: &str| ProviderError::Refused(format!("{}: {why}", provider.row.title));
    let mut said = read(given.input(Input::TgAuthResult)).ok_or_else(|| refuse("this is no login"))?;
    let Some(Value::String(hash)) = said.remove("hash") else {
        return Err(refuse("nothing is signed"));
    };
    let fields: Option<Vec<(String, String)>> =
        said.iter().map(|(name, value)| Some((name.clone(), written(value)?))).collect();
    let fields = fields.ok_or_else(|| refuse("a field is neither text nor number"))?;
    if !telegram::is_signed(provider.application.secret.expose(), &fields, &hash) {
        return Err(refuse("another bot's token has signed this, or none"));
    }
    let signed_at = said.remove("auth_date").and_then(|at| written(&at)?.parse().ok());
    let signed_at = Timestamp::from_seconds(signed_at.ok_or_else(|| refuse("it has no time"))?);
    let validity = provider.setting("auth_date_validity").and_then(|text| text.parse().ok());
    let end = signed_at.plus_seconds(validity.unwrap_or(VALIDITY));
    if asking.now > end || signed_at > asking.now.plus_seconds(LEEWAY) {
        return Err(refuse("it was signed at another time"));
    }
    let answers = Answers { profiles: vec![Value::Object(said)], ..Answers::default() };
    let profile = provider.profile(&answers).map_err(|error| refuse(&error.to_string()))?;
    let once = Some((format!("telegram:{hash}"), end));
    Ok(Identity { profile, token: ProviderToken::default(), bound: true, once })
}

/// JSON, or JSON in base 64.
fn read(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim();
    if text.starts_with('{') {
        return serde_json::from_str(text).ok();
    }
    serde_json::from_slice(&base64url::decode(text)?).ok()
}

/// As it stands in the lines that are signed.
fn written(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

//! LinkedIn's own API (new applications use OpenID Connect): names come in several languages, with the preferred one
//! named; addresses are another answer, which upstream keeps with the profile.

use serde_json::{Value, json};

use super::{Quirk, Situation};
use crate::providers::path::Answers;

pub(super) struct Linkedin;

impl Quirk for Linkedin {
    fn work_out(&self, _: &Situation<'_>, answers: &mut Answers) {
        let addresses = answers.profiles.get(1).cloned().unwrap_or_default();
        let Some(Value::Object(profile)) = answers.profiles.first_mut() else { return };
        for (key, value) in addresses.as_object().into_iter().flatten() {
            profile.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let name = |key: &str| profile.get(key).and_then(localized).map(str::to_owned);
        answers.quirk = json!({"first_name": name("firstName"), "last_name": name("lastName")});
    }
}

/// The preferred language's text, else the first; the API's first version had one only.
fn localized(name: &Value) -> Option<&str> {
    if let Value::String(text) = name {
        return Some(text);
    }
    let texts = name.get("localized")?.as_object()?;
    let preferred = name.get("preferredLocale");
    let part = |key, otherwise| preferred.and_then(|p| p.get(key)?.as_str()).unwrap_or(otherwise);
    let key = format!("{}_{}", part("language", "en"), part("country", "US"));
    texts.get(&key).or_else(|| texts.values().next())?.as_str()
}

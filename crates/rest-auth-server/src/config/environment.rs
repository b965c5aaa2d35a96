//! The environment: `REST_AUTH__SECTION__KEY`, and `REST_AUTH__KEY` for the top level.

use std::ffi::OsString;

use rest_auth::core::settings::Settings;
use toml::Value;

use super::draft::Draft;
use super::{Mistake, Origin};

/// What the name of every variable begins with that is a key.
pub(super) const PREFIX: &str = "REST_AUTH__";

/// The variable that overrides a key; the section is `""` for the top level.
pub fn variable(section: &str, key: &str) -> String {
    let section = if section.is_empty() { String::new() } else { format!("{section}__") };
    format!("{PREFIX}{section}{key}").to_uppercase()
}

/// Lays the variables over the draft. One that names no key is a mistake, as in the file.
pub(super) fn overlay(variables: &[(OsString, OsString)], draft: &mut Draft) {
    for (name, value) in variables {
        let Some(path) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        let name = format!("{PREFIX}{path}");
        let lower = path.to_lowercase();
        let parts: Vec<&str> = lower.split("__").collect();
        let (section, key) = match parts[..] {
            [key] if !key.is_empty() => ("", key),
            [section, key] if !section.is_empty() && !key.is_empty() => (section, key),
            _ => {
                let message = "names no key";
                let hint = format!("write {PREFIX}KEY, or {PREFIX}SECTION__KEY");
                draft.mistakes.push(mistake(name, None, message, Some(hint)));
                continue;
            }
        };
        match value.to_str() {
            Some(text) => draft.set(section, key, read(section, key, text), Origin::Variable(name)),
            None => draft.mistakes.push(mistake(name, Some(path), "the value is no UTF-8", None)),
        }
    }
}

/// The value that a text stands for: text where the key takes it, so that a secret of digits stays a text;
/// else TOML. A text that is neither is left to be reported with the other wrong values.
fn read(section: &str, key: &str, text: &str) -> Value {
    let takes = |value: &Value| Settings::takes(section, key, value) == Some(true);
    let as_text = Value::String(text.to_owned());
    if text == "false" && takes(&Value::Boolean(false)) {
        return Value::Boolean(false);
    }
    if takes(&as_text) { as_text } else { parse(text).unwrap_or(as_text) }
}

/// A TOML value: `3`, `true`, `["a", "b"]`.
fn parse(text: &str) -> Option<Value> {
    let table: toml::Table = format!("value = {}", text.trim()).parse().ok()?;
    if table.len() == 1 { table.into_iter().next().map(|(_, value)| value) } else { None }
}

fn mistake(name: String, key: Option<&str>, message: &str, hint: Option<String>) -> Mistake {
    Mistake {
        origin: Some(Origin::Variable(name)),
        key: key.map(str::to_lowercase),
        message: message.to_owned(),
        hint,
    }
}

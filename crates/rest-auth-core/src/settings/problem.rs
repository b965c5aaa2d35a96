//! What can be wrong with a key, in words for whoever wrote it. Where the key stands is the reader's business.

use super::upstream::not_taken_at;

/// Something wrong with a key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `account.email_verification`, or the name of a section.
    pub key: String,
    /// What is wrong. Never the value of a secret.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

/// Settings of upstream that a later version will take. They are told apart from misspelt keys, so that
/// somebody who moves a configuration learns that the key is right and the version is not there yet.
pub const NOT_YET: &[&str] = &[
    "rest_auth.mfa_totp_issuer",
    "rest_auth.mfa_totp_digits",
    "rest_auth.mfa_totp_period",
    "rest_auth.mfa_recovery_code_count",
    "rest_auth.mfa_ephemeral_token_timeout",
];

/// Values of lists that a later version will take, by key.
pub const NOT_YET_VALUES: &[(&str, &[&str])] = &[("http.features", &["mfa"])];

impl Problem {
    /// A key, or a section, that does not exist. `known` are the names at its place, `elsewhere` the sections
    /// that have a key of this name.
    pub(super) fn unknown(path: &str, known: &[&str], elsewhere: &[&str]) -> Self {
        if NOT_YET.contains(&path) {
            return Self {
                key: path.to_owned(),
                message: "this version does not support it yet".to_owned(),
                hint: Some("the key is right, a later version will take it; remove it for now".to_owned()),
            };
        }
        if let Some(reason) = not_taken_at(path) {
            return Self {
                key: path.to_owned(),
                message: reason.why.to_owned(),
                hint: Some(reason.instead.to_owned()),
            };
        }
        let name = path.rsplit('.').next().unwrap_or(path);
        let hint = match elsewhere {
            [""] => Some("it belongs to the top level, before the first section".to_owned()),
            [section] => Some(format!("it belongs to [{section}]")),
            _ => nearest(name, known).map(|known| format!("did you mean `{known}`?")),
        };
        Self { key: path.to_owned(), message: "unknown key".to_owned(), hint }
    }

    /// A section's name that is given a value, or a key that is opened like a section.
    pub(super) fn misplaced(name: &str, is_section: bool) -> Self {
        let (message, hint) = if is_section {
            ("is a section, and takes no value", format!("write [{name}], and its keys below"))
        } else {
            ("is a key, and no section", format!("write {name} = …, before the first section"))
        };
        Self { key: name.to_owned(), message: message.to_owned(), hint: Some(hint) }
    }

    /// A value that the key does not take.
    pub(super) fn value(path: &str, refusal: &str, given: &toml::Value) -> Self {
        let later = NOT_YET_VALUES.iter().find(|(key, _)| *key == path).map_or(&[][..], |(_, values)| values);
        let early = given.as_array().into_iter().flatten().filter_map(toml::Value::as_str);
        if let Some(value) = early.into_iter().find(|value| later.contains(value)) {
            return Self {
                key: path.to_owned(),
                message: format!("this version does not support `{value}` yet"),
                hint: Some("the value is right, a later version will take it; remove it for now".to_owned()),
            };
        }
        // serde tells both in one sentence: "unknown variant `decimal`, expected one of `char`, …".
        let known = refusal.split_once(", expected ").filter(|_| refusal.starts_with("unknown "));
        let (message, hint) = known.map_or((refusal, None), |(unknown, known)| (unknown, Some(known)));
        Self {
            key: path.to_owned(),
            message: message.to_owned(),
            hint: hint.map(|known| format!("take {known}")),
        }
    }
}

/// The known name that somebody may have meant.
pub(crate) fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .filter(|candidate| !candidate.is_empty())
        .map(|candidate| (distance(name, candidate), *candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(2))
        .map(|(_, candidate)| candidate)
}

/// Levenshtein's distance, for suggestions.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

//! What the real Django answers to passwords, sentence by sentence.

use serde_json::Value;

use super::*;

/// Of `password_validators.json`: the kinds that are sentences. The rest of the file is the formats crate's.
const VECTORS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../rest-auth-formats/tests/vectors/password_validators.json"
));

fn similarity(max_similarity: f64) -> ValidatorEntry {
    ValidatorEntry::UserAttributeSimilarity {
        max_similarity,
        user_attributes: ["username", "first_name", "last_name", "email"].map(str::to_owned).to_vec(),
    }
}

/// The order that `startproject` writes.
fn all_four() -> PasswordValidators {
    PasswordValidators::new(
        &[
            similarity(0.7),
            ValidatorEntry::MinimumLength { min_length: 8 },
            ValidatorEntry::Common,
            ValidatorEntry::Numeric,
        ],
        0,
    )
}

/// Attributes that are no text are no attributes.
fn profile(case: &Value) -> Profile {
    let Some(user) = case["user"].as_object() else { return Profile::unknown() };
    user.iter()
        .filter_map(|(name, value)| Some((name, value.as_str()?)))
        .fold(Profile::unknown(), |profile, (name, value)| profile.with(name, value))
}

fn expected(case: &Value) -> Vec<(String, String)> {
    let errors = case["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    errors.iter().map(|error| (text(&error["code"]), text(&error["message"]))).collect()
}

fn validators(case: &Value) -> Option<PasswordValidators> {
    let entry = match case["kind"].as_str()? {
        "validate_password" => return Some(all_four()),
        "similarity" => similarity(case["max_similarity"].as_f64()?),
        "similarity_no_user" => similarity(0.7),
        // Its other case is a user class without metadata, which Django's validator fails on.
        "similarity_odd_user" if case["raises"].is_null() => similarity(0.7),
        "similarity_attributes" => ValidatorEntry::UserAttributeSimilarity {
            max_similarity: 0.7,
            user_attributes: case["user_attributes"]
                .as_array()?
                .iter()
                .filter_map(|name| name.as_str().map(str::to_owned))
                .collect(),
        },
        "minimum_length" => {
            ValidatorEntry::MinimumLength { min_length: usize::try_from(case["min_length"].as_u64()?).ok()? }
        }
        "common" => ValidatorEntry::Common,
        "numeric" => ValidatorEntry::Numeric,
        _ => return None,
    };
    Some(PasswordValidators::new(&[entry], 0))
}

#[test]
fn every_case_of_django_has_its_sentences() {
    let file: Value = serde_json::from_str(VECTORS).unwrap();
    let mut seen = 0;
    for case in file["cases"].as_array().unwrap() {
        let Some(validators) = validators(case) else { continue };
        seen += 1;
        let found: Vec<(String, String)> = validators
            .validate(case["password"].as_str().unwrap(), &profile(case))
            .into_iter()
            .map(|message| (message.code.to_owned(), message.text.into_owned()))
            .collect();
        assert_eq!(found, expected(case), "{}", case["id"]);
    }
    assert_eq!(seen, 175);
}

#[test]
fn without_validators_only_the_fallback_minimum_holds() {
    let validators = PasswordValidators::new(&[], 6);
    assert_eq!(validators.validate("12345", &Profile::unknown()), [messages::password_too_short(6)]);
    assert_eq!(validators.validate("123456", &Profile::unknown()), []);
    assert_eq!(PasswordValidators::new(&[], 0).validate("", &Profile::unknown()), []);
    assert_eq!(PasswordValidators::new(&[ValidatorEntry::Numeric], 6).validate("a", &Profile::unknown()), []);
}

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
            ValidatorEntry::Common { password_list_path: None },
            ValidatorEntry::Numeric,
        ],
        0,
    )
    .unwrap()
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
        "common" => ValidatorEntry::Common { password_list_path: None },
        "numeric" => ValidatorEntry::Numeric,
        _ => return None,
    };
    Some(PasswordValidators::new(&[entry], 0).unwrap())
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
    let faults = |entries: &[ValidatorEntry], fallback, password| {
        PasswordValidators::new(entries, fallback).unwrap().validate(password, &Profile::unknown())
    };
    assert_eq!(faults(&[], 6, "12345"), [messages::password_too_short(6)]);
    assert_eq!(faults(&[], 6, "123456"), []);
    assert_eq!(faults(&[], 0, ""), []);
    assert_eq!(faults(&[ValidatorEntry::Numeric], 6, "a"), []);
}

#[test]
fn the_site_is_an_attribute_unless_the_account_has_one_of_that_name() {
    let entry = ValidatorEntry::UserAttributeSimilarity {
        max_similarity: 0.7,
        user_attributes: vec!["site".to_owned()],
    };
    let validators = PasswordValidators::new(&[entry], 0).unwrap();
    assert_eq!(validators.validate("bookshop", &Profile::unknown()), []);
    let validators = validators.at_site("bookshop.example.com:8000");
    assert_eq!(
        validators.validate("Bookshop1", &Profile::unknown()),
        [messages::password_too_similar("site's name")]
    );
    let own = Profile::unknown().with("site", "somewhere");
    assert_eq!(validators.validate("Bookshop1", &own), []);
    assert_eq!(validators.validate("somewhere", &own), [messages::password_too_similar("site")]);
}

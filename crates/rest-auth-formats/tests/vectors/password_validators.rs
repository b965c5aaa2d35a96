//! Password validators: the numbers behind them. The sentences are core's and checked there.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::GzDecoder;
use rest_auth_formats::hex;
use rest_auth_formats::validators::{password, text};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::cases::{Case, VectorFile};
use crate::characters;

const COMMON_PASSWORDS: &[u8] = include_bytes!("../../data/common-passwords.txt.gz");

#[test]
fn every_case_of_password_validators_holds() {
    VectorFile::parse("password_validators", include_str!("password_validators.json")).run(&[
        ("similarity", similarity),
        ("similarity_odd_user", similarity_odd_user),
        ("similarity_attributes", similarity_attributes),
        ("quick_ratio", quick_ratio),
        ("minimum_length", minimum_length),
        ("common", common),
        ("common_list", common_list),
        ("numeric", numeric),
        ("char_class", char_class),
        ("validate_password", validate_password),
    ]);
}

/// Whether Django has something to say, or has this code among what it says.
fn has_code(case: &Case<'_>, code: &str) -> bool {
    let errors = case.value("errors").as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().any(|error| error["code"] == code)
}

/// The attributes that are text, in Django's order.
fn values<'f>(case: &Case<'f>, names: &[&str]) -> Vec<&'f str> {
    let user = case.value("user");
    names.iter().filter_map(|name| user[*name].as_str()).collect()
}

fn is_similar(case: &Case<'_>, names: &[&str], max_similarity: f64) -> bool {
    let password = case.text("password");
    values(case, names).into_iter().any(|value| password::resembles(password, value, max_similarity))
}

const ATTRIBUTES: [&str; 4] = ["username", "first_name", "last_name", "email"];

fn similarity(case: &Case<'_>) {
    let max_similarity = case.value("max_similarity").as_f64().expect("a number");
    let found = is_similar(case, &ATTRIBUTES, max_similarity);
    assert_eq!(found, has_code(case, "password_too_similar"));

    let password = case.text("password").to_lowercase();
    for part in case.value("parts").as_array().expect("parts") {
        let ratio = password::quick_ratio(&password, part["part"].as_str().expect("text"));
        assert_ratio(ratio, &part["ratio"]);
    }
}

/// Equal but for the last bit, which the parser of the file may lose.
fn assert_ratio(found: f64, expected: &Value) {
    let expected = expected.as_f64().expect("a number");
    assert!((found - expected).abs() < f64::EPSILON, "{found} is not {expected}");
}

fn similarity_odd_user(case: &Case<'_>) {
    // The other case is a user class without verbose names, on which Django's validator fails.
    if case.value("raises").is_null() {
        assert_eq!(is_similar(case, &ATTRIBUTES, 0.7), has_code(case, "password_too_similar"));
    }
}

fn similarity_attributes(case: &Case<'_>) {
    let found = is_similar(case, &case.texts("user_attributes"), 0.7);
    assert_eq!(found, has_code(case, "password_too_similar"));
}

fn quick_ratio(case: &Case<'_>) {
    let ratio = password::quick_ratio(case.text("a"), case.text("b"));
    assert_ratio(ratio, case.value("ratio"));
    assert_eq!(ratio >= 0.7, case.flag("at_least_0_7"));
}

fn minimum_length(case: &Case<'_>) {
    let least = case.value("min_length").as_u64().expect("a number");
    let is_short = (text::length(case.text("password")) as u64) < least;
    assert_eq!(is_short, has_code(case, "password_too_short"));
}

fn common(case: &Case<'_>) {
    assert_eq!(password::is_common(case.text("password")), has_code(case, "password_too_common"));
}

fn common_list(case: &Case<'_>) {
    let mut list = String::new();
    GzDecoder::new(COMMON_PASSWORDS).read_to_string(&mut list).expect("gzipped UTF-8");
    assert_eq!(hex::encode(&Sha256::digest(&list)), case.text("sha256_of_text"));

    let entries: BTreeSet<&str> = list.lines().collect();
    let sorted: Vec<&str> = entries.iter().copied().collect();
    assert_eq!(Value::from(sorted.len()), *case.value("distinct_after_strip"));
    let digest = Sha256::digest(sorted.join("\n"));
    assert_eq!(hex::encode(&digest), case.text("sha256_of_sorted_joined_with_newline"));

    for entry in sorted {
        assert!(password::is_common(entry), "{entry}");
        let longer = format!("{entry}\u{1}");
        assert!(!password::is_common(&longer), "{longer}");
    }
}

fn numeric(case: &Case<'_>) {
    assert_eq!(password::is_numeric(case.text("password")), has_code(case, "password_entirely_numeric"));
}

fn char_class(case: &Case<'_>) {
    assert_eq!(case.text("id"), "char_class/isdigit");
    let digits = characters::class(case);
    for character in characters::all() {
        assert_eq!(text::is_digit(character), digits.contains(&character), "{character:?}");
        assert!(text::decimal_value(character).is_none() || text::is_digit(character), "{character:?}");
    }
}

fn validate_password(case: &Case<'_>) {
    let password = case.text("password");
    let found = [
        ("password_too_similar", is_similar(case, &ATTRIBUTES, 0.7)),
        ("password_too_short", text::length(password) < 8),
        ("password_too_common", password::is_common(password)),
        ("password_entirely_numeric", password::is_numeric(password)),
    ];
    for (code, found) in found {
        assert_eq!(found, has_code(case, code), "{code}");
    }
}

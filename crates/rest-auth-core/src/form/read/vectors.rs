//! Cases that the real Django REST framework and allauth made. The formats crate checks the rest of their file.

use serde_json::Value as Json;

use super::*;
use crate::model::{Email, Username, UsernameRules};

const VECTORS: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../rest-auth-formats/tests/vectors/username_email_validators.json"
));

fn cases(kind: &str) -> Vec<Json> {
    let file: Json = serde_json::from_str(VECTORS).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let found: Vec<Json> = cases.iter().filter(|case| case["kind"] == kind).cloned().collect();
    assert!(!found.is_empty(), "no cases of {kind}");
    found
}

/// The few kinds of JSON text in the file, as Python's parser reads them.
fn parse(json: &str) -> Input {
    if json.contains("\\ud800") {
        let whole: String = serde_json::from_str(&json.replace("\\ud800", "\\ufffd")).unwrap();
        return Input::Text(Text { value: whole, lone_surrogate: Some(0xD800) });
    }
    match json {
        "-0" => return Input::Int("0".into()),
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => return Input::Int(digits.into()),
        _ => {}
    }
    match serde_json::from_str(json).unwrap() {
        Json::Null => Input::Null,
        Json::Bool(truth) => Input::Bool(truth),
        Json::Number(number) => Input::Float(format!("{:?}", number.as_f64().unwrap())),
        Json::String(text) => Input::text(text),
        Json::Array(items) => Input::List(items.iter().map(|item| parse(&item.to_string())).collect()),
        Json::Object(_) => Input::empty(),
    }
}

/// What the field made of the input, in the words of the file.
fn read(field: Field, input: Input) -> Json {
    let name = field.name.clone();
    let body = Input::Object(vec![(name.clone(), input)]);
    match Form::new("One").field(field).read(&body, Body::Json).and_then(Reading::into_values) {
        Ok(values) => serde_json::json!({"valid": true, "value": values.text(&name)}),
        Err(Error::Invalid(errors)) => {
            let messages = errors.iter().flat_map(|(_, messages)| messages).map(message_json);
            serde_json::json!({"valid": false, "errors": messages.collect::<Vec<_>>()})
        }
        Err(other) => panic!("{other}"),
    }
}

fn message_json(message: &Message) -> Json {
    serde_json::json!({"message": message.text, "code": message.code})
}

#[test]
fn every_text_of_the_reference_is_read_alike() {
    for case in cases("drf_charfield_max5") {
        let input = parse(case["json"].as_str().unwrap());
        assert_eq!(read(Field::char("it").max(5), input), case["drf"], "{}", case["id"]);
    }
}

#[test]
fn every_address_of_the_reference_is_read_alike() {
    for case in cases("email_json") {
        let input = parse(case["json"].as_str().unwrap());
        assert_eq!(read(Field::email("it"), input), case["drf"], "{}", case["id"]);
    }
    for case in cases("email") {
        let input = || Input::text(case["value"].as_str().unwrap());
        assert_eq!(read(Field::email("it"), input()), case["drf"], "{}", case["id"]);
        if !case["drf_max_254"].is_null() {
            assert_eq!(read(Field::email("it").max(254), input()), case["drf_max_254"], "{}", case["id"]);
        }
    }
}

#[test]
fn every_address_of_the_reference_has_its_stored_forms() {
    for case in cases("email") {
        let email = Email::parse(case["value"].as_str().unwrap());
        assert_eq!(email.is_ok(), case["django"]["valid"].as_bool().unwrap(), "{}", case["id"]);
        let Ok(email) = email else { continue };
        assert_eq!(email.with_lower_case_domain(), case["django_normalize_email"].as_str().unwrap());
        if let Some(stored) = case["allauth_valid_email_or_none"].as_str() {
            assert_eq!(email.lower_case(), stored);
        }
    }
}

#[test]
fn every_user_name_of_the_reference_may_be_taken_or_not() {
    for case in cases("allauth_clean_username") {
        let reserved = case["blacklist"].as_array().unwrap();
        let rules = UsernameRules {
            reserved: reserved.iter().map(|name| name.as_str().unwrap().to_owned()).collect(),
            ..UsernameRules::default()
        };
        match Username::parse(case["value"].as_str().unwrap(), &rules) {
            Ok(name) => assert_eq!(name.as_str(), case["value"]),
            Err(message) => assert_eq!(Json::Array(vec![message_json(&message)]), case["errors"]),
        }
    }
    for case in cases("username") {
        let name = case["value"].as_str().unwrap();
        let accepted = Username::parse(name, &UsernameRules::default());
        assert_eq!(accepted.is_ok(), case["unicode_validator"]["valid"].as_bool().unwrap(), "{}", case["id"]);
    }
}

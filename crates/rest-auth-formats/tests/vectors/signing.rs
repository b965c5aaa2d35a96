//! Primitives and signed values.

use rest_auth_formats::salted_hmac::{HashAlgorithm, salted_hmac, salted_hmac_with};
use rest_auth_formats::signing::{
    self, Compression, DUMPS_SALT, MaxAge, SIGNER_SALT, SignatureError, Signer, TIMESTAMP_SIGNER_SALT,
    TimestampSigner,
};
use rest_auth_formats::{SecretKeys, base62, base64url, hex, json};
use serde_json::Value;

use crate::cases::{Case, VectorFile, bytes};

#[test]
fn every_case_of_signing_holds() {
    VectorFile::parse("signing", include_str!("signing.json")).run(&[
        ("salted_hmac", salted_hmac_case),
        ("b62", b62),
        ("b62_decode", b62_decode),
        ("b64", b64),
        ("b64_decode", b64_decode),
        ("signer_sign", signer_sign),
        ("signer_unsign", signer_unsign),
        ("signer_bad_sep", signer_bad_sep),
        ("timestamp_sign", timestamp_sign),
        ("timestamp_unsign", timestamp_unsign),
        ("dumps", dumps),
        ("sign_object", sign_object),
        ("loads", loads),
        ("settings_fallback", settings_fallback),
        ("signed_cookie", signed_cookie),
    ]);
}

fn keys(case: &Case<'_>) -> SecretKeys {
    SecretKeys::new(case.text("key")).with_fallbacks(case.texts("fallback_keys"))
}

fn algorithm(case: &Case<'_>) -> HashAlgorithm {
    match case.text("algorithm") {
        "md5" => HashAlgorithm::Md5,
        "sha1" => HashAlgorithm::Sha1,
        "sha224" => HashAlgorithm::Sha224,
        "sha256" => HashAlgorithm::Sha256,
        "sha384" => HashAlgorithm::Sha384,
        "sha512" => HashAlgorithm::Sha512,
        other => panic!("{other}"),
    }
}

/// The error in words that the two libraries share: Django has an exception for a bad signature and one for an
/// old one; every other exception is a bad signature here.
fn outcome<T>(case: &Case<'_>, value: T) -> Result<T, SignatureError> {
    if case.flag("ok") {
        return Ok(value);
    }
    match case.value("error")["type"].as_str() {
        Some("SignatureExpired") => Err(SignatureError::Expired),
        _ => Err(SignatureError::Bad),
    }
}

fn max_age(case: &Case<'_>) -> Option<MaxAge> {
    case.value("max_age").as_i64().map(|seconds| MaxAge { seconds, now: case.time("now") })
}

fn salted_hmac_case(case: &Case<'_>) {
    let (key_salt, value, secret) = (case.text("key_salt"), case.text("value"), case.text("secret"));
    let digest = salted_hmac_with(algorithm(case), key_salt, value, secret);
    assert_eq!(hex::encode(&digest), case.text("hex"));
    if case.text("algorithm") == "sha256" {
        assert_eq!(salted_hmac(key_salt, value, secret).as_slice(), digest);
    }
}

fn b62(case: &Case<'_>) {
    let number = case.text("n").parse().expect("a number");
    assert_eq!(base62::encode(number), case.text("text"));
    assert_eq!(base62::decode(case.text("text")), Some(number));
}

fn b62_decode(case: &Case<'_>) {
    let number = base62::decode(case.text("text")).map(|number| number.to_string());
    assert_eq!(number.as_deref(), case.text_outcome());
}

fn b64(case: &Case<'_>) {
    assert_eq!(base64url::encode(&bytes(case.text("hex"))), case.text("text"));
    assert_eq!(base64url::decode(case.text("text")), Some(bytes(case.text("hex"))));
}

fn b64_decode(case: &Case<'_>) {
    assert_eq!(base64url::decode(case.text("text")), case.text_outcome().map(bytes));
}

fn signer_sign(case: &Case<'_>) {
    let keys = SecretKeys::new(case.text("key"));
    let signer = Signer::new(&keys, case.optional_text("salt").unwrap_or(SIGNER_SALT))
        .with_separator(case.text("sep"))
        .expect("a safe separator")
        .with_algorithm(algorithm(case));
    assert_eq!(signer.sign(case.text("value")), case.text("signed"));
    assert_eq!(signer.unsign(case.text("signed")), Ok(case.text("value")));
}

fn signer_unsign(case: &Case<'_>) {
    let keys = keys(case);
    let signer = Signer::new(&keys, case.optional_text("salt").unwrap_or(SIGNER_SALT))
        .with_separator(case.text("sep"))
        .expect("a safe separator")
        .with_algorithm(algorithm(case));
    let value = case.text_outcome().unwrap_or_default();
    assert_eq!(signer.unsign(case.text("signed")), outcome(case, value));
}

fn signer_bad_sep(case: &Case<'_>) {
    let keys = SecretKeys::new("any");
    assert_eq!(Signer::new(&keys, "any").with_separator(case.text("sep")).is_some(), case.flag("ok"));
}

fn timestamp_sign(case: &Case<'_>) {
    let keys = SecretKeys::new(case.text("key"));
    let signer = TimestampSigner::new(&keys, case.optional_text("salt").unwrap_or(TIMESTAMP_SIGNER_SALT));
    assert_eq!(signer.sign(case.text("value"), case.time("now")), case.text("signed"));
}

fn timestamp_unsign(case: &Case<'_>) {
    let keys = keys(case);
    let signer = TimestampSigner::new(&keys, case.optional_text("salt").unwrap_or(TIMESTAMP_SIGNER_SALT));
    let value = case.text_outcome().unwrap_or_default();
    assert_eq!(signer.unsign(case.text("signed"), max_age(case)), outcome(case, value));
}

/// The object of a case from the JSON that Python made of it, which knows `2.0` from `2`.
fn object(case: &Case<'_>) -> Value {
    serde_json::from_str(case.text("json_text")).expect("JSON")
}

fn dumps(case: &Case<'_>) {
    let (keys, now, object) = (SecretKeys::new(case.text("key")), case.time("now"), object(case));
    assert_eq!(json::compact(&object), case.text("json_text"));
    for (salt, token) in [(case.text("salt"), "token"), (DUMPS_SALT, "token_default_salt")] {
        assert_eq!(signing::loads(case.text(token), &keys, salt, None), Ok(object.clone()));
        let plain = signing::dumps(&object, &keys, salt, now, Compression::Never);
        if !case.flag("compressed") {
            assert_eq!(plain, case.text(token));
        }
        let packed = signing::dumps(&object, &keys, salt, now, Compression::IfShorter);
        assert_eq!(signing::loads(&packed, &keys, salt, None), Ok(object.clone()));
        if case.flag("compress") {
            assert_eq!(packed.starts_with('.'), case.flag("compressed"), "{packed}");
        }
    }
}

fn sign_object(case: &Case<'_>) {
    let keys = SecretKeys::new(case.text("key"));
    let signer = Signer::new(&keys, case.text("salt"));
    assert_eq!(signer.unsign_object(case.text("signed")).as_ref(), Ok(case.value("obj")));
    let compression =
        if case.text("signed").starts_with('.') { Compression::IfShorter } else { Compression::Never };
    let ours = signer.sign_object(case.value("obj"), compression);
    assert_eq!(signer.unsign_object(&ours).as_ref(), Ok(case.value("obj")));
    if compression == Compression::Never {
        assert_eq!(ours, case.text("signed"));
    }
}

fn loads(case: &Case<'_>) {
    let keys = keys(case);
    let value = case.outcome().cloned().unwrap_or_default();
    let salt = case.text("salt");
    assert_eq!(signing::loads(case.text("token"), &keys, salt, max_age(case)), outcome(case, value));
}

fn settings_fallback(case: &Case<'_>) {
    let keys = case.secret_keys();
    let value = case.outcome().cloned().unwrap_or_default();
    assert_eq!(signing::loads(case.text("token"), &keys, case.text("salt"), None), outcome(case, value));
}

fn signed_cookie(case: &Case<'_>) {
    let keys = case.secret_keys();
    let signer = TimestampSigner::for_cookie(&keys, case.text("name"), case.text("salt"));
    assert_eq!(signer.sign(case.text("value"), case.time("now")), case.text("cookie_value"));
    assert_eq!(signer.unsign(case.text("cookie_value"), None), Ok(case.text("value")));
}

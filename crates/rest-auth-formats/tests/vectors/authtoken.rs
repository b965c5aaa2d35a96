//! Keys of Django REST framework's authtoken and the header that carries them.

use rest_auth_formats::auth_token::{self, KEYWORD, TokenFailure};
use rest_auth_formats::{Timestamp, hex};

use crate::cases::{Case, VectorFile};

#[test]
fn every_case_of_authtoken_holds() {
    VectorFile::parse("authtoken", include_str!("authtoken.json")).run(&[
        ("key_rule", key_rule),
        ("key_from_bytes", key_from_bytes),
        ("stored_row", stored_row),
        ("authorization_header", authorization_header),
    ]);
}

fn key_rule(case: &Case<'_>) {
    let key = auth_token::key_from_bytes(&[0x5a; 20]);
    assert_eq!(case.value("lengths"), &serde_json::json!([key.len()]));
    let alphabet = case.text("alphabet_seen");
    let every_digit = [0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    assert!(auth_token::key_from_bytes(&every_digit).starts_with(alphabet));
}

fn key_from_bytes(case: &Case<'_>) {
    let random = hex::decode(case.text("random_bytes_hex")).expect("hex").try_into().expect("20 bytes");
    assert_eq!(auth_token::key_from_bytes(&random), case.text("key"));
}

/// The row itself is the store's; here is the text of its time.
fn stored_row(case: &Case<'_>) {
    for row in case.value("rows").as_array().expect("rows") {
        let created = row[1].as_str().expect("a text");
        assert_eq!(Timestamp::parse(created).map(Timestamp::sqlite_text).as_deref(), Some(created));
    }
}

/// As a server with the two rows of the file answers: user 42 is active, 44 is not.
fn answer(header: Option<&str>) -> Result<i64, Option<TokenFailure>> {
    // The header's characters stand for the bytes that were sent.
    let header: Vec<u8> =
        header.unwrap_or_default().chars().map(|c| u8::try_from(u32::from(c)).expect("Latin-1")).collect();
    match auth_token::read_header(&header, KEYWORD)? {
        None => Err(None),
        Some("0123456789abcdef0123456789abcdef01234567") => Ok(42),
        Some("ffffffffffffffffffffffffffffffffffffffff") => Err(Some(TokenFailure::InactiveUser)),
        Some(_) => Err(Some(TokenFailure::InvalidToken)),
    }
}

fn authorization_header(case: &Case<'_>) {
    let http = case.value("http");
    match answer(case.optional_text("header")) {
        Ok(user) => {
            assert_eq!(http["status"], 200);
            assert_eq!(http["body"]["pk"], user);
        }
        Err(failure) => {
            assert_eq!(http["status"], 401);
            assert_eq!(http["www_authenticate"], KEYWORD);
            let detail = failure.map_or_else(
                || "Authentication credentials were not provided.".to_owned(),
                |failure| failure.to_string(),
            );
            assert_eq!(http["body"]["detail"], detail);
        }
    }
}

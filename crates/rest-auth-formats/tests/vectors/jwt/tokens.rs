//! New tokens: what they say, and that every byte is the reference's where signatures do not depend on chance.

use rest_auth_formats::Timestamp;
use rest_auth_formats::jwt::{
    self, Algorithm, AuthenticationFailure, Claims, HEADER_TYPE, Lifetimes, Mint, Rules, TokenKind, TokenUser,
};
use serde_json::{Map, Value, json};

use super::deployment::{Deployment, assert_answer, token_id, user};
use crate::cases::Case;

pub(super) fn algorithms(case: &Case<'_>) {
    let mut names: Vec<_> = Algorithm::ALL.iter().map(|algorithm| algorithm.name()).collect();
    names.sort_unstable();
    assert_eq!(names, case.texts("allowed"));
    for algorithm in Algorithm::ALL {
        assert_eq!(Algorithm::named(algorithm.name()), Some(algorithm));
    }
    for refused in ["none", "None", "", "hs256", "HS256 ", "EDDSA"] {
        assert_eq!(Algorithm::named(refused), None);
    }
}

/// The defaults of settings that this crate knows; the others are the configuration's.
pub(super) fn defaults(case: &Case<'_>) {
    let (rules, lifetimes) = (Rules::default(), Lifetimes::default());
    for (setting, seconds) in [
        ("ACCESS_TOKEN_LIFETIME", lifetimes.access),
        ("REFRESH_TOKEN_LIFETIME", lifetimes.refresh),
        ("SLIDING_TOKEN_LIFETIME", lifetimes.sliding),
        ("SLIDING_TOKEN_REFRESH_LIFETIME", lifetimes.sliding_refresh),
        ("LEEWAY", rules.leeway),
    ] {
        assert_eq!(case.time(setting), Timestamp::from_seconds(seconds), "{setting}");
    }
    assert_eq!(case.text("ALGORITHM"), Algorithm::default().name());
    assert_eq!(case.optional_text("TOKEN_TYPE_CLAIM"), rules.names.token_type.as_deref());
    assert_eq!(case.optional_text("JTI_CLAIM"), rules.names.token_id.as_deref());
    assert_eq!(case.text("USER_ID_CLAIM"), rules.names.user_id);
    assert_eq!(case.text("REVOKE_TOKEN_CLAIM"), rules.names.password);
    assert_eq!(case.text("SLIDING_TOKEN_REFRESH_EXP_CLAIM"), rules.names.refresh_expiry);
    assert_eq!(case.optional_text("ISSUER"), rules.issuer.as_deref());
    assert!(case.value("AUDIENCE").is_null() && rules.audience.is_none());
    assert_eq!(case.texts("AUTH_HEADER_TYPES"), [HEADER_TYPE]);
}

pub(super) fn mint(case: &Case<'_>) {
    let deployment = Deployment::of(case, 1);
    let user = user(case.value("user")["pk"].as_i64().expect("a number")).expect("one of the users");
    assert_eq!(user.password, case.value("user")["password"]);
    let id = match case.value("settings")["USER_ID_FIELD"].as_str() {
        Some(_) => user.username.to_owned(),
        None => user.id.to_string(),
    };
    let subject = TokenUser { id: &id, password: deployment.checks_password.then_some(user.password) };

    let mint = deployment.mint();
    let refresh = mint.for_user(TokenKind::Refresh, &subject, deployment.next_id());
    let access = mint.access_from(&refresh, deployment.next_id());
    let sliding = mint.for_user(TokenKind::Sliding, &subject, deployment.next_id());
    for (kind, claims) in
        [(TokenKind::Refresh, &refresh), (TokenKind::Access, &access), (TokenKind::Sliding, &sliding)]
    {
        check_minted(&deployment, &case.value("tokens")[kind.name()], kind, claims);
    }

    let row = case.value("outstanding_row");
    assert_eq!(refresh.token_id(&deployment.rules.names), row["jti"].as_str());
    assert_eq!(refresh.expires_at(), Timestamp::parse(row["expires_at"].as_str().expect("a text")));
}

/// Compares a new token with the reference's. Signatures with a random part are verified instead.
fn check_minted(deployment: &Deployment, expected: &Value, kind: TokenKind, claims: &Claims) {
    let theirs = expected["token"].as_str().expect("a token");
    let ours = deployment.sign(claims);
    let algorithm = deployment.signing.algorithm();
    if matches!(algorithm, Algorithm::Es256 | Algorithm::Es384 | Algorithm::Es256k) {
        let unsigned = |token: &str| token.rsplit_once('.').map(|(unsigned, _)| unsigned.to_owned());
        assert_eq!(unsigned(&ours), unsigned(theirs));
    } else {
        assert_eq!(ours, theirs);
    }
    for token in [&ours, theirs] {
        let read = deployment.read(token.as_bytes(), Some(kind)).expect("a good token");
        assert_eq!(read.json(), expected["claims_json"].as_str().expect("JSON"));
        assert_eq!(Value::Object(Map::from(read)), expected["claims"]);
    }
}

pub(super) fn mint_uuid_pk(case: &Case<'_>) {
    let deployment = Deployment::of(case, 0x51);
    let subject = TokenUser { id: case.text("pk"), password: None };
    let refresh = deployment.mint().for_user(TokenKind::Refresh, &subject, deployment.next_id());
    assert_eq!(deployment.sign(&refresh), case.text("refresh"));
    let access = deployment.mint().access_from(&refresh, deployment.next_id());
    assert_eq!(deployment.sign(&access), case.text("access"));
    assert_eq!(Value::Object(refresh.into()), *case.value("refresh_claims"));
    assert_eq!(Value::Object(access.into()), *case.value("access_claims"));
}

pub(super) fn revoke_claim(case: &Case<'_>) {
    assert_eq!(jwt::password_claim(case.text("password_column")), case.text("hash_password"));
}

/// The rows are the store's; here are the tokens in them and their times.
pub(super) fn rotation(case: &Case<'_>) {
    let mut deployment = Deployment::of(case, 0x77);
    deployment.rotates = case.flag("rotate");
    deployment.blacklists_after_rotation = case.flag("blacklist_after");
    let token = case.text("refresh").as_bytes();
    let first = deployment.refresh(token);
    assert_answer(&first, case.value("first"));
    for (name, claims_json) in case.value("first_claims_json").as_object().expect("an object") {
        let token = first.1[name].as_str().expect("a token");
        assert_eq!(deployment.read(token.as_bytes(), None).expect("a good token").json(), *claims_json);
    }
    assert_answer(&deployment.refresh(token), case.value("second_use"));
    // The verify endpoint of the reference was not set up for the blacklist.
    if case.value("verify_afterwards").get("raises").is_none() {
        assert_answer(&deployment.verify(token), case.value("verify_afterwards"));
    }
    for row in case.value("outstanding").as_array().expect("rows") {
        let text = |name: &str| row[name].as_str().unwrap_or_else(|| panic!("{name} is no text"));
        let claims = deployment.read(text("token").as_bytes(), None).expect("a good token");
        assert_eq!(claims.token_id(&deployment.rules.names), Some(text("jti")));
        assert_eq!(claims.expires_at(), Timestamp::parse(text("expires_at")));
        assert_eq!(row["blacklisted"] == true, deployment.blacklist.borrow().contains(text("jti")));
    }
}

pub(super) fn sliding_refresh(case: &Case<'_>) {
    let deployment = Deployment::of(case, 0);
    assert_answer(&deployment.slide(case.text("token").as_bytes()), case.value("http"));
}

pub(super) fn blacklist(case: &Case<'_>) {
    let deployment = Deployment::of(case, 0xb1);
    let token = case.text("refresh").as_bytes();
    assert_answer(&deployment.revoke(token), case.value("first"));
    assert_answer(&deployment.revoke(token), case.value("second"));
    assert_answer(&deployment.refresh(token), case.value("refresh_after"));
    assert_answer(&deployment.verify(token), case.value("verify_after"));
    let subject = TokenUser { id: "42", password: None };
    let access = deployment.mint().for_user(TokenKind::Access, &subject, deployment.next_id());
    let access = deployment.sign(&access);
    assert_answer(&deployment.revoke(access.as_bytes()), case.value("given_an_access_token"));
}

#[test]
fn switched_off_claims_are_not_written() {
    let mut rules = Rules::default();
    rules.names.token_type = None;
    rules.names.token_id = None;
    let now = Timestamp::from_seconds(1_700_000_000);
    let mint = Mint { rules: &rules, lifetimes: &Lifetimes::default(), now };
    let id = token_id("01000000000040008000000000000001");
    let subject = TokenUser { id: "42", password: None };
    let refresh = mint.for_user(TokenKind::Refresh, &subject, id);
    let expected = r#"{"exp":1700086400,"iat":1700000000,"user_id":"42"}"#;
    assert_eq!(refresh.json(), expected);
    assert_eq!(mint.rotated(&refresh, id).json(), expected);
    let access = mint.access_from(&refresh, id);
    assert_eq!(access.json(), r#"{"exp":1700000300,"iat":1700000000,"user_id":"42"}"#);
}

#[test]
fn each_failure_of_a_user_has_its_code() {
    let codes: Vec<_> = [
        AuthenticationFailure::NoUserId,
        AuthenticationFailure::UserNotFound,
        AuthenticationFailure::UserInactive,
        AuthenticationFailure::PasswordChanged,
        AuthenticationFailure::NoActiveAccount,
    ]
    .iter()
    .map(|failure| failure.code())
    .collect();
    let expected = json!(["token_not_valid", "user_not_found", "user_inactive", "password_changed", null]);
    assert_eq!(json!(codes), expected);
}

//! What the vectors of the predecessors leave out: refreshing, cookies, and whose words are used when.

use serde_json::{Map, Value, json};

use super::{NOW, pair};
use crate::Timestamp;
use crate::jwt::legacy::{Dialect, LegacyFailure, LegacyRules, LegacyUser};
use crate::jwt::{Algorithm, Audience, Claims, TokenId};

const DIALECTS: [Dialect; 2] = [Dialect::DjangorestframeworkJwt, Dialect::DrfJwt];
const WEEK: i64 = 7 * 86_400;

fn alice(id: &Value) -> LegacyUser<'_> {
    LegacyUser { id, username: "alice", username_field: "username", email: Some("alice@example.org") }
}

fn token_id(byte: u8) -> TokenId {
    TokenId::from_random([byte; 16])
}

fn claims(value: &Value) -> Claims {
    value.as_object().expect("an object").clone().into()
}

#[test]
fn a_token_is_refreshed_for_a_week_from_the_first_login_on() {
    for dialect in DIALECTS {
        let rules = LegacyRules { allows_refresh: true, ..LegacyRules::new(dialect) };
        let id = json!(42);
        let first = rules.claims_for(&alice(&id), NOW, token_id(1));
        for (seconds, is_allowed) in [(0, true), (299, true), (WEEK, true), (WEEK + 1, false)] {
            let now = NOW.plus_seconds(seconds);
            let refreshed = rules.refreshed(&first, &alice(&id), now, token_id(2));
            if !is_allowed {
                assert_eq!(refreshed, Err(LegacyFailure::RefreshExpired));
                continue;
            }
            let refreshed = refreshed.expect("a new token");
            assert_eq!(refreshed.time("exp"), Some(now.plus_seconds(300)));
            assert_eq!(refreshed.time("orig_iat"), Some(NOW));
        }
        // The clock of upstream has whole seconds.
        let late = Timestamp::from_micros(NOW.plus_seconds(WEEK).micros() + 999_999);
        assert!(rules.refreshed(&first, &alice(&id), late, token_id(2)).is_ok());
    }
}

#[test]
fn the_claims_of_a_refreshed_token_are_in_upstreams_order() {
    let id = json!(42);
    let now = NOW.plus_seconds(60);
    let refreshed = |dialect, user: &LegacyUser<'_>| {
        let rules = LegacyRules {
            allows_refresh: true,
            audience: Some(Audience::One("api".into())),
            ..LegacyRules::new(dialect)
        };
        let first = rules.claims_for(user, NOW, token_id(0x11));
        let second = rules.refreshed(&first, user, now, token_id(0x22)).expect("a new token");
        rules.refreshed(&second, user, now, token_id(0x33)).expect("a newer token").json()
    };
    assert_eq!(
        refreshed(Dialect::DjangorestframeworkJwt, &alice(&id)),
        r#"{"user_id":42,"username":"alice","exp":1700000360,"email":"alice@example.org","orig_iat":1700000000,"aud":"api"}"#
    );
    // The id of the very first token stays.
    assert_eq!(
        refreshed(Dialect::DrfJwt, &alice(&id)),
        concat!(
            r#"{"username":"alice","iat":1700000060,"exp":1700000360,"jti":"33333333-3333-4333-b333-333333333333","#,
            r#""user_id":42,"orig_iat":1700000000,"aud":"api","orig_jti":"11111111-1111-4111-9111-111111111111"}"#
        )
    );
    // Where the address is the user name, it takes the place of the address; a UUID is a text.
    let id = json!("0b7e2f3c-9d1a-4c55-8e7f-112233445566");
    let user = LegacyUser { username: "a@b.example", username_field: "email", ..alice(&id) };
    assert_eq!(
        refreshed(Dialect::DjangorestframeworkJwt, &user),
        concat!(
            r#"{"user_id":"0b7e2f3c-9d1a-4c55-8e7f-112233445566","username":"a@b.example","exp":1700000360,"#,
            r#""email":"a@b.example","orig_iat":1700000000,"aud":"api"}"#
        )
    );
}

#[test]
fn a_token_without_its_first_login_is_not_refreshed() {
    let id = json!(42);
    for dialect in DIALECTS {
        let rules = LegacyRules::new(dialect);
        for first in [json!(null), json!("1700000000"), json!(true), json!(1e300), json!([1_700_000_000])] {
            let old = claims(&json!({ "username": "alice", "orig_iat": first }));
            let refreshed = rules.refreshed(&old, &alice(&id), NOW, token_id(2));
            assert_eq!(refreshed, Err(LegacyFailure::NoFirstLogin), "{first}");
        }
        let refreshed = rules.refreshed(&Claims::new(), &alice(&id), NOW, token_id(2));
        assert_eq!(refreshed, Err(LegacyFailure::NoFirstLogin));
    }
}

#[test]
fn the_cookie_counts_where_no_header_speaks() {
    let cookie = Some(&b"from-cookie"[..]);
    let [old, fork] = DIALECTS.map(LegacyRules::new);
    for (header, of_old, of_fork) in [
        (None, Ok(cookie), cookie),
        (Some(""), Ok(cookie), cookie),
        (Some("  "), Ok(cookie), cookie),
        (Some("JWT x"), Ok(Some(&b"x"[..])), Some(&b"x"[..])),
        (Some("jWt x"), Ok(Some(&b"x"[..])), Some(&b"x"[..])),
        (Some("JWT\tx"), Ok(Some(&b"x"[..])), cookie),
        (Some("JWT  x"), Ok(Some(&b"x"[..])), cookie),
        (Some("JWT"), Err(LegacyFailure::NoCredentials), cookie),
        (Some("JWT "), Err(LegacyFailure::NoCredentials), cookie),
        (Some("JWT a b"), Err(LegacyFailure::Spaces), cookie),
        (Some("Token x"), Ok(None), None),
        (Some("Token "), Ok(None), None),
        (Some("Token"), Ok(None), cookie),
    ] {
        let header = header.map(str::as_bytes);
        assert_eq!(old.find_token(header, cookie, "JWT"), of_old, "{header:?}");
        assert_eq!(fork.find_token(header, cookie, "JWT"), Ok(of_fork), "{header:?}");
    }
}

/// What a dialect says to a token with these claims, seconds after it was made.
fn read(rules: &LegacyRules, more: &Value, seconds: i64) -> Result<(), LegacyFailure> {
    let (signing, verifying) = pair(Algorithm::Hs256);
    let mut members = json!({ "user_id": 42, "username": "alice", "exp": NOW.seconds() + 300 });
    members.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    let token = rules.sign(&claims(&members), signing);
    rules
        .read(token.as_bytes(), std::slice::from_ref(verifying), NOW.plus_seconds(seconds))
        .and_then(|claims| rules.username(&claims).map(|_| ()))
}

#[test]
fn s_48_each_dialect_checks_what_its_library_checked() {
    let [old, fork] = DIALECTS.map(LegacyRules::new);
    for rules in [&old, &fork] {
        assert_eq!(read(rules, &json!({}), 0), Ok(()));
        assert_eq!(read(rules, &json!({ "aud": "api" }), 0), Err(LegacyFailure::Invalid));
        assert_eq!(read(rules, &json!({ "nbf": NOW.seconds() + 1 }), 0), Err(LegacyFailure::Invalid));
        assert_eq!(read(rules, &json!({ "nbf": "soon" }), 0), Err(LegacyFailure::Undecodable));
        assert_eq!(read(rules, &json!({ "exp": "soon" }), 0), Err(LegacyFailure::Undecodable));
        assert_eq!(read(rules, &json!({ "iat": "soon" }), 0), Err(LegacyFailure::Invalid));
        for name in [json!(""), json!(null), json!(42), json!(["alice"])] {
            assert_eq!(read(rules, &json!({ "username": name }), 0), Err(LegacyFailure::NoUsername));
        }
        assert_eq!(read(rules, &json!({}), 301), Err(LegacyFailure::Expired));
        let with_leeway = LegacyRules { leeway: 10, ..rules.clone() };
        assert_eq!(read(&with_leeway, &json!({}), 309), Ok(()));
        assert_eq!(read(&with_leeway, &json!({}), 311), Err(LegacyFailure::Expired));
        let endless = LegacyRules { verifies_expiry: false, ..rules.clone() };
        assert_eq!(read(&endless, &json!({}), WEEK), Ok(()));
        let strict = LegacyRules {
            issuer: Some("me".into()),
            audience: Some(Audience::One("api".into())),
            ..rules.clone()
        };
        assert_eq!(read(&strict, &json!({ "iss": "me", "aud": ["api"] }), 0), Ok(()));
        assert_eq!(read(&strict, &json!({ "iss": "me" }), 0), Err(LegacyFailure::Invalid));
        assert_eq!(read(&strict, &json!({ "aud": "api" }), 0), Err(LegacyFailure::Invalid));
    }
    // PyJWT 1.7 did not mind a token from the future.
    let early = json!({ "iat": NOW.seconds() + 60 });
    assert_eq!(read(&old, &early, 0), Ok(()));
    assert_eq!(read(&fork, &early, 0), Err(LegacyFailure::Invalid));
}

#[test]
fn forms_have_words_of_their_own() {
    let [old, fork] = DIALECTS;
    for (failure, of_old, of_fork) in [
        (LegacyFailure::Expired, "Signature has expired.", "Token has expired."),
        (LegacyFailure::Undecodable, "Error decoding signature.", "Error decoding token."),
        (LegacyFailure::Invalid, "Error decoding signature.", "Invalid token."),
        (LegacyFailure::NoUsername, "Invalid payload.", "Invalid token."),
        (LegacyFailure::UnknownUser, "User doesn't exist.", "User doesn't exist."),
        (LegacyFailure::InactiveUser, "User account is disabled.", "User account is disabled."),
        (LegacyFailure::NoFirstLogin, "orig_iat field is required.", "orig_iat field not found in token."),
        (LegacyFailure::RefreshExpired, "Refresh has expired.", "Refresh has expired."),
    ] {
        assert_eq!((failure.form_error(old), failure.form_error(fork)), (of_old, of_fork), "{failure:?}");
    }
}

#[test]
fn what_is_signed_reads_back() {
    let (signing, verifying) = pair(Algorithm::Hs256);
    let id = json!(42);
    for dialect in DIALECTS {
        let rules = LegacyRules::new(dialect);
        let made = rules.claims_for(&alice(&id), NOW, token_id(1));
        let token = rules.sign(&made, signing);
        let read = rules.read(token.as_bytes(), std::slice::from_ref(verifying), NOW).expect("a good token");
        assert_eq!(Map::from(read), Map::from(made));
    }
}

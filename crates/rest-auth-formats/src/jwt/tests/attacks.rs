//! The security statements that need no store.

use serde_json::{Value, json};

use super::{NOW, accept, access_claims, pair, pairs, with_header};
use crate::Timestamp;
use crate::jwt::legacy::{Dialect, LegacyFailure, LegacyRules};
use crate::jwt::{
    Algorithm, Audience, Lifetimes, Mint, Rules, SigningKey, TokenError, TokenId, TokenKind, TokenUser,
    VerifyingKey, check, encode, read_header,
};

const INVALID: Result<crate::jwt::Claims, TokenError> = Err(TokenError::Invalid);

#[test]
fn s_46_an_algorithm_that_is_not_configured_is_refused() {
    let claims = access_claims(&json!({}));
    for (signing, _) in pairs() {
        let token = encode(&claims, signing);
        for (_, other) in pairs().iter().filter(|(key, _)| key.algorithm() != signing.algorithm()) {
            assert_eq!(accept(&token, std::slice::from_ref(other)), INVALID, "{}", signing.algorithm());
        }
    }
}

#[test]
fn s_46_a_token_cannot_choose_its_algorithm() {
    let claims = access_claims(&json!({})).json();
    for (signing, verifying) in pairs() {
        for alg in ["none", "None", "NONE", "", "HS256 ", "hs256", "RS1"] {
            let header = json!({ "alg": alg, "typ": "JWT" }).to_string();
            let token = with_header(&header, &claims, signing);
            assert_eq!(accept(&token, std::slice::from_ref(verifying)), INVALID, "{alg}");
            let unsigned = format!("{}.", token.rsplit_once('.').expect("a signature").0);
            assert_eq!(accept(&unsigned, std::slice::from_ref(verifying)), INVALID, "{alg} unsigned");
        }
    }
}

#[test]
fn s_46_hmac_with_a_public_key_for_its_secret_is_refused() {
    use hmac::{Hmac, KeyInit, Mac};
    for (_, verifying) in pairs().iter().filter(|(key, _)| !key.algorithm().is_symmetric()) {
        let name = super::key_name(verifying.algorithm()).expect("a key pair");
        let public = super::reference_pem(name, "public_pem");
        for secret in [public, public.trim(), &public.replace('\n', "")] {
            let claims = access_claims(&json!({})).json();
            let [header, claims] = [r#"{"alg":"HS256","typ":"JWT"}"#, &claims]
                .map(|part| crate::base64url::encode(part.as_bytes()));
            let signed = format!("{header}.{claims}");
            let mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
            let made = mac.chain_update(&signed).finalize().into_bytes();
            let token = format!("{signed}.{}", crate::base64url::encode(&made));
            assert_eq!(accept(&token, std::slice::from_ref(verifying)), INVALID, "{name}");
            // Nor can such a text be configured as a secret.
            assert!(VerifyingKey::new(Algorithm::Hs256, secret).is_err());
            assert!(SigningKey::new(Algorithm::Hs256, secret).is_err());
        }
    }
}

#[test]
fn s_46_empty_zero_and_misshapen_signatures_are_refused() {
    for (signing, verifying) in pairs() {
        let token = encode(&access_claims(&json!({})), signing);
        let (signed, signature) = token.rsplit_once('.').expect("a signature");
        let good = crate::base64url::decode(signature).expect("base 64");
        let longer = [&good[..], &[0]].concat();
        let doubled = [&good[..], &good[..]].concat();
        let swapped = good.iter().copied().rev().collect::<Vec<_>>();
        let ones = vec![0xff; good.len()];
        // r = s = 0 among them ("psychic signatures").
        let zeros = vec![0; good.len()];
        let wrong =
            [&[][..], &zeros, &ones, &good[1..], &good[..good.len() - 1], &longer, &doubled, &swapped];
        for (index, wrong) in wrong.into_iter().enumerate() {
            let token = format!("{signed}.{}", crate::base64url::encode(wrong));
            let result = accept(&token, std::slice::from_ref(verifying));
            assert_eq!(result, INVALID, "{} {index}", signing.algorithm());
        }
    }
}

#[test]
fn s_46_a_header_that_says_something_twice_or_in_another_form_is_refused() {
    let (signing, verifying) = pair(Algorithm::Hs256);
    let claims = access_claims(&json!({})).json();
    let outcome =
        |header: &str| accept(&with_header(header, &claims, signing), std::slice::from_ref(verifying));
    for header in [
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"HS256","alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
        r#"["HS256"]"#,
        r#" ["HS256",null]"#,
        r#""HS256""#,
        r#"{"alg":["HS256"]}"#,
        r#"{"alg":{"HS256":1}}"#,
        r#"{"alg":null}"#,
        r#"{"ALG":"HS256"}"#,
        "{}",
        "",
        r#"{"alg":"HS256"}{}"#,
        r#"{"alg":"HS256","#,
    ] {
        assert_eq!(outcome(header), INVALID, "{header}");
    }
    assert!(outcome(r#"{"alg":"HS256"}"#).is_ok());
    assert!(outcome("\n { \"alg\" : \"HS\\u003256\" }\t").is_ok());
}

#[test]
fn s_46_what_is_critical_must_be_understood() {
    let (signing, verifying) = pair(Algorithm::Hs256);
    let claims = access_claims(&json!({})).json();
    let outcome = |more: &str| {
        let header = format!(r#"{{"alg":"HS256"{more}}}"#);
        accept(&with_header(&header, &claims, signing), std::slice::from_ref(verifying))
    };
    for more in [
        r#","crit":["exp"],"exp":1"#,
        r#","crit":["b64","exp"],"b64":true,"exp":1"#,
        r#","crit":["b64"]"#,
        r#","crit":[]"#,
        r#","crit":"b64","b64":true"#,
        r#","crit":null"#,
        r#","crit":{},"b64":true"#,
        r#","crit":[1]"#,
        r#","b64":false"#,
        r#","b64":false,"crit":["b64"]"#,
        r#","b64":null"#,
        r#","b64":"true""#,
        r#","kid":1"#,
        r#","kid":null"#,
        r#","kid":["a"]"#,
    ] {
        assert_eq!(outcome(more), INVALID, "{more}");
    }
    for more in ["", r#","b64":true"#, r#","crit":["b64"],"b64":true"#, r#","kid":"""#, r#","typ":5"#] {
        assert!(outcome(more).is_ok(), "{more}");
    }
}

#[test]
fn s_46_a_key_of_another_kind_or_curve_cannot_be_configured() {
    for algorithm in Algorithm::ALL.into_iter().filter(|algorithm| !algorithm.is_symmetric()) {
        for other in Algorithm::ALL {
            let (Some(name), true) =
                (super::key_name(other), super::key_name(algorithm) != super::key_name(other))
            else {
                continue;
            };
            let refused = crate::jwt::KeyError::OtherKind(algorithm);
            let signing = SigningKey::new(algorithm, super::reference_pem(name, "private_pem"));
            assert_eq!(signing.err(), Some(refused), "{algorithm} with {name}");
            let verifying = VerifyingKey::new(algorithm, super::reference_pem(name, "public_pem"));
            assert_eq!(verifying.err(), Some(refused), "{algorithm} with {name}");
        }
    }
}

#[test]
fn s_47_the_key_id_only_chooses_among_configured_keys() {
    let claims = access_claims(&json!({}));
    let secret = |text: &str| SigningKey::new(Algorithm::Hs256, text).expect("a secret");
    let (first, second) = (secret("the first secret").with_id("1"), secret("the second secret").with_id("2"));
    let keys = [first.verifying_key(), second.verifying_key()];
    for key in [&first, &second] {
        assert_eq!(accept(&encode(&claims, key), &keys), Ok(claims.clone()));
    }
    // The right secret under the wrong name.
    let long = "9".repeat(100_000);
    for id in [
        "2",
        "",
        " 1",
        "01",
        "1'; DROP TABLE auth_user; --",
        "../../dev/null",
        "/dev/null",
        "1\r\n[ERROR]",
        &long,
    ] {
        assert_eq!(accept(&encode(&claims, &first.clone().with_id(id)), &keys), INVALID, "{id:.40}");
    }
    // A token without a name, as Django makes it, may be of any key; a key without a name takes any token.
    assert_eq!(accept(&encode(&claims, &secret("the second secret")), &keys), Ok(claims.clone()));
    assert_eq!(accept(&encode(&claims, &second), &[secret("the second secret").verifying_key()]), Ok(claims));
}

#[test]
fn s_47_keys_that_a_token_brings_along_are_ignored() {
    let (_, verifying) = pair(Algorithm::Es256);
    let (own, _) = pair(Algorithm::Hs256);
    let stranger =
        SigningKey::new(Algorithm::Rs256, super::reference_pem("rsa2", "private_pem")).expect("a key");
    let jwk = stranger.verifying_key().web_key().expect("a public key");
    let claims = access_claims(&json!({})).json();
    for member in ["jwk", "jku", "x5u", "x5c"] {
        let value = if member == "jwk" { jwk.clone() } else { json!("https://evil.example/keys.json") };
        for key in [&stranger, own] {
            let alg = key.algorithm().name();
            let header = json!({ "alg": alg, "typ": "JWT", member: value }).to_string();
            assert_eq!(accept(&with_header(&header, &claims, key), std::slice::from_ref(verifying)), INVALID);
        }
        // They do no harm to a good token either.
        let header = json!({ "alg": "HS256", member: value }).to_string();
        assert!(accept(&with_header(&header, &claims, own), &[own.verifying_key()]).is_ok());
    }
}

/// The outcome for an access token with these claims on top, at a time of so many microseconds after [`NOW`].
fn outcome_at(more: &Value, rules: &Rules, micros: i64) -> Result<(), TokenError> {
    let (signing, verifying) = pair(Algorithm::Hs256);
    let token = encode(&access_claims(more), signing);
    let now = Timestamp::from_micros(NOW.micros() + micros);
    check(token.as_bytes(), Some(TokenKind::Access), std::slice::from_ref(verifying), rules, now).map(|_| ())
}

#[test]
fn s_48_times_hold_to_the_microsecond_and_the_leeway_is_no_longer_than_configured() {
    const SECOND: i64 = 1_000_000;
    let now = NOW.seconds();
    for leeway in [0, 1, 10] {
        let rules = Rules { leeway, ..Rules::default() };
        let end = (300 + leeway) * SECOND;
        for (micros, expected) in [
            (0, Ok(())),
            (end - SECOND, Ok(())),
            (end - 1, Ok(())),
            (end, Err(TokenError::Expired)),
            (end + SECOND, Err(TokenError::Expired)),
        ] {
            assert_eq!(outcome_at(&json!({}), &rules, micros), expected, "leeway {leeway}, {micros}");
        }
        for claim in ["iat", "nbf"] {
            let start = json!({ claim: now + 20 });
            let first = (20 - leeway) * SECOND;
            assert_eq!(outcome_at(&start, &rules, first), Ok(()));
            assert_eq!(outcome_at(&start, &rules, first + SECOND), Ok(()));
            assert_eq!(outcome_at(&start, &rules, first - 1), Err(TokenError::Invalid));
            assert_eq!(outcome_at(&start, &rules, first - SECOND), Err(TokenError::Invalid));
        }
    }
}

#[test]
fn s_48_times_that_are_no_numbers_are_refused() {
    let rules = Rules::default();
    for wrong in [
        json!("tomorrow"),
        json!(""),
        json!(null),
        json!([]),
        json!([1_700_000_300]),
        json!({}),
        json!("1e10"),
    ] {
        for claim in ["exp", "iat", "nbf"] {
            assert_eq!(
                outcome_at(&json!({ claim: wrong }), &rules, 0),
                Err(TokenError::Invalid),
                "{claim} {wrong}"
            );
        }
    }
    // An end in text, or one that is no date. Upstream fails with an exception.
    for wrong in [json!("1700000300"), json!(253_402_300_800_i64), json!(u64::MAX), json!(1e300)] {
        assert_eq!(outcome_at(&json!({ "exp": wrong }), &rules, 0), Err(TokenError::Invalid), "{wrong}");
    }
    // Starts in text count, as upstream; so they can refuse.
    assert_eq!(outcome_at(&json!({ "nbf": "1700000000" }), &rules, 0), Ok(()));
    assert_eq!(outcome_at(&json!({ "nbf": "1700000001" }), &rules, 0), Err(TokenError::Invalid));
    assert_eq!(outcome_at(&json!({ "iat": 1e300 }), &rules, 0), Err(TokenError::Invalid));
}

#[test]
fn s_48_numbers_that_json_does_not_know_are_refused() {
    let (signing, verifying) = pair(Algorithm::Hs256);
    for number in ["NaN", "Infinity", "-Infinity", "1e999", "01", "+1", ".5", "0x10"] {
        for claim in ["exp", "iat", "nbf", "other"] {
            let claims = format!(
                r#"{{"token_type":"access","exp":1700000300,"jti":"a","user_id":"42","{claim}":{number}}}"#
            );
            let token = with_header(r#"{"alg":"HS256"}"#, &claims, signing);
            assert_eq!(accept(&token, std::slice::from_ref(verifying)), INVALID, "{claim} {number}");
        }
    }
}

#[test]
fn s_48_issuer_and_audience_are_checked_where_they_are_configured() {
    let rules = Rules {
        issuer: Some("me".into()),
        audience: Some(Audience::Several(vec!["api".into(), "web".into()])),
        ..Rules::default()
    };
    let outcome = |more: Value| outcome_at(&more, &rules, 0);
    for aud in [json!("api"), json!("web"), json!(["other", "web"])] {
        assert_eq!(outcome(json!({ "iss": "me", "aud": aud })), Ok(()), "{aud}");
    }
    for aud in [
        json!("ap"),
        json!("api "),
        json!(["api", 1]),
        json!([]),
        json!({"api": 1}),
        json!(true),
        json!(null),
    ] {
        assert_eq!(outcome(json!({ "iss": "me", "aud": aud })), Err(TokenError::Invalid), "{aud}");
    }
    for iss in [json!("you"), json!(["me"]), json!(null), json!("me ")] {
        assert_eq!(outcome(json!({ "iss": iss, "aud": "api" })), Err(TokenError::Invalid), "{iss}");
    }
    assert_eq!(outcome(json!({ "aud": "api" })), Err(TokenError::Invalid));
    assert_eq!(outcome(json!({ "iss": "me" })), Err(TokenError::Invalid));
}

/// One token of each kind, by the same key.
fn tokens_of_each_kind() -> Vec<(Option<TokenKind>, String)> {
    let (signing, _) = pair(Algorithm::Hs256);
    let (rules, lifetimes) = (Rules::default(), Lifetimes::default());
    let mint = Mint { rules: &rules, lifetimes: &lifetimes, now: NOW };
    let user = TokenUser { id: "42", password: None };
    let of = |kind| (Some(kind), mint.for_user(kind, &user, TokenId::from_random([7; 16])));
    let mut id_token =
        access_claims(&json!({ "iss": "https://accounts.example", "aud": "client", "sub": "42" }));
    id_token.set("token_type", "id");
    let mut untyped = serde_json::Map::from(access_claims(&json!({ "username": "alice" })));
    untyped.shift_remove("token_type");
    let [access, refresh, sliding] = [TokenKind::Access, TokenKind::Refresh, TokenKind::Sliding].map(of);
    [access, refresh, sliding, (None, id_token), (None, untyped.into())]
        .into_iter()
        .map(|(kind, claims)| (kind, encode(&claims, signing)))
        .collect()
}

#[test]
fn s_49_a_token_is_accepted_as_its_own_kind_only() {
    let (_, verifying) = pair(Algorithm::Hs256);
    for (own, token) in tokens_of_each_kind() {
        for asked in [TokenKind::Access, TokenKind::Refresh, TokenKind::Sliding] {
            let result =
                check(token.as_bytes(), Some(asked), std::slice::from_ref(verifying), &Rules::default(), NOW);
            assert_eq!(result.is_ok(), own == Some(asked), "{own:?} as {asked:?}");
        }
    }
}

#[test]
fn s_49_tokens_of_the_predecessors_and_of_simplejwt_are_not_each_others() {
    let (signing, verifying) = pair(Algorithm::Hs256);
    let keys = std::slice::from_ref(verifying);
    for dialect in [Dialect::DjangorestframeworkJwt, Dialect::DrfJwt] {
        let legacy = LegacyRules::new(dialect);
        for kind in ["access", "refresh", "sliding", "id"] {
            let claims = access_claims(&json!({ "token_type": kind, "username": "alice" }));
            let read = legacy.read(encode(&claims, signing).as_bytes(), keys, NOW);
            assert_eq!(read, Err(LegacyFailure::Invalid), "{kind}");
        }
        let mut claims = access_claims(&json!({ "username": "alice" }));
        claims.set("exp", NOW.seconds() + 300);
        let mut old = serde_json::Map::from(claims);
        old.shift_remove("token_type");
        let token = legacy.sign(&old.into(), signing);
        assert!(legacy.read(token.as_bytes(), keys, NOW).is_ok());
        assert_eq!(accept(&token, keys), Err(TokenError::NoType));
    }
}

#[test]
fn s_53_no_header_is_more_than_refused() {
    let types = ["Bearer", "JWT"];
    let long = [b"Bearer ".as_slice(), &vec![b'a'; 1 << 20]].concat();
    for (header, carries) in [
        (&b""[..], Ok(None)),
        (b"   ", Ok(None)),
        (b"\xff\xfe", Ok(None)),
        (b"bearer x", Ok(None)),
        (b"Bearer\xa0x", Ok(None)),
        (b"Bearer", Err(())),
        (b"Bearer a b", Err(())),
        (b"Bearer \xff", Ok(Some(&b"\xff"[..]))),
        (b"\x0bJWT\x0cx\r\n", Ok(Some(b"x"))),
        (&long, Ok(Some(&long[7..]))),
    ] {
        let read = read_header(header, &types);
        assert_eq!(read.map_err(|_| ()), carries);
        if let Ok(Some(token)) = read {
            let (_, verifying) = pair(Algorithm::Hs256);
            let rules = Rules::default();
            assert_eq!(check(token, None, std::slice::from_ref(verifying), &rules, NOW), INVALID);
        }
    }
}

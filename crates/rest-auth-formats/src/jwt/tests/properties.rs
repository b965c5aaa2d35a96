//! What holds for all inputs. (That no bytes make a reader panic is in `tests/hostile_input`.)

use proptest::{prelude::*, sample::select};
use serde_json::{Map, Value};

use super::{NOW, pair, pairs, web_keys::SECRET_MEMBERS, with_header};
use crate::Timestamp;
use crate::jwt::legacy::{Dialect, LegacyRules};
use crate::jwt::{
    Algorithm, Claims, Lifetimes, Mint, Rules, SigningKey, TokenError, TokenId, TokenKind, TokenUser,
    VerifyingKey, check, decode, encode, key_set,
};

/// Any JSON, with fractions that `serde_json` reads exactly.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i32>().prop_map(|quarters| Value::from(f64::from(quarters) / 4.0)),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((any::<String>(), inner), 0..4)
                .prop_map(|members| Value::from(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn any_claims() -> impl Strategy<Value = Claims> {
    let name = prop_oneof![
        select(
            ["exp", "iat", "nbf", "jti", "sub", "aud", "iss", "token_type", "user_id", "refresh_exp"]
                .as_slice()
        )
        .prop_map(str::to_owned),
        any::<String>(),
    ];
    let time = (1_699_999_000_i64..1_700_001_000).prop_map(Value::from);
    prop::collection::vec((name, prop_oneof![any_json(), time]), 0..8)
        .prop_map(|claims| claims.into_iter().collect::<Map<_, _>>().into())
}

fn any_pair() -> impl Strategy<Value = &'static (SigningKey, VerifyingKey)> {
    (0..pairs().len()).prop_map(|index| &pairs()[index])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn what_is_signed_comes_back(claims in any_claims(), (signing, verifying) in any_pair()) {
        let token = encode(&claims, signing);
        let read = super::super::check::signed_claims(token.as_bytes(), std::slice::from_ref(verifying));
        prop_assert_eq!(read, Ok(claims));
    }

    #[test]
    fn a_token_with_any_byte_changed_is_refused(
        (signing, verifying) in any_pair(),
        place in any::<prop::sample::Index>(),
        byte in prop_oneof!["[A-Za-z0-9_.=-]".prop_map(|text| text.as_bytes()[0]), any::<u8>()],
    ) {
        let mut token = encode(&super::access_claims(&serde_json::json!({})), signing).into_bytes();
        let place = place.index(token.len());
        prop_assume!(token[place] != byte);
        token[place] = byte;
        let result = check(&token, None, std::slice::from_ref(verifying), &Rules::default(), NOW);
        prop_assert_eq!(result, Err(TokenError::Invalid));
    }

    #[test]
    fn a_cut_or_longer_token_is_refused(
        (signing, verifying) in any_pair(),
        length in any::<prop::sample::Index>(),
        more in "[A-Za-z0-9_.-]{1,4}",
    ) {
        let token = encode(&super::access_claims(&serde_json::json!({})), signing);
        let cut = &token[..length.index(token.len())];
        for wrong in [cut.to_owned(), format!("{token}{more}"), format!("{more}{token}")] {
            let result = check(wrong.as_bytes(), None, std::slice::from_ref(verifying), &Rules::default(), NOW);
            prop_assert_eq!(result, Err(TokenError::Invalid), "{}", wrong);
        }
    }

    #[test]
    fn published_keys_hold_nothing_secret(secret in "[ -~]{1,40}", (signing, verifying) in any_pair()) {
        let secrets = [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512]
            .map(|algorithm| VerifyingKey::new(algorithm, &secret));
        let keys: Vec<_> =
            secrets.into_iter().flatten().chain([signing.verifying_key(), verifying.clone()]).collect();
        let set = key_set(&keys);
        let published = set["keys"].as_array().expect("a list");
        prop_assert_eq!(published.len(), if signing.algorithm().is_symmetric() { 0 } else { 2 });
        for key in published {
            prop_assert!(SECRET_MEMBERS.iter().all(|member| key.get(member).is_none()), "{}", key);
        }
    }
}

proptest! {
    #[test]
    fn no_signed_claims_make_a_check_panic(claims in any_claims(), leeway in any::<i32>(), now in any::<i64>()) {
        let (signing, verifying) = pair(Algorithm::Hs256);
        let (token, now) = (encode(&claims, signing), Timestamp::from_micros(now));
        let rules = Rules { leeway: leeway.into(), ..Rules::default() };
        for kind in [None, Some(TokenKind::Access), Some(TokenKind::Refresh), Some(TokenKind::Sliding)] {
            let _ = check(token.as_bytes(), kind, std::slice::from_ref(verifying), &rules, now);
        }
        let _ = claims.user_id(&rules.names);
        let mint = Mint { rules: &rules, lifetimes: &Lifetimes::default(), now };
        let id = TokenId::from_random([1; 16]);
        let _ = (mint.slid(&claims), mint.rotated(&claims, id), mint.access_from(&claims, id));
        for dialect in [Dialect::DjangorestframeworkJwt, Dialect::DrfJwt] {
            let _ = LegacyRules::new(dialect).read(token.as_bytes(), std::slice::from_ref(verifying), now);
        }
    }

    #[test]
    fn no_payload_makes_a_reader_panic(payload in prop_oneof![any::<String>(), any_json().prop_map(|json| json.to_string())]) {
        let (signing, verifying) = pair(Algorithm::Hs256);
        let token = with_header(r#"{"alg":"HS256"}"#, &payload, signing);
        let _ = check(token.as_bytes(), None, std::slice::from_ref(verifying), &Rules::default(), NOW);
    }

    #[test]
    fn an_accepted_token_is_within_its_times(
        times in prop::array::uniform3(1_699_999_990_i64..1_700_000_010),
        leeway in 0..5_i64,
        micros in -5_000_000..5_000_000_i64,
    ) {
        let [exp, iat, nbf] = times;
        let (signing, verifying) = pair(Algorithm::Hs256);
        let claims = super::access_claims(&serde_json::json!({ "exp": exp, "iat": iat, "nbf": nbf }));
        let token = encode(&claims, signing);
        let now = Timestamp::from_micros(NOW.micros() + micros);
        let rules = Rules { leeway, ..Rules::default() };
        let result = decode(token.as_bytes(), std::slice::from_ref(verifying), &rules, now);
        let (seconds, at) = (1_000_000, now.micros());
        let has_begun = [iat, nbf].iter().all(|start| start * seconds <= at + leeway * seconds);
        let has_ended = exp * seconds <= at - leeway * seconds;
        match result {
            Ok(_) => prop_assert!(has_begun && !has_ended),
            Err(TokenError::Expired) => prop_assert!(has_begun && has_ended),
            Err(TokenError::Invalid) => prop_assert!(!has_begun),
            Err(other) => prop_assert!(false, "{}", other),
        }
    }

    #[test]
    fn an_access_token_carries_the_claims_of_its_refresh_token(claims in any_claims(), random in any::<[u8; 16]>()) {
        let (rules, lifetimes) = (Rules::default(), Lifetimes::default());
        let mint = Mint { rules: &rules, lifetimes: &lifetimes, now: NOW };
        let user = TokenUser { id: "42", password: Some("!") };
        let mut refresh = mint.for_user(TokenKind::Refresh, &user, TokenId::from_random(random));
        for (name, value) in claims.iter() {
            refresh.set(name, value.clone());
        }
        let access = mint.access_from(&refresh, TokenId::from_random([9; 16]));
        let own = ["token_type", "exp", "iat", "jti"];
        let copied = |claims: &Claims| -> Vec<_> {
            let others = claims.iter().filter(|(name, _)| !own.contains(name));
            others.map(|(name, value)| (name.to_owned(), value.clone())).collect()
        };
        prop_assert_eq!(copied(&access), copied(&refresh));
        prop_assert_eq!(access.text("token_type"), Some("access"));
        let id = TokenId::from_random([9; 16]).hex();
        prop_assert_eq!(access.token_id(&rules.names), Some(id.as_str()));
    }

    #[test]
    fn token_ids_are_uuids_of_version_4(random in any::<[u8; 16]>()) {
        let id = TokenId::from_random(random);
        let (hex, dashed) = (id.hex(), id.with_dashes());
        prop_assert_eq!(dashed.replace('-', ""), hex.as_str());
        prop_assert_eq!(hex.len(), 32);
        prop_assert_eq!(&hex[12..13], "4");
        prop_assert!("89ab".contains(&hex[16..17]));
        // No other bit is lost.
        let ours = u128::from_str_radix(&hex, 16).expect("hex");
        let fixed = 0xf_u128 << 76 | 0x3 << 62;
        prop_assert_eq!(ours | fixed, u128::from_be_bytes(random) | fixed);
    }
}

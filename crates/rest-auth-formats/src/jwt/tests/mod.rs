//! Tests of keys, of attacks on tokens, and of what holds for all inputs. What the reference does is in
//! `tests/vectors/jwt`.

mod attacks;
mod key_files;
mod legacy;
mod properties;
mod web_keys;

use std::sync::OnceLock;

use serde_json::{Value, json};

use super::{Algorithm, Claims, Rules, SigningKey, TokenError, TokenKind, VerifyingKey, check, encode};
use crate::Timestamp;

const SECRET: &str = "rest-auth-vectors-primary-secret-key-0123456789-abcdefghijklmnop";

/// The keys of the reference, which also has their JSON form.
fn reference_keys() -> &'static Value {
    static KEYS: OnceLock<Value> = OnceLock::new();
    KEYS.get_or_init(|| {
        let text = include_str!("../../../tests/vectors/jwt.json");
        let mut vectors: Value = serde_json::from_str(text).expect("JSON");
        vectors["asymmetric_keys_for_tests_only"].take()
    })
}

/// The name of the reference's key for an algorithm; `None` where a secret does.
fn key_name(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm.name() {
        "HS256" | "HS384" | "HS512" => None,
        "ES256" => Some("p256"),
        "ES384" => Some("p384"),
        "ES512" | "ES521" => Some("p521"),
        "ES256K" => Some("secp256k1"),
        "EdDSA" => Some("ed25519"),
        _ => Some("rsa1"),
    }
}

fn reference_pem(name: &str, half: &str) -> &'static str {
    reference_keys()[name][half].as_str().expect("a PEM text")
}

/// A pair of keys for each algorithm.
fn pairs() -> &'static [(SigningKey, VerifyingKey)] {
    static PAIRS: OnceLock<Vec<(SigningKey, VerifyingKey)>> = OnceLock::new();
    PAIRS.get_or_init(|| {
        let pair = |algorithm| {
            let [private, public] = match key_name(algorithm) {
                Some(name) => ["private_pem", "public_pem"].map(|half| reference_pem(name, half)),
                None => [SECRET; 2],
            };
            let signing = SigningKey::new(algorithm, private).expect("a private key");
            (signing, VerifyingKey::new(algorithm, public).expect("a public key"))
        };
        Algorithm::ALL.into_iter().map(pair).collect()
    })
}

fn pair(algorithm: Algorithm) -> &'static (SigningKey, VerifyingKey) {
    pairs().iter().find(|(key, _)| key.algorithm() == algorithm).expect("each algorithm has a pair")
}

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

/// The claims of a good access token, with these on top.
fn access_claims(more: &Value) -> Claims {
    let mut claims = json!({
        "token_type": "access", "exp": 1_700_000_300, "iat": 1_700_000_000, "jti": "abcdef", "user_id": "42",
    });
    let claims = claims.as_object_mut().expect("an object");
    for (name, value) in more.as_object().expect("an object") {
        claims.insert(name.clone(), value.clone());
    }
    claims.clone().into()
}

/// What becomes of a token where access tokens of these keys are accepted.
fn accept(token: &str, keys: &[VerifyingKey]) -> Result<Claims, TokenError> {
    check(token.as_bytes(), Some(TokenKind::Access), keys, &Rules::default(), NOW)
}

/// A token with a header of its own, signed as its key signs.
fn with_header(header: &str, claims: &str, key: &SigningKey) -> String {
    let [header, claims] = [header, claims].map(|part| crate::base64url::encode(part.as_bytes()));
    let signed = format!("{header}.{claims}");
    let signature = crate::base64url::encode(&key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

#[test]
fn each_algorithm_makes_tokens_that_it_accepts() {
    let claims = access_claims(&json!({}));
    for (signing, verifying) in pairs() {
        let token = encode(&claims, signing);
        assert_eq!(accept(&token, std::slice::from_ref(verifying)), Ok(claims.clone()), "{signing:?}");
        assert_eq!(accept(&token, &[signing.verifying_key()]), Ok(claims.clone()));
    }
}

#[test]
fn a_token_is_accepted_if_any_of_the_keys_made_it() {
    let claims = access_claims(&json!({}));
    let old = SigningKey::new(Algorithm::Hs256, "an older secret of at least 32 bytes").expect("a secret");
    let (new, new_verifying) = pair(Algorithm::Es256);
    let keys = [new_verifying.clone(), old.verifying_key()];
    for key in [&old, new] {
        assert_eq!(accept(&encode(&claims, key), &keys), Ok(claims.clone()));
    }
    assert_eq!(accept(&encode(&claims, &old), &keys[..1]), Err(TokenError::Invalid));
    assert_eq!(accept(&encode(&claims, &old), &[]), Err(TokenError::Invalid));
}

#[test]
fn es256k_signatures_with_an_s_in_the_upper_half_are_accepted() {
    // Those that other libraries make for the same message, where ours has the lower half.
    let (signing, verifying) = pair(Algorithm::Es256k);
    let made = k256::ecdsa::Signature::from_slice(&signing.sign(b"message")).expect("a signature");
    let (r, s) = made.split_scalars();
    let other = k256::ecdsa::Signature::from_scalars(r, -*s).expect("a signature");
    assert_ne!(made, other);
    for signature in [made, other] {
        assert!(verifying.verifies(b"message", &signature.to_bytes()));
        assert!(!verifying.verifies(b"massage", &signature.to_bytes()));
    }
}

#[test]
fn a_key_with_an_id_names_it_between_algorithm_and_type() {
    let (signing, _) = pair(Algorithm::Hs256);
    let token = encode(&Claims::new(), &signing.clone().with_id("k\"1"));
    let header = crate::base64url::decode(token.split('.').next().expect("a header")).expect("base 64");
    assert_eq!(header, br#"{"alg":"HS256","kid":"k\"1","typ":"JWT"}"#);
}

#[test]
fn keys_print_nothing() {
    for (signing, verifying) in pairs() {
        assert_eq!(format!("{signing:?} {verifying:?}"), "SigningKey { .. } VerifyingKey { .. }");
    }
}

//! JSON web keys.

use serde_json::{Value, json};

use super::{pairs, reference_keys};
use crate::jwt::{Algorithm, KeyError, VerifyingKey, key_set, read_key_set};

/// The members that hold a secret, in any kind of key (RFC 7518, section 6).
pub(super) const SECRET_MEMBERS: [&str; 8] = ["d", "p", "q", "dp", "dq", "qi", "oth", "k"];

#[test]
fn a_public_key_is_published_with_the_numbers_of_the_reference() {
    for (signing, verifying) in pairs() {
        let Some(name) = super::key_name(signing.algorithm()) else { continue };
        let reference = &reference_keys()[name]["private_jwk"];
        let web_key = verifying.web_key().expect("a public key");
        assert_eq!(signing.verifying_key().web_key().as_ref(), Some(&web_key), "{name}");
        for (member, value) in web_key.as_object().expect("an object") {
            match member.as_str() {
                "use" => assert_eq!(value, "sig"),
                "alg" => assert_eq!(value, signing.algorithm().name()),
                "kid" => assert_eq!(value.as_str(), verifying.thumbprint().as_deref()),
                _ => assert_eq!(value, &reference[member], "{name} {member}"),
            }
        }
        let named = verifying.clone().with_id("2026").web_key().expect("a public key");
        assert_eq!(named["kid"], "2026");
    }
}

#[test]
fn s_50_no_key_set_holds_a_private_or_symmetric_part() {
    let keys = pairs().iter().flat_map(|(signing, verifying)| [signing.verifying_key(), verifying.clone()]);
    let keys: Vec<_> = keys.collect();
    let set = key_set(&keys);
    let published = set["keys"].as_array().expect("a list");
    let symmetric = keys.iter().filter(|key| key.algorithm().is_symmetric()).count();
    assert_eq!((symmetric, published.len()), (6, keys.len() - 6));
    for key in published {
        for member in SECRET_MEMBERS {
            assert!(key.get(member).is_none(), "{member}");
        }
    }
    let text = set.to_string();
    for name in ["rsa1", "p256", "p384", "p521", "secp256k1", "ed25519"] {
        for member in SECRET_MEMBERS {
            let secret = reference_keys()[name]["private_jwk"][member].as_str();
            assert!(!secret.is_some_and(|secret| text.contains(secret)), "{name} {member}");
        }
    }
    assert!(!text.contains(super::SECRET) && !text.contains("oct"));
    assert_eq!(key_set([]), json!({ "keys": [] }));
}

#[test]
fn what_was_published_is_read_back() {
    for (signing, verifying) in pairs() {
        let algorithm = signing.algorithm();
        let everything = key_set(pairs().iter().map(|(_, verifying)| verifying));
        let read = read_key_set(&everything, algorithm);
        assert_eq!(read.len(), usize::from(!algorithm.is_symmetric()), "{algorithm}");
        for key in read {
            assert_eq!(key.public(), verifying.public());
            assert_eq!(key.id().map(str::to_owned), verifying.thumbprint());
            assert!(key.verifies(b"message", &signing.sign(b"message")));
        }
    }
}

#[test]
fn private_members_of_a_foreign_key_are_ignored() {
    let private = reference_keys()["p256"]["private_jwk"].clone();
    let key = VerifyingKey::from_web_key(Algorithm::Es256, &private).expect("a key");
    assert_eq!(key.web_key().expect("a public key").get("d"), None);
}

#[test]
fn foreign_keys_for_other_purposes_are_refused() {
    let rsa = |more: Value| {
        let mut key = reference_keys()["rsa1"]["private_jwk"].clone();
        key.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        VerifyingKey::from_web_key(Algorithm::Rs256, &key).map(|key| key.id().map(str::to_owned))
    };
    assert_eq!(rsa(json!({})), Ok(None));
    assert_eq!(rsa(json!({ "kid": "a", "use": "sig", "alg": "RS256", "x5t": 1 })), Ok(Some("a".into())));
    let other = KeyError::OtherKind(Algorithm::Rs256);
    for (more, refused) in [
        (json!({ "use": "enc" }), other),
        (json!({ "alg": "RS512" }), other),
        (json!({ "alg": "HS256" }), other),
        (json!({ "kty": "oct", "k": "c2VjcmV0" }), KeyError::Unreadable),
        (json!({ "kty": "EC", "crv": "P-256" }), KeyError::Unreadable),
        (json!({ "kty": 1 }), KeyError::Unreadable),
        (json!({ "n": 5 }), KeyError::Unreadable),
        (json!({ "n": "+/+/" }), KeyError::Unreadable),
        (json!({ "n": "AQAB" }), KeyError::UnsafeRsa),
        (json!({ "e": "AQ" }), KeyError::UnsafeRsa),
        (json!({ "e": "" }), KeyError::UnsafeRsa),
        (json!({ "e": "Ag" }), KeyError::UnsafeRsa),
    ] {
        assert_eq!(rsa(more.clone()), Err(refused), "{more}");
    }
    for odd in [json!(null), json!([]), json!("x"), json!({})] {
        assert_eq!(VerifyingKey::from_web_key(Algorithm::Rs256, &odd).err(), Some(KeyError::Unreadable));
        assert!(read_key_set(&odd, Algorithm::Rs256).is_empty());
        assert!(read_key_set(&json!({ "keys": odd }), Algorithm::Rs256).is_empty());
    }
}

/// The example of RFC 7638, section 3.1, and that of RFC 8037, appendix A.3.
#[test]
fn thumbprints_are_those_of_the_standards() {
    let rsa = json!({
        "kty": "RSA",
        "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiF\
              V4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb\
              9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0L\
              s1jF44-csFCur-kEgU8awapJzKnqDKgw",
        "e": "AQAB", "alg": "RS256", "kid": "2011-04-29",
    });
    let ed25519 =
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    for (algorithm, key, expected) in [
        (Algorithm::Rs256, rsa, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        (Algorithm::EdDsa, ed25519, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"),
    ] {
        let key = VerifyingKey::from_web_key(algorithm, &key).expect("a key");
        assert_eq!(key.thumbprint().as_deref(), Some(expected), "{algorithm}");
    }
}

/// The signed examples of RFC 7515, appendix A.3, and of RFC 8037, appendix A.4.
#[test]
fn the_examples_of_the_standards_verify() {
    let p256 = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let ed25519 =
        json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" });
    for (algorithm, key, token) in [
        (
            Algorithm::Es256,
            p256,
            "eyJhbGciOiJFUzI1NiJ9.\
             eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
             DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
        ),
        (
            Algorithm::EdDsa,
            ed25519,
            "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.\
             hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg",
        ),
    ] {
        let key = VerifyingKey::from_web_key(algorithm, &key).expect("a key");
        let (signed, signature) = token.rsplit_once('.').expect("a signature");
        let signature = crate::base64url::decode_strict(signature.as_bytes()).expect("base 64");
        assert!(key.verifies(signed.as_bytes(), &signature), "{algorithm}");
    }
}

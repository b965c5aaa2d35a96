//! Tokens that no server has made: of another time, of another kind, with another key. Made here by hand, so that
//! nothing of what is tested makes them.

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use rest_auth::core::model::Timestamp;
use ring::signature::{Ed25519KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Map, Value, json};
use sha2::{Sha256, Sha384, Sha512};

use crate::scenario::Forgery;

/// The token that a scenario describes; `secret` signs unless it names another key.
pub(crate) fn forge(forgery: &Forgery, secret: &str, now: Timestamp) -> String {
    let mut parts = forgery.like.iter().flat_map(|token| token.split('.'));
    let mut table = |or: Value| match parts.next() {
        Some(part) => serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap(),
        None => or.as_object().unwrap().clone(),
    };
    let head = changed(table(json!({"alg": "HS256", "typ": "JWT"})), &forgery.header, now);
    let claims = changed(table(json!({})), &forgery.claims, now);
    let payload = forgery.payload.clone().unwrap_or_else(|| Value::from(claims).to_string());
    let algorithm = head.get("alg").and_then(Value::as_str).unwrap_or_default().to_owned();
    let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    let message = format!("{}.{}", encode(&Value::from(head).to_string()), encode(&payload));
    let signature = match (&forgery.signature, &forgery.key) {
        (Some(signature), _) => signature.clone(),
        (None, Some(Value::Bool(false))) => parts.next().unwrap_or_default().to_owned(),
        (None, Some(key)) => signed(&algorithm, key.as_str().unwrap(), &message),
        (None, None) => signed(&algorithm, secret, &message),
    };
    format!("{message}.{signature}")
}

/// `false` takes a key away.
fn changed(
    mut table: Map<String, Value>,
    changes: &Map<String, Value>,
    now: Timestamp,
) -> Map<String, Value> {
    for (name, change) in changes {
        match value_of(change, now) {
            Value::Bool(false) => drop(table.shift_remove(name)),
            value => drop(table.insert(name.clone(), value)),
        }
    }
    table
}

/// `<now+SECONDS>` is a number, `<null>` none.
fn value_of(value: &Value, now: Timestamp) -> Value {
    let text = value.as_str().unwrap_or_default();
    if text == "<null>" {
        return Value::Null;
    }
    let Some(seconds) = text.strip_prefix("<now").and_then(|rest| rest.strip_suffix('>')) else {
        return value.clone();
    };
    match seconds.parse::<i64>() {
        Ok(seconds) => now.plus_seconds(seconds).seconds().into(),
        #[expect(clippy::cast_precision_loss, reason = "a fraction of a second is asked for")]
        Err(_) => (now.seconds() as f64 + seconds.parse::<f64>().unwrap()).into(),
    }
}

/// By a key pair where the header says so and the key is one; else by HMAC.
fn signed(algorithm: &str, key: &str, message: &str) -> String {
    fn mac<M: Mac + KeyInit>(key: &str, message: &str) -> String {
        let mut mac = <M as KeyInit>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(message.as_bytes());
        BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }
    let pem = || {
        let body: String = key.lines().filter(|line| !line.starts_with("-----")).collect();
        BASE64_STANDARD.decode(body).unwrap()
    };
    if algorithm == "EdDSA" && key.contains("PRIVATE KEY") {
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&pem()).unwrap();
        return BASE64_URL_SAFE_NO_PAD.encode(pair.sign(message.as_bytes()));
    }
    if algorithm == "RS256" && key.contains("PRIVATE KEY") {
        let pair = RsaKeyPair::from_pkcs8(&pem()).unwrap();
        let mut signature = vec![0; pair.public().modulus_len()];
        let random = ring::rand::SystemRandom::new();
        pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
        return BASE64_URL_SAFE_NO_PAD.encode(signature);
    }
    match algorithm {
        "HS384" => mac::<Hmac<Sha384>>(key, message),
        "HS512" => mac::<Hmac<Sha512>>(key, message),
        _ => mac::<Hmac<Sha256>>(key, message),
    }
}

/// The example of RFC 7515, appendix A.1.
#[test]
fn a_forgery_is_signed_as_the_standard_says() {
    let key = [
        3, 35, 53, 75, 43, 15, 165, 188, 131, 126, 6, 101, 119, 123, 166, 143, 90, 179, 40, 230, 240, 84,
        201, 40, 169, 15, 132, 178, 210, 80, 46, 191, 211, 251, 90, 146, 210, 6, 71, 239, 150, 138, 180, 195,
        119, 98, 61, 34, 61, 46, 33, 114, 5, 46, 79, 8, 192, 205, 154, 245, 103, 208, 128, 163,
    ];
    let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQog\
                   Imh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
    let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
    mac.update(message.as_bytes());
    let made = BASE64_URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
    assert_eq!(made, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
}

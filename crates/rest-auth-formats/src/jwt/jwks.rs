//! JSON web keys (RFC 7517): publishing our own, and reading those of others.
//!
//! Only public parts are ever written: a secret has no public part and is left out.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::algorithm::{Algorithm, Curve};
use super::keys::{KeyError, PublicKey, VerifyingKey};
use crate::{base64url, json};

/// The JSON web key set of these keys, as `/.well-known/jwks.json` serves it.
pub fn key_set<'k>(keys: impl IntoIterator<Item = &'k VerifyingKey>) -> Value {
    json!({ "keys": keys.into_iter().filter_map(VerifyingKey::web_key).collect::<Vec<_>>() })
}

/// The keys of a set that others published, as far as they are for this algorithm. What is for something
/// else, or cannot be read, is left out: sets hold keys of many kinds.
pub fn read_key_set(set: &Value, algorithm: Algorithm) -> Vec<VerifyingKey> {
    let keys = set["keys"].as_array().map_or(&[][..], Vec::as_slice);
    keys.iter().filter_map(|key| VerifyingKey::from_web_key(algorithm, key).ok()).collect()
}

impl VerifyingKey {
    /// The public key as a JSON web key with `kty`, `use`, `alg`, `kid` and its numbers; `None` for a secret. A
    /// key without an id gets its thumbprint for one.
    pub fn web_key(&self) -> Option<Value> {
        let mut members = numbers(self.public()?);
        let id = self.id().map_or_else(|| thumbprint(&members), str::to_owned);
        let object = members.as_object_mut()?;
        object.shift_insert(1, "use".into(), "sig".into());
        object.shift_insert(2, "alg".into(), self.algorithm().name().into());
        object.shift_insert(3, "kid".into(), id.into());
        Some(members)
    }

    /// The SHA-256 thumbprint of a public key (RFC 7638); `None` for a secret. It makes a good id.
    pub fn thumbprint(&self) -> Option<String> {
        self.public().map(|key| thumbprint(&numbers(key)))
    }

    /// The public key in a JSON web key, for an algorithm that was chosen beforehand. Private parts are ignored;
    /// a secret is refused.
    pub fn from_web_key(algorithm: Algorithm, key: &Value) -> Result<Self, KeyError> {
        let is_absent_or = |name: &str, wanted: &str| key.get(name).is_none_or(|value| value == wanted);
        if !is_absent_or("use", "sig") || !is_absent_or("alg", algorithm.name()) {
            return Err(KeyError::OtherKind(algorithm));
        }
        let own = Self::of(algorithm, read_numbers(key)?)?;
        Ok(match key["kid"].as_str() {
            Some(id) => own.with_id(id),
            None => own,
        })
    }
}

fn numbers(key: &PublicKey) -> Value {
    match key {
        PublicKey::Rsa { modulus, exponent } => {
            json!({ "kty": "RSA", "n": base64url::encode(modulus), "e": base64url::encode(exponent) })
        }
        PublicKey::Elliptic { curve, point } => {
            let (x, y) = point[1..].split_at(curve.bytes());
            let (x, y) = (base64url::encode(x), base64url::encode(y));
            json!({ "kty": "EC", "crv": curve.name(), "x": x, "y": y })
        }
        PublicKey::Ed25519(point) => {
            json!({ "kty": "OKP", "crv": "Ed25519", "x": base64url::encode(point) })
        }
    }
}

fn read_numbers(key: &Value) -> Result<PublicKey, KeyError> {
    let number = |name: &str| {
        let text = key[name].as_str().ok_or(KeyError::Unreadable)?;
        base64url::decode_strict(text.as_bytes()).ok_or(KeyError::Unreadable)
    };
    match (key["kty"].as_str(), key["crv"].as_str()) {
        (Some("RSA"), _) => PublicKey::rsa(&number("n")?, &number("e")?),
        (Some("OKP"), Some("Ed25519")) => PublicKey::ed25519(&number("x")?),
        (Some("EC"), Some(name)) => {
            let curves = [Curve::P256, Curve::P384, Curve::P521, Curve::Secp256k1];
            let curve = curves.into_iter().find(|curve| curve.name() == name).ok_or(KeyError::Unreadable)?;
            let (x, y) = (number("x")?, number("y")?);
            if x.len() != curve.bytes() {
                return Err(KeyError::Unreadable);
            }
            PublicKey::elliptic(curve, &[&[4], &x[..], &y[..]].concat())
        }
        _ => Err(KeyError::Unreadable),
    }
}

/// The hash of the numbers in the order of their names.
fn thumbprint(numbers: &Value) -> String {
    let mut sorted = numbers.clone();
    sorted.sort_all_objects();
    base64url::encode(&Sha256::digest(json::compact(&sorted)))
}

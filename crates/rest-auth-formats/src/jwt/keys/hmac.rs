//! Secrets for HMAC (RFC 7518, section 3.2).

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::{Sha256, Sha384, Sha512};

use super::KeyError;
use crate::jwt::algorithm::Hash;

/// A secret, already mixed into the state of the hash: each token saves that work.
#[derive(Clone)]
pub(super) enum HmacKey {
    Sha256(Hmac<Sha256>),
    Sha384(Hmac<Sha384>),
    Sha512(Hmac<Sha512>),
}

impl HmacKey {
    /// The text's bytes as they are, of any length but zero.
    pub(super) fn new(hash: Hash, secret: &str) -> Result<Self, KeyError> {
        if secret.is_empty() {
            return Err(KeyError::Empty);
        }
        if looks_like_a_key_file(secret) {
            return Err(KeyError::NotASecret);
        }
        Ok(match hash {
            Hash::Sha256 => Self::Sha256(keyed(secret)),
            Hash::Sha384 => Self::Sha384(keyed(secret)),
            Hash::Sha512 => Self::Sha512(keyed(secret)),
        })
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256(mac) => mac.clone().chain_update(message).finalize().into_bytes().to_vec(),
            Self::Sha384(mac) => mac.clone().chain_update(message).finalize().into_bytes().to_vec(),
            Self::Sha512(mac) => mac.clone().chain_update(message).finalize().into_bytes().to_vec(),
        }
    }

    /// In a time that does not depend on where the signature differs.
    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Sha256(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
            Self::Sha384(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
            Self::Sha512(mac) => mac.clone().chain_update(message).verify_slice(signature).is_ok(),
        }
    }
}

fn keyed<M: KeyInit>(secret: &str) -> M {
    M::new_from_slice(secret.as_bytes()).expect("an HMAC takes a key of any length")
}

/// Whether it is the text of a PEM, SSH or JSON web key, as `HMACAlgorithm.prepare_key` refuses them.
fn looks_like_a_key_file(secret: &str) -> bool {
    const SSH: [&str; 4] = ["ssh-ed25519", "ssh-rsa", "ssh-dss", "ecdsa-sha2-nistp"];
    let is_web_key = || serde_json::from_str::<Value>(secret).is_ok_and(|value| mentions_key_type(&value));
    secret.contains("-----BEGIN ") || SSH.iter().any(|start| secret.starts_with(start)) || is_web_key()
}

fn mentions_key_type(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("kty") || members.values().any(mentions_key_type),
        Value::Array(items) => items.iter().any(mentions_key_type),
        _ => false,
    }
}

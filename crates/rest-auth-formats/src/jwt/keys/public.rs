//! Public keys: what they are made of, and verifying with them.

use p521::ecdsa::signature::Verifier;
use ring::agreement::{self, EphemeralPrivateKey};
use ring::rand::SystemRandom;
use ring::signature;

use super::KeyError;
use crate::jwt::algorithm::{Algorithm, Curve, Family, Hash};

/// A public key that was found good: RSA of a safe length, a point on its curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::jwt) enum PublicKey {
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa { modulus: Vec<u8>, exponent: Vec<u8> },
    /// A point in uncompressed form (SEC 1): 4, x, y.
    Elliptic { curve: Curve, point: Vec<u8> },
    /// A point in the form of RFC 8032.
    Ed25519([u8; 32]),
}

impl PublicKey {
    /// An RSA key of 2048 to 8192 bits from big-endian numbers.
    pub(in crate::jwt) fn rsa(modulus: &[u8], exponent: &[u8]) -> Result<Self, KeyError> {
        let [modulus, exponent] = [modulus, exponent]
            .map(|number| number.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>());
        let bits = modulus.len() * 8 - modulus.first().map_or(0, |byte| byte.leading_zeros() as usize);
        let is_odd = |number: &[u8]| number.last().is_some_and(|byte| byte % 2 == 1);
        // ring takes exponents from 3 to 2^33 - 1.
        let has_fair_exponent = is_odd(&exponent) && exponent != [1] && exponent.len() <= 4;
        if (2048..=8192).contains(&bits) && is_odd(&modulus) && has_fair_exponent {
            Ok(Self::Rsa { modulus, exponent })
        } else {
            Err(KeyError::UnsafeRsa)
        }
    }

    /// A point in uncompressed form, if it lies on the curve.
    pub(in crate::jwt) fn elliptic(curve: Curve, point: &[u8]) -> Result<Self, KeyError> {
        let has_form = point.len() == 1 + 2 * curve.bytes() && point[0] == 4;
        let is_on_curve = || match curve {
            Curve::P256 => agrees(&agreement::ECDH_P256, point),
            Curve::P384 => agrees(&agreement::ECDH_P384, point),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point).is_ok(),
            Curve::Secp256k1 => k256::ecdsa::VerifyingKey::from_sec1_bytes(point).is_ok(),
        };
        if has_form && is_on_curve() {
            Ok(Self::Elliptic { curve, point: point.to_vec() })
        } else {
            Err(KeyError::Inconsistent)
        }
    }

    /// 32 bytes.
    pub(in crate::jwt) fn ed25519(point: &[u8]) -> Result<Self, KeyError> {
        point.try_into().map(Self::Ed25519).map_err(|_| KeyError::Unreadable)
    }

    /// Whether it is a key for this algorithm.
    pub(in crate::jwt) fn suits(&self, algorithm: Algorithm) -> bool {
        match algorithm.family() {
            Family::Hmac(_) => false,
            Family::RsaPkcs1(_) | Family::RsaPss(_) => matches!(self, Self::Rsa { .. }),
            Family::Ecdsa(wanted) => matches!(self, Self::Elliptic { curve, .. } if *curve == wanted),
            Family::Ed25519 => matches!(self, Self::Ed25519(_)),
        }
    }

    /// Whether the owner of the key signed the message. ECDSA signatures are r and s side by side.
    pub(super) fn verifies(&self, algorithm: Algorithm, message: &[u8], made: &[u8]) -> bool {
        match self {
            Self::Rsa { modulus, exponent } => rsa_parameters(algorithm).is_some_and(|parameters| {
                let key = signature::RsaPublicKeyComponents { n: modulus, e: exponent };
                key.verify(parameters, message, made).is_ok()
            }),
            Self::Elliptic { curve: Curve::P256, point } => {
                verifies(&signature::ECDSA_P256_SHA256_FIXED, point, message, made)
            }
            Self::Elliptic { curve: Curve::P384, point } => {
                verifies(&signature::ECDSA_P384_SHA384_FIXED, point, message, made)
            }
            Self::Elliptic { curve: Curve::P521, point } => p521_verifies(point, message, made),
            Self::Elliptic { curve: Curve::Secp256k1, point } => secp256k1_verifies(point, message, made),
            Self::Ed25519(point) => verifies(&signature::ED25519, point, message, made),
        }
    }
}

/// ring checks a point when it agrees on a secret with its owner, and has no other way to ask.
fn agrees(curve: &'static agreement::Algorithm, point: &[u8]) -> bool {
    let point = agreement::UnparsedPublicKey::new(curve, point);
    EphemeralPrivateKey::generate(curve, &SystemRandom::new())
        .and_then(|throw_away| agreement::agree_ephemeral(throw_away, &point, |_| ()))
        .is_ok()
}

fn verifies(
    algorithm: &'static dyn signature::VerificationAlgorithm,
    key: &[u8],
    message: &[u8],
    made: &[u8],
) -> bool {
    signature::UnparsedPublicKey::new(algorithm, key).verify(message, made).is_ok()
}

fn p521_verifies(point: &[u8], message: &[u8], made: &[u8]) -> bool {
    let key = p521::ecdsa::VerifyingKey::from_sec1_bytes(point);
    let made = p521::ecdsa::Signature::from_slice(made);
    key.and_then(|key| key.verify(message, &made?)).is_ok()
}

/// Half of the signatures that others make have an s in the upper half, which `k256` by itself refuses.
fn secp256k1_verifies(point: &[u8], message: &[u8], made: &[u8]) -> bool {
    let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(point);
    let made = k256::ecdsa::Signature::from_slice(made);
    key.and_then(|key| key.verify(message, &made?.normalize_s())).is_ok()
}

fn rsa_parameters(algorithm: Algorithm) -> Option<&'static signature::RsaParameters> {
    Some(match algorithm.family() {
        Family::RsaPkcs1(Hash::Sha256) => &signature::RSA_PKCS1_2048_8192_SHA256,
        Family::RsaPkcs1(Hash::Sha384) => &signature::RSA_PKCS1_2048_8192_SHA384,
        Family::RsaPkcs1(Hash::Sha512) => &signature::RSA_PKCS1_2048_8192_SHA512,
        Family::RsaPss(Hash::Sha256) => &signature::RSA_PSS_2048_8192_SHA256,
        Family::RsaPss(Hash::Sha384) => &signature::RSA_PSS_2048_8192_SHA384,
        Family::RsaPss(Hash::Sha512) => &signature::RSA_PSS_2048_8192_SHA512,
        _ => return None,
    })
}

//! Keys that sign.

use std::fmt;
use std::sync::Arc;

use p521::ecdsa::signature::Signer as _;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{self, EcdsaKeyPair, EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair, RsaKeyPair};

use super::hmac::HmacKey;
use super::pem::{self, PrivateKey};
use super::verifying::Material;
use super::{KeyError, PublicKey, VerifyingKey};
use crate::jwt::algorithm::{Algorithm, Curve, Family, Hash};

/// The key that signs new tokens (`SIGNING_KEY`). Copies share it. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct SigningKey {
    algorithm: Algorithm,
    id: Option<String>,
    signer: Arc<Signer>,
}

enum Signer {
    Hmac(Box<HmacKey>),
    Rsa(RsaKeyPair, &'static dyn signature::RsaEncoding),
    Ecdsa(Curve, EcdsaKeyPair),
    P521(p521::ecdsa::SigningKey),
    Secp256k1(k256::ecdsa::SigningKey),
    Ed25519(Ed25519KeyPair),
}

impl SigningKey {
    /// The key behind a text: a secret for HS256, HS384 and HS512, else an unencrypted private key in PEM
    /// (`-----BEGIN PRIVATE KEY-----`, `RSA PRIVATE KEY` or `EC PRIVATE KEY`).
    ///
    /// A secret may have any length here, as upstream allows: whether it is long enough is a question to the
    /// configuration.
    pub fn new(algorithm: Algorithm, text: &str) -> Result<Self, KeyError> {
        const PROBE: &[u8] = b"probe";
        let signer = match algorithm.family() {
            Family::Hmac(hash) => Signer::Hmac(Box::new(HmacKey::new(hash, text)?)),
            _ if text.is_empty() => return Err(KeyError::Empty),
            _ => Signer::from_private(algorithm, pem::read_private(text)?)?,
        };
        let key = Self { algorithm, id: None, signer: Arc::new(signer) };
        // ring accepts some keys that cannot sign. Better now than at each login.
        let works = key.signer.sign(PROBE).is_some_and(|made| key.verifying_key().verifies(PROBE, &made));
        if works { Ok(key) } else { Err(KeyError::Inconsistent) }
    }

    /// The same with an id, which new tokens then name (`kid`). Upstream's tokens name none.
    #[must_use]
    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The id, if it has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The key that verifies what this one signs: the secret itself, or the public half.
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey::from_parts(self.algorithm, self.id.clone(), self.signer.verifying_material())
    }

    pub(in crate::jwt) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.signer
            .sign(message)
            .expect("a key that signed when it was made signs while the operating system has randomness")
    }
}

impl Signer {
    fn from_private(algorithm: Algorithm, key: PrivateKey) -> Result<Self, KeyError> {
        match (algorithm.family(), key) {
            (Family::RsaPkcs1(hash), PrivateKey::Rsa(der)) => Self::rsa(&der, pkcs1_encoding(hash)),
            (Family::RsaPss(hash), PrivateKey::Rsa(der)) => Self::rsa(&der, pss_encoding(hash)),
            (Family::Ecdsa(wanted), PrivateKey::Elliptic { curve, number, point }) if wanted == curve => {
                Self::elliptic(curve, &number, point.as_deref())
            }
            (Family::Ed25519, PrivateKey::Ed25519(der)) => Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der)
                .map(Self::Ed25519)
                .map_err(|_| KeyError::Inconsistent),
            _ => Err(KeyError::OtherKind(algorithm)),
        }
    }

    fn rsa(der: &[u8], encoding: &'static dyn signature::RsaEncoding) -> Result<Self, KeyError> {
        RsaKeyPair::from_der(der).map(|pair| Self::Rsa(pair, encoding)).map_err(|rejected| {
            // ring names its reasons in text only.
            match rejected.to_string().as_str() {
                "InvalidEncoding" | "VersionNotSupported" => KeyError::Unreadable,
                "TooSmall" | "TooLarge" | "InvalidComponent" | "PrivateModulusLenNotMultipleOf512Bits" => {
                    KeyError::UnsafeRsa
                }
                _ => KeyError::Inconsistent,
            }
        })
    }

    fn elliptic(curve: Curve, number: &[u8], point: Option<&[u8]>) -> Result<Self, KeyError> {
        let ring_pair = |algorithm: &'static EcdsaSigningAlgorithm| {
            let point = point.ok_or(KeyError::NoPublicHalf)?;
            EcdsaKeyPair::from_private_key_and_public_key(algorithm, number, point, &SystemRandom::new())
                .map(|pair| Self::Ecdsa(curve, pair))
                .map_err(|_| KeyError::Inconsistent)
        };
        match curve {
            Curve::P256 => ring_pair(&signature::ECDSA_P256_SHA256_FIXED_SIGNING),
            Curve::P384 => ring_pair(&signature::ECDSA_P384_SHA384_FIXED_SIGNING),
            Curve::P521 => p521::ecdsa::SigningKey::from_slice(number)
                .map(Self::P521)
                .map_err(|_| KeyError::Inconsistent),
            Curve::Secp256k1 => k256::ecdsa::SigningKey::from_slice(number)
                .map(Self::Secp256k1)
                .map_err(|_| KeyError::Inconsistent),
        }
    }

    fn verifying_material(&self) -> Material {
        let point_on = |curve, point: &[u8]| PublicKey::Elliptic { curve, point: point.to_vec() };
        Material::Public(match self {
            Self::Hmac(key) => return Material::Secret(key.clone()),
            Self::Rsa(pair, _) => {
                let PublicKeyComponents { n: modulus, e: exponent } = pair.public().into();
                PublicKey::Rsa { modulus, exponent }
            }
            Self::Ecdsa(curve, pair) => point_on(*curve, pair.public_key().as_ref()),
            Self::P521(key) => point_on(Curve::P521, key.verifying_key().to_sec1_point(false).as_bytes()),
            Self::Secp256k1(key) => {
                point_on(Curve::Secp256k1, key.verifying_key().to_sec1_point(false).as_bytes())
            }
            Self::Ed25519(pair) => {
                let point = pair.public_key().as_ref().try_into();
                PublicKey::Ed25519(point.expect("Ed25519 points have 32 bytes"))
            }
        })
    }

    /// `None` if the key's numbers do not fit, or if there is no randomness.
    fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let randomness = SystemRandom::new();
        match self {
            Self::Hmac(key) => Some(key.sign(message)),
            Self::Rsa(pair, encoding) => {
                let mut made = vec![0; pair.public().modulus_len()];
                pair.sign(*encoding, &randomness, message, &mut made).ok().map(|()| made)
            }
            Self::Ecdsa(_, pair) => Some(pair.sign(&randomness, message).ok()?.as_ref().to_vec()),
            Self::P521(key) => {
                let made: p521::ecdsa::Signature = key.try_sign(message).ok()?;
                Some(made.to_bytes().to_vec())
            }
            Self::Secp256k1(key) => {
                let made: k256::ecdsa::Signature = key.try_sign(message).ok()?;
                Some(made.to_bytes().to_vec())
            }
            Self::Ed25519(pair) => Some(pair.sign(message).as_ref().to_vec()),
        }
    }
}

fn pkcs1_encoding(hash: Hash) -> &'static dyn signature::RsaEncoding {
    match hash {
        Hash::Sha256 => &signature::RSA_PKCS1_SHA256,
        Hash::Sha384 => &signature::RSA_PKCS1_SHA384,
        Hash::Sha512 => &signature::RSA_PKCS1_SHA512,
    }
}

fn pss_encoding(hash: Hash) -> &'static dyn signature::RsaEncoding {
    match hash {
        Hash::Sha256 => &signature::RSA_PSS_SHA256,
        Hash::Sha384 => &signature::RSA_PSS_SHA384,
        Hash::Sha512 => &signature::RSA_PSS_SHA512,
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SigningKey").finish_non_exhaustive()
    }
}

//! Keys that verify.

use std::fmt;

use super::hmac::HmacKey;
use super::{KeyError, PublicKey, pem};
use crate::jwt::algorithm::{Algorithm, Family};

/// A key that verifies tokens of one algorithm. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct VerifyingKey {
    algorithm: Algorithm,
    id: Option<String>,
    material: Material,
}

#[derive(Clone)]
pub(super) enum Material {
    Secret(Box<HmacKey>),
    Public(PublicKey),
}

impl VerifyingKey {
    /// The key behind a text: a secret for HS256, HS384 and HS512, else a public key in PEM
    /// (`-----BEGIN PUBLIC KEY-----`, or `RSA PUBLIC KEY`).
    pub fn new(algorithm: Algorithm, text: &str) -> Result<Self, KeyError> {
        let material = match algorithm.family() {
            Family::Hmac(hash) => Material::Secret(Box::new(HmacKey::new(hash, text)?)),
            _ if text.is_empty() => return Err(KeyError::Empty),
            _ => return pem::read_public(text).and_then(|key| Self::of(algorithm, key)),
        };
        Ok(Self { algorithm, id: None, material })
    }

    /// The public key in an X.509 certificate in PEM. Nothing but the key is looked at: who publishes it, and where, is
    /// what makes it believable, and neither its dates nor its issuer.
    pub fn from_certificate(algorithm: Algorithm, text: &str) -> Result<Self, KeyError> {
        pem::read_certificate(text).and_then(|key| Self::of(algorithm, key))
    }

    /// The same with an id (`kid`): it is then tried for tokens that name this id, and for those that name
    /// none.
    #[must_use]
    pub fn with_id(self, id: impl Into<String>) -> Self {
        Self { id: Some(id.into()), ..self }
    }

    /// What tokens must be signed with.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The id, if it has one.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    pub(super) fn from_parts(algorithm: Algorithm, id: Option<String>, material: Material) -> Self {
        Self { algorithm, id, material }
    }

    /// A public key for an algorithm.
    pub(in crate::jwt) fn of(algorithm: Algorithm, key: PublicKey) -> Result<Self, KeyError> {
        if key.suits(algorithm) {
            Ok(Self { algorithm, id: None, material: Material::Public(key) })
        } else {
            Err(KeyError::OtherKind(algorithm))
        }
    }

    /// What may be shown of it: nothing of a secret.
    pub(in crate::jwt) fn public(&self) -> Option<&PublicKey> {
        match &self.material {
            Material::Secret(_) => None,
            Material::Public(key) => Some(key),
        }
    }

    /// Whether the signature is one of this key over the message.
    pub(in crate::jwt) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.material {
            Material::Secret(key) => key.verifies(message, signature),
            Material::Public(key) => key.verifies(self.algorithm, message, signature),
        }
    }
}

impl fmt::Debug for VerifyingKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("VerifyingKey").finish_non_exhaustive()
    }
}

//! Keys, parsed when the configuration is read so that a wrong one stops the start and not a login.
//!
//! RSA, P-256, P-384 and Ed25519 are ring's; P-521 and secp256k1, which ring lacks, are RustCrypto's; HMAC is the
//! `hmac` crate's. `k256` and `p521` need no randomness (RFC 6979).

mod hmac;
mod pem;
mod public;
mod signing;
mod verifying;

use std::fmt;

use super::algorithm::Algorithm;

pub(super) use public::PublicKey;
pub use signing::SigningKey;
pub use verifying::VerifyingKey;

/// Why a text is no key for an algorithm; `Display` says what to do. Nothing of the key is repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyError {
    /// There is no key.
    Empty,
    /// A public key, a private key or a JSON web key where HMAC wants a secret. Whoever knows a public key
    /// could sign with it.
    NotASecret,
    /// A plain text where an algorithm with two keys wants a PEM file.
    NotPem,
    /// The PEM file is damaged or holds something else than a key.
    Unreadable,
    /// The private key is encrypted.
    Encrypted,
    /// A public key where a private one is needed.
    NotPrivate,
    /// A private key where a public one is needed.
    NotPublic,
    /// The key is of another kind, or on another curve, than the algorithm.
    OtherKind(Algorithm),
    /// A private key on P-256 or P-384 without its public half.
    NoPublicHalf,
    /// An RSA key with a length or an exponent that is not taken.
    UnsafeRsa,
    /// The parts of the key do not belong together.
    Inconsistent,
}

impl fmt::Display for KeyError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Empty => "the key is empty",
            Self::NotASecret => {
                "HS256, HS384 and HS512 take a secret text; this is a key file, which belongs to another algorithm"
            }
            Self::NotPem => "this algorithm takes a key as the text of a PEM file (-----BEGIN …)",
            Self::Unreadable => "the PEM text is damaged, or what it holds is no key",
            Self::Encrypted => "the private key is encrypted; decrypt it first: openssl pkey -in FILE",
            Self::NotPrivate => "signing takes the private key, and this is the public one",
            Self::NotPublic => {
                "verifying takes the public key, and this is the private one: openssl pkey -in FILE -pubout"
            }
            Self::OtherKind(algorithm) => {
                return write!(formatter, "{algorithm} takes a key of another kind or on another curve");
            }
            Self::NoPublicHalf => {
                "the private key lacks its public half; write it anew: openssl pkey -in FILE"
            }
            Self::UnsafeRsa => {
                "RSA keys have 2048 to 4096 bits to sign and up to 8192 to verify, and the exponent 65537"
            }
            Self::Inconsistent => "the parts of the key do not belong together",
        })
    }
}

impl std::error::Error for KeyError {}

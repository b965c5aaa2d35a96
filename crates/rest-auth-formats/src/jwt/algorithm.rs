//! The signature algorithms of JSON web tokens (RFC 7518, RFC 8037, RFC 8812), their hash functions and the
//! curves of their keys.

use std::fmt;

/// How a token is signed. It comes from the configuration, never from a token.
///
/// The names are those of the setting `ALGORITHM`, as simplejwt takes them; `none` is not among them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// HMAC with SHA-256, simplejwt's default.
    #[default]
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// RSA with PKCS #1 padding and SHA-256.
    Rs256,
    /// RSA with PKCS #1 padding and SHA-384.
    Rs384,
    /// RSA with PKCS #1 padding and SHA-512.
    Rs512,
    /// RSA with PSS padding and SHA-256.
    Ps256,
    /// RSA with PSS padding and SHA-384.
    Ps384,
    /// RSA with PSS padding and SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512.
    Es512,
    /// The same as [`Algorithm::Es512`] under the name that PyJWT once gave it.
    Es521,
    /// ECDSA on secp256k1 with SHA-256.
    Es256k,
    /// Ed25519. (The name also stands for Ed448, which is not supported.)
    EdDsa,
}

/// What kind of key and signature an algorithm has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Hmac(Hash),
    RsaPkcs1(Hash),
    RsaPss(Hash),
    Ecdsa(Curve),
    Ed25519,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P256,
    P384,
    P521,
    Secp256k1,
}

impl Algorithm {
    /// Every algorithm.
    pub const ALL: [Self; 15] = [
        Self::Hs256,
        Self::Hs384,
        Self::Hs512,
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::Es512,
        Self::Es521,
        Self::Es256k,
        Self::EdDsa,
    ];

    /// The name in a token's header and in the setting.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Hs384 => "HS384",
            Self::Hs512 => "HS512",
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            Self::Es512 => "ES512",
            Self::Es521 => "ES521",
            Self::Es256k => "ES256K",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The algorithm of a name, in exactly this case.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.name() == name)
    }

    /// Whether the key that signs is the one that verifies: HS256, HS384 and HS512.
    pub const fn is_symmetric(self) -> bool {
        matches!(self.family(), Family::Hmac(_))
    }

    pub(super) const fn family(self) -> Family {
        match self {
            Self::Hs256 => Family::Hmac(Hash::Sha256),
            Self::Hs384 => Family::Hmac(Hash::Sha384),
            Self::Hs512 => Family::Hmac(Hash::Sha512),
            Self::Rs256 => Family::RsaPkcs1(Hash::Sha256),
            Self::Rs384 => Family::RsaPkcs1(Hash::Sha384),
            Self::Rs512 => Family::RsaPkcs1(Hash::Sha512),
            Self::Ps256 => Family::RsaPss(Hash::Sha256),
            Self::Ps384 => Family::RsaPss(Hash::Sha384),
            Self::Ps512 => Family::RsaPss(Hash::Sha512),
            Self::Es256 => Family::Ecdsa(Curve::P256),
            Self::Es384 => Family::Ecdsa(Curve::P384),
            Self::Es512 | Self::Es521 => Family::Ecdsa(Curve::P521),
            Self::Es256k => Family::Ecdsa(Curve::Secp256k1),
            Self::EdDsa => Family::Ed25519,
        }
    }
}

impl fmt::Display for Algorithm {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

impl Curve {
    /// The name in a JSON web key (`crv`).
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
            Self::Secp256k1 => "secp256k1",
        }
    }

    /// The bytes of a coordinate, and of a private key.
    pub(super) const fn bytes(self) -> usize {
        match self {
            Self::P256 | Self::Secp256k1 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

//! Accepting a token: from a text that anybody may have sent to claims that can be believed.
//!
//! The order is upstream's, and the first failure decides: [`decode`] is PyJWT's part, then a store looks the
//! token up in its blacklist, then [`verify`] is simplejwt's. [`check`] is both, for tokens without a blacklist.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use super::claims::Claims;
use super::keys::VerifyingKey;
use super::registered::{self, Expected};
use super::rules::{Rules, TokenKind};
use super::segments::Segments;
use crate::Timestamp;

/// Why a token was refused (simplejwt's `TokenError`); `Display` is upstream's wording. With each goes the code
/// `token_not_valid`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// It is no token, nobody here signed it, it is not yet valid, or it is for somebody else.
    Invalid,
    /// Its `exp` has passed.
    Expired,
    /// It was revoked. (Found out by a store.)
    Blacklisted,
    /// It lacks a time: `exp`, or `refresh_exp` in a sliding token.
    NoClaim(Cow<'static, str>),
    /// The `refresh_exp` of a sliding token has passed.
    ClaimExpired(Cow<'static, str>),
    /// It has no `jti`.
    NoId,
    /// It has no `token_type`.
    NoType,
    /// It is good for something else: a refresh token in place of an access token, say.
    WrongType,
}

impl fmt::Display for TokenError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid => formatter.write_str("Token is invalid"),
            Self::Expired => formatter.write_str("Token is expired"),
            Self::Blacklisted => formatter.write_str("Token is blacklisted"),
            Self::NoClaim(name) => write!(formatter, "Token has no '{name}' claim"),
            Self::ClaimExpired(name) => write!(formatter, "Token '{name}' claim has expired"),
            Self::NoId => formatter.write_str("Token has no id"),
            Self::NoType => formatter.write_str("Token has no type"),
            Self::WrongType => formatter.write_str("Token has wrong type"),
        }
    }
}

impl std::error::Error for TokenError {}

/// What PyJWT's exceptions come down to. simplejwt tells two of them apart, its predecessors three.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// `DecodeError`: not a token, or a signature that no key made.
    Undecodable,
    /// `ExpiredSignatureError`.
    Expired,
    /// Any other `InvalidTokenError`.
    Invalid,
}

impl From<Refusal> for TokenError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Expired => Self::Expired,
            Refusal::Undecodable | Refusal::Invalid => Self::Invalid,
        }
    }
}

/// The claims of a token that one of the keys signed, if they hold now (`TokenBackend.decode`): the shape, the
/// algorithm, the signature, `iat`, `nbf`, `exp`, `iss`, `aud`, and that `sub` and `jti` are texts.
///
/// Neither the blacklist nor the kind of token was looked at: see [`verify`]. `exp` may be missing.
pub fn decode(
    token: &[u8],
    keys: &[VerifyingKey],
    rules: &Rules,
    now: Timestamp,
) -> Result<Claims, TokenError> {
    let claims = signed_claims(token, keys)?;
    hold_now(&claims, rules, now)?;
    Ok(claims)
}

/// The claims of a token that one of the keys signed, whatever they say: [`decode`] without a look at times, issuer and
/// audience. For whoever tells a bad signature from a bad claim; [`hold_now`] is the rest.
pub fn signed(token: &[u8], keys: &[VerifyingKey]) -> Result<Claims, TokenError> {
    Ok(signed_claims(token, keys)?)
}

/// Whether signed claims hold now: `iat`, `nbf`, `exp`, `iss`, `aud`, and that `sub` and `jti` are texts.
pub fn hold_now(claims: &Claims, rules: &Rules, now: Timestamp) -> Result<(), TokenError> {
    let expected = Expected {
        issuer: rules.issuer.as_deref(),
        audience: rules.audience.as_ref(),
        refuses_unasked_audience: false,
        leeway: rules.leeway,
        verifies_expiry: true,
    };
    Ok(registered::check(claims, &expected, now)?)
}

/// What a token says of itself before anybody has looked at its signature: enough to choose whom to ask, and nothing to be
/// believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unverified {
    /// The algorithm that its header names.
    pub algorithm: Option<String>,
    /// The key that its header names.
    pub key_id: Option<String>,
    /// Who made it, if that is a text.
    pub issuer: Option<String>,
}

/// What a token says of itself; `None` for what is no token.
pub fn peek(token: &[u8]) -> Option<Unverified> {
    /// Nothing else of the payload is read.
    #[derive(serde::Deserialize)]
    struct Payload {
        #[serde(default)]
        iss: Value,
    }
    let segments = Segments::split(token)?;
    // serde would take the members from a list as well.
    let is_object = segments.payload.trim_ascii_start().starts_with(b"{");
    let payload: Payload = serde_json::from_slice(&segments.payload).ok().filter(|_| is_object)?;
    Some(Unverified {
        algorithm: segments.header.algorithm().map(str::to_owned),
        key_id: segments.header.key_id().map(str::to_owned),
        issuer: payload.iss.as_str().map(str::to_owned),
    })
}

/// The checks that remain for decoded claims (`Token.verify`): `exp` is there and a date, the token has an id,
/// and it is of the kind that is asked for. `None` takes any kind, as `UntypedToken` does.
///
/// An `exp` in text or beyond the year 9999 is refused, where upstream raises an exception.
pub fn verify(claims: &Claims, kind: Option<TokenKind>, rules: &Rules) -> Result<(), TokenError> {
    if claims.get("exp").is_none() {
        return Err(TokenError::NoClaim("exp".into()));
    }
    claims.expires_at().ok_or(TokenError::Invalid)?;
    if rules.names.token_id.is_some() && claims.token_id(&rules.names).is_none() {
        return Err(TokenError::NoId);
    }
    let (Some(kind), Some(name)) = (kind, &rules.names.token_type) else { return Ok(()) };
    match claims.get(name) {
        None => Err(TokenError::NoType),
        Some(value) if value == kind.name() => Ok(()),
        Some(_) => Err(TokenError::WrongType),
    }
}

/// [`decode`] and [`verify`]: the claims of a token of a kind that is in no blacklist.
pub fn check(
    token: &[u8],
    kind: Option<TokenKind>,
    keys: &[VerifyingKey],
    rules: &Rules,
    now: Timestamp,
) -> Result<Claims, TokenError> {
    let claims = decode(token, keys, rules, now)?;
    verify(&claims, kind, rules)?;
    Ok(claims)
}

/// The claims of a token that one of the keys signed, whatever they say.
///
/// A key is tried if it has no id, or if the token names no key, or this one; and only if the token names its
/// algorithm. Whatever else a token says about keys is ignored.
pub(super) fn signed_claims(token: &[u8], keys: &[VerifyingKey]) -> Result<Claims, Refusal> {
    let segments = Segments::split(token).ok_or(Refusal::Undecodable)?;
    let header = &segments.header;
    if !header.is_understood() {
        return Err(Refusal::Invalid);
    }
    let is_named = |key: &&VerifyingKey| match (key.id(), header.key_id()) {
        (Some(own), Some(named)) => own == named,
        _ => true,
    };
    let mut candidates = keys
        .iter()
        .filter(is_named)
        .filter(|key| header.algorithm() == Some(key.algorithm().name()))
        .peekable();
    if candidates.peek().is_none() {
        return Err(Refusal::Invalid);
    }
    if !candidates.any(|key| key.verifies(segments.signed, &segments.signature)) {
        return Err(Refusal::Undecodable);
    }
    let claims: Map<String, Value> =
        serde_json::from_slice(&segments.payload).map_err(|_| Refusal::Undecodable)?;
    Ok(claims.into())
}

#[cfg(test)]
mod tests {
    use super::super::{Algorithm, SigningKey, encode};
    use super::*;

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    fn key() -> SigningKey {
        SigningKey::new(Algorithm::Hs256, "0123456789abcdef0123456789abcdef").unwrap().with_id("k1")
    }

    fn token(exp: i64) -> String {
        let mut claims = Claims::new();
        claims.set("iss", "https://id.example.org");
        claims.set("exp", exp);
        encode(&claims, &key())
    }

    #[test]
    fn a_token_says_who_made_it_before_anybody_believes_it() {
        let said = peek(token(0).as_bytes()).unwrap();
        assert_eq!(said.algorithm.as_deref(), Some("HS256"));
        assert_eq!(said.key_id.as_deref(), Some("k1"));
        assert_eq!(said.issuer.as_deref(), Some("https://id.example.org"));
        let nothing = Unverified { algorithm: None, key_id: None, issuer: None };
        assert_eq!(peek(b"e30.e30."), Some(nothing.clone()));
        // A name that is no text names nobody.
        assert_eq!(peek(b"eyJhbGciOjEsImtpZCI6MX0.eyJpc3MiOlsiYSJdfQ."), Some(nothing));
        for none in [&b""[..], b".", b"..", b"a.b.c", b"e30.W10.", b"W10.e30.", b"\xff.\xff.\xff", b"e30.e30"]
        {
            assert_eq!(peek(none), None, "{none:?}");
        }
    }

    #[test]
    fn a_signature_and_a_time_are_told_apart() {
        let (token, keys) = (token(1_699_999_999), [key().verifying_key()]);
        let claims = signed(token.as_bytes(), &keys).unwrap();
        assert_eq!(hold_now(&claims, &Rules::default(), NOW), Err(TokenError::Expired));
        assert_eq!(hold_now(&claims, &Rules { leeway: 2, ..Rules::default() }, NOW), Ok(()));
        let other = SigningKey::new(Algorithm::Hs256, "fedcba9876543210fedcba9876543210").unwrap();
        let other = [other.with_id("k1").verifying_key()];
        assert_eq!(signed(token.as_bytes(), &other), Err(TokenError::Invalid));
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_a_look_panic(text in ".{0,200}") {
            let _ = peek(text.as_bytes());
        }
    }
}

//! Django's signed values (`django.core.signing`): text that a client may carry but not change.
//!
//! A value ends in `:` and a signature. Signing uses the current secret; reading believes the fallbacks too.
//! A wrong signature is reported before anything else is looked at, and what a secret did sign but cannot be
//! read (no stamp, no JSON) is a bad signature as well, where Django raises an exception.

mod payload;

use std::borrow::Cow;

use serde_json::Value;

use crate::salted_hmac::{HashAlgorithm, constant_time_equal, salted_hmac, salted_hmac_with};
use crate::{SecretKeys, Timestamp, base62, base64url};

pub use payload::Compression;

/// The salt of a `Signer` that was given none.
pub const SIGNER_SALT: &str = "django.core.signing.Signer";
/// The salt of a `TimestampSigner` that was given none.
pub const TIMESTAMP_SIGNER_SALT: &str = "django.core.signing.TimestampSigner";
/// The salt of `dumps` and `loads` when they were given none.
pub const DUMPS_SALT: &str = "django.core.signing";

/// Why a signed value was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// No secret made it, or what was signed cannot be read (`BadSignature`).
    Bad,
    /// It was made too long ago (`SignatureExpired`).
    Expired,
}

/// How old a value may be, in seconds, and the time at which that is asked.
///
/// The fraction of the present second counts: a value signed in second `s` is good up to and including
/// `s + seconds`, and no longer a quarter of a second later. Values from the future are accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MaxAge {
    /// The greatest age in whole seconds.
    pub seconds: i64,
    /// The present.
    pub now: Timestamp,
}

/// Signs text without a time (`Signer`).
#[derive(Clone, Debug)]
pub struct Signer<'a> {
    keys: &'a SecretKeys,
    key_prefix: &'static str,
    salt: Cow<'a, str>,
    separator: &'a str,
    algorithm: HashAlgorithm,
}

impl<'a> Signer<'a> {
    /// A signer for one purpose, which the salt names.
    pub fn new(keys: &'a SecretKeys, salt: impl Into<Cow<'a, str>>) -> Self {
        Self { keys, key_prefix: "", salt: salt.into(), separator: ":", algorithm: HashAlgorithm::Sha256 }
    }

    /// The same with another separator than `:`. `None` for one that signatures could contain: an empty text
    /// or one of letters, digits and `-_=` (and the five signs between `Z` and `a` in ASCII) only.
    pub fn with_separator(self, separator: &'a str) -> Option<Self> {
        let unsafe_byte = |byte| matches!(byte, b'A'..=b'z' | b'0'..=b'9' | b'-' | b'=');
        (!separator.bytes().all(unsafe_byte)).then_some(Self { separator, ..self })
    }

    /// The same with another hash function than SHA-256.
    #[must_use]
    pub fn with_algorithm(self, algorithm: HashAlgorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// The value, the separator and the signature.
    pub fn sign(&self, value: &str) -> String {
        format!("{value}{}{}", self.separator, self.signature(value, self.keys.current()))
    }

    /// The value in front of a good signature; the signature is what follows the last separator.
    pub fn unsign<'v>(&self, signed: &'v str) -> Result<&'v str, SignatureError> {
        let (value, signature) = signed.rsplit_once(self.separator).ok_or(SignatureError::Bad)?;
        let good = self.keys.all().any(|key| constant_time_equal(signature, &self.signature(value, key)));
        if good { Ok(value) } else { Err(SignatureError::Bad) }
    }

    /// The value as JSON in URL-safe base 64, signed (`sign_object`).
    pub fn sign_object(&self, value: &Value, compression: Compression) -> String {
        self.sign(&payload::write(value, compression))
    }

    /// What [`Signer::sign_object`] signed (`unsign_object`).
    pub fn unsign_object(&self, signed: &str) -> Result<Value, SignatureError> {
        payload::read(self.unsign(signed)?).ok_or(SignatureError::Bad)
    }

    fn signature(&self, value: &str, key: &str) -> String {
        let key_salt = format!("{}signer", self.salt);
        let key = match self.key_prefix {
            "" => Cow::Borrowed(key),
            prefix => Cow::Owned(format!("{prefix}{key}")),
        };
        match self.algorithm {
            HashAlgorithm::Sha256 => base64url::encode(&salted_hmac(&key_salt, value, &key)),
            other => base64url::encode(&salted_hmac_with(other, &key_salt, value, &key)),
        }
    }
}

/// Signs text together with the second in which that happens (`TimestampSigner`).
#[derive(Clone, Debug)]
pub struct TimestampSigner<'a>(Signer<'a>);

impl<'a> TimestampSigner<'a> {
    /// A signer for one purpose, which the salt names.
    pub fn new(keys: &'a SecretKeys, salt: impl Into<Cow<'a, str>>) -> Self {
        Self(Signer::new(keys, salt))
    }

    /// The signer of one cookie, as `HttpResponse.set_signed_cookie` uses it with the caller's salt.
    pub fn for_cookie(keys: &'a SecretKeys, cookie: &str, salt: &str) -> Self {
        let salt = format!("django.http.cookies.v2:{}:{salt}{cookie}", salt.chars().count());
        Self(Signer { key_prefix: "django.http.cookies", ..Signer::new(keys, salt) })
    }

    /// The value, the second in base 62 and the signature over both, with colons between them.
    pub fn sign(&self, value: &str, now: Timestamp) -> String {
        self.0.sign(&format!("{value}:{}", base62::encode(now.seconds().into())))
    }

    /// The value in front of the stamp and a good signature, if it is not older than allowed.
    pub fn unsign<'v>(&self, signed: &'v str, max_age: Option<MaxAge>) -> Result<&'v str, SignatureError> {
        let (value, stamp) = self.0.unsign(signed)?.rsplit_once(':').ok_or(SignatureError::Bad)?;
        let stamp = base62::decode(stamp).ok_or(SignatureError::Bad)?;
        let expired = max_age.is_some_and(|limit| {
            let age = i128::from(limit.now.micros()).saturating_sub(stamp.saturating_mul(1_000_000));
            age > i128::from(limit.seconds) * 1_000_000
        });
        if expired { Err(SignatureError::Expired) } else { Ok(value) }
    }
}

/// A JSON value as URL-safe text, signed together with the time (`dumps`).
pub fn dumps(
    value: &Value,
    keys: &SecretKeys,
    salt: &str,
    now: Timestamp,
    compression: Compression,
) -> String {
    TimestampSigner::new(keys, salt).sign(&payload::write(value, compression), now)
}

/// The value that [`dumps`] wrote, if it is not older than allowed (`loads`).
pub fn loads(
    text: &str,
    keys: &SecretKeys,
    salt: &str,
    max_age: Option<MaxAge>,
) -> Result<Value, SignatureError> {
    let payload = TimestampSigner::new(keys, salt).unsign(text, max_age)?;
    payload::read(payload).ok_or(SignatureError::Bad)
}

//! The three parts of a token (RFC 7515, compact serialization), as PyJWT splits and joins them.
//!
//! Reading is strict where PyJWT is: unused bits are zero, no character stands outside the alphabet, and `=` is
//! taken only where it belongs. It is stricter in these points: a header must not say something twice, its `b64`
//! is a truth value, and JSON is UTF-8 without a byte order mark and without `NaN` or half a surrogate pair.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::claims::Claims;
use super::keys::SigningKey;
use crate::{base64url, json};

/// A token taken apart. Nothing of it is to be believed yet.
pub(super) struct Segments<'t> {
    pub(super) header: Header,
    pub(super) payload: Vec<u8>,
    pub(super) signature: Vec<u8>,
    /// What the signature covers: header, dot and payload as they were sent.
    pub(super) signed: &'t [u8],
}

/// What a header may say that anybody looks at. Members that would bring a key along (`jwk`, `jku`, `x5u`,
/// `x5c`) are not even kept, and neither is `typ`.
#[derive(Deserialize)]
pub(super) struct Header {
    #[serde(default)]
    alg: Value,
    #[serde(default, deserialize_with = "present")]
    kid: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    crit: Option<Value>,
    #[serde(default, deserialize_with = "present")]
    b64: Option<Value>,
}

/// Keeps null apart from absence.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl<'t> Segments<'t> {
    /// The parts: the signature follows the last dot, the header ends at the first.
    pub(super) fn split(token: &'t [u8]) -> Option<Self> {
        let last = token.iter().rposition(|byte| *byte == b'.')?;
        let (signed, signature) = (&token[..last], &token[last + 1..]);
        let first = signed.iter().position(|byte| *byte == b'.')?;
        Some(Self {
            header: Header::read(&base64url::decode_strict(&signed[..first])?)?,
            payload: base64url::decode_strict(&signed[first + 1..])?,
            signature: base64url::decode_strict(signature)?,
            signed,
        })
    }
}

impl Header {
    fn read(json: &[u8]) -> Option<Self> {
        // serde would take the members from a list as well.
        let is_object = json.trim_ascii_start().starts_with(b"{");
        serde_json::from_slice(json).ok().filter(|_| is_object)
    }

    /// The algorithm that the token claims to be signed with.
    pub(super) fn algorithm(&self) -> Option<&str> {
        self.alg.as_str()
    }

    /// The id of the key that the token claims to be signed with: nothing but a name to compare.
    pub(super) fn key_id(&self) -> Option<&str> {
        self.kid.as_ref()?.as_str()
    }

    /// Whether nothing in it asks for what is not understood: `kid` is a text, the payload is encoded (`b64`,
    /// RFC 7797), and `crit` names nothing but that.
    pub(super) fn is_understood(&self) -> bool {
        let has_plain_payload = self.b64.as_ref().is_some_and(|b64| *b64 != Value::Bool(true));
        let crit_is_understood = self.crit.as_ref().is_none_or(|crit| {
            let names = crit.as_array().map_or(&[][..], Vec::as_slice);
            !names.is_empty() && names.iter().all(|name| name == "b64" && self.b64.is_some())
        });
        self.kid.as_ref().is_none_or(Value::is_string) && !has_plain_payload && crit_is_understood
    }
}

/// The order of the members of a new header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HeaderOrder {
    /// `alg`, `kid`, `typ`: PyJWT 2 sorts them.
    Sorted,
    /// `typ`, `alg`, `kid`: PyJWT 1.
    TypeFirst,
}

/// The signed token of these claims.
pub(super) fn join(claims: &Claims, key: &SigningKey, order: HeaderOrder) -> String {
    let alg = key.algorithm().name();
    let kid = key.id().map(|id| format!(r#","kid":{}"#, json::compact(&id.into()))).unwrap_or_default();
    let header = match order {
        HeaderOrder::Sorted => format!(r#"{{"alg":"{alg}"{kid},"typ":"JWT"}}"#),
        HeaderOrder::TypeFirst => format!(r#"{{"typ":"JWT","alg":"{alg}"{kid}}}"#),
    };
    let mut token = base64url::encode(header.as_bytes());
    token.push('.');
    token.push_str(&base64url::encode(claims.json().as_bytes()));
    let signature = key.sign(token.as_bytes());
    token.push('.');
    token.push_str(&base64url::encode(&signature));
    token
}

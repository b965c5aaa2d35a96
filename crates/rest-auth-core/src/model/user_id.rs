//! The primary key of an account.

use rest_auth_formats::user_id_text;
use uuid::Uuid;

/// A key of the user table: a 64-bit integer or a UUID, as the deployment's user model has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum UserId {
    /// `AutoField`, `BigAutoField`.
    Int(i64),
    /// `UUIDField`.
    Uuid(Uuid),
}

/// What keys a user table has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum UserIdKind {
    /// 32 bits: Django's own user.
    Int,
    /// 64 bits: the default of a project's own user model.
    #[default]
    BigInt,
    /// UUIDs.
    Uuid,
}

impl UserId {
    /// Reads Django's text of a key: decimal digits, or a UUID in any of its spellings.
    pub fn parse(text: &str, kind: UserIdKind) -> Option<Self> {
        match kind {
            UserIdKind::Int | UserIdKind::BigInt => text.parse().ok().map(Self::Int),
            UserIdKind::Uuid => Uuid::parse_str(text).ok().map(Self::Uuid),
        }
    }

    /// allauth's text of a key: base 36, or the UUID's 32 hexadecimal digits.
    pub fn to_uid(self) -> String {
        match self {
            Self::Int(number) => user_id_text::uid_from_integer(number),
            Self::Uuid(uuid) => user_id_text::uid_from_uuid(uuid.as_u128()),
        }
    }

    /// As a JSON value: a number, or the UUID with dashes.
    pub fn to_json(self) -> serde_json::Value {
        match self {
            Self::Int(number) => number.into(),
            Self::Uuid(uuid) => uuid.hyphenated().to_string().into(),
        }
    }
}

/// Django's `str(user.pk)`: decimal, or the UUID with dashes in lower case.
impl std::fmt::Display for UserId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Int(number) => write!(f, "{number}"),
            Self::Uuid(uuid) => write!(f, "{}", uuid.hyphenated()),
        }
    }
}

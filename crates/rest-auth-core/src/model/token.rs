//! DRF's tokens: one for each account, valid until it is deleted.

use super::{Timestamp, UserId};

/// The 40 hexadecimal digits that a client sends. Prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey(String);

impl TokenKey {
    /// A key as it came from a client or a row; whatever is no key is found in no row.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// A new key from 20 random bytes: lower-case hexadecimal, as `Token.generate_key`.
    pub fn from_random(bytes: [u8; 20]) -> Self {
        use std::fmt::Write;
        let mut text = String::with_capacity(40);
        for byte in bytes {
            write!(text, "{byte:02x}").expect("writing to a String does not fail");
        }
        Self(text)
    }

    /// The digits. Never hand them to a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A row of `authtoken_token`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The primary key.
    pub key: TokenKey,
    /// Whose it is.
    pub user_id: UserId,
    /// When it was made.
    pub created: Timestamp,
}

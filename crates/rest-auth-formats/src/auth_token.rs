//! authtoken of Django REST framework: the keys in `authtoken_token` and the header that carries them.

use std::fmt;

use crate::hex;

/// The word in front of the key in the `Authorization` header, and the challenge in `WWW-Authenticate`.
pub const KEYWORD: &str = "Token";

/// A new key from 20 random bytes: 40 lower-case hex digits (`Token.generate_key`).
pub fn key_from_bytes(random: &[u8; 20]) -> String {
    hex::encode(random)
}

/// Why a request with a token is answered with 401; `Display` is upstream's `detail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFailure {
    /// The header is the keyword alone.
    NoCredentials,
    /// More than one word follows the keyword.
    Spaces,
    /// The key is not UTF-8.
    InvalidCharacters,
    /// There is no row with this key.
    InvalidToken,
    /// The user of the row may not log in.
    InactiveUser,
}

impl fmt::Display for TokenFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NoCredentials => "Invalid token header. No credentials provided.",
            Self::Spaces => "Invalid token header. Token string should not contain spaces.",
            Self::InvalidCharacters => {
                "Invalid token header. Token string should not contain invalid characters."
            }
            Self::InvalidToken => "Invalid token.",
            Self::InactiveUser => "User inactive or deleted.",
        })
    }
}

impl std::error::Error for TokenFailure {}

/// The key in an `Authorization` header (`TokenAuthentication.authenticate`), to be looked up as it is.
///
/// Words are split at ASCII white space. `None` if the first one is not the keyword, in any case: the request
/// then carries no token, and another scheme may want it.
pub fn read_header<'h>(header: &'h [u8], keyword: &str) -> Result<Option<&'h str>, TokenFailure> {
    let mut words = words(header);
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case(keyword.as_bytes())) {
        return Ok(None);
    }
    let key = words.next().ok_or(TokenFailure::NoCredentials)?;
    if words.next().is_some() {
        return Err(TokenFailure::Spaces);
    }
    std::str::from_utf8(key).map(Some).map_err(|_| TokenFailure::InvalidCharacters)
}

/// The words of a header as Python's `bytes.split` finds them.
pub fn words(header: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    header.split(is_space).filter(|word| !word.is_empty())
}

//! Sessions as rows: what `django_session` holds. What is inside is known to `features/sessions`.

use super::Timestamp;

/// The 32 characters `a-z0-9` in the `sessionid` cookie. Prints nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionKey(String);

impl SessionKey {
    /// A key as it came from a cookie or a row. Shorter than eight characters is no key at all.
    pub fn parse(text: &str) -> Option<Self> {
        (text.chars().count() >= 8).then(|| Self(text.to_owned()))
    }

    /// The characters. Never hand them to a log.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SessionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[hidden]")
    }
}

/// A row of `django_session`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRow {
    /// The primary key.
    pub key: SessionKey,
    /// Signed, perhaps compressed JSON.
    pub data: String,
    /// When it ends.
    pub expires: Timestamp,
}

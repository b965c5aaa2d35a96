//! `SECRET_KEY` and `SECRET_KEY_FALLBACKS`: which secrets sign, and which are still believed.

use std::fmt;

/// The secret that signs and the older ones that still verify, in the order in which they are tried.
///
/// The text is used as its UTF-8 bytes. `Debug` prints nothing of it.
#[derive(Clone)]
pub struct SecretKeys {
    current: String,
    fallbacks: Vec<String>,
}

impl SecretKeys {
    /// Keys with one secret and no fallbacks.
    pub fn new(current: impl Into<String>) -> Self {
        Self { current: current.into(), fallbacks: Vec::new() }
    }

    /// The same, believing these older secrets too (`SECRET_KEY_FALLBACKS`).
    #[must_use]
    pub fn with_fallbacks<S: Into<String>>(mut self, fallbacks: impl IntoIterator<Item = S>) -> Self {
        self.fallbacks = fallbacks.into_iter().map(Into::into).collect();
        self
    }

    /// The secret that signs everything new. JSON web tokens know no other.
    pub fn current(&self) -> &str {
        &self.current
    }

    /// The secrets that only verify.
    pub fn fallbacks(&self) -> impl Iterator<Item = &str> {
        self.fallbacks.iter().map(String::as_str)
    }

    /// Every secret that verifies: the current one, then the fallbacks.
    pub fn all(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.current()).chain(self.fallbacks())
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SecretKeys").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_prints_no_secret() {
        let keys = SecretKeys::new("first-secret").with_fallbacks(["second-secret"]);
        assert_eq!(format!("{keys:?}"), "SecretKeys { .. }");
    }
}

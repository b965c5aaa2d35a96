//! Whether a secret key can be guessed. No proof that one cannot: it finds the ones that people really use.

/// What a signing key has at least: the length of HMAC-SHA-256's output.
pub(super) const LEAST_BYTES: usize = 32;

/// What examples, tutorials and generators put where a secret belongs.
const WORDS: &[&str] = &[
    "changeme",
    "change",
    "replace",
    "insecure",
    "django",
    "default",
    "secret",
    "private",
    "signing",
    "random",
    "key",
    "password",
    "passw0rd",
    "example",
    "sample",
    "placeholder",
    "please",
    "production",
    "development",
    "your",
    "this",
    "with",
    "here",
    "must",
    "long",
    "enough",
    "some",
    "rest",
    "auth",
    "server",
    "test",
    "dev",
    "prod",
    "qwerty",
    "asdf",
    "abcdefghijklmnopqrstuvwxyz",
    "abcdef",
    "abc",
    "0123456789",
    "1234567890",
    "12345678",
    "123456",
    "1234",
    "123",
    "me",
];

/// What must be left of a secret without the words that everybody knows.
const LEAST_LEFT: usize = 8;
/// How many different characters that must have.
const LEAST_DIFFERENT: usize = 6;

/// Whether the secret is made of well-known words, of a few characters, or of a short text again and again.
pub(super) fn is_guessable(secret: &str) -> bool {
    let mut rest: String = shortest_period(secret).to_lowercase();
    rest.retain(char::is_alphanumeric);
    // A generated secret may have a word in it by chance, so what is left decides, and not what was found.
    for word in WORDS {
        rest = rest.replace(word, "");
    }
    let mut different: Vec<char> = rest.chars().collect();
    different.sort_unstable();
    different.dedup();
    rest.chars().count() < LEAST_LEFT || different.len() < LEAST_DIFFERENT
}

/// The text whose repetition the secret is; the secret itself if it is none.
fn shortest_period(secret: &str) -> &str {
    let bytes = secret.as_bytes();
    let repeats = |length: &usize| bytes[*length..].iter().eq(&bytes[..bytes.len() - length]);
    let length = (1..=bytes.len() / 2).find(repeats).unwrap_or(bytes.len());
    secret.get(..length).unwrap_or(secret)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_25_secrets_of_tutorials_and_keyboards_are_guessable() {
        for secret in [
            "changemechangemechangemechangeme",
            "please-change-this-secret-key-0123456789",
            "your-secret-key-here-your-secret-key-here",
            "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "12345678901234567890123456789012",
            "abcabcabcabcabcabcabcabcabcabcabcabcabcabc",
            "django-insecure-change-me-in-production!!",
            "0000000000000000000000000000000000000001",
            "ÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄÄ",
        ] {
            assert!(is_guessable(secret), "{secret}");
        }
    }

    #[test]
    fn random_secrets_are_not_guessable_whatever_they_are_written_with() {
        for secret in [
            "django-insecure-4x#q7k(0n!8u^w2e_r5t&y9b*p3m@z6v1c",
            "6f1c9a04e7b25d83f0c1a2b3d4e5968778695a4b3c2d1e0f",
            "kGJ4b1oQz7YwqkPZx0n2Yk1lq1cVQm8f3mYvJ6p9a5E=",
            "my-secret-key-8c1f0b5d7e2a4936",
            "83920174658392017465839201746501928374",
            "correct horse battery staple of my own making",
        ] {
            assert!(!is_guessable(secret), "{secret}");
        }
    }
}

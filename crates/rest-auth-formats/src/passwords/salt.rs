//! Salts, drawn from the caller's random bytes. Knows no generator.

use crate::random_text::{self, LETTERS_AND_DIGITS};

/// Characters of a drawn salt: the fewest of 62 that carry 128 bits, as Django's `salt()`.
pub const SALT_LENGTH: usize = 22;

/// A fresh salt in both forms that algorithms ask for. It is no secret, but must never be used twice.
#[derive(Clone, Debug)]
pub struct Salt {
    text: String,
    raw: [u8; 16],
}

impl Salt {
    /// Draws a salt: 22 characters of `a-zA-Z0-9` (131 bits), and 16 bytes for bcrypt.
    ///
    /// `fill` fills a slice with bytes of the operating system's generator. It may be called several
    /// times, since characters are drawn without bias.
    pub fn draw(mut fill: impl FnMut(&mut [u8])) -> Self {
        let mut raw = [0; 16];
        fill(&mut raw);
        Self { text: alphanumeric(SALT_LENGTH, fill), raw }
    }

    /// A given salt. `None` if Django would refuse the text: it is empty or has a `$` in it. Not public,
    /// since a salt that was not drawn is a mistake (and argon2 takes none of less than eight bytes).
    pub(super) fn fixed(text: &str, raw: [u8; 16]) -> Option<Self> {
        let allowed = !text.is_empty() && !text.contains('$');
        allowed.then(|| Self { text: text.to_owned(), raw })
    }

    /// The form that all algorithms but bcrypt use.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The form that bcrypt uses.
    pub fn raw(&self) -> &[u8; 16] {
        &self.raw
    }
}

/// Draws `length` characters of `a-zA-Z0-9`, each equally likely. As `get_random_string`.
pub(super) fn alphanumeric(length: usize, mut fill: impl FnMut(&mut [u8])) -> String {
    random_text::draw(LETTERS_AND_DIGITS, length, &mut fill)
}

/// Whether a salt of so many characters is too short to be kept. As `must_update_salt` with the entropy
/// of 128 bits that every Django hasher asks for.
pub(super) fn too_short(characters: usize) -> bool {
    characters < SALT_LENGTH
}

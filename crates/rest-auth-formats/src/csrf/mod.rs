//! CSRF protection as `django.middleware.csrf` does it: a secret in a cookie or the session, and a token that
//! a request must repeat.

mod check;

use std::fmt;

use subtle::ConstantTimeEq;

use crate::random_text::{self, LETTERS_AND_DIGITS};

pub use check::{CsrfFailure, CsrfRequest, CsrfSettings, TokenSource, check, header_name};

/// The key under which a session holds the secret with `CSRF_USE_SESSIONS`.
pub const SESSION_KEY: &str = "_csrftoken";

/// The form field that carries the token.
pub const FORM_FIELD: &str = "csrfmiddlewaretoken";

const LENGTH: usize = 32;

/// The number of characters in [`LETTERS_AND_DIGITS`].
const LETTERS: u8 = 62;

/// The secret of one browser: 32 letters and digits. Prints nothing.
#[derive(Clone, Copy)]
pub struct CsrfSecret {
    /// Places in the alphabet.
    places: [u8; LENGTH],
}

/// What is wrong with a token or with the secret in a cookie; `Display` is Django's wording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenFault {
    /// Neither 32 nor 64 characters.
    Length,
    /// Something else than letters and digits of ASCII.
    Characters,
    /// It belongs to another secret.
    Mismatch,
}

impl fmt::Display for TokenFault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Length => "has incorrect length",
            Self::Characters => "has invalid characters",
            Self::Mismatch => "incorrect",
        })
    }
}

impl CsrfSecret {
    /// A new secret, or a new mask for one. `fill` is as in [`random_text::draw`].
    pub fn draw(fill: &mut dyn FnMut(&mut [u8])) -> Self {
        Self::read(&random_text::draw(LETTERS_AND_DIGITS, LENGTH, fill))
            .expect("32 characters of the alphabet are a secret")
    }

    /// Reads a secret or a masked token: what a cookie, a header, a form field or a session holds.
    pub fn read(text: &str) -> Result<Self, TokenFault> {
        let length = text.chars().count();
        if length != LENGTH && length != 2 * LENGTH {
            return Err(TokenFault::Length);
        }
        let places: Option<Vec<u8>> = text.bytes().map(place).collect();
        let places = places.ok_or(TokenFault::Characters)?;
        let (first, second) = places.split_at(LENGTH);
        let mut secret = [0; LENGTH];
        if second.is_empty() {
            secret.copy_from_slice(first);
        } else {
            for (secret, (mask, cipher)) in secret.iter_mut().zip(first.iter().zip(second)) {
                *secret = (cipher + LETTERS - mask) % LETTERS;
            }
        }
        Ok(Self { places: secret })
    }

    /// The bare secret: what the cookie and the session hold.
    pub fn text(&self) -> String {
        self.places.iter().map(|place| letter(*place)).collect()
    }

    /// The secret behind a mask, for a page: the mask and the sum of both, 64 characters. A fresh mask for each
    /// page keeps compression from giving the secret away.
    pub fn masked(&self, mask: &Self) -> String {
        let cipher =
            self.places.iter().zip(mask.places).map(|(secret, mask)| letter((secret + mask) % LETTERS));
        mask.places.iter().map(|place| letter(*place)).chain(cipher).collect()
    }

    /// Checks a token that a request sent, bare or masked.
    pub fn check(&self, token: &str) -> Result<(), TokenFault> {
        let matches = bool::from(Self::read(token)?.places.ct_eq(&self.places));
        if matches { Ok(()) } else { Err(TokenFault::Mismatch) }
    }
}

impl fmt::Debug for CsrfSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("CsrfSecret").finish_non_exhaustive()
    }
}

/// The place of a character in [`LETTERS_AND_DIGITS`].
fn place(byte: u8) -> Option<u8> {
    match byte {
        b'a'..=b'z' => Some(byte - b'a'),
        b'A'..=b'Z' => Some(byte - b'A' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        _ => None,
    }
}

fn letter(place: u8) -> char {
    char::from(LETTERS_AND_DIGITS.as_bytes()[usize::from(place)])
}

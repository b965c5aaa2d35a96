//! The text in the password column. Knows how to tell whose it is, not how to check it.

use std::fmt;

use subtle::ConstantTimeEq;

use super::{ALGORITHMS, salt};

/// What a column begins with that no password matches. Django's `UNUSABLE_PASSWORD_PREFIX`.
pub const UNUSABLE_PREFIX: char = '!';
/// Random characters after [`UNUSABLE_PREFIX`], which make reset tokens of such users unpredictable.
const UNUSABLE_SUFFIX_LENGTH: usize = 40;
/// Django's `max_length` of the column, in characters.
pub(super) const COLUMN_LENGTH: usize = 128;

/// The text of a user's password column: a hash with its parameters, or a mark that there is none.
///
/// Holds whatever the database holds, sound or not. `Debug` names the algorithm and nothing else;
/// comparison takes constant time.
#[derive(Clone)]
pub struct EncodedPassword(String);

impl EncodedPassword {
    /// Takes the text as it was read from the database.
    pub fn from_column(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text to store.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes the text out.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for EncodedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A broken row may hold a password in clear, so only known names are printed.
        let algorithm = ALGORITHMS.into_iter().find(|known| identify(&self.0) == Some(known));
        let what = if is_usable(&self.0) { algorithm.unwrap_or("unknown") } else { "unusable" };
        write!(f, "EncodedPassword({what})")
    }
}

impl PartialEq for EncodedPassword {
    fn eq(&self, other: &Self) -> bool {
        same(&self.0, &other.0)
    }
}

impl Eq for EncodedPassword {}

/// The algorithm that a column names, known or not; `None` if no hasher can ever match it: the unusable
/// ones and the unsalted hashes of Django's first years. As `identify_hasher`.
pub fn identify(column: &str) -> Option<&str> {
    let unsalted_md5 = (column.chars().count() == 32 && !column.contains('$')) || column.starts_with("md5$$");
    let unsalted_sha1 = column.starts_with("sha1$$");
    if !is_usable(column) || unsalted_md5 || unsalted_sha1 {
        return None;
    }
    column.split('$').next()
}

/// Whether a column is not marked as one that no password matches. As `is_password_usable`: it says
/// nothing about whether the text makes sense.
pub fn is_usable(column: &str) -> bool {
    !column.starts_with(UNUSABLE_PREFIX)
}

/// The column of a user without a password: `!` and 40 random characters, as `make_password(None)`.
///
/// `fill` fills a slice with bytes of the operating system's generator.
pub fn unusable(fill: impl FnMut(&mut [u8])) -> EncodedPassword {
    EncodedPassword(format!("{UNUSABLE_PREFIX}{}", salt::alphanumeric(UNUSABLE_SUFFIX_LENGTH, fill)))
}

/// Compares in constant time; texts of unequal lengths are unequal.
pub(super) fn same(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

/// Reads a number as Python's `str()` writes it: ASCII digits, no sign, no leading zero.
///
/// `int()` reads more, but a column in another spelling never equals its own re-encoding, so it matches
/// no password anyhow.
pub(super) fn decimal(text: &str) -> Option<u32> {
    let spelt_right =
        text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if spelt_right { text.parse().ok() } else { None }
}

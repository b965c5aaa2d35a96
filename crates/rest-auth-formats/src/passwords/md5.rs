//! `md5`: `md5$salt$hex`, the digest of salt and password. Django's `MD5PasswordHasher`, off by default.

use std::fmt::Write;

use ::md5::{Digest, Md5 as Md5Digest};

use super::{EncodedPassword, PasswordHasher, PasswordTooLong, Salt, column::same, salt::too_short};

/// The hasher. It costs nothing to guess against: for reading old rows and for tests.
pub(super) struct Md5;

impl PasswordHasher for Md5 {
    fn algorithm(&self) -> &'static str {
        "md5"
    }

    fn encode(&self, password: &str, salt: &Salt) -> Result<EncodedPassword, PasswordTooLong> {
        Ok(EncodedPassword::from_column(Column { salt: salt.text() }.text(password)))
    }

    fn verify(&self, password: &str, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str()).is_some_and(|column| same(&column.text(password), encoded.as_str()))
    }

    fn can_read(&self, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str()).is_some()
    }

    fn must_update(&self, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str()).is_none_or(|column| too_short(column.salt.chars().count()))
    }
}

/// What stands in a column before the digest.
pub(super) struct Column<'a> {
    salt: &'a str,
}

impl<'a> Column<'a> {
    /// Reads a column. Its digest is not looked at: it is compared as text later.
    pub(super) fn parse(column: &'a str) -> Option<Self> {
        let (salt, _) = column.strip_prefix("md5$")?.split_once('$')?;
        (!salt.is_empty()).then_some(Self { salt })
    }

    fn text(&self, password: &str) -> String {
        let digest = Md5Digest::new().chain_update(self.salt).chain_update(password).finalize();
        digest.iter().fold(format!("md5${}$", self.salt), |mut text, byte| {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
            text
        })
    }
}

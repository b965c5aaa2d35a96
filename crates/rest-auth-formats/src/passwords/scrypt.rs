//! `scrypt`: `scrypt$N$salt$r$p$digest`, the digest in standard base 64 with padding. Django's
//! `ScryptPasswordHasher`; RFC 7914.

use std::hint::black_box;

use ::scrypt::{Params, scrypt};
use base64::{Engine, engine::general_purpose::STANDARD};

use super::{
    EncodedPassword, Parameters, PasswordHasher, PasswordTooLong, Salt,
    column::{decimal, same},
};

/// The hasher, with the parameters for new columns.
pub(super) struct Scrypt {
    work_factor: u32,
    block_size: u32,
    parallelism: u32,
}

impl Scrypt {
    pub(super) fn new(work_factor: u32, block_size: u32, parallelism: u32) -> Self {
        Self { work_factor, block_size, parallelism }
    }

    fn column<'a>(&self, salt: &'a str) -> Column<'a> {
        let Self { work_factor, block_size, parallelism } = *self;
        Column { work_factor, salt, block_size, parallelism }
    }

    /// The work by which a column is cheaper than a new one. Time goes with N·r·p, so it is the missing
    /// passes, as far as they are whole.
    pub(super) fn missing<'a>(&self, encoded: &'a EncodedPassword) -> Option<Column<'a>> {
        let column = Column::parse(encoded.as_str())?;
        let new = self.column(column.salt);
        let one_pass = new.work() / u64::from(self.parallelism);
        let passes = new.work().checked_sub(column.work())? / one_pass;
        let parallelism = u32::try_from(passes).ok().filter(|&passes| passes > 0)?;
        Some(Column { parallelism, ..new })
    }
}

impl PasswordHasher for Scrypt {
    fn algorithm(&self) -> &'static str {
        "scrypt"
    }

    fn encode(&self, password: &str, salt: &Salt) -> Result<EncodedPassword, PasswordTooLong> {
        let column = self.column(salt.text());
        Ok(EncodedPassword::from_column(column.text(&column.hash(password))))
    }

    fn verify(&self, password: &str, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str())
            .is_some_and(|column| same(&column.text(&column.hash(password)), encoded.as_str()))
    }

    fn can_read(&self, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str()).is_some()
    }

    /// Django does not look at the salt here.
    fn must_update(&self, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str())
            .is_none_or(|column| column.parameters() != self.column(column.salt).parameters())
    }

    /// Django leaves scrypt as it is, which shows who has an old row.
    fn harden_runtime(&self, password: &str, encoded: &EncodedPassword) {
        if let Some(missing) = self.missing(encoded) {
            black_box(missing.hash(password));
        }
    }
}

/// What stands in a column before the digest.
pub(super) struct Column<'a> {
    pub(super) work_factor: u32,
    pub(super) salt: &'a str,
    pub(super) block_size: u32,
    pub(super) parallelism: u32,
}

impl<'a> Column<'a> {
    /// Reads a column. Its digest is not looked at: it is compared as text later.
    pub(super) fn parse(column: &'a str) -> Option<Self> {
        let mut parts = column.strip_prefix("scrypt$")?.split('$');
        let (work_factor, salt) = (decimal(parts.next()?)?, parts.next()?);
        let (block_size, parallelism) = (decimal(parts.next()?)?, decimal(parts.next()?)?);
        let one_digest = parts.next().is_some() && parts.next().is_none();
        let column = Self { work_factor, salt, block_size, parallelism };
        (one_digest && !salt.is_empty() && column.parameters().check().is_ok()).then_some(column)
    }

    pub(super) fn parameters(&self) -> Parameters {
        let Self { work_factor, block_size, parallelism, .. } = *self;
        Parameters::Scrypt { work_factor, block_size, parallelism }
    }

    fn work(&self) -> u64 {
        u64::from(self.work_factor) * u64::from(self.block_size) * u64::from(self.parallelism)
    }

    /// The expensive part.
    fn hash(&self, password: &str) -> [u8; 64] {
        let mut hash = [0; 64];
        u8::try_from(self.work_factor.ilog2())
            .ok()
            .and_then(|log_n| Params::new(log_n, self.block_size, self.parallelism).ok())
            .and_then(|params| scrypt(password.as_bytes(), self.salt.as_bytes(), &params, &mut hash).ok())
            .expect("the parameters were checked");
        hash
    }

    /// The whole column.
    pub(super) fn text(&self, hash: &[u8; 64]) -> String {
        let Self { work_factor, salt, block_size, parallelism } = self;
        format!("scrypt${work_factor}${salt}${block_size}${parallelism}${}", STANDARD.encode(hash))
    }
}

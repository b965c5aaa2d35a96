//! `pbkdf2_sha256` and `pbkdf2_sha1`: `algorithm$iterations$salt$digest`, the digest in standard base 64
//! with padding. Django's `PBKDF2PasswordHasher` and `PBKDF2SHA1PasswordHasher`; RFC 8018.

use std::hint::black_box;

use base64::{Engine, engine::general_purpose::STANDARD};
use pbkdf2::pbkdf2_hmac_array;
use sha1::Sha1;
use sha2::Sha256;

use super::{
    EncodedPassword, Parameters, PasswordHasher, PasswordTooLong, Salt,
    column::{decimal, same},
    salt::too_short,
};

/// Either of the two algorithms, with the number of iterations for new columns.
pub(super) struct Pbkdf2 {
    digest: Digest,
    iterations: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Digest {
    Sha256,
    Sha1,
}

impl Pbkdf2 {
    pub(super) fn sha256(iterations: u32) -> Self {
        Self { digest: Digest::Sha256, iterations }
    }

    pub(super) fn sha1(iterations: u32) -> Self {
        Self { digest: Digest::Sha1, iterations }
    }

    fn parse<'a>(&self, encoded: &'a EncodedPassword) -> Option<Column<'a>> {
        Column::parse(encoded.as_str()).filter(|column| column.digest == self.digest)
    }

    /// The work by which a column is cheaper than a new one.
    pub(super) fn missing<'a>(&self, encoded: &'a EncodedPassword) -> Option<Column<'a>> {
        let column = self.parse(encoded)?;
        let iterations = self.iterations.checked_sub(column.iterations).filter(|&missing| missing > 0)?;
        Some(Column { iterations, ..column })
    }
}

impl PasswordHasher for Pbkdf2 {
    fn algorithm(&self) -> &'static str {
        self.digest.algorithm()
    }

    fn encode(&self, password: &str, salt: &Salt) -> Result<EncodedPassword, PasswordTooLong> {
        let column = Column { digest: self.digest, iterations: self.iterations, salt: salt.text() };
        Ok(EncodedPassword::from_column(column.text(password)))
    }

    fn verify(&self, password: &str, encoded: &EncodedPassword) -> bool {
        self.parse(encoded).is_some_and(|column| same(&column.text(password), encoded.as_str()))
    }

    fn can_read(&self, encoded: &EncodedPassword) -> bool {
        self.parse(encoded).is_some()
    }

    fn must_update(&self, encoded: &EncodedPassword) -> bool {
        self.parse(encoded).is_none_or(|column| {
            column.iterations != self.iterations || too_short(column.salt.chars().count())
        })
    }

    fn harden_runtime(&self, password: &str, encoded: &EncodedPassword) {
        if let Some(missing) = self.missing(encoded) {
            black_box(missing.text(password));
        }
    }
}

impl Digest {
    fn algorithm(self) -> &'static str {
        match self {
            Self::Sha256 => "pbkdf2_sha256",
            Self::Sha1 => "pbkdf2_sha1",
        }
    }
}

/// What stands in a column before the digest.
pub(super) struct Column<'a> {
    digest: Digest,
    iterations: u32,
    salt: &'a str,
}

impl<'a> Column<'a> {
    /// Reads a column. Its digest is not looked at: it is compared as text later.
    pub(super) fn parse(column: &'a str) -> Option<Self> {
        let mut parts = column.splitn(4, '$');
        let digest = match parts.next()? {
            "pbkdf2_sha256" => Digest::Sha256,
            "pbkdf2_sha1" => Digest::Sha1,
            _ => return None,
        };
        let (iterations, salt, _) = (decimal(parts.next()?)?, parts.next()?, parts.next()?);
        let column = Self { digest, iterations, salt };
        (!salt.is_empty() && column.parameters().check().is_ok()).then_some(column)
    }

    pub(super) fn parameters(&self) -> Parameters {
        let iterations = self.iterations;
        match self.digest {
            Digest::Sha256 => Parameters::Pbkdf2Sha256 { iterations },
            Digest::Sha1 => Parameters::Pbkdf2Sha1 { iterations },
        }
    }

    /// The whole column for a password: the expensive part.
    fn text(&self, password: &str) -> String {
        let Self { digest, iterations, salt } = *self;
        let (password, salt_bytes) = (password.as_bytes(), salt.as_bytes());
        let hash = match digest {
            Digest::Sha256 => STANDARD.encode(pbkdf2_sha256(password, salt_bytes, iterations)),
            Digest::Sha1 => STANDARD.encode(pbkdf2_hmac_array::<Sha1, 20>(password, salt_bytes, iterations)),
        };
        format!("{}${iterations}${salt}${hash}", digest.algorithm())
    }
}

/// PBKDF2-HMAC-SHA-256 with one block of output, by the CPU's SHA instructions where it has them.
pub(super) fn pbkdf2_sha256(password: &[u8], salt: &[u8], iterations: u32) -> [u8; 32] {
    #[cfg(target_arch = "x86_64")]
    if let Some(hash) = super::sha_ni::pbkdf2_sha256(password, salt, iterations) {
        return hash;
    }
    pbkdf2_hmac_array::<Sha256, 32>(password, salt, iterations)
}

//! `bcrypt_sha256` and `bcrypt`: the word and a `$`, then bcrypt's own string of 60 characters,
//! `$2b$rounds$` with 22 characters of salt and 31 of hash. Django's `BCryptSHA256PasswordHasher` and
//! `BCryptPasswordHasher`.

use std::{fmt::Write, hint::black_box, ops::Range};

use ::bcrypt::{Version, hash_with_salt};
use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{GeneralPurpose, general_purpose::NO_PAD},
};
use sha2::{Digest, Sha256};

use super::{
    EncodedPassword, Parameters, PasswordHasher, PasswordTooLong, Salt,
    column::{decimal, same},
};

/// bcrypt's own base 64.
const BASE_64: GeneralPurpose = GeneralPurpose::new(&BCRYPT, NO_PAD);
/// What bcrypt looks at, in bytes. The rest of a longer password it does not see.
const LONGEST_PASSWORD: usize = 72;

/// Either of the two algorithms, with the rounds for new columns.
///
/// `bcrypt_sha256` hashes the 64 hexadecimal digits of SHA-256, so it sees passwords of any length. Plain
/// `bcrypt` refuses to encode more than 72 bytes, as bcrypt 5 does, where Django fails with an exception.
/// But it still *verifies* a longer password against the hash of its first 72 bytes: rows made while
/// bcrypt 4 was installed are just that, and their owners know no other password. They get in, their rows
/// stay as they are, and the next password they choose has to be shorter.
pub(super) struct Bcrypt {
    key: Key,
    rounds: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Sha256,
    Password,
}

impl Bcrypt {
    pub(super) fn over_sha256(rounds: u32) -> Self {
        Self { key: Key::Sha256, rounds }
    }

    pub(super) fn plain(rounds: u32) -> Self {
        Self { key: Key::Password, rounds }
    }

    fn parse<'a>(&self, encoded: &'a EncodedPassword) -> Option<Column<'a>> {
        Column::parse(encoded.as_str()).filter(|column| column.key == self.key)
    }

    /// The work by which a column is cheaper than a new one, as rounds to run one after the other: of
    /// `2^new` expansions `2^stored` were made, and the powers from there on add up to the difference.
    pub(super) fn missing(&self, column: &Column) -> Range<u32> {
        column.rounds..self.rounds
    }
}

impl PasswordHasher for Bcrypt {
    fn algorithm(&self) -> &'static str {
        self.key.algorithm()
    }

    fn encode(&self, password: &str, salt: &Salt) -> Result<EncodedPassword, PasswordTooLong> {
        match self.longest_password() {
            Some(limit) if password.len() > limit => Err(PasswordTooLong { limit }),
            _ => {
                let column = Column { key: self.key, version: "2b", rounds: self.rounds, salt: *salt.raw() };
                Ok(EncodedPassword::from_column(column.text(password)))
            }
        }
    }

    fn verify(&self, password: &str, encoded: &EncodedPassword) -> bool {
        self.parse(encoded).is_some_and(|column| same(&column.text(password), encoded.as_str()))
    }

    fn can_read(&self, encoded: &EncodedPassword) -> bool {
        self.parse(encoded).is_some()
    }

    fn must_update(&self, encoded: &EncodedPassword) -> bool {
        self.parse(encoded).is_none_or(|column| column.rounds != self.rounds)
    }

    fn harden_runtime(&self, password: &str, encoded: &EncodedPassword) {
        let Some(column) = self.parse(encoded) else { return };
        for rounds in self.missing(&column) {
            black_box(Column { rounds, ..column }.text(password));
        }
    }

    fn longest_password(&self) -> Option<usize> {
        (self.key == Key::Password).then_some(LONGEST_PASSWORD)
    }
}

impl Key {
    fn algorithm(self) -> &'static str {
        match self {
            Self::Sha256 => "bcrypt_sha256",
            Self::Password => "bcrypt",
        }
    }
}

/// What stands in a column before the hash.
pub(super) struct Column<'a> {
    key: Key,
    version: &'a str,
    rounds: u32,
    salt: [u8; 16],
}

impl<'a> Column<'a> {
    /// Reads a column. Its hash is not looked at: it is compared as text later.
    pub(super) fn parse(column: &'a str) -> Option<Self> {
        let (algorithm, text) = column.split_once('$')?;
        let key = match algorithm {
            "bcrypt_sha256" => Key::Sha256,
            "bcrypt" => Key::Password,
            _ => return None,
        };
        let (version, rest) = text.strip_prefix('$')?.split_once('$')?;
        let (rounds, rest) = rest.split_once('$')?;
        let known = ["2a", "2b", "2x", "2y"].contains(&version);
        if !known || rounds.len() != 2 || rest.len() != 22 + 31 {
            return None;
        }
        let rounds = decimal(rounds.strip_prefix('0').unwrap_or(rounds))?;
        let salt = BASE_64.decode(rest.get(..22)?).ok()?.try_into().ok()?;
        let column = Self { key, version, rounds, salt };
        column.parameters().check().is_ok().then_some(column)
    }

    pub(super) fn parameters(&self) -> Parameters {
        let rounds = self.rounds;
        match self.key {
            Key::Sha256 => Parameters::BcryptSha256 { rounds },
            Key::Password => Parameters::Bcrypt { rounds },
        }
    }

    /// The whole column for a password: the expensive part. Cuts the key at 72 bytes.
    fn text(&self, password: &str) -> String {
        let hashed = match self.key {
            Key::Sha256 => hash_with_salt(hexadecimal(&Sha256::digest(password)), self.rounds, self.salt),
            Key::Password => hash_with_salt(password, self.rounds, self.salt),
        };
        // All four versions are one algorithm here, as in the package that Django uses: `2x` stands for
        // an old mistake that neither repeats. The text keeps the name it had.
        let text = hashed.expect("the rounds were checked").format_for_version(Version::TwoB);
        format!("{}$${}{}", self.key.algorithm(), self.version, &text["$2b".len()..])
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        text
    })
}

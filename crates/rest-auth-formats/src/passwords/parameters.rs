//! The work factors of the built-in hashers: Django's defaults, what is affordable, what is safe. Knows no
//! algorithm's insides.

use std::fmt;

use super::{
    Argon2Parameters, PasswordHasher, Variety, argon2, argon2::Argon2, bcrypt, bcrypt::Bcrypt,
    column::COLUMN_LENGTH, md5, md5::Md5, pbkdf2, pbkdf2::Pbkdf2, salt::SALT_LENGTH, scrypt, scrypt::Scrypt,
};

/// The names of the built-in algorithms, in the order of Django's default `PASSWORD_HASHERS`; the last two
/// are not in it.
pub const ALGORITHMS: [&str; 7] =
    ["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "scrypt", "bcrypt", "md5"];

/// An algorithm with its work factors: what a hasher is built from, and what a column asks for.
///
/// The fields carry the names of the attributes that Django deployments override in subclasses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// `PBKDF2PasswordHasher`: at most 20,000,000 iterations (two seconds); 1,000,000 by default.
    Pbkdf2Sha256 {
        /// HMAC runs.
        iterations: u32,
    },
    /// `PBKDF2SHA1PasswordHasher`: as the former.
    Pbkdf2Sha1 {
        /// HMAC runs.
        iterations: u32,
    },
    /// `Argon2PasswordHasher`.
    Argon2(Argon2Parameters),
    /// `BCryptSHA256PasswordHasher`: 4 to 16 (four seconds), 12 by default.
    BcryptSha256 {
        /// Binary logarithm of the number of key expansions.
        rounds: u32,
    },
    /// `BCryptPasswordHasher`: as the former. Takes no password of more than 72 bytes.
    Bcrypt {
        /// Binary logarithm of the number of key expansions.
        rounds: u32,
    },
    /// `ScryptPasswordHasher`: at most 1 GiB of memory (`128 × work_factor × block_size`), and at most 2 GiB
    /// written in all passes (three seconds); N=16384, r=8, p=5 by default.
    Scrypt {
        /// N, a power of two.
        work_factor: u32,
        /// r, in units of 128 bytes.
        block_size: u32,
        /// p, passes made one after the other.
        parallelism: u32,
    },
    /// `MD5PasswordHasher`: fast, so only for reading very old rows.
    Md5,
}

impl Parameters {
    /// Django 5.2's parameters for the algorithm so named.
    pub fn named(algorithm: &str) -> Result<Self, HasherError> {
        Ok(match algorithm {
            "pbkdf2_sha256" => Self::Pbkdf2Sha256 { iterations: 1_000_000 },
            "pbkdf2_sha1" => Self::Pbkdf2Sha1 { iterations: 1_000_000 },
            "argon2" => Self::Argon2(Argon2Parameters::default()),
            "bcrypt_sha256" => Self::BcryptSha256 { rounds: 12 },
            "bcrypt" => Self::Bcrypt { rounds: 12 },
            "scrypt" => Self::Scrypt { work_factor: 16_384, block_size: 8, parallelism: 5 },
            "md5" => Self::Md5,
            _ => return Err(HasherError::Unknown { name: algorithm.to_owned() }),
        })
    }

    /// What a column asks for; `None` if it is not of a built-in algorithm, malformed, or out of bounds.
    /// Computes nothing, and never panics: this is the parser of untrusted columns.
    pub fn of_column(column: &str) -> Option<Self> {
        Some(match super::identify(column)? {
            "pbkdf2_sha256" | "pbkdf2_sha1" => pbkdf2::Column::parse(column)?.parameters(),
            "argon2" => Self::Argon2(argon2::Column::parse(column)?.parameters),
            "bcrypt_sha256" | "bcrypt" => bcrypt::Column::parse(column)?.parameters(),
            "scrypt" => scrypt::Column::parse(column)?.parameters(),
            "md5" => md5::Column::parse(column).map(|_| Self::Md5)?,
            _ => return None,
        })
    }

    /// The name that columns begin with.
    pub fn algorithm(self) -> &'static str {
        match self {
            Self::Pbkdf2Sha256 { .. } => "pbkdf2_sha256",
            Self::Pbkdf2Sha1 { .. } => "pbkdf2_sha1",
            Self::Argon2(_) => "argon2",
            Self::BcryptSha256 { .. } => "bcrypt_sha256",
            Self::Bcrypt { .. } => "bcrypt",
            Self::Scrypt { .. } => "scrypt",
            Self::Md5 => "md5",
        }
    }

    /// The hasher that makes new columns with these parameters.
    pub fn hasher(self) -> Result<Box<dyn PasswordHasher>, HasherError> {
        self.check()?;
        let (algorithm, length) = (self.algorithm(), self.column_length());
        if length > COLUMN_LENGTH {
            return Err(HasherError::TooLong { algorithm, length });
        }
        Ok(match self {
            Self::Pbkdf2Sha256 { iterations } => Box::new(Pbkdf2::sha256(iterations)),
            Self::Pbkdf2Sha1 { iterations } => Box::new(Pbkdf2::sha1(iterations)),
            Self::Argon2(parameters) => Box::new(Argon2::new(parameters)),
            Self::BcryptSha256 { rounds } => Box::new(Bcrypt::over_sha256(rounds)),
            Self::Bcrypt { rounds } => Box::new(Bcrypt::plain(rounds)),
            Self::Scrypt { work_factor, block_size, parallelism } => {
                Box::new(Scrypt::new(work_factor, block_size, parallelism))
            }
            Self::Md5 => Box::new(Md5),
        })
    }

    /// Whether the parameters are possible and affordable. The same bounds hold for new columns and for
    /// columns read, so that no row and no configuration can ask for hours or for all memory (S-11).
    pub(super) fn check(self) -> Result<(), HasherError> {
        let algorithm = self.algorithm();
        let within = |parameter, value: u32, least: u64, most: u64| {
            let value = u64::from(value);
            let good = (least..=most).contains(&value);
            if good {
                Ok(())
            } else {
                Err(HasherError::OutOfBounds { algorithm, parameter, value, least, most })
            }
        };
        match self {
            Self::Pbkdf2Sha256 { iterations } | Self::Pbkdf2Sha1 { iterations } => {
                within("iterations", iterations, 1, 20_000_000)
            }
            Self::BcryptSha256 { rounds } | Self::Bcrypt { rounds } => within("rounds", rounds, 4, 16),
            Self::Argon2(Argon2Parameters { memory_cost, time_cost, parallelism, hash_len, .. }) => {
                within("parallelism", parallelism, 1, 255)?;
                within("memory_cost", memory_cost, 8 * u64::from(parallelism), 1 << 20)?;
                within("time_cost", time_cost, 1, (1 << 22) / u64::from(memory_cost))?;
                within("hash_len", hash_len, 4, 64)
            }
            Self::Scrypt { work_factor, block_size, parallelism } => {
                within("work_factor", work_factor, 2, 1 << 23)?;
                if !work_factor.is_power_of_two() {
                    return Err(HasherError::NoPowerOfTwo { value: work_factor });
                }
                let work_factor = u64::from(work_factor);
                within("block_size", block_size, 1, (1 << 23) / work_factor)?;
                within("parallelism", parallelism, 1, (1 << 24) / (work_factor * u64::from(block_size)))
            }
            Self::Md5 => Ok(()),
        }
    }

    /// How many characters a new column has, where that may be too many.
    fn column_length(self) -> usize {
        let salt = "0".repeat(SALT_LENGTH);
        match self {
            Self::Argon2(parameters) => {
                argon2::text(parameters, salt.as_bytes(), &vec![0; parameters.hash_len as usize]).len()
            }
            Self::Scrypt { work_factor, block_size, parallelism } => {
                scrypt::Column { work_factor, salt: &salt, block_size, parallelism }.text(&[0; 64]).len()
            }
            _ => 0,
        }
    }

    /// Whether new columns with these parameters resist guessing as OWASP's password storage sheet asks
    /// (S-09). False for `md5` and for Django's default of `pbkdf2_sha1`.
    pub fn are_strong(self) -> bool {
        match self {
            Self::Pbkdf2Sha256 { iterations } => iterations >= 600_000,
            Self::Pbkdf2Sha1 { iterations } => iterations >= 1_300_000,
            Self::Argon2(Argon2Parameters { variety, memory_cost, time_cost, .. }) => {
                let enough = |(memory, time)| memory_cost >= memory && time_cost >= time;
                let sheet = [(47_104, 1), (19_456, 2), (12_288, 3), (9_216, 4), (7_168, 5)];
                variety == Variety::Argon2id && sheet.into_iter().any(enough)
            }
            Self::BcryptSha256 { rounds } | Self::Bcrypt { rounds } => rounds >= 10,
            Self::Scrypt { work_factor, block_size, parallelism } => {
                let enough = |(factor, passes)| work_factor >= factor && parallelism >= passes;
                let sheet = [(1 << 17, 1), (1 << 16, 2), (1 << 15, 3), (1 << 14, 5), (1 << 13, 10)];
                block_size >= 8 && sheet.into_iter().any(enough)
            }
            Self::Md5 => false,
        }
    }
}

/// Why a hasher, or a chain of them, cannot be built. A mistake in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HasherError {
    /// No algorithm has this name.
    Unknown {
        /// The name asked for.
        name: String,
    },
    /// A parameter is impossible or unaffordable, given those before it.
    OutOfBounds {
        /// The algorithm.
        algorithm: &'static str,
        /// Django's name of the parameter.
        parameter: &'static str,
        /// What was asked for.
        value: u64,
        /// The least allowed.
        least: u64,
        /// The most allowed.
        most: u64,
    },
    /// scrypt's work factor is no power of two.
    NoPowerOfTwo {
        /// What was asked for.
        value: u32,
    },
    /// New columns would not fit into the database's 128 characters.
    TooLong {
        /// The algorithm.
        algorithm: &'static str,
        /// How many characters they would have.
        length: usize,
    },
    /// The list of hashers is empty.
    Empty,
    /// The list of hashers has one algorithm twice.
    Twice {
        /// The algorithm.
        algorithm: &'static str,
    },
}

impl fmt::Display for HasherError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name } => {
                write!(f, "no password hasher is named {name:?}: use one of {}", ALGORITHMS.join(", "))
            }
            Self::OutOfBounds { algorithm, parameter, value, least, most } => {
                write!(f, "{parameter} of {algorithm} is {value}: use a value from {least} to {most}")
            }
            Self::NoPowerOfTwo { value } => {
                write!(f, "work_factor of scrypt is {value}: use a power of two")
            }
            Self::TooLong { algorithm, length } => write!(
                f,
                "{algorithm} with these parameters writes {length} characters, but the column holds \
                 {COLUMN_LENGTH}: use smaller ones"
            ),
            Self::Empty => f.write_str("the list of password hashers is empty: name at least one"),
            Self::Twice { algorithm } => {
                write!(f, "the password hasher {algorithm} is listed twice: remove one")
            }
        }
    }
}

impl std::error::Error for HasherError {}

//! `[password]`: hashing and rules.

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::section::section;
use super::{OrFalse, Seconds};

/// A hasher: its name, or a table with its parameters where they are not Django's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum HasherEntry {
    /// By name, with Django's parameters.
    Name(String),
    /// With parameters.
    Tuned(TunedHasher),
}

/// A hasher with parameters; those that an algorithm does not have are refused.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct TunedHasher {
    /// Django's name of the algorithm.
    pub algorithm: String,
    /// PBKDF2: iterations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub iterations: Option<u32>,
    /// Argon2: passes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_cost: Option<u32>,
    /// Argon2: KiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_cost: Option<u32>,
    /// Argon2 and scrypt: lanes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallelism: Option<u32>,
    /// bcrypt: log2 of the rounds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rounds: Option<u32>,
    /// scrypt: N.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_factor: Option<u32>,
    /// scrypt: r.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub block_size: Option<u32>,
}

impl HasherEntry {
    /// Django's name of the algorithm.
    pub fn algorithm(&self) -> &str {
        match self {
            Self::Name(name) => name,
            Self::Tuned(tuned) => &tuned.algorithm,
        }
    }
}

/// Told apart by hand: serde's own way would not say which key of a table is wrong.
impl<'de> Deserialize<'de> for HasherEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entry;
        impl<'de> Visitor<'de> for Entry {
            type Value = HasherEntry;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("the name of an algorithm, or { algorithm = \"…\", … }")
            }
            fn visit_str<E: serde::de::Error>(self, name: &str) -> Result<HasherEntry, E> {
                Ok(HasherEntry::Name(name.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<HasherEntry, A::Error> {
                TunedHasher::deserialize(MapAccessDeserializer::new(entries)).map(HasherEntry::Tuned)
            }
        }
        deserializer.deserialize_any(Entry)
    }
}

/// A password validator, by Django's words.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "name", rename_all = "snake_case", deny_unknown_fields)]
pub enum ValidatorEntry {
    /// `UserAttributeSimilarityValidator`
    UserAttributeSimilarity {
        /// From 0.1 to 1.
        #[serde(default = "max_similarity")]
        max_similarity: f64,
        /// The fields that it looks at, in order; "site" is the host of http.base_url.
        #[serde(default = "user_attributes")]
        user_attributes: Vec<String>,
    },
    /// `MinimumLengthValidator`
    MinimumLength {
        /// Code points.
        #[serde(default = "min_length")]
        min_length: usize,
    },
    /// `CommonPasswordValidator`
    Common {
        /// A file of words, one a line, gzipped or not. None: Django's list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        password_list_path: Option<String>,
    },
    /// `NumericPasswordValidator`
    Numeric,
}

fn max_similarity() -> f64 {
    0.7
}

fn user_attributes() -> Vec<String> {
    ["username", "first_name", "last_name", "email"].map(str::to_owned).to_vec()
}

/// With the host of the site, too.
fn strict_attributes() -> Vec<String> {
    user_attributes().into_iter().chain(["site".to_owned()]).collect()
}

fn min_length() -> usize {
    8
}

fn all_validators(user_attributes: Vec<String>, min_length: usize) -> Vec<ValidatorEntry> {
    vec![
        ValidatorEntry::UserAttributeSimilarity { max_similarity: max_similarity(), user_attributes },
        ValidatorEntry::MinimumLength { min_length },
        ValidatorEntry::Common { password_list_path: None },
        ValidatorEntry::Numeric,
    ]
}

section! {
    /// How passwords are hashed, and what they may be.
    Password in "password" {
        /// PASSWORD_HASHERS by their algorithms' names. The first one encodes, all of them verify. A table tunes one:
        /// { algorithm = "pbkdf2_sha256", iterations = 1000000 }. Whoever shares the database must have the same first one.
        hashers: Vec<HasherEntry> = ["pbkdf2_sha256", "pbkdf2_sha1", "argon2", "bcrypt_sha256", "scrypt"]
            .map(|name| HasherEntry::Name(name.to_owned())).to_vec(),
            strict = ["argon2", "pbkdf2_sha256", "pbkdf2_sha1", "bcrypt_sha256", "scrypt"]
            .map(|name| HasherEntry::Name(name.to_owned())).to_vec();
        /// AUTH_PASSWORD_VALIDATORS, in order. Among the attributes "site" is the host of http.base_url. With words of your
        /// own, one a line, in a file: { name = "common", password_list_path = "words.txt" }.
        validators: Vec<ValidatorEntry> = all_validators(user_attributes(), min_length()),
            strict = all_validators(strict_attributes(), 15);
        /// PASSWORD_RESET_TIMEOUT: how long a mailed link is good for.
        reset_timeout: Seconds = Seconds(259_200), strict = Seconds(3600);
        /// Code points of a new password at most, as in Django's forms. false: what a body can hold, as upstream's
        /// registration takes.
        max_length: OrFalse<usize> = OrFalse::off(), strict = OrFalse::of(128);
        /// Threads that hash. 0: one for each core.
        threads: usize = 0;
        /// How long a password may wait for its turn. Whoever would wait longer is answered 503 at once.
        max_wait: Seconds = Seconds(5);
    }
}

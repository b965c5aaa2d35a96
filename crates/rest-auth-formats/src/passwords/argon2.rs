//! `argon2`: the word, then a PHC string, `argon2$argon2id$v=19$m=M,t=T,p=P$salt$hash`, salt and hash in
//! standard base 64 without padding. Django's `Argon2PasswordHasher`; RFC 9106.

use std::hint::black_box;

use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};

use super::{
    EncodedPassword, Parameters, PasswordHasher, PasswordTooLong, Salt,
    column::{decimal, same},
    salt::too_short,
};

/// What argon2 hashes with. The default is Django 5.2's: argon2id, version 19, 100 MiB, two passes, eight
/// lanes, 32 bytes.
///
/// Possible are 8 KiB for each lane up to 1 GiB, at most 255 lanes, as many passes as read 4 GiB at most,
/// and 4 to 64 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Parameters {
    /// How memory is addressed.
    pub variety: Variety,
    /// Version 16 instead of 19: the first version, which overwrote memory where it now combines.
    pub version_16: bool,
    /// KiB of memory.
    pub memory_cost: u32,
    /// Passes over the memory.
    pub time_cost: u32,
    /// Lanes. They are part of the result; here one thread computes them in turn.
    pub parallelism: u32,
    /// Bytes of the hash.
    pub hash_len: u32,
}

/// The varieties of argon2. Django writes the first and reads all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variety {
    /// First half pass independent of the password, then dependent.
    Argon2id,
    /// Independent of the password.
    Argon2i,
    /// Dependent on the password.
    Argon2d,
}

impl Default for Argon2Parameters {
    fn default() -> Self {
        Self {
            variety: Variety::Argon2id,
            version_16: false,
            memory_cost: 102_400,
            time_cost: 2,
            parallelism: 8,
            hash_len: 32,
        }
    }
}

/// The hasher, with the parameters for new columns.
pub(super) struct Argon2(Argon2Parameters);

impl Argon2 {
    pub(super) fn new(parameters: Argon2Parameters) -> Self {
        Self(parameters)
    }

    /// The work by which a column is cheaper than a new one. Time goes with memory times passes, so it is
    /// the missing blocks, filled with as many passes as a new column takes.
    pub(super) fn missing(&self, encoded: &EncodedPassword) -> Option<Argon2Parameters> {
        let column = Column::parse(encoded.as_str())?;
        let blocks = work(self.0).checked_sub(work(column.parameters))? / u64::from(self.0.time_cost);
        let missing = Argon2Parameters { memory_cost: u32::try_from(blocks).ok()?, ..self.0 };
        Parameters::Argon2(missing).check().is_ok().then_some(missing)
    }
}

impl PasswordHasher for Argon2 {
    fn algorithm(&self) -> &'static str {
        "argon2"
    }

    fn encode(&self, password: &str, salt: &Salt) -> Result<EncodedPassword, PasswordTooLong> {
        let salt = salt.text().as_bytes();
        let hash = hash(self.0, password.as_bytes(), salt);
        Ok(EncodedPassword::from_column(text(self.0, salt, &hash)))
    }

    fn verify(&self, password: &str, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str()).is_some_and(|Column { parameters, salt, digest }| {
            let hash = hash(parameters, password.as_bytes(), &salt);
            same(&STANDARD_NO_PAD.encode(hash), digest)
        })
    }

    fn can_read(&self, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str()).is_some()
    }

    fn must_update(&self, encoded: &EncodedPassword) -> bool {
        Column::parse(encoded.as_str())
            .is_none_or(|column| column.parameters != self.0 || too_short(column.salt.len()))
    }

    /// Django leaves argon2 as it is, which shows who has an old row.
    fn harden_runtime(&self, password: &str, encoded: &EncodedPassword) {
        if let Some(missing) = self.missing(encoded) {
            black_box(hash(missing, password.as_bytes(), b"00000000"));
        }
    }
}

fn work(parameters: Argon2Parameters) -> u64 {
    u64::from(parameters.memory_cost) * u64::from(parameters.time_cost)
}

/// A column, taken apart.
pub(super) struct Column<'a> {
    pub(super) parameters: Argon2Parameters,
    salt: Vec<u8>,
    digest: &'a str,
}

impl<'a> Column<'a> {
    /// Reads a column as strictly as the reference implementation in C.
    pub(super) fn parse(column: &'a str) -> Option<Self> {
        let (variety, rest) = column.strip_prefix("argon2$")?.split_once('$')?;
        let variety = Variety::named(variety)?;
        let (version_16, rest) = match rest.split_once('$')? {
            ("v=19", rest) => (false, rest),
            ("v=16", rest) => (true, rest),
            _ => (true, rest),
        };
        let [costs, salt, digest] = split(rest, '$')?;
        let [memory, time, lanes] = split(costs, ',')?;
        let (salt, hash) = (STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(digest).ok()?);
        let parameters = Argon2Parameters {
            variety,
            version_16,
            memory_cost: decimal(memory.strip_prefix("m=")?)?,
            time_cost: decimal(time.strip_prefix("t=")?)?,
            parallelism: decimal(lanes.strip_prefix("p=")?)?,
            hash_len: u32::try_from(hash.len()).ok()?,
        };
        // RFC 9106 allows shorter salts, the implementation in C does not.
        let sound = salt.len() >= 8 && Parameters::Argon2(parameters).check().is_ok();
        sound.then_some(Self { parameters, salt, digest })
    }
}

/// Splits into exactly three parts.
fn split(text: &str, separator: char) -> Option<[&str; 3]> {
    let mut parts = text.split(separator);
    let three = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(three)
}

impl Variety {
    fn named(name: &str) -> Option<Self> {
        [Self::Argon2id, Self::Argon2i, Self::Argon2d].into_iter().find(|variety| variety.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Argon2id => "argon2id",
            Self::Argon2i => "argon2i",
            Self::Argon2d => "argon2d",
        }
    }
}

/// A whole column.
pub(super) fn text(parameters: Argon2Parameters, salt: &[u8], hash: &[u8]) -> String {
    let Argon2Parameters { variety, version_16, memory_cost: m, time_cost: t, parallelism: p, .. } =
        parameters;
    let (variety, version) = (variety.name(), if version_16 { 16 } else { 19 });
    let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
    format!("argon2${variety}$v={version}$m={m},t={t},p={p}${salt}${hash}")
}

/// Hashes with the fast implementation, or the other one should that refuse.
///
/// Both are on one thread whatever the number of lanes: the caller's pool decides how many hashes run at
/// once, and would be deceived by a hash that takes eight threads.
fn hash(parameters: Argon2Parameters, password: &[u8], salt: &[u8]) -> Vec<u8> {
    fast_hash(parameters, password, salt).unwrap_or_else(|| portable_hash(parameters, password, salt))
}

/// By `argon2-rust`, which finds the CPU's vector instructions at run time.
pub(super) fn fast_hash(parameters: Argon2Parameters, password: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    use argon2_rust::{Algorithm, Argon2, Params, Version, params::Memory, params::TagLen};
    let Argon2Parameters { variety, version_16, memory_cost, time_cost, parallelism, hash_len } = parameters;
    let algorithm = match variety {
        Variety::Argon2id => Algorithm::Argon2id,
        Variety::Argon2i => Algorithm::Argon2i,
        Variety::Argon2d => Algorithm::Argon2d,
    };
    let version = if version_16 { Version::V0x10 } else { Version::V0x13 };
    let parameters = Params::builder()
        .memory(Memory::kib(memory_cost.into()))
        .passes(time_cost)
        .lanes(parallelism)
        .threads(1)
        .tag_len(TagLen::bytes(hash_len.into()))
        .build()
        .ok()?;
    Argon2::new(algorithm, version, parameters).hash(password, salt).ok()
}

/// By RustCrypto's `argon2`.
pub(super) fn portable_hash(parameters: Argon2Parameters, password: &[u8], salt: &[u8]) -> Vec<u8> {
    use ::argon2::{Algorithm, Argon2, Params, Version};
    let Argon2Parameters { variety, version_16, memory_cost, time_cost, parallelism, hash_len } = parameters;
    let algorithm = match variety {
        Variety::Argon2id => Algorithm::Argon2id,
        Variety::Argon2i => Algorithm::Argon2i,
        Variety::Argon2d => Algorithm::Argon2d,
    };
    let version = if version_16 { Version::V0x10 } else { Version::V0x13 };
    let mut hash = vec![0; hash_len as usize];
    Params::new(memory_cost, time_cost, parallelism, Some(hash.len()))
        .and_then(|params| {
            Argon2::new(algorithm, version, params).hash_password_into(password, salt, &mut hash)
        })
        .expect("parameters and salt were checked when they were read");
    hash
}

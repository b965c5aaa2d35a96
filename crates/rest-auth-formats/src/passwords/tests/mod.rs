//! Tests of the password hashers: Django's own results, our rules, and properties of all inputs.

mod properties;
mod rules;
mod vectors;

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicUsize, Ordering},
};

use super::{Argon2Parameters, EncodedPassword, Parameters, PasswordHasher, PasswordTooLong, Salt};

/// How often a chain asked for expensive work.
#[derive(Clone, Default)]
struct Counts {
    encoded: Arc<AtomicUsize>,
    verified: Arc<AtomicUsize>,
    hardened: Arc<AtomicUsize>,
}

impl Counts {
    fn read(&self) -> (usize, usize, usize) {
        let Self { encoded, verified, hardened } = self;
        let [encoded, verified, hardened] = [encoded, verified, hardened].map(|it| it.load(Ordering::SeqCst));
        (encoded, verified, hardened)
    }
}

/// A hasher that counts runs. It reads and verifies as the real one does, but new columns and hardening
/// cost nothing, so that hundreds of cases of the default parameters can be tried.
struct Counted {
    hasher: Box<dyn PasswordHasher>,
    counts: Counts,
    known: Known,
}

/// What a hasher answered for a password and a column, for other chains that ask the same.
type Known = Arc<OnceLock<bool>>;

impl PasswordHasher for Counted {
    fn algorithm(&self) -> &'static str {
        self.hasher.algorithm()
    }

    fn encode(&self, _: &str, _: &Salt) -> Result<EncodedPassword, PasswordTooLong> {
        self.counts.encoded.fetch_add(1, Ordering::SeqCst);
        Ok(EncodedPassword::from_column("new"))
    }

    fn verify(&self, password: &str, encoded: &EncodedPassword) -> bool {
        self.counts.verified.fetch_add(1, Ordering::SeqCst);
        *self.known.get_or_init(|| self.hasher.verify(password, encoded))
    }

    fn can_read(&self, encoded: &EncodedPassword) -> bool {
        self.hasher.can_read(encoded)
    }

    fn must_update(&self, encoded: &EncodedPassword) -> bool {
        self.hasher.must_update(encoded)
    }

    fn harden_runtime(&self, _: &str, _: &EncodedPassword) {
        self.counts.hardened.fetch_add(1, Ordering::SeqCst);
    }

    fn longest_password(&self) -> Option<usize> {
        self.hasher.longest_password()
    }
}

/// Every algorithm with parameters that cost next to nothing.
fn cheap() -> [Parameters; 7] {
    let argon2 = Argon2Parameters { memory_cost: 64, time_cost: 1, parallelism: 1, ..Default::default() };
    [
        Parameters::Pbkdf2Sha256 { iterations: 2 },
        Parameters::Pbkdf2Sha1 { iterations: 2 },
        Parameters::Argon2(argon2),
        Parameters::BcryptSha256 { rounds: 4 },
        Parameters::Bcrypt { rounds: 4 },
        Parameters::Scrypt { work_factor: 16, block_size: 1, parallelism: 1 },
        Parameters::Md5,
    ]
}

fn salt() -> Salt {
    Salt::fixed("seasaltseasaltseasalt1", *b"0123456789abcdef").unwrap()
}

/// A generator that repeats itself in every test: good enough to draw from, not to keep secrets.
fn bytes(seed: u64) -> impl FnMut(&mut [u8]) {
    let mut state = seed;
    move |slice| {
        for byte in slice {
            // Knuth's MMIX constants.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *byte = state.to_be_bytes()[0];
        }
    }
}

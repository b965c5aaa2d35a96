//! Passwords: the chain of hashers on threads of its own, and the rules for new ones.

mod hashers;
mod pool;
mod validators;

use std::sync::Arc;
use std::time::Instant;

use rest_auth_formats::passwords::{Chain, EncodedPassword, Salt, Verdict};

pub use hashers::{chain, parameters};
pub use pool::{Full, Pool};
pub use validators::{PasswordValidators, Profile};

use crate::context::Entropy;
use crate::error::{Error, Result};
use crate::messages::{self, Message};
use crate::model::Secret;

/// Hashing and rules for passwords.
pub struct Passwords {
    chain: Arc<Chain>,
    pool: Pool,
    validators: PasswordValidators,
    entropy: Entropy,
}

impl Passwords {
    /// A chain of hashers on a pool of threads, with the rules for new passwords.
    pub fn new(chain: Chain, pool: Pool, validators: PasswordValidators, entropy: Entropy) -> Self {
        Self { chain: Arc::new(chain), pool, validators, entropy }
    }

    /// Begins a wait: `password.max_wait` counts from now, however many passwords are tried.
    #[expect(clippy::disallowed_methods, reason = "measures waiting, which no flow sees")]
    pub fn turn(&self) -> Turn<'_> {
        Turn { passwords: self, since: Instant::now() }
    }

    /// Checks a password against a column. One hash, whatever comes out: an unknown account (`None`), an
    /// unusable or unreadable column cost the same.
    pub async fn check(&self, password: &Secret, column: Option<&EncodedPassword>) -> Result<Verdict> {
        self.turn().check(password, column).await
    }

    /// The column for a new password. One that the preferred hasher would cut is the client's mistake.
    pub async fn encode(&self, password: &Secret) -> Result<EncodedPassword> {
        self.turn().encode(password).await
    }

    /// What is wrong with a new password: every rule's message, in the order of the configuration, and last that the
    /// preferred hasher would cut it.
    pub fn validate(&self, password: &Secret, profile: &Profile) -> Vec<Message> {
        let mut faults = self.validators.validate(password.expose(), profile);
        let limit = self.chain.preferred().longest_password();
        faults
            .extend(limit.filter(|limit| password.expose().len() > *limit).map(messages::password_too_long));
        faults
    }

    /// How many hashes have been made since the start, right or wrong: whoever cannot log in must have cost as many as
    /// whoever can (S-17).
    pub fn hashes(&self) -> u64 {
        self.pool.done()
    }

    /// How many hashes wait and run.
    pub fn load(&self) -> (usize, usize) {
        self.pool.load()
    }
}

/// One caller's wait for one or more hashes, from [`Passwords::turn`].
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    passwords: &'a Passwords,
    since: Instant,
}

impl Turn<'_> {
    /// As [`Passwords::check`].
    pub async fn check(&self, password: &Secret, column: Option<&EncodedPassword>) -> Result<Verdict> {
        let (chain, password) = (Arc::clone(&self.passwords.chain), password.clone());
        let column = column.cloned();
        self.run(move || chain.check(Some(password.expose()), column.as_ref())).await
    }

    /// As [`Passwords::encode`].
    pub async fn encode(&self, password: &Secret) -> Result<EncodedPassword> {
        let Passwords { chain, entropy, .. } = self.passwords;
        let salt = Salt::draw(|bytes| entropy.fill(bytes));
        let (chain, password) = (Arc::clone(chain), password.clone());
        let column = self.run(move || chain.encode(password.expose(), &salt)).await?;
        column.map_err(|error| Error::non_field(messages::password_too_long(error.limit)))
    }

    /// The column that replaces a stale one. `None` if there is no time for it now: nobody is refused for the sake of
    /// a better hash, and the next login finds the column stale again.
    pub async fn renew(&self, password: &Secret) -> Result<Option<EncodedPassword>> {
        match self.encode(password).await {
            Ok(column) => Ok(Some(column)),
            Err(Error::Unavailable { .. }) => Ok(None),
            Err(other) => Err(other),
        }
    }

    async fn run<T: Send + 'static>(&self, job: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let outcome = self.passwords.pool.run(self.since, job).await;
        outcome.map_err(|full| Error::Unavailable { retry_after: full.retry_after, what: "the hash queue" })
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Passwords").finish_non_exhaustive()
    }
}

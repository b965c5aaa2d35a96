//! The interface of a password hasher. Knows no algorithm.

use std::fmt;

use super::{EncodedPassword, Salt};

/// One way to make and to check a password column, as Django's `BasePasswordHasher`.
///
/// All methods are pure: equal arguments give equal results. `encode`, `verify` and `harden_runtime`
/// take as long as the work factor says.
pub trait PasswordHasher: Send + Sync {
    /// The text before the first `$` of the columns it makes, such as `pbkdf2_sha256`.
    fn algorithm(&self) -> &'static str;

    /// The column for `password`, made with this hasher's own parameters.
    fn encode(&self, password: &str, salt: &Salt) -> Result<EncodedPassword, PasswordTooLong>;

    /// Whether `password` belongs to `encoded`, whatever parameters `encoded` names. Compares in constant
    /// time. Answers `false` at once when [`can_read`](Self::can_read) does.
    fn verify(&self, password: &str, encoded: &EncodedPassword) -> bool;

    /// Whether `encoded` is well formed, of this algorithm, and asks for an affordable amount of work;
    /// nothing is computed. Django raises an exception for most of what is refused here.
    fn can_read(&self, encoded: &EncodedPassword) -> bool;

    /// Whether `encoded`, a column of this algorithm, was made with other parameters or a shorter salt
    /// than a new one would be. A column that cannot be read must be updated.
    fn must_update(&self, encoded: &EncodedPassword) -> bool;

    /// Does the work by which `encoded` is cheaper than a new column, so that a wrong password takes as
    /// long for an old row as for a new one. Does nothing where the parameters cannot be compared.
    fn harden_runtime(&self, _password: &str, _encoded: &EncodedPassword) {}

    /// The longest password in bytes that `encode` takes; `None` if there is no limit.
    fn longest_password(&self) -> Option<usize> {
        None
    }
}

/// A password has more bytes than the algorithm looks at, so a hash of it would also match others.
///
/// Only plain `bcrypt` has such a limit. It is the user's to choose another password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PasswordTooLong {
    /// How many bytes of UTF-8 are allowed.
    pub limit: usize,
}

impl fmt::Display for PasswordTooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the password is longer than {} bytes: choose a shorter one", self.limit)
    }
}

impl std::error::Error for PasswordTooLong {}

//! Passwords as Django stores them: every built-in hasher of Django 5.2, byte for byte.
//!
//! Knows the text of the password column, how each algorithm makes and reads it, and in which order a
//! list of hashers is asked ([`Chain`]). Does not know where random bytes come from (they are arguments),
//! on which thread it runs (a hash takes a tenth of a second: never on one that serves requests), nor
//! which passwords are good ones (that is the validators' business).

mod argon2;
mod bcrypt;
mod chain;
mod column;
mod hasher;
mod md5;
mod parameters;
mod pbkdf2;
mod salt;
mod scrypt;
#[cfg(target_arch = "x86_64")]
mod sha_ni;

#[cfg(test)]
mod tests;

pub use argon2::{Argon2Parameters, Variety};
pub use chain::{Chain, Verdict};
pub use column::{EncodedPassword, UNUSABLE_PREFIX, identify, is_usable, unusable};
pub use hasher::{PasswordHasher, PasswordTooLong};
pub use parameters::{ALGORITHMS, HasherError, Parameters};
pub use salt::{SALT_LENGTH, Salt};

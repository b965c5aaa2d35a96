//! Passwords: which may be chosen.

mod validators;

pub use validators::{PasswordValidators, Profile};

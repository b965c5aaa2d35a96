//! Django's hashes, signatures, tokens, sessions and validators, byte for byte.
//!
//! Everything is a pure function of its arguments: time, salt and keys come from the caller.

pub mod passwords;
pub mod validators;

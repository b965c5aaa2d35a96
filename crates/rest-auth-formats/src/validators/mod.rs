//! What Django accepts as a user name, an e-mail address and a password, character by character.
//!
//! Pure functions over text: no words for clients, no settings, no database. Core turns a refusal into a sentence.
//! Rust's own notions of white space, letters and digits differ from Python's, so the classes are here too ([`text`]).

mod character_tables;
pub mod email;
pub mod password;
pub mod text;
pub mod username;

#[cfg(test)]
mod tests;

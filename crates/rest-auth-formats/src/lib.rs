//! The bytes that Django, Django REST framework, simplejwt and allauth store, sign and send, read and
//! written exactly as they do it, so that both sides can share one database and one secret.
//!
//! Everything here is a pure function: time is a [`Timestamp`] argument, randomness comes in as bytes or as
//! a closure that fills them, nothing is async and nothing touches the network, the clock or a database. (One
//! exception: signatures with ECDSA or RSA-PSS take random bytes of the operating system, see [`jwt`].)
//! What cannot be read is `None`, an empty value or an error with two or three variants; no input panics.
//! Secrets are compared in constant time and print nothing in `Debug`.
//!
//! | module | knows |
//! | --- | --- |
//! | [`salted_hmac`], [`base36`], [`base62`], [`base64url`], [`hex`], [`json`], [`random_text`] | the primitives |
//! | [`signing`] | `Signer`, `TimestampSigner`, `dumps` and `loads`, with key rotation |
//! | [`reset_token`], [`user_id_text`] | the two halves of a password reset link |
//! | [`email_confirmation`] | the keys in confirmation mails |
//! | [`session`], [`csrf`], [`cookie`], [`allowed_host`], [`redirect`] | rows and cookies of the browser side |
//! | [`auth_token`], [`basic_auth`] | authtoken keys, and what the `Authorization` header carries |
//! | [`jwt`] | JSON web tokens of simplejwt and its predecessors, and their keys |
//! | [`oauth1`], [`pkce`], [`appsecret_proof()`], [`md5_signature()`], [`telegram`], [`percent`] | what identity providers want to see |
//! | [`sealed_text`] | texts that only the secret opens |
//! | [`passwords`] | the password column: verifying it, writing it, and when it is stale |
//! | [`validators`] | what Django calls a user name, an e-mail address or a poor password |
//! | [`datetime`] | date-times in SQLite, PostgreSQL, JSON and cookies |
//!
//! The vectors in `tests/vectors/*.json` were made by the real Django; every case of every file is run.

pub mod allowed_host;
mod appsecret_proof;
pub mod auth_token;
pub mod base36;
pub mod base62;
pub mod base64url;
pub mod basic_auth;
pub mod cookie;
pub mod csrf;
pub mod datetime;
pub mod email_confirmation;
pub mod hex;
pub mod json;
pub mod jwt;
pub mod oauth1;
pub mod passwords;
pub mod percent;
pub mod pkce;
mod python_int;
pub mod random_text;
pub mod redirect;
pub mod reset_token;
pub mod salted_hmac;
pub mod sealed_text;
mod secret_keys;
pub mod session;
mod signed_parameters;
pub mod signing;
mod split_url;
pub mod telegram;
pub mod user_id_text;
pub mod validators;

pub use appsecret_proof::appsecret_proof;
pub use datetime::{Date, TimeZone, Timestamp};
pub use secret_keys::SecretKeys;
pub use signed_parameters::{md5_hex, md5_signature};

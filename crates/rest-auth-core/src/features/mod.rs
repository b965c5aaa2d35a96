//! One file for each feature: its form and its flow, in the order in which they happen.
//!
//! A feature's name is the same in every layer: `features/login.rs` here, `endpoints/login.rs` in the HTTP
//! layer, `login.toml` among the conformance scenarios, `docs/features/login.md`.

pub mod basic_authentication;
pub mod confirm_email;
pub mod email_verification;
pub mod external_issuers;
pub mod jwt;
pub mod legacy_jwt;
pub mod login;
pub mod logout;
pub mod password_change;
pub mod password_reset;
pub mod registration;
pub mod rownd;
pub mod sessions;
pub mod social_accounts;
pub mod social_login;
pub mod social_redirect;
pub mod user;

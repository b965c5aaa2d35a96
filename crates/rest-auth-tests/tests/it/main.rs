//! Tests that need more than one crate: one binary, a module for each subject.

#![expect(clippy::unwrap_used, reason = "tests")]

mod architecture;
mod basic_authentication;
mod cleaning;
mod confirm_email;
mod crash;
mod csrf;
mod custom_user;
mod dispatch;
mod email_verification;
mod extract;
mod hooks;
mod hostile;
mod instances;
mod journal;
mod jwt;
mod jwt_families;
mod jwt_keys;
mod legacy_jwt;
mod login;
mod logout;
mod mail_outage;
mod outbox;
mod password_change;
mod password_peer;
mod password_reset;
mod password_reset_page;
mod peer;
mod process;
mod rate_limits;
mod registration;
mod schema;
mod security;
mod security_page;
mod sendtestemail;
mod sessions;
mod smtp;
mod social_accounts;
mod social_login;
mod spine;
mod statements;
mod store;
mod throttling;
mod user;
mod user_model;

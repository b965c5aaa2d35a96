//! Every test of rest-auth that needs more than one crate, and what such tests need.

pub mod app;
pub mod fake_issuers;
pub mod fake_providers;
pub mod hostile;
pub mod load;
pub mod openid;
pub mod peer;
pub mod population;
pub mod postgres;
pub mod process;
pub mod smtp;
pub mod sources;
pub mod sqlite;

//! The Store of rest-auth on SQLite and PostgreSQL: Django's tables, read and written as Django does.
//!
//! `driver/` is the only place that names a database, `schema/` makes and checks the tables, and each other file holds
//! the statements of one aggregate.

mod driver;
mod email_addresses;
mod outbox;
mod refresh_tokens;
mod schema;
mod sessions;
mod sites;
mod social_accounts;
mod social_codes;
mod store;
mod throttles;
mod tokens;
mod user_model;
mod users;

pub use driver::{Options, UnknownUrl};
pub use schema::Migrated;
pub use store::SqlStore;
pub use user_model::{BadName, UserModel};

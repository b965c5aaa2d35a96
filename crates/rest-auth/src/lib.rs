//! dj-rest-auth for axum: the endpoints of accounts, login, tokens and sessions, as Django's clients know them.

#![expect(dead_code, reason = "the dispatcher, which uses all of this, is being built")]

mod cookies;
mod error;
mod media_type;
mod negotiate;
mod parse;
mod render;
mod reply;

pub use error::ApiError;
pub use reply::Reply;

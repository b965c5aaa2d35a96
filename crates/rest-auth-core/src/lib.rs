//! The rules of rest-auth: what an account is, what a client may send, and what then happens.
//!
//! Everything here is called alike from HTTP, from the command line and from tests. Nothing here knows a
//! request, a status code, a statement of SQL or a socket: those are other crates, which depend on this one.
//!
//! | module | knows |
//! | --- | --- |
//! | [`model`] | accounts, tokens, sessions: plain structs, and newtypes that cannot be built wrong |
//! | [`form`] | what a client may send, as data: parsing, messages, metadata |
//! | [`passwords`] | which passwords may be chosen |
//! | [`features`] | one file for each feature: its settings, form and flow |
//! | [`commands`] | what the management commands do |
//! | [`outbox`] | the worker that sends queued mails |
//! | [`store`] | the port to the database, and the contract that every store keeps |
//! | [`throttles`] | how often somebody may try |
//! | [`providers`] | identity providers as data, and asking them who somebody is |
//! | [`social`] | the identity providers of a deployment |
//! | [`fetch`] | the port to other servers over HTTP |
//! | [`settings`] | every key of the configuration, its default and its words |
//! | [`checks`] | what a configuration must not be, as a table |
//! | [`messages`] | every sentence that a client can read |

pub mod checks;
pub mod cleaning;
pub mod commands;
pub mod context;
pub mod credentials;
pub mod error;
pub mod features;
pub mod fetch;
pub mod form;
pub mod hooks;
pub mod mail;
pub mod messages;
pub mod model;
pub mod outbox;
pub mod passwords;
pub mod providers;
pub mod settings;
pub mod social;
pub mod store;
pub mod throttles;

pub use context::{App, AppParts, Clock, Context, Entropy, Meta};
pub use error::{Error, FieldErrors, Result};

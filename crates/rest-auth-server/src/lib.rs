//! The server: one process from one file. The configuration's sources, the commands, start-up and shutdown.
//!
//! No rules of accounts and no HTTP of the API live here: those are core's and `rest-auth`'s.

mod commands;
pub mod config;
mod logging;
mod process;
pub mod reference;
mod serve;
#[cfg(test)]
mod testing;

pub use commands::run;
pub use process::{Answers, Console, Process};
pub use serve::{ServeError, Server, serve};

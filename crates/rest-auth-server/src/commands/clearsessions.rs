//! `clearsessions`: deletes the sessions that have ended, as Django's command of this name does.

use std::path::Path;

use rest_auth::core::cleaning::clear_sessions;

use super::Failure;
use super::cleaning::clear;
use crate::process::Process;

/// Deletes them, a few at a time so that a server beside goes on, and says how many there were.
pub(super) fn run(process: &mut Process, file: Option<&Path>) -> Result<(), Failure> {
    clear(process, file, "session", async |store, now| clear_sessions(store, now).await)
}

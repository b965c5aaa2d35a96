//! `flushexpiredtokens`: deletes the refresh tokens that have ended, as simplejwt's command of this name does.

use std::path::Path;

use rest_auth::core::cleaning::clear_refresh_tokens;

use super::Failure;
use super::cleaning::clear;
use crate::process::Process;

/// Deletes them with what was noted of them, a few at a time so that a server beside goes on, and says how many there
/// were.
pub(super) fn run(process: &mut Process, file: Option<&Path>) -> Result<(), Failure> {
    clear(process, file, "token", async |store, now| clear_refresh_tokens(store, now).await)
}

//! `flushexpiredtokens`: deletes the refresh tokens that have ended, as simplejwt's command of this name does.

use std::path::Path;

use rest_auth::core::store::Store as _;
use rest_auth::core::{Clock, cleaning};

use super::account::{database_failure, open};
use super::{Failure, block_on, load_checked};
use crate::logging;
use crate::process::Process;

/// Deletes them with what was noted of them, a few at a time so that a server beside goes on, and says how many there
/// were.
pub(super) fn run(process: &mut Process, file: Option<&Path>) -> Result<(), Failure> {
    logging::start(process, logging::OF_COMMANDS).map_err(Failure::new)?;
    let configuration = load_checked(process, file, None)?;
    let deleted = block_on(async {
        let store = open(&configuration.settings)?;
        store.ready().await.map_err(database_failure)?;
        let now = Clock::System.now();
        let deleted = cleaning::clear_refresh_tokens(&store, now).await.map_err(database_failure);
        store.close().await;
        deleted
    })?;
    process.console.say(&match deleted {
        1 => "Deleted 1 expired token.".to_owned(),
        count => format!("Deleted {count} expired tokens."),
    });
    Ok(())
}

//! `migrate`: the tables.

use std::path::Path;

use rest_auth::core::Clock;
use rest_auth::core::store::Store as _;
use rest_auth::sql::Migrated;

use super::account::{database_failure, open};
use super::{Failure, block_on, load_checked};
use crate::logging;
use crate::process::Process;

/// Creates or completes them, and says what it made.
pub(super) fn run(process: &mut Process, file: Option<&Path>) -> Result<(), Failure> {
    logging::start(process, logging::OF_COMMANDS).map_err(Failure::new)?;
    let configuration = load_checked(process, file, None)?;
    let made = block_on(async {
        let store = open(&configuration.settings)?;
        let made = store.migrate(Clock::System.now()).await.map_err(database_failure);
        store.close().await;
        made
    })?;
    let Migrated { tables, indexes } = made;
    for (kind, names) in [("table", &tables), ("index", &indexes)] {
        for name in names {
            process.console.say(&format!("created {kind} {name}"));
        }
    }
    if tables.is_empty() && indexes.is_empty() {
        process.console.say("The tables are complete: nothing to do.");
    }
    Ok(())
}

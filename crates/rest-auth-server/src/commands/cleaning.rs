//! What the commands that delete ended rows share.

use std::path::Path;

use rest_auth::core::Clock;
use rest_auth::core::model::Timestamp;
use rest_auth::core::store::{Store as _, StoreResult};
use rest_auth::sql::SqlStore;

use super::account::{database_failure, open};
use super::{Failure, block_on, load_checked};
use crate::logging;
use crate::process::Process;

/// Deletes what has ended, and says how many of that name there were.
pub(super) fn clear(
    process: &mut Process,
    file: Option<&Path>,
    name: &str,
    delete: impl AsyncFnOnce(&SqlStore, Timestamp) -> StoreResult<u64>,
) -> Result<(), Failure> {
    logging::start(process, logging::OF_COMMANDS).map_err(Failure::new)?;
    let configuration = load_checked(process, file, None)?;
    let deleted = block_on(async {
        let store = open(&configuration.settings)?;
        store.ready().await.map_err(database_failure)?;
        let deleted = delete(&store, Clock::System.now()).await.map_err(database_failure);
        store.close().await;
        deleted
    })?;
    process.console.say(&match deleted {
        1 => format!("Deleted 1 expired {name}."),
        count => format!("Deleted {count} expired {name}s."),
    });
    Ok(())
}

//! The database at start-up: waited for, and completed.

use std::time::Duration;

use rest_auth::core::Clock;
use rest_auth::core::store::{StoreError, StoreResult};
use rest_auth::sql::SqlStore;

/// How long to wait before the next try. The store itself tells the log when the database goes and comes.
const PAUSE: Duration = Duration::from_secs(1);

/// Creates what is missing, as soon as the database is there.
///
/// A database that is there at the first try and cannot be used is a failure, which whoever started the server wants
/// to know. One that comes later is tried until it can: by then the server has been running for a while.
pub(super) async fn prepare(store: SqlStore, clock: Clock) -> StoreResult<()> {
    let mut first = true;
    let mut told = String::new();
    loop {
        match store.migrate(clock.now()).await {
            Ok(made) => {
                if !made.tables.is_empty() || !made.indexes.is_empty() {
                    tracing::info!(
                        tables = made.tables.len(),
                        indexes = made.indexes.len(),
                        "completed the database"
                    );
                }
                return Ok(());
            }
            Err(StoreError::Unavailable(cause)) => {
                if first {
                    tracing::warn!(%cause, "waiting for the database; until then requests are answered 503");
                }
            }
            Err(error) if first => return Err(error),
            Err(error) => {
                let error = error.to_string();
                if error != told {
                    tracing::error!(error, "the database cannot be used yet");
                    told = error;
                }
            }
        }
        first = false;
        tokio::time::sleep(PAUSE).await;
    }
}

//! The task that deletes expired rows beside a host's requests. What and when is core's business.

use std::sync::Arc;

use rest_auth_core::{App, cleaning};
use tokio::task::AbortHandle;

/// A running task. Dropping it stops it, at any time and without harm.
#[derive(Debug)]
pub(crate) struct Cleaning(AbortHandle);

impl Cleaning {
    /// Starts it in the current runtime.
    pub(crate) fn start(app: Arc<App>) -> Self {
        Self(tokio::spawn(cleaning::run(app)).abort_handle())
    }

    /// Stops it.
    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Cleaning {
    fn drop(&mut self) {
        self.stop();
    }
}

//! The task that keeps the keys of other issuers at hand beside a host's requests. Which and when is core's business.

use std::sync::Arc;

use rest_auth_core::App;
use rest_auth_core::features::external_issuers;
use tokio::task::AbortHandle;

/// A running task. Dropping it stops it, at any time and without harm.
#[derive(Debug)]
pub(crate) struct KeyKeeping(AbortHandle);

impl KeyKeeping {
    /// Starts it in the current runtime.
    pub(crate) fn start(app: Arc<App>) -> Self {
        Self(tokio::spawn(external_issuers::run(app)).abort_handle())
    }

    /// Stops it.
    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for KeyKeeping {
    fn drop(&mut self) {
        self.stop();
    }
}

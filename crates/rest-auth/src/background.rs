//! What runs beside a host's requests and can be stopped at any time: deleting expired rows, keeping the keys of other
//! issuers at hand. What they do and when is core's business.

use std::convert::Infallible;
use std::future::Future;

use tokio::task::AbortHandle;

/// A running task. Dropping it stops it, without harm.
#[derive(Debug)]
pub(crate) struct Background(AbortHandle);

impl Background {
    /// Starts it in the current runtime.
    pub(crate) fn start(work: impl Future<Output = Infallible> + Send + 'static) -> Self {
        Self(tokio::spawn(work).abort_handle())
    }

    /// Stops it.
    pub(crate) fn stop(&self) {
        self.0.abort();
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        self.stop();
    }
}

//! Connections that wait for the next mail, and are closed when none comes.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use lettre::transport::smtp::client::AsyncSmtpConnection;
use tokio::time::{Instant, sleep, timeout};

/// A connection waits so long.
const IDLE_LIMIT: Duration = Duration::from_secs(10);

/// The connections.
#[derive(Default)]
pub(super) struct Idle {
    list: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    /// Each with the moment since which it waits.
    connections: Vec<(AsyncSmtpConnection, Instant)>,
    /// Whether somebody looks after them.
    swept: bool,
}

impl Idle {
    fn list(&self) -> MutexGuard<'_, Waiting> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The one that has waited least: the likeliest to be open still.
    pub(super) fn take(&self) -> Option<AsyncSmtpConnection> {
        self.list().connections.pop().map(|(connection, _)| connection)
    }

    /// Keeps one for the next mail.
    pub(super) fn park(self: &Arc<Self>, connection: AsyncSmtpConnection) {
        let mut list = self.list();
        list.connections.push((connection, Instant::now()));
        if !list.swept {
            list.swept = true;
            tokio::spawn(Self::sweep(Arc::downgrade(self)));
        }
    }

    /// Says good-bye on connections that have waited too long; ends when none is left.
    async fn sweep(idle: Weak<Self>) {
        loop {
            sleep(IDLE_LIMIT / 2).await;
            let Some(idle) = idle.upgrade() else { return };
            let (old, done) = {
                let mut list = idle.list();
                let (old, young): (Vec<_>, Vec<_>) =
                    list.connections.drain(..).partition(|(_, since)| since.elapsed() >= IDLE_LIMIT);
                list.connections = young;
                list.swept = !list.connections.is_empty();
                (old, !list.swept)
            };
            for (mut connection, _) in old {
                let _ = timeout(Duration::from_secs(1), connection.quit()).await;
            }
            if done {
                return;
            }
        }
    }
}

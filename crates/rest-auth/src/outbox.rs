//! The task that sends queued mails beside a host's requests. How and when is core's business.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rest_auth_core::App;
use rest_auth_core::mail::Mailer;
use rest_auth_core::outbox::Worker;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running worker. Dropping it stops the worker without waiting.
#[derive(Debug)]
pub(crate) struct Outbox {
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Takes how long the sending of what is due may still take.
    stop: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl Outbox {
    /// Starts a worker in the current runtime.
    pub(crate) fn start(app: Arc<App>, mailer: Arc<dyn Mailer>) -> Self {
        let (stop, stopped) = oneshot::channel();
        let shutdown = async { stopped.await.unwrap_or(Duration::ZERO) };
        let task = tokio::spawn(Worker::new(app, mailer).run(shutdown));
        Self { running: Mutex::new(Some(Running { stop, task })) }
    }

    /// Stops the worker and waits for its end; the second call finds nothing to stop.
    pub(crate) async fn shut_down(&self, time_left: Duration) {
        let running = self.running.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(Running { stop, task }) = running {
            // An error means that the worker has ended already.
            let _ = stop.send(time_left);
            let _ = task.await;
        }
    }
}

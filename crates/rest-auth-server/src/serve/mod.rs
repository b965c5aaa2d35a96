//! A server: the endpoints behind sockets, the database made ready, the outbox worked off, expired rows
//! deleted, and an end without losses.
//!
//! Start: the address answers at once, `/healthz` with 200 and everything else with 503 until the database is there and
//! has its tables. End: no new connections, the requests under way, the mails that are due, the store.

mod connections;
mod gate;
mod schema;
pub(crate) mod signals;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use rest_auth::RestAuth;
use rest_auth::core::features::external_issuers;
use rest_auth::core::mail::Mailer;
use rest_auth::core::outbox::Worker;
use rest_auth::core::settings::{Problem, Settings};
use rest_auth::core::store::{Store as _, StoreError};
use rest_auth::core::{App, AppParts, Clock, cleaning};
use rest_auth::outbound::{https_from, mailer_from};
use rest_auth::sql::SqlStore;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use connections::Times;
use gate::Gate;

/// Why a server could not start.
#[derive(Debug)]
pub enum ServeError {
    /// The configuration cannot work: everything that is wrong with it.
    Settings(Vec<Problem>),
    /// The database is there, and cannot be used as it is.
    Database(StoreError),
}

impl std::fmt::Display for ServeError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Settings(problems) => {
                let lines = problems.iter().map(|problem| format!("{}: {}", problem.key, problem.message));
                f.write_str(&lines.collect::<Vec<_>>().join("\n"))
            }
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ServeError {}

impl From<Vec<Problem>> for ServeError {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Settings(problems)
    }
}

/// A server that is put together and has not begun.
pub struct Server {
    listener: TcpListener,
    app: Arc<App>,
    store: SqlStore,
    mailer: Arc<dyn Mailer>,
}

impl Server {
    /// Puts it together: templates, hashers, the way out for mails. The database is not asked yet.
    pub fn new(mut settings: Settings, listener: TcpListener) -> Result<Self, ServeError> {
        follow_listener(&mut settings, &listener);
        let store =
            SqlStore::configured(&settings.database, &settings.user_model).map_err(ServeError::Database)?;
        let mailer = mailer_from(&settings, &Clock::System)?;
        let fetch = Arc::new(https_from(&settings));
        let app = App::build(settings, AppParts { fetch, ..AppParts::new(Arc::new(store.clone())) })?;
        Ok(Self { listener, app, store, mailer })
    }

    /// Serves until `shutdown` is done, and ends. `ready` is called when the database has its tables and requests are
    /// answered.
    ///
    /// Fails where the database is there from the start and cannot be used. One that is away is waited for.
    pub async fn run(
        self,
        ready: impl FnOnce() + Send + 'static,
        shutdown: impl Future<Output = ()>,
    ) -> Result<(), ServeError> {
        let Self { listener, app, store, mailer } = self;
        let gate = Arc::new(Gate::closed(RestAuth::new(Arc::clone(&app)).site()));
        let mails = Mails::ready(Worker::new(Arc::clone(&app), mailer));
        let (begin, end) = (mails.begin, mails.end);
        let schema = tokio::spawn(schema::prepare(store.clone(), app.clock.clone()));
        let abort = schema.abort_handle();
        let opened = async {
            match schema.await {
                Ok(Ok(())) => {
                    gate.open();
                    let _ = begin.send(());
                    ready();
                    let never = tokio::select! {
                        never = cleaning::run(Arc::clone(&app)) => never,
                        never = external_issuers::run(Arc::clone(&app)) => never,
                    };
                    match never {}
                }
                Ok(Err(error)) => error,
                Err(panic) => StoreError::Backend(panic.into()),
            }
        };
        let stop = async {
            tokio::select! {
                () = shutdown => None,
                error = opened => Some(error),
            }
        };
        let (failure, left) =
            connections::accept(listener, Arc::clone(&gate), times(&app.settings), stop).await;
        abort.abort();
        // Without a beginning the worker has ended by itself.
        let _ = end.send(left);
        if let Err(panic) = mails.task.await {
            tracing::error!(%panic, "the outbox has failed; its mails are sent after the next start");
        }
        store.close().await;
        failure.map_or(Ok(()), |error| Err(ServeError::Database(error)))
    }
}

/// The outbox, in a task of its own: it begins when it is told, and ends within the time that it is told.
struct Mails {
    begin: oneshot::Sender<()>,
    end: oneshot::Sender<Duration>,
    task: JoinHandle<()>,
}

impl Mails {
    fn ready(worker: Worker) -> Self {
        let (begin, beginning) = oneshot::channel();
        let (end, ending) = oneshot::channel();
        let task = tokio::spawn(async move {
            if beginning.await.is_ok() {
                worker.run(async { ending.await.unwrap_or_default() }).await;
            }
        });
        Self { begin, end, task }
    }
}

/// Links in mails lead to the listening address where nothing else is configured, so it must be the real one: port 0
/// stands for any, and a caller may have listened elsewhere.
fn follow_listener(settings: &mut Settings, listener: &TcpListener) {
    let Ok(address) = listener.local_addr() else { return };
    let configured = settings.http.listen.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    if configured != Some(address.port()) {
        settings.http.listen = address.to_string();
    }
}

fn times(settings: &Settings) -> Times {
    Times {
        headers: settings.http.request_timeout.duration(),
        ending: settings.http.shutdown_timeout.duration(),
    }
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server").finish_non_exhaustive()
    }
}

/// Serves settings on a listener until `shutdown` is done, and ends.
pub async fn serve(
    settings: Settings,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ServeError> {
    Server::new(settings, listener)?.run(|| (), shutdown).await
}

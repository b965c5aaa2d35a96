//! `serve`: the server as a process.

use std::io;
use std::path::Path;

use rest_auth::core::checks::Level;
use rest_auth::core::store::StoreError;
use tokio::net::TcpListener;

use super::{Failure, block_on, load_checked};
use crate::config::{Configuration, Origin};
use crate::logging;
use crate::process::Process;
use crate::serve::{ServeError, Server, signals};

/// Listens, says where, and serves until it is told to end.
pub(super) fn run(process: &mut Process, file: Option<&Path>, listen: Option<&str>) -> Result<(), Failure> {
    logging::start(process, logging::OF_SERVER).map_err(Failure::new)?;
    let configuration = load_checked(process, file, listen)?;
    for (_, warning) in configuration.findings(false).iter().filter(|(level, _)| *level == Level::Warning) {
        tracing::warn!("{warning}");
    }
    block_on(async {
        let signals =
            signals::Asked::listen().map_err(|error| Failure::new(format!("no signals: {error}")))?;
        let listener = bind(&configuration).await?;
        let address = listener.local_addr().map_err(|error| Failure::new(error.to_string()))?;
        let settings = configuration.settings.clone();
        let server = Server::new(settings, listener).map_err(|error| explain(error, &configuration))?;
        let ready = process.console.announcer(format!(
            "rest-auth {} listens on http://{address}{}",
            env!("CARGO_PKG_VERSION"),
            configuration.settings.http.prefix
        ));
        server.run(ready, signals.once()).await.map_err(|error| explain(error, &configuration))?;
        tracing::info!("stopped");
        Ok(())
    })
}

async fn bind(configuration: &Configuration) -> Result<TcpListener, Failure> {
    let listen = &configuration.settings.http.listen;
    TcpListener::bind(listen).await.map_err(|error| {
        let origin =
            configuration.origin("http.listen").map(|origin| format!("{origin}: ")).unwrap_or_default();
        let hint = match error.kind() {
            io::ErrorKind::AddrInUse => {
                "another process listens there; end it, or choose another port with --listen"
            }
            io::ErrorKind::AddrNotAvailable => {
                "this machine has no such address; 0.0.0.0 stands for all it has"
            }
            io::ErrorKind::PermissionDenied => "ports below 1024 are for root; choose a higher one",
            _ => "choose another address with --listen",
        };
        Failure::new(format!("{origin}http.listen: cannot listen on {listen}: {error}; {hint}"))
    })
}

fn explain(error: ServeError, configuration: &Configuration) -> Failure {
    match error {
        ServeError::Settings(problems) | ServeError::Database(StoreError::Settings(problems)) => {
            problems.into_iter().map(|problem| configuration.mistake(problem)).collect::<Vec<_>>().into()
        }
        ServeError::Database(error) => {
            let origin = configuration.origin("database.url").map(Origin::to_string);
            let origin = origin.map(|origin| format!("{origin}: ")).unwrap_or_default();
            Failure::new(format!("{origin}database.url: {error}"))
        }
    }
}

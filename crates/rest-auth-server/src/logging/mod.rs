//! The log, on standard error: lines for people at a terminal, JSON for collectors elsewhere.

mod span_fields;

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

use crate::process::Process;
use span_fields::SpanFields;

/// What is logged, in tracing's notation.
const LEVELS: &str = "REST_AUTH_LOG";
/// How it is written.
const FORMAT: &str = "REST_AUTH_LOG_FORMAT";

/// What a server logs if nobody says otherwise.
pub(crate) const OF_SERVER: &str = "info";
/// What a command logs. That the database is away is what it ends with, so it need not be logged too.
pub(crate) const OF_COMMANDS: &str = "warn,rest_auth_sql::driver::availability=off";

/// Starts the log for the rest of the process. A second start changes nothing.
pub(crate) fn start(process: &Process, usually: &str) -> Result<(), String> {
    let levels = process.variable(LEVELS).unwrap_or(usually);
    let filter = EnvFilter::builder().parse(levels).map_err(|error| {
        format!("{LEVELS}: `{levels}`: {error}; write a level, \"info\", or one for each part, \"warn,rest_auth=debug\"")
    })?;
    let terminal = std::io::stderr().is_terminal();
    let json = match process.variable(FORMAT) {
        None => !terminal,
        Some("json") => true,
        Some("text") => false,
        Some(other) => return Err(format!("{FORMAT}: `{other}` is no format; write \"text\" or \"json\"")),
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // It fails if a log has been started, and then that one goes on.
    let _ = if json {
        lines.json().flatten_event(true).fmt_fields(SpanFields).try_init()
    } else {
        lines.with_ansi(terminal).try_init()
    };
    Ok(())
}

//! SQLite, on rusqlite. Reads run in place on the calling thread, over a stack of connections; writes take turns, see
//! [`writer`].

mod desk;
mod failure;
mod statement;
#[cfg(test)]
mod tests;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};
use tokio::time::Instant;

use super::availability::Availability;
use super::value::Param;
use super::{Answer, Error, Options, Pace, Result, locked};
use failure::{is_away, is_busy, translate};
use writer::Writer;

pub(super) use desk::Lease;

/// Statements that a connection keeps prepared. All of ours fit.
const PREPARED: usize = 200;
/// Memory that a reader may use for pages that it does not map, in KiB, which SQLite wants negative: those that are still
/// in the log, and where nothing is mapped the upper levels of every index. With more of it the processor's own cache
/// finds less, which costs what copying the other pages from the kernel's saves.
const CACHE_KIB: i64 = -2048;
/// How long SQLite itself waits for a lock before we look again whether anybody still wants the answer.
const BUSY_SLICE: Duration = Duration::from_millis(250);

/// An SQLite database: a file, or memory that dies with it.
pub(crate) struct Database {
    place: Place,
    options: Options,
    readers: Mutex<Readers>,
    writer: Writer,
    availability: Arc<Availability>,
}

/// Where the rows are.
#[derive(Clone)]
enum Place {
    File(PathBuf),
    /// In the writer's own connection: readers share it, so they see what an open transaction has written.
    Memory,
}

/// Another process has locked the file.
struct Busy(rusqlite::Error);

#[derive(Default)]
struct Readers {
    idle: Vec<Connection>,
    closed: bool,
}

impl Database {
    /// Opens a file, making it if it is not there, and switches it to write-ahead logging.
    pub(super) fn file(path: &Path, options: Options) -> Result<Arc<Self>> {
        let name = format!("the SQLite database {}", path.display());
        Self::start(Place::File(path.to_owned()), name, options)
    }

    /// A new database in memory, seen by nobody else.
    pub(super) fn memory(options: Options) -> Result<Arc<Self>> {
        Self::start(Place::Memory, "the SQLite database in memory".to_owned(), options)
    }

    fn start(place: Place, name: String, options: Options) -> Result<Arc<Self>> {
        let availability = Arc::new(Availability::new(name));
        let connection = match place {
            // Its readers need it before anybody writes.
            Place::Memory => Some(open_for_writing(&place).map_err(|failure| translate(failure, None))?),
            Place::File(_) => None,
        };
        let opening = place.clone();
        let open = move || open_for_writing(&opening);
        let writer = Writer::start(connection, open, options.clone(), Arc::clone(&availability))?;
        Ok(Arc::new(Self { place, options, readers: Mutex::default(), writer, availability }))
    }

    /// Runs a query, waiting for another process's lock without blocking the thread.
    pub(super) async fn read(&self, sql: &str, params: &[Param<'_>]) -> Result<Answer> {
        match self.try_read(sql, params)? {
            Ok(answer) => Ok(answer),
            // Hardly any read waits, so that none of them makes room for it.
            Err(Busy(_)) => Box::pin(self.read_later(sql, params)).await,
        }
    }

    async fn read_later(&self, sql: &str, params: &[Param<'_>]) -> Result<Answer> {
        let since = Instant::now();
        let mut pause = Duration::from_millis(1);
        loop {
            tokio::time::sleep(pause).await;
            match self.try_read(sql, params)? {
                Ok(answer) => return Ok(answer),
                Err(Busy(failure)) if since.elapsed() >= self.options.busy_timeout => {
                    return Err(translate(failure, None));
                }
                Err(Busy(_)) => pause = (pause * 2).min(Duration::from_millis(50)),
            }
        }
    }

    fn try_read(&self, sql: &str, params: &[Param<'_>]) -> Result<std::result::Result<Answer, Busy>> {
        let failure = match self.read_now(sql, params)? {
            Ok(answer) => {
                self.availability.answered();
                return Ok(Ok(answer));
            }
            Err(failure) => failure,
        };
        if is_busy(&failure) {
            return Ok(Err(Busy(failure)));
        }
        if is_away(&failure) {
            self.availability.went_away(&failure);
        }
        Err(translate(failure, None))
    }

    fn read_now(&self, sql: &str, params: &[Param<'_>]) -> Result<rusqlite::Result<Answer>> {
        match &self.place {
            Place::Memory => self.writer.desk().with(|connection| statement::run(connection, sql, params)),
            Place::File(path) => {
                let idle = {
                    let mut readers = locked(&self.readers);
                    if readers.closed {
                        return Err(closed());
                    }
                    readers.idle.pop()
                };
                let connection = match idle.map_or_else(|| open_for_reading(path, self.options.mmap_size), Ok)
                {
                    Ok(connection) => connection,
                    Err(failure) => return Ok(Err(failure)),
                };
                let answer = statement::run(&connection, sql, params);
                if answer.as_ref().err().is_none_or(|failure| !is_away(failure)) {
                    self.give_back(connection);
                }
                Ok(answer)
            }
        }
    }

    fn give_back(&self, connection: Connection) {
        let mut readers = locked(&self.readers);
        if !readers.closed && readers.idle.len() < self.options.readers.max(1) as usize {
            readers.idle.push(connection);
        }
    }

    /// Waits for a turn to write.
    pub(super) async fn begin(&self, pace: Pace) -> Result<Lease> {
        self.writer.turn(pace.limit(self.options.transaction_limit)).await
    }

    /// Ends the writer after what is queued, and forgets the readers.
    pub(super) async fn close(&self) {
        self.writer.close().await;
        let mut readers = locked(&self.readers);
        readers.closed = true;
        readers.idle.clear();
    }
}

fn closed() -> Error {
    Error::unavailable("the database has been closed")
}

fn open_for_reading(path: &Path, mmap_size: u32) -> rusqlite::Result<Connection> {
    // Not read-only: a reader may have to make the files beside the database that write-ahead logging needs.
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE | FLAGS)?;
    connection.pragma_update(None, "query_only", true)?;
    // In place means on an async thread: do not sleep there, the caller does it outside.
    connection.busy_timeout(Duration::ZERO)?;
    connection.pragma_update(None, "cache_size", CACHE_KIB)?;
    connection.pragma_update(None, "mmap_size", mmap_size)?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(connection)
}

fn open_for_writing(place: &Place) -> rusqlite::Result<Connection> {
    let connection = match place {
        Place::Memory => Connection::open_in_memory()?,
        Place::File(path) => Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | FLAGS,
        )?,
    };
    connection.busy_timeout(BUSY_SLICE)?;
    // Readers go on while somebody writes. The file remembers it, and Django does not mind.
    if let Place::File(path) = place {
        let mode: String = connection.query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))?;
        if mode != "wal" {
            tracing::warn!(
                "{} cannot use write-ahead logging: readers and writers wait for each other",
                path.display()
            );
        }
    }
    connection.pragma_update(None, "foreign_keys", true)?;
    // A commit that was answered survives a power cut.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What an open savepoint may have to undo stays in memory.
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(PREPARED);
    Ok(connection)
}

/// Each connection is used by one thread at a time, and paths are paths.
const FLAGS: OpenFlags = OpenFlags::SQLITE_OPEN_NO_MUTEX;

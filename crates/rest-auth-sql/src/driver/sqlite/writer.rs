//! The one writer of an SQLite file, and its group commit.
//!
//! A flush to disk takes milliseconds, so one for each transaction would mean a few hundred a second. Instead a thread
//! opens a physical transaction and lends the connection to the callers who wait, one after another, each inside a
//! savepoint of its own (see [`desk`](super::desk)). When nobody waits any more, or a few milliseconds have passed, it
//! commits them all at once; only then each of them is told that its commit is done.
//!
//! Whoever has the connection runs statements in place, on its own thread, and decides between them what to do next.
//! It may keep it for `transaction_limit`; then the savepoint is rolled back and the next one gets its turn. Dropping
//! the [`Lease`] rolls back at once, in place.
//!
//! Foreign keys of Django's tables are checked when the physical transaction ends. If one is broken, the savepoints are
//! undone from the last to the first until the commit succeeds: the one undone last was guilty and is told so, those
//! undone before it are told to try again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::closed;
use super::desk::{Desk, Lease, Reply, Waiting, answer, step, undo};
use super::failure::{breaks_foreign_key, is_away, is_busy, translate};
use crate::driver::availability::Availability;
use crate::driver::{Error, Options, Result, locked};

/// Where callers wait for their turn to write, and the thread that serves them.
pub(super) struct Writer {
    thread: Mutex<Option<JoinHandle<()>>>,
    desk: Arc<Desk>,
    options: Options,
    availability: Arc<Availability>,
    /// Set while the thread waits for SQLite's write lock, which another process may hold.
    beginning: Arc<AtomicBool>,
}

impl Writer {
    /// Starts the thread. `open` is called when a connection is needed and there is none.
    pub(super) fn start(
        connection: Option<Connection>,
        open: impl Fn() -> rusqlite::Result<Connection> + Send + 'static,
        options: Options,
        availability: Arc<Availability>,
    ) -> Result<Self> {
        let desk = Desk::new(connection, options.gather);
        let beginning = Arc::new(AtomicBool::new(false));
        let service = Service {
            desk: Arc::clone(&desk),
            open: Box::new(open),
            options: options.clone(),
            availability: Arc::clone(&availability),
            beginning: Arc::clone(&beginning),
        };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || service.serve())
            .map_err(Error::unavailable)?;
        let thread = Mutex::new(Some(thread));
        Ok(Self { thread, desk, options, availability, beginning })
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Waits for a turn: as long as the queue takes at most, longer only while another process is in the way.
    pub(super) async fn turn(&self, limit: Duration) -> Result<Lease> {
        self.availability.admit()?;
        let started = Instant::now();
        let (grant, mut granted) = oneshot::channel();
        self.desk.enqueue(Waiting { grant, limit })?;
        let mut patience = self.options.acquire_timeout;
        loop {
            match tokio::time::timeout_at(started + patience, &mut granted).await {
                Ok(answer) => return answer.unwrap_or_else(|_| Err(closed())),
                Err(_) if self.beginning.load(Ordering::Relaxed) && patience < self.options.busy_timeout => {
                    patience = self.options.busy_timeout;
                }
                Err(_) => {
                    let seconds = patience.as_secs_f32();
                    return Err(Error::unavailable(format!("no turn to write within {seconds} s")));
                }
            }
        }
    }

    /// Serves those who wait already, and ends.
    pub(super) async fn close(&self) {
        self.desk.close();
        let thread = locked(&self.thread).take();
        if let Some(thread) = thread
            && tokio::task::spawn_blocking(|| thread.join()).await.is_err()
        {
            tracing::error!("the thread that writes to SQLite has ended with a panic");
        }
    }
}

impl Drop for Writer {
    /// A database that nobody uses any more needs no thread.
    fn drop(&mut self) {
        self.desk.close();
    }
}

/// The thread's side.
struct Service {
    desk: Arc<Desk>,
    open: Box<dyn Fn() -> rusqlite::Result<Connection> + Send>,
    options: Options,
    availability: Arc<Availability>,
    beginning: Arc<AtomicBool>,
}

impl Service {
    fn serve(self) {
        while let Some(first) = self.desk.wait() {
            if !first.has_left() {
                self.serve_group(first);
            }
        }
        self.desk.state().connection = None;
    }

    /// One physical transaction.
    fn serve_group(&self, first: Waiting) {
        match self.begin(&first) {
            Ok(()) => self.availability.answered(),
            Err(failure) => {
                if is_away(&failure) {
                    self.availability.went_away(&failure);
                }
                return first.refuse(translate(failure, None));
            }
        }
        self.flush(self.desk.serve(first));
    }

    /// Opens the connection if there is none, and takes SQLite's write lock. Gives up when the one who waits does.
    fn begin(&self, first: &Waiting) -> rusqlite::Result<()> {
        let started = Instant::now();
        self.beginning.store(true, Ordering::Relaxed);
        let begun = loop {
            match self.try_to_begin() {
                Err(failure)
                    if is_busy(&failure)
                        && !first.has_left()
                        && started.elapsed() < self.options.busy_timeout => {}
                begun => break begun,
            }
        };
        self.beginning.store(false, Ordering::Relaxed);
        begun
    }

    fn try_to_begin(&self) -> rusqlite::Result<()> {
        let mut state = self.desk.state();
        let connection = match state.connection.take() {
            Some(connection) => connection,
            None => (self.open)()?,
        };
        let begun = step(&connection, "BEGIN IMMEDIATE");
        // A connection whose file has gone is of no use; the next try opens another.
        if begun.as_ref().err().is_none_or(|failure| !is_away(failure)) {
            state.connection = Some(connection);
        }
        begun
    }

    /// Commits what the members have written, and tells them.
    fn flush(&self, mut members: Vec<Reply>) {
        let state = self.desk.state();
        let Some(connection) = &state.connection else { return };
        let mut undone = Vec::new();
        while !members.is_empty() {
            let failure = match self.commit(connection) {
                Ok(()) => break,
                Err(failure) => failure,
            };
            let guilty =
                if breaks_foreign_key(&failure) && undo(connection).is_ok() { members.pop() } else { None };
            if let Some(reply) = guilty {
                undone.push((reply, failure));
            } else {
                let text = failure.to_string();
                let _ = step(connection, "ROLLBACK");
                answer(std::mem::take(&mut members), || Err(Error::unavailable(text.clone())));
            }
        }
        if !connection.is_autocommit() {
            // Nothing is left to commit.
            let _ = step(connection, "ROLLBACK");
        }
        drop(state);
        answer(members, || Ok(()));
        // The last one undone made the difference; the others were merely in its way.
        let last = undone.len().saturating_sub(1);
        for (place, (reply, failure)) in undone.into_iter().enumerate() {
            let error = if place == last {
                Error::backend(failure)
            } else {
                Error::unavailable("another transaction of the same flush broke a foreign key; try again")
            };
            let _ = reply.send(Err(error));
        }
    }

    fn commit(&self, connection: &Connection) -> rusqlite::Result<()> {
        let started = Instant::now();
        loop {
            match step(connection, "COMMIT") {
                Err(failure) if is_busy(&failure) && started.elapsed() < self.options.busy_timeout => {}
                other => return other,
            }
        }
    }
}

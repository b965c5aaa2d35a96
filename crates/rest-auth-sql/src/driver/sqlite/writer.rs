//! The one writer of an SQLite file, and its group commit.
//!
//! A flush to disk takes milliseconds, so one for each transaction would mean a few hundred a second. Instead a thread
//! opens a physical transaction and lends the connection to the callers who wait, one after another, each inside a
//! savepoint of its own. When nobody waits any more, or a few milliseconds have passed, it commits them all at once;
//! only then each of them is told that its commit is done.
//!
//! Whoever has the connection runs statements in place, on its own thread, and decides between them what to do next.
//! It may keep it for `transaction_limit`; then the savepoint is rolled back and the next one gets its turn. Dropping
//! the [`Lease`] rolls back at once, in place.
//!
//! Foreign keys of Django's tables are checked when the physical transaction ends. If one is broken, the savepoints are
//! undone from the last to the first until the commit succeeds: the one undone last was guilty and is told so, those
//! undone before it are told to try again.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::failure::{breaks_foreign_key, is_away, is_busy, translate};
use super::{closed, statement};
use crate::driver::availability::Availability;
use crate::driver::value::Param;
use crate::driver::{Answer, Error, Options, Result, locked};

/// Transactions that one flush makes last, at most: each keeps its savepoint until then.
const GROUP: usize = 128;

/// Who waits for a turn, and how long it may last.
struct Waiting {
    grant: oneshot::Sender<Result<Lease>>,
    limit: Duration,
}

/// Who waits for a flush.
type Reply = oneshot::Sender<Result<()>>;

/// The writer's connection, once somebody has written, and whose turn it is.
#[derive(Default)]
pub(super) struct Desk {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    connection: Option<Connection>,
    /// The number of the lease that may use it; 0 for none.
    turn: u64,
}

impl Desk {
    pub(super) fn holding(connection: Connection) -> Self {
        Self { state: Mutex::new(State { connection: Some(connection), turn: 0 }) }
    }

    /// Runs something on the connection between two statements of whoever has the turn.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> T) -> Result<T> {
        self.state().connection.as_ref().map(work).ok_or_else(closed)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }
}

/// The queue of those who want to write, and the thread that serves it.
pub(super) struct Writer {
    queue: Mutex<Option<Sender<Waiting>>>,
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
        desk: Desk,
        open: impl Fn() -> rusqlite::Result<Connection> + Send + 'static,
        options: Options,
        availability: Arc<Availability>,
    ) -> Result<Self> {
        let (sender, queue) = mpsc::channel();
        let desk = Arc::new(desk);
        let beginning = Arc::new(AtomicBool::new(false));
        let service = Service {
            desk: Arc::clone(&desk),
            open: Box::new(open),
            options: options.clone(),
            availability: Arc::clone(&availability),
            beginning: Arc::clone(&beginning),
            turns: 0,
        };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || service.serve(&queue))
            .map_err(Error::unavailable)?;
        let (queue, thread) = (Mutex::new(Some(sender)), Mutex::new(Some(thread)));
        Ok(Self { queue, thread, desk, options, availability, beginning })
    }

    pub(super) fn desk(&self) -> &Desk {
        &self.desk
    }

    /// Waits for a turn: as long as the queue takes at most, longer only while another process is in the way.
    pub(super) async fn turn(&self, limit: Duration) -> Result<Lease> {
        self.availability.admit()?;
        let started = Instant::now();
        let (grant, mut granted) = oneshot::channel();
        {
            let queue = locked(&self.queue);
            queue.as_ref().ok_or_else(closed)?.send(Waiting { grant, limit }).map_err(|_| closed())?;
        }
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
        locked(&self.queue).take();
        let thread = locked(&self.thread).take();
        if let Some(thread) = thread
            && tokio::task::spawn_blocking(|| thread.join()).await.is_err()
        {
            tracing::error!("the thread that writes to SQLite has ended with a panic");
        }
    }
}

/// A turn to write: the transaction of one caller.
pub(crate) struct Lease {
    number: u64,
    desk: Arc<Desk>,
    /// Sending a reply asks for a commit, dropping it ends the turn.
    outcome: Option<Sender<Reply>>,
}

impl Lease {
    /// Runs a statement in place.
    pub(in crate::driver) fn run(&self, sql: &str, params: &[Param<'_>]) -> Result<Answer> {
        let state = self.desk.state();
        match &state.connection {
            Some(connection) if state.turn == self.number => statement::run(connection, sql, params)
                .map_err(|failure| translate(failure, Some(connection))),
            _ => Err(expired()),
        }
    }

    /// Waits for the flush that makes the transaction last.
    pub(in crate::driver) async fn commit(mut self) -> Result<()> {
        let (reply, done) = oneshot::channel();
        let outcome = self.outcome.take().ok_or_else(expired)?;
        outcome.send(reply).map_err(|_| expired())?;
        done.await.unwrap_or_else(|_| Err(expired()))
    }
}

impl Drop for Lease {
    /// Rolls back at once, unless the thread has ended the turn: after a commit, or when time was up.
    fn drop(&mut self) {
        // After a commit the connection is somebody else's: of the thread itself, perhaps, which holds it while another
        // process is in the way. An async thread must not wait for that.
        if self.outcome.is_none() {
            return;
        }
        let mut state = self.desk.state();
        if state.turn == self.number
            && state.connection.as_ref().is_some_and(|connection| undo(connection).is_ok())
        {
            state.turn = 0;
        }
    }
}

fn expired() -> Error {
    Error::unavailable("the transaction took too long and was rolled back, since all writers take turns")
}

/// The thread's side.
struct Service {
    desk: Arc<Desk>,
    open: Box<dyn Fn() -> rusqlite::Result<Connection> + Send>,
    options: Options,
    availability: Arc<Availability>,
    beginning: Arc<AtomicBool>,
    turns: u64,
}

/// How a turn ended.
enum Ended {
    /// Its savepoint stays until the flush, which the caller waits for.
    Commits(Reply),
    /// Nothing is left of it.
    Undone,
    /// SQLite has rolled back the whole transaction: the disk is full or fails.
    Lost,
}

impl Service {
    fn serve(mut self, queue: &Receiver<Waiting>) {
        while let Ok(first) = queue.recv() {
            if !first.grant.is_closed() {
                self.serve_group(first, queue);
            }
        }
        self.desk.state().connection = None;
    }

    /// One physical transaction.
    fn serve_group(&mut self, first: Waiting, queue: &Receiver<Waiting>) {
        match self.begin(&first) {
            Ok(()) => self.availability.answered(),
            Err(failure) => {
                if is_away(&failure) {
                    self.availability.went_away(&failure);
                }
                // Nobody listens any more, then nobody needs to know.
                let _ = first.grant.send(Err(translate(failure, None)));
                return;
            }
        }
        let started = Instant::now();
        let mut members = Vec::new();
        let mut next = Some(first);
        while let Some(waiting) = next {
            match self.serve_turn(waiting) {
                Ended::Commits(reply) => members.push(reply),
                Ended::Undone => {}
                Ended::Lost => {
                    let lost = || Error::unavailable("SQLite has rolled back the transaction of this flush");
                    return answer(members, || Err(lost()));
                }
            }
            let full = members.len() >= GROUP || started.elapsed() >= self.options.gather;
            next = if full { None } else { queue.try_recv().ok() };
        }
        self.flush(members);
    }

    /// Opens the connection if there is none, and takes SQLite's write lock. Gives up when the one who waits does.
    fn begin(&mut self, first: &Waiting) -> rusqlite::Result<()> {
        let started = Instant::now();
        self.beginning.store(true, Ordering::Relaxed);
        let begun = loop {
            match self.try_to_begin() {
                Err(failure)
                    if is_busy(&failure)
                        && !first.grant.is_closed()
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

    /// Lends the connection to one caller.
    fn serve_turn(&mut self, waiting: Waiting) -> Ended {
        self.turns += 1;
        let (outcome, asked) = mpsc::channel();
        {
            let mut state = self.desk.state();
            let Some(connection) = &state.connection else { return Ended::Lost };
            if let Err(failure) = step(connection, "SAVEPOINT member") {
                let lost = if connection.is_autocommit() { Ended::Lost } else { Ended::Undone };
                let _ = waiting.grant.send(Err(translate(failure, None)));
                return lost;
            }
            state.turn = self.turns;
        }
        // Whoever has stopped waiting drops the lease, which ends the turn.
        let _ = waiting.grant.send(Ok(Lease {
            number: self.turns,
            desk: Arc::clone(&self.desk),
            outcome: Some(outcome),
        }));
        let asked = asked.recv_timeout(waiting.limit);
        if matches!(asked, Err(RecvTimeoutError::Timeout)) {
            tracing::warn!("a transaction kept the SQLite writer too long and was rolled back");
        }
        let mut state = self.desk.state();
        let rolled_back = std::mem::replace(&mut state.turn, 0) == 0;
        let Some(connection) = &state.connection else { return Ended::Lost };
        match asked {
            _ if connection.is_autocommit() => Ended::Lost,
            Ok(reply) => Ended::Commits(reply),
            Err(_) if rolled_back => Ended::Undone,
            Err(_) if undo(connection).is_ok() => Ended::Undone,
            Err(_) => {
                // What cannot be undone alone must not be committed with the others.
                let _ = step(connection, "ROLLBACK");
                Ended::Lost
            }
        }
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

fn answer(members: Vec<Reply>, result: impl Fn() -> Result<()>) {
    for reply in members {
        // Whoever has stopped waiting does not need to know.
        let _ = reply.send(result());
    }
}

/// Takes back what was written since the last savepoint, and forgets the savepoint.
fn undo(connection: &Connection) -> rusqlite::Result<()> {
    step(connection, "ROLLBACK TO member")?;
    step(connection, "RELEASE member")
}

fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.raw_execute().map(drop)
}

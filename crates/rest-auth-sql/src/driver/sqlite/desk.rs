//! The writer's connection, who waits for it, and whose turn it is.
//!
//! Within a group the turn goes from hand to hand: who commits or gives up lends the connection to the next one on the
//! spot. The writer's thread would have to be woken for that, and would wake the next one, twice for each transaction.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::failure::translate;
use super::{closed, statement};
use crate::driver::value::Param;
use crate::driver::{Answer, Error, Result, locked};

/// Transactions that one flush makes last, at most: each keeps its savepoint until then.
const GROUP: usize = 128;

/// Who waits for a turn, and how long it may last.
pub(super) struct Waiting {
    pub(super) grant: oneshot::Sender<Result<Lease>>,
    pub(super) limit: Duration,
}

impl Waiting {
    /// Whether nobody listens any more.
    pub(super) fn has_left(&self) -> bool {
        self.grant.is_closed()
    }

    pub(super) fn refuse(self, error: Error) {
        // Whoever has stopped waiting does not need to know.
        let _ = self.grant.send(Err(error));
    }
}

/// Who waits for a flush.
pub(super) type Reply = oneshot::Sender<Result<()>>;

/// The queue, and the connection with those who share its transaction.
pub(super) struct Desk {
    queue: Mutex<Queue>,
    /// Rings when the queue is no longer empty, and when it is closed.
    arrived: Condvar,
    state: Mutex<State>,
    /// Rings when nobody has the turn any more.
    over: Condvar,
    /// How long a group takes in more.
    gather: Duration,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Waiting>,
    closed: bool,
}

/// A group: the transactions of one flush.
pub(super) struct State {
    pub(super) connection: Option<Connection>,
    /// The number of the lease that may use it; 0 for none.
    turn: u64,
    turns: u64,
    turn_ends: Instant,
    group_ends: Instant,
    /// Whose savepoints stay until the flush, which they wait for.
    members: Vec<Reply>,
    /// Whether SQLite has rolled back the whole transaction: the disk is full or fails.
    lost: bool,
}

impl Desk {
    pub(super) fn new(connection: Option<Connection>, gather: Duration) -> Arc<Self> {
        let now = now();
        let state = State {
            connection,
            turn: 0,
            turns: 0,
            turn_ends: now,
            group_ends: now,
            members: Vec::new(),
            lost: false,
        };
        let (queue, arrived, over) = (Mutex::default(), Condvar::new(), Condvar::new());
        Arc::new(Self { queue, arrived, state: Mutex::new(state), over, gather })
    }

    /// Runs something on the connection between two statements of whoever has the turn.
    pub(super) fn with<T>(&self, work: impl FnOnce(&Connection) -> T) -> Result<T> {
        self.state().connection.as_ref().map(work).ok_or_else(closed)
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        locked(&self.state)
    }

    /// Queues a caller.
    pub(super) fn enqueue(&self, waiting: Waiting) -> Result<()> {
        let mut queue = locked(&self.queue);
        if queue.closed {
            return Err(closed());
        }
        queue.waiting.push_back(waiting);
        let was_empty = queue.waiting.len() == 1;
        drop(queue);
        if was_empty {
            self.arrived.notify_one();
        }
        Ok(())
    }

    /// Takes nobody in any more.
    pub(super) fn close(&self) {
        locked(&self.queue).closed = true;
        self.arrived.notify_one();
    }

    /// Blocks until somebody wants to write; `None` once the desk is closed and the queue is empty.
    pub(super) fn wait(&self) -> Option<Waiting> {
        let queue = locked(&self.queue);
        let idle = |queue: &mut Queue| queue.waiting.is_empty() && !queue.closed;
        let queue = self.arrived.wait_while(queue, idle);
        queue.unwrap_or_else(PoisonError::into_inner).waiting.pop_front()
    }

    /// Lends the connection, which is inside a transaction, to one caller after the other, and blocks until the group is
    /// over. Those who wait for the flush then.
    pub(super) fn serve(self: &Arc<Self>, first: Waiting) -> Vec<Reply> {
        let mut state = self.state();
        (state.group_ends, state.lost) = (now() + self.gather, false);
        if !self.lend(&mut state, first) {
            self.next_turn(&mut state);
        }
        while state.turn != 0 {
            let left = state.turn_ends.saturating_duration_since(now());
            if left.is_zero() {
                tracing::warn!("a transaction kept the SQLite writer too long and was rolled back");
                self.end_turn(&mut state, None);
            } else {
                let waited = self.over.wait_timeout(state, left);
                state = waited.unwrap_or_else(PoisonError::into_inner).0;
            }
        }
        std::mem::take(&mut state.members)
    }

    /// Ends the turn of whoever has it: with a reply it wants to last, without one it is rolled back. The next one's
    /// begins.
    fn end_turn(self: &Arc<Self>, state: &mut State, wants: Option<Reply>) {
        match wants {
            Some(reply) => state.members.push(reply),
            None => state.take_back(),
        }
        state.notice_loss();
        self.next_turn(state);
    }

    /// Lends the connection to the next one who still waits, unless the group is over.
    fn next_turn(self: &Arc<Self>, state: &mut State) {
        while !state.lost && state.members.len() < GROUP && now() < state.group_ends {
            let Some(waiting) = locked(&self.queue).waiting.pop_front() else { break };
            if self.lend(state, waiting) {
                return;
            }
        }
        state.turn = 0;
        self.over.notify_one();
    }

    /// Whether the caller has taken the connection.
    fn lend(self: &Arc<Self>, state: &mut State, waiting: Waiting) -> bool {
        let Some(connection) = &state.connection else {
            waiting.refuse(closed());
            return false;
        };
        if waiting.has_left() {
            return false;
        }
        if let Err(failure) = step(connection, "SAVEPOINT member") {
            waiting.refuse(translate(failure, None));
            state.notice_loss();
            return false;
        }
        state.turns += 1;
        (state.turn, state.turn_ends) = (state.turns, now() + waiting.limit);
        let lease = Lease { number: state.turns, desk: Arc::clone(self), over: false };
        let Err(returned) = waiting.grant.send(Ok(lease)) else { return true };
        // It left at the last moment. Nothing needs to end its turn but this.
        drop(returned.map(Lease::forget));
        state.take_back();
        state.notice_loss();
        false
    }
}

impl State {
    /// Rolls back what the turn has written. What cannot be undone alone must not be committed with the others.
    fn take_back(&self) {
        if let Some(connection) = &self.connection
            && undo(connection).is_err()
        {
            let _ = step(connection, "ROLLBACK");
        }
    }

    /// Tells everybody in the group if SQLite has rolled back the whole transaction.
    fn notice_loss(&mut self) {
        if self.connection.as_ref().is_none_or(Connection::is_autocommit) {
            self.lost = true;
            let lost = || Error::unavailable("SQLite has rolled back the transaction of this flush");
            answer(std::mem::take(&mut self.members), || Err(lost()));
        }
    }
}

/// A turn to write: the transaction of one caller.
pub(crate) struct Lease {
    number: u64,
    desk: Arc<Desk>,
    /// Whether somebody else has ended the turn, or will.
    over: bool,
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
        // From here on the connection is somebody else's: of the thread itself, perhaps, which holds it while another
        // process is in the way. An async thread must not wait for that when the lease is dropped.
        self.over = true;
        {
            let mut state = self.desk.state();
            if state.turn != self.number {
                return Err(expired());
            }
            self.desk.end_turn(&mut state, Some(reply));
        }
        done.await.unwrap_or_else(|_| Err(expired()))
    }

    fn forget(mut self) {
        self.over = true;
    }
}

impl Drop for Lease {
    /// Rolls back at once, unless the turn has ended: after a commit, or when time was up.
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let mut state = self.desk.state();
        if state.turn == self.number {
            self.desk.end_turn(&mut state, None);
        }
    }
}

fn expired() -> Error {
    Error::unavailable("the transaction took too long and was rolled back, since all writers take turns")
}

/// Tells those who wait for a flush what has become of it.
pub(super) fn answer(members: Vec<Reply>, result: impl Fn() -> Result<()>) {
    for reply in members {
        // Whoever has stopped waiting does not need to know.
        let _ = reply.send(result());
    }
}

/// Takes back what was written since the last savepoint, and forgets the savepoint.
pub(super) fn undo(connection: &Connection) -> rusqlite::Result<()> {
    step(connection, "ROLLBACK TO member")?;
    step(connection, "RELEASE member")
}

pub(super) fn step(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.raw_execute().map(drop)
}

#[expect(
    clippy::disallowed_methods,
    reason = "a turn lasts so long on the machine's clock, which the thread sees too"
)]
fn now() -> Instant {
    Instant::now()
}

//! Clients that ask at even distances, however long answers take. Each has a thread of its own, which wakes to the
//! microsecond where a runtime's timers wake to the millisecond.

use std::time::{Duration, Instant};

use super::super::Failure;
use super::super::connection::Connection;
use super::super::stopwatch::{now, sleep_until};
use super::{Experience, Span, Visitor};

/// Lets the clients ask, so many times a second all together, until the end of the span. Does not return before.
pub(super) fn run<V: Visitor>(
    clients: Vec<(Connection, V)>,
    per_second: u32,
    span: Span,
) -> Result<Vec<Experience>, Failure> {
    let count = u32::try_from(clients.len())?;
    let distance = Duration::from_secs(1) * count / per_second.max(1);
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..)
            .zip(clients)
            .map(|(number, (connection, visitor))| {
                let first = span.begin + distance * number / count;
                scope.spawn(move || work(connection, visitor, Beat { due: first, distance }, span))
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().map_err(|_| "a client has panicked")?).collect()
    })
}

/// When a client asks.
struct Beat {
    due: Instant,
    distance: Duration,
}

fn work(
    mut connection: Connection,
    mut visitor: impl Visitor,
    mut beat: Beat,
    span: Span,
) -> Result<Experience, Failure> {
    let mut experience = Experience::default();
    loop {
        let asked = beat.wait();
        if asked >= span.until {
            return Ok(experience);
        }
        let answer = connection.ask(visitor.request())?;
        let outcome = visitor.judge(&answer)?;
        experience.note(outcome, asked, now(), span);
    }
}

impl Beat {
    /// Waits for the next request's time. A client that could not ask in time, since it had no answer yet, counts from the
    /// time when it should have asked; what the clock's own delay is, is nobody's fault.
    fn wait(&mut self) -> Instant {
        let planned = self.due;
        self.due += self.distance;
        if planned <= now() {
            return planned;
        }
        sleep_until(planned);
        now()
    }
}

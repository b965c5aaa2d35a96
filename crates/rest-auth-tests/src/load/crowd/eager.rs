//! Clients that ask as fast as they are answered. They share a few threads, one for each core, so that the machine's time goes
//! to the server and not to waking a thread for every answer.

use super::super::Failure;
use super::super::connection::{Connection, SharedConnection};
use super::super::machine;
use super::super::stopwatch::now;
use super::{Experience, Outcome, Pace, Span, Visitor};

/// Lets the clients ask until the end of the span. Does not return before.
pub(super) fn run<V: Visitor + 'static>(
    clients: Vec<(Connection, V)>,
    pace: Pace,
    span: Span,
) -> Result<Vec<Experience>, Failure> {
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(machine::cores()).enable_all().build()?;
    runtime.block_on(async {
        let mut tasks = Vec::new();
        for (connection, visitor) in clients {
            tasks.push(tokio::spawn(work(connection.shared()?, visitor, pace, span)));
        }
        let mut experiences = Vec::new();
        for task in tasks {
            experiences.push(task.await.map_err(|_| "a client has panicked")??);
        }
        Ok(experiences)
    })
}

async fn work(
    mut connection: SharedConnection,
    mut visitor: impl Visitor,
    pace: Pace,
    span: Span,
) -> Result<Experience, Failure> {
    let mut experience = Experience::default();
    tokio::time::sleep_until(span.begin.into()).await;
    loop {
        let asked = now();
        if asked >= span.until {
            return Ok(experience);
        }
        let answer = connection.ask(visitor.request()).await?;
        let outcome = visitor.judge(&answer)?;
        let answered = now();
        experience.note(outcome, asked, answered, span);
        if let (Outcome::Refused(wait), Pace::Polite) = (outcome, pace) {
            tokio::time::sleep_until((answered + wait).min(span.until).into()).await;
        }
    }
}

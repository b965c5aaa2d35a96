//! Many clients at once, each on a thread and a connection of its own.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Failure;
use super::connection::Connection;
use super::latencies::Latencies;
use super::process::{Process, Usage};
use super::stopwatch::{now, sleep_until};

/// How many clients ask, for how long and how fast.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) address: SocketAddr,
    pub(super) clients: u32,
    pub(super) pace: Pace,
    /// What happens in this time is not counted.
    pub(super) warm_up: Duration,
    pub(super) span: Duration,
}

/// When a client asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pace {
    /// As soon as it is answered.
    Eager,
    /// The same, but whoever is refused waits for as long as the answer says.
    Polite,
    /// At even distances, so many times a second for all clients together, however long answers take.
    Steady(u32),
}

/// What an answer was.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// What was asked for.
    Served,
    /// 503, and after how many seconds to try again.
    Refused(u64),
}

/// What a crowd saw.
#[derive(Debug)]
pub(super) struct Seen {
    /// How many were served within the span.
    pub(super) served: u64,
    /// How long they waited who asked within the span: the served,
    pub(super) latencies: Latencies,
    /// and the refused.
    pub(super) refusals: Latencies,
    /// What the server used in the span.
    pub(super) usage: Usage,
    pub(super) span: Duration,
}

impl Seen {
    /// Served requests a second.
    pub(super) fn rate(&self) -> f64 {
        count(self.served) / self.span.as_secs_f64()
    }

    /// The server's CPU time for each served request, in milliseconds.
    pub(super) fn cpu_millis(&self) -> f64 {
        self.usage.cpu.as_secs_f64() * 1000.0 / count(self.served.max(1))
    }
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Lets a crowd ask. `visitor` makes each client's way to ask once and verify the answer.
pub(super) fn gather<V>(plan: Plan, server: &Process, visitor: impl Fn(u32) -> V) -> Result<Seen, Failure>
where
    V: FnMut(&mut Connection) -> Result<Outcome, Failure> + Send,
{
    let connections: Vec<_> =
        (0..plan.clients).map(|_| Connection::open(plan.address)).collect::<Result<_, _>>()?;
    let visits: Vec<V> = (0..plan.clients).map(visitor).collect();
    let span = Span::starting(now() + Duration::from_millis(100), plan);
    let (seen, usage) = std::thread::scope(|scope| {
        let clients: Vec<_> = (0..)
            .zip(connections.into_iter().zip(visits))
            .map(|(number, (connection, visit))| {
                scope.spawn(move || Client { plan, span, number }.work(connection, visit))
            })
            .collect();
        let usage = server.usage(span.from, span.until);
        let seen: Vec<_> =
            clients.into_iter().map(|client| client.join().expect("a client does not panic")).collect();
        (seen, usage)
    });
    let mut sum = Seen {
        served: 0,
        latencies: Latencies::default(),
        refusals: Latencies::default(),
        usage: usage?,
        span: plan.span,
    };
    for client in seen {
        let client = client?;
        sum.served += client.served;
        sum.latencies.append(client.latencies);
        sum.refusals.append(client.refusals);
    }
    Ok(sum)
}

/// The time that counts, between a warm-up and the end.
#[derive(Clone, Copy)]
struct Span {
    begin: Instant,
    from: Instant,
    until: Instant,
}

impl Span {
    fn starting(begin: Instant, plan: Plan) -> Self {
        let from = begin + plan.warm_up;
        Self { begin, from, until: from + plan.span }
    }
}

struct Client {
    plan: Plan,
    span: Span,
    number: u32,
}

#[derive(Default)]
struct Experience {
    served: u64,
    latencies: Latencies,
    refusals: Latencies,
}

impl Client {
    fn work<V>(self, mut connection: Connection, mut visit: V) -> Result<Experience, Failure>
    where
        V: FnMut(&mut Connection) -> Result<Outcome, Failure>,
    {
        let mut experience = Experience::default();
        let mut due = self.span.begin + self.distance() * self.number / self.plan.clients;
        sleep_until(due);
        loop {
            let asked = self.wait(&mut due);
            if asked >= self.span.until {
                return Ok(experience);
            }
            let outcome = visit(&mut connection)?;
            let answered = now();
            let (counts, took) = (asked >= self.span.from, answered - asked);
            match outcome {
                Outcome::Served => {
                    experience.served += u64::from(answered >= self.span.from && answered <= self.span.until);
                    experience.latencies.add_if(counts, took);
                }
                Outcome::Refused(seconds) => {
                    experience.refusals.add_if(counts, took);
                    if self.plan.pace == Pace::Polite {
                        sleep_until((answered + Duration::from_secs(seconds)).min(self.span.until));
                    }
                }
            }
        }
    }

    /// Between two requests of one steady client.
    fn distance(&self) -> Duration {
        match self.plan.pace {
            Pace::Steady(per_second) => Duration::from_secs(1) * self.plan.clients / per_second.max(1),
            Pace::Eager | Pace::Polite => Duration::ZERO,
        }
    }

    /// Waits for the next request's time. A steady client that could not ask in time, since it had no answer yet, counts
    /// from the time when it should have asked; what the clock's own delay is, is nobody's fault.
    fn wait(&self, due: &mut Instant) -> Instant {
        let present = now();
        if !matches!(self.plan.pace, Pace::Steady(_)) {
            return present;
        }
        let planned = *due;
        *due += self.distance();
        if planned <= present {
            return planned;
        }
        sleep_until(planned);
        now()
    }
}

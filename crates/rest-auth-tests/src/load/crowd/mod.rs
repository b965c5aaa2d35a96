//! Many clients at once, each on a connection of its own.

mod eager;
mod steady;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use super::Failure;
use super::connection::{Answer, Connection};
use super::latencies::Latencies;
use super::process::{Process, Usage};
use super::stopwatch::now;

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
    /// 503, and after how long to try again.
    Refused(Duration),
}

/// What a client asks, and what it must be answered.
pub(super) trait Visitor: Send {
    /// The next request.
    fn request(&mut self) -> &[u8];
    /// Whether it was answered as it must be; an error if not.
    fn judge(&self, answer: &Answer<'_>) -> Result<Outcome, Failure>;
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

    /// This and what another crowd saw later.
    pub(super) fn and(mut self, later: Self) -> Self {
        self.served += later.served;
        self.latencies.append(later.latencies);
        self.refusals.append(later.refusals);
        self.usage.cpu += later.usage.cpu;
        self.usage.peak_mib = self.usage.peak_mib.max(later.usage.peak_mib);
        self.span += later.span;
        self
    }

    /// The server's CPU time for each served request, in milliseconds.
    pub(super) fn cpu_millis(&self) -> f64 {
        self.usage.cpu.as_secs_f64() * 1000.0 / count(self.served.max(1))
    }
}

fn count(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Lets a crowd ask. `visitor` makes the visitor of each client.
pub(super) fn gather<V: Visitor + 'static>(
    plan: Plan,
    server: &Process,
    visitor: impl Fn(u32) -> V,
) -> Result<Seen, Failure> {
    let mut clients = Vec::new();
    for number in 0..plan.clients {
        clients.push((Connection::open(plan.address)?, visitor(number)));
    }
    let span = Span::starting(now() + Duration::from_millis(100), plan);
    let (experiences, usage) = std::thread::scope(|scope| {
        let experiences = scope.spawn(|| match plan.pace {
            Pace::Steady(per_second) => steady::run(clients, per_second, span),
            pace => eager::run(clients, pace, span),
        });
        let usage = server.usage(span.from, span.until);
        (experiences.join().expect("a crowd does not panic"), usage)
    });
    let mut sum = Experience::default();
    for experience in experiences? {
        sum.served += experience.served;
        sum.latencies.append(experience.latencies);
        sum.refusals.append(experience.refusals);
    }
    let Experience { served, latencies, refusals } = sum;
    Ok(Seen { served, latencies, refusals, usage: usage?, span: plan.span })
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

/// What one client saw.
#[derive(Default)]
struct Experience {
    served: u64,
    latencies: Latencies,
    refusals: Latencies,
}

impl Experience {
    fn note(&mut self, outcome: Outcome, asked: Instant, answered: Instant, span: Span) {
        let (counts, took) = (asked >= span.from, answered - asked);
        match outcome {
            Outcome::Served => {
                self.served += u64::from(answered >= span.from && answered <= span.until);
                self.latencies.add_if(counts, took);
            }
            Outcome::Refused(_) => self.refusals.add_if(counts, took),
        }
    }
}

//! Threads that hash, and a queue that can refuse.
//!
//! A login is a tenth of a second of pure computing, so a burst of logins is a queue whatever one does. Here it
//! is a queue of known length: who would wait longer than the limit is refused at once, with the time after
//! which a try may succeed, and who hashes nothing never waits behind it. Memory stays bounded, since only as
//! many hashes run as there are threads.

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::oneshot;

type Work = Box<dyn FnOnce() + Send>;

/// What a job is taken to cost before the first one has been measured: a good hash on a slow machine. Whoever waits
/// too long because it costs more is told so in time all the same.
const ASSUMED: Duration = Duration::from_millis(200);

/// Who is let in is expected to be answered within this share of the limit; the rest is for hashes that take longer
/// than the average.
const PROMISE: f32 = 0.8;
/// Who has waited for this share of the limit is refused; the rest is for what a request does before and after.
const PATIENCE: f32 = 0.9;

/// Nobody is sent away for longer, however many have been: some of them never come back.
const LONGEST_ABSENCE: Duration = Duration::from_secs(30);

/// Something that waits for a thread.
struct Job {
    /// Since when somebody waits.
    since: Instant,
    work: Work,
    /// Whether somebody still wants the result.
    wanted: Box<dyn Fn() -> bool + Send>,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Job>,
    /// Jobs that run now.
    running: usize,
    /// A moving average of what a job takes. Zero until the first one has been measured.
    cost: Duration,
    /// Jobs that have been done since the start.
    done: u64,
    /// Whoever was sent away last was told to come back then.
    booked: Option<Instant>,
    /// Sent away since the queue filled up.
    refused: u64,
    closed: bool,
}

impl State {
    fn cost(&self) -> Duration {
        if self.cost.is_zero() { ASSUMED } else { self.cost }
    }
}

struct Shared {
    state: Mutex<State>,
    bell: Condvar,
    threads: usize,
    max_wait: Duration,
}

/// The queue is full: try again after this time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full {
    /// Whole seconds, at least one.
    pub retry_after: u64,
}

/// The hashing threads. Dropping the pool lets the jobs that run end, and forgets those that wait.
pub struct Pool {
    shared: Arc<Shared>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts `threads` threads (0: one for each core); nobody waits for one of them longer than `max_wait`.
    pub fn start(threads: usize, max_wait: Duration) -> Self {
        let cores = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = if threads == 0 { cores() } else { threads };
        let shared = Arc::new(Shared { state: Mutex::default(), bell: Condvar::new(), threads, max_wait });
        let workers = (0..threads)
            .map(|number| {
                let shared = Arc::clone(&shared);
                std::thread::Builder::new()
                    .name(format!("hash-{number}"))
                    .spawn(move || shared.work())
                    .expect("the operating system has a thread to give")
            })
            .collect();
        Self { shared, workers }
    }

    /// Runs a job on a thread of the pool for somebody who has waited since then.
    pub async fn run<T: Send + 'static>(
        &self,
        since: Instant,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Full> {
        let (sender, receiver) = oneshot::channel();
        // The sender stands in both closures: one answers, the other asks whether anybody listens.
        let sender = Arc::new(Mutex::new(Some(sender)));
        let asked = Arc::clone(&sender);
        let wanted = Box::new(move || lock(&asked).as_ref().is_some_and(|sender| !sender.is_closed()));
        let work = Box::new(move || {
            let result = job();
            if let Some(sender) = lock(&sender).take() {
                // Nobody listens any more: the client has gone.
                let _ = sender.send(result);
            }
        });
        self.shared.admit(Job { since, work, wanted })?;
        // A job is dropped unanswered when it has waited too long, or when the pool ends. The timer is for the
        // case that hashes have become slower meanwhile: the limit holds for the client all the same.
        let end = tokio::time::Instant::from_std(since + self.shared.max_wait.mul_f32(PATIENCE));
        match tokio::time::timeout_at(end, receiver).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(_)) | Err(_) => Err(self.shared.full()),
        }
    }

    /// How many jobs wait and run.
    pub fn load(&self) -> (usize, usize) {
        let state = lock(&self.shared.state);
        (state.queue.len(), state.running)
    }

    /// How many jobs have been done.
    pub fn done(&self) -> u64 {
        lock(&self.shared.state).done
    }
}

impl Drop for Pool {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.shared.state);
            state.closed = true;
            state.queue.clear();
        }
        self.shared.bell.notify_all();
        for worker in self.workers.drain(..) {
            // A thread that panicked has nothing to say.
            let _ = worker.join();
        }
    }
}

impl Shared {
    /// Takes a job into the queue, or refuses: it would be answered later than the limit allows.
    fn admit(&self, job: Job) -> Result<(), Full> {
        let mut state = lock(&self.state);
        // Two rounds are always let in while nothing has been measured: they measure.
        let measures = state.cost.is_zero() && state.queue.len() + state.running < 2 * self.threads;
        let late = job.since.elapsed() + self.wait(&state) > self.max_wait.mul_f32(PROMISE);
        if state.closed || (late && !measures) {
            return Err(self.send_away(&mut state));
        }
        if state.refused > 0 && state.queue.is_empty() {
            tracing::info!(refused = state.refused, "passwords are checked without a queue again");
            state.refused = 0;
        }
        state.queue.push_back(job);
        drop(state);
        self.bell.notify_one();
        Ok(())
    }

    /// How long a job that came now would take to be answered.
    fn wait(&self, state: &State) -> Duration {
        let ahead = state.queue.len() + state.running;
        let rounds = (ahead + 1).div_ceil(self.threads);
        state.cost().saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
    }

    fn full(&self) -> Full {
        self.send_away(&mut lock(&self.state))
    }

    /// Says when to come back: one after the other, as fast as passwords are checked. A crowd that is told one time
    /// comes back as a crowd, to be sent away again, and every other request waits while it is.
    #[expect(clippy::disallowed_methods, reason = "measures how long somebody is sent away")]
    fn send_away(&self, state: &mut State) -> Full {
        if state.refused == 0 {
            tracing::warn!(
                waiting = state.queue.len(),
                "more passwords than can be checked in time: some requests are answered 503"
            );
        }
        state.refused += 1;
        let now = Instant::now();
        let room = now + self.wait(state).saturating_sub(self.max_wait);
        let turn = state.cost() / u32::try_from(self.threads).unwrap_or(u32::MAX);
        let back = state.booked.map_or(room, |booked| (booked + turn).max(room)).min(now + LONGEST_ABSENCE);
        state.booked = Some(back);
        Full { retry_after: (back - now).as_secs() + 1 }
    }

    /// What a thread of the pool does all its life.
    fn work(&self) {
        give_way();
        while let Some(job) = self.next() {
            #[expect(clippy::disallowed_methods, reason = "measures what a hash takes")]
            let begin = Instant::now();
            // A job that panics answers nobody; the thread and the pool live on.
            let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(job.work));
            let took = begin.elapsed();
            let mut state = lock(&self.state);
            state.running -= 1;
            state.done += 1;
            if outcome.is_ok() {
                state.cost = if state.cost.is_zero() { took } else { (state.cost * 7 + took) / 8 };
            }
        }
    }

    /// The next job worth doing; `None` at the end of the pool.
    fn next(&self) -> Option<Job> {
        let mut state = lock(&self.state);
        loop {
            while let Some(job) = state.queue.pop_front() {
                let late = job.since.elapsed() > self.max_wait.mul_f32(PATIENCE);
                if !late && (job.wanted)() {
                    state.running += 1;
                    return Some(job);
                }
            }
            if state.closed {
                return None;
            }
            state = self.bell.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Whoever answers requests comes first: this thread gets what is left, and at least a tenth of a core.
///
/// Without it a request that arrives in a storm waits until the scheduler takes a core from a hash, milliseconds later.
#[cfg(target_os = "linux")]
fn give_way() {
    const NICENESS: i32 = 10;
    // On Linux it is a thread that has a niceness. Being nicer is always allowed, so this does not fail.
    let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
}

/// Elsewhere niceness is a process's.
#[cfg(not(target_os = "linux"))]
fn give_way() {}

/// A lock whose holder panicked is still a lock: the state is a queue and a few numbers, always whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

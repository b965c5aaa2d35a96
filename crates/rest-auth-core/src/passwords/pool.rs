//! Threads that hash, and a queue that can refuse.
//!
//! A login is a tenth of a second of pure computing, so a burst of logins is a queue whatever one does. Here it
//! is a queue of known length: who would wait longer than the limit is refused at once, with the time after
//! which a try may succeed, and who hashes nothing never waits behind it. Memory stays bounded, since only as
//! many hashes run as there are threads.

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
    closed: bool,
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
            return Err(self.full_after(&state));
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
        let cost = if state.cost.is_zero() { ASSUMED } else { state.cost };
        cost.saturating_mul(u32::try_from(rounds).unwrap_or(u32::MAX))
    }

    fn full(&self) -> Full {
        self.full_after(&lock(&self.state))
    }

    fn full_after(&self, state: &State) -> Full {
        let over = self.wait(state).saturating_sub(self.max_wait);
        Full { retry_after: over.as_secs() + 1 }
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

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "measures that nobody waits")]
mod tests {
    use super::*;

    fn sleep(milliseconds: u64) -> impl FnOnce() -> u64 + Send {
        move || {
            std::thread::sleep(Duration::from_millis(milliseconds));
            milliseconds
        }
    }

    #[tokio::test]
    async fn a_job_is_answered() {
        let pool = Pool::start(1, Duration::from_secs(5));
        assert_eq!(pool.run(Instant::now(), || 6 * 7).await, Ok(42));
    }

    #[tokio::test]
    async fn a_full_queue_refuses_at_once_and_says_when_to_try_again() {
        let pool = Arc::new(Pool::start(1, Duration::from_millis(100)));
        pool.run(Instant::now(), sleep(40)).await.unwrap();
        let begin = Instant::now();
        let crowd: Vec<_> = (0..50)
            .map(|_| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { pool.run(Instant::now(), sleep(40)).await })
            })
            .collect();
        let mut served = 0;
        for member in crowd {
            match member.await.unwrap() {
                Ok(_) => served += 1,
                Err(full) => assert!(full.retry_after >= 1),
            }
        }
        assert!(served <= 5, "{served} of 50 were served within the limit");
        // One after the other, fifty would take two seconds.
        assert!(begin.elapsed() < Duration::from_millis(1500), "nobody waits beyond the limit");
    }

    #[tokio::test]
    async fn a_cold_pool_does_not_let_everybody_in() {
        let pool = Arc::new(Pool::start(1, Duration::from_millis(100)));
        let crowd: Vec<_> = (0..50)
            .map(|_| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { pool.run(Instant::now(), sleep(30)).await })
            })
            .collect();
        let mut served = 0;
        for member in crowd {
            served += usize::from(member.await.unwrap().is_ok());
        }
        assert!(served <= 4, "{served} of 50 got into an unmeasured pool");
    }

    #[tokio::test]
    async fn a_cold_pool_lets_in_as_many_as_it_can_probably_serve() {
        let pool = Arc::new(Pool::start(2, Duration::from_secs(5)));
        let crowd: Vec<_> = (0..36)
            .map(|_| {
                let pool = Arc::clone(&pool);
                tokio::spawn(async move { pool.run(Instant::now(), sleep(5)).await })
            })
            .collect();
        for member in crowd {
            assert_eq!(member.await.unwrap(), Ok(5));
        }
    }

    #[tokio::test]
    async fn a_job_whose_client_has_gone_is_not_done() {
        let pool = Arc::new(Pool::start(1, Duration::from_secs(5)));
        let busy = {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { pool.run(Instant::now(), sleep(100)).await })
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
        let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let flag = Arc::clone(&done);
        let gone = {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move {
                pool.run(Instant::now(), move || flag.store(true, std::sync::atomic::Ordering::SeqCst)).await
            })
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
        gone.abort();
        busy.await.unwrap().unwrap();
        pool.run(Instant::now(), || ()).await.unwrap();
        assert!(!done.load(std::sync::atomic::Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_job_that_panics_takes_nobody_with_it() {
        let pool = Pool::start(1, Duration::from_secs(5));
        assert!(pool.run(Instant::now(), || panic!("a bug")).await.is_err());
        assert_eq!(pool.run(Instant::now(), || 1).await, Ok(1));
    }

    #[tokio::test]
    async fn the_limit_counts_from_when_somebody_began_to_wait() {
        let pool = Pool::start(1, Duration::from_secs(5));
        pool.run(Instant::now(), || ()).await.unwrap();
        let recently = Instant::now().checked_sub(Duration::from_secs(1)).unwrap();
        assert_eq!(pool.run(recently, || 1).await, Ok(1));
        let too_long_ago = Instant::now().checked_sub(Duration::from_millis(4100)).unwrap();
        assert!(pool.run(too_long_ago, || 1).await.is_err(), "the second of two hashes came too late");
    }

    #[tokio::test]
    async fn an_answer_comes_before_the_limit_although_hashes_have_become_slower() {
        let pool = Arc::new(Pool::start(1, Duration::from_secs(1)));
        pool.run(Instant::now(), sleep(10)).await.unwrap();
        let begin = Instant::now();
        assert!(pool.run(begin, sleep(1500)).await.is_err());
        assert!(begin.elapsed() < Duration::from_secs(1), "{:?}", begin.elapsed());
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_thread_that_hashes_gives_way_and_others_do_not() {
        let niceness = || {
            let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
            // Counted from behind the name, which may hold anything.
            let mut fields = stat.rsplit_once(") ").unwrap().1.split(' ');
            fields.nth(16).unwrap().parse::<i32>().unwrap()
        };
        let pool = Pool::start(1, Duration::from_secs(5));
        let own = niceness();
        assert_eq!(pool.run(Instant::now(), niceness).await, Ok(own.max(10)));
        assert_eq!(niceness(), own);
    }
}

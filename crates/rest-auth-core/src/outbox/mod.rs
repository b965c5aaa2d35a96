//! The worker that sends what flows have queued: soon, again when it fails, and visibly not at all when it keeps
//! failing. It knows neither SMTP nor SQL.
//!
//! Any number of processes may run one on the same database. A mail is locked while somebody sends it, so that it
//! leaves once. Where a process dies between the server's answer and the database's, nobody can tell whether
//! the mail has left: the lock runs out and it is sent again, with the same Message-ID. At least once, that is.

mod attempt;
mod outage;

use std::collections::BTreeMap;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use crate::context::App;
use crate::mail::Mailer;
use crate::model::Timestamp;
use crate::store::{QueuedMail, StoreResult};

use outage::Outage;

/// Mails of other processes are looked for so often; those of this one ring the bell.
const POLL: Duration = Duration::from_secs(10);
/// What is due and not to be had is locked by another process: look again after so long.
const LOCKED_BY_OTHERS: Duration = Duration::from_secs(1);
/// Beyond the mailer's own time limit, so that it may give its own reason.
const GUARD: Duration = Duration::from_secs(2);
/// How much longer than one sending a lock lasts.
const LOCK_MARGIN: Duration = Duration::from_secs(10);
/// Mails that are taken at once, for each that may be under way.
const BATCH: usize = 4;

/// Sends the mails of the outbox.
pub struct Worker {
    shared: Arc<Shared>,
}

/// What the sending of each mail needs.
struct Shared {
    app: Arc<App>,
    mailer: Arc<dyn Mailer>,
    /// Mails that are locked and not settled yet, and whether they have left already.
    taken: Mutex<BTreeMap<i64, bool>>,
    /// Whether the last sending failed for a reason that passes: told once, not for every mail.
    mailer_is_down: AtomicBool,
}

/// What to do next.
enum Next {
    Take,
    Wait(Duration),
}

impl Worker {
    /// A worker for the mails of this app's flows, and of others on the same database.
    pub fn new(app: Arc<App>, mailer: Arc<dyn Mailer>) -> Self {
        let shared = Shared { app, mailer, taken: Mutex::default(), mailer_is_down: AtomicBool::new(false) };
        Self { shared: Arc::new(shared) }
    }

    /// Works until `shutdown` is done, which tells how long the sending of what is due may still take. What is
    /// left then stays in the table, unlocked, for the next start.
    pub async fn run(self, shutdown: impl Future<Output = Duration>) {
        let mut sending = JoinSet::new();
        let (stop, stopped) = watch::channel(false);
        {
            let mut work = pin!(self.work(&mut sending, stopped));
            let time_left = tokio::select! {
                () = &mut work => Duration::ZERO,
                time_left = shutdown => time_left,
            };
            let _ = stop.send(true);
            let _ = timeout(time_left, work).await;
        }
        sending.shutdown().await;
        // The database may be what is in the way, so this has a limit too.
        let _ = timeout(GUARD, self.hand_back()).await;
    }

    async fn work(&self, sending: &mut JoinSet<bool>, mut stopped: watch::Receiver<bool>) {
        let mut outage = Outage::default();
        loop {
            let stopping = *stopped.borrow();
            let (pause, all_well) = match self.step(sending).await {
                Ok((pause, all_well)) => {
                    outage.over();
                    (pause, all_well)
                }
                Err(error) => (Some(outage.pause_after(&error)), false),
            };
            if stopping && (pause.is_some() || !all_well) {
                return;
            }
            if let Some(pause) = pause {
                tokio::select! {
                    () = self.shared.app.outbox_bell.notified(), if all_well => {}
                    () = sleep(pause) => {}
                    _ = stopped.changed() => {}
                }
            }
        }
    }

    /// Sends one batch, if something is due: how long to wait now, and whether all went well.
    async fn step(&self, sending: &mut JoinSet<bool>) -> StoreResult<(Option<Duration>, bool)> {
        match self.next().await? {
            Next::Wait(pause) => Ok((Some(pause), true)),
            Next::Take => {
                let since = Instant::now();
                match self.take().await? {
                    None => Ok((Some(LOCKED_BY_OTHERS), true)),
                    Some(batch) => Ok((None, self.send_all(batch, since, sending).await)),
                }
            }
        }
    }

    async fn next(&self) -> StoreResult<Next> {
        let app = &self.shared.app;
        let due = app.store.read().await?.next_mail_due().await?;
        let now = app.clock.now();
        Ok(match due {
            Some(due) if due <= now => Next::Take,
            Some(due) => Next::Wait(Duration::from_micros(due.micros().abs_diff(now.micros())).min(POLL)),
            None => Next::Wait(POLL),
        })
    }

    /// Locks what is due and drops what is to nobody; `None` if there was neither.
    async fn take(&self) -> StoreResult<Option<Vec<QueuedMail>>> {
        let app = &self.shared.app;
        let limit = u32::try_from(self.concurrency() * BATCH).unwrap_or(u32::MAX);
        let mut tx = app.store.write().await?;
        let now = app.clock.now();
        let due = tx.take_due_mails(now, later(now, self.shared.lock()), limit).await?;
        let found = !due.is_empty();
        let (to_nobody, batch): (Vec<_>, Vec<_>) =
            due.into_iter().partition(|queued| queued.mail.to.is_empty());
        for queued in to_nobody {
            tx.set_mail_sent(queued.id).await?;
        }
        tx.commit().await?;
        self.shared.taken().extend(batch.iter().map(|queued| (queued.id, false)));
        Ok(found.then_some(batch))
    }

    /// Sends them in their order, as many at once as the mailer can; whether that was possible.
    async fn send_all(&self, batch: Vec<QueuedMail>, since: Instant, sending: &mut JoinSet<bool>) -> bool {
        let mut waiting = batch.into_iter();
        let mut possible = true;
        loop {
            while sending.len() < self.concurrency() {
                let Some(queued) = waiting.next() else { break };
                if since.elapsed() + self.shared.guard() > self.shared.lock() {
                    // Slow ones before it have used up the time for which it is locked.
                    self.shared.taken().remove(&queued.id);
                    possible = false;
                    continue;
                }
                let shared = self.shared.clone();
                sending.spawn(async move { shared.attempt(queued, since).await });
            }
            match sending.join_next().await {
                Some(went_well) => possible &= went_well.unwrap_or(false),
                None => return possible,
            }
        }
    }

    /// Unlocks what was taken and is not settled, and tells what stays.
    async fn hand_back(&self) {
        let app = &self.shared.app;
        let taken = std::mem::take(&mut *self.shared.taken());
        let unlock = async {
            if !taken.is_empty() {
                let mut tx = app.store.write().await?;
                for (id, sent) in taken {
                    if sent {
                        tx.set_mail_sent(id).await?;
                    } else {
                        tx.set_mail_failed(id, "the server was stopped", Some(app.clock.now())).await?;
                    }
                }
                tx.commit().await?;
            }
            app.store.read().await?.mail_counts().await
        };
        match unlock.await {
            Ok((0, _)) => {}
            Ok((waiting, _)) => tracing::info!(waiting, "mails wait in the outbox for the next start"),
            Err(error) => tracing::warn!(%error, "mails that were taken stay locked for a moment"),
        }
    }

    fn concurrency(&self) -> usize {
        self.shared.mailer.concurrency().max(1)
    }
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker").finish_non_exhaustive()
    }
}

impl Shared {
    /// How long one sending may take.
    fn guard(&self) -> Duration {
        self.app.settings.email.send_limit() + GUARD
    }

    /// How long a mail stays locked.
    fn lock(&self) -> Duration {
        self.guard() + LOCK_MARGIN
    }

    fn taken(&self) -> std::sync::MutexGuard<'_, BTreeMap<i64, bool>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn later(now: Timestamp, duration: Duration) -> Timestamp {
    let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_micros(now.micros().saturating_add(micros))
}

//! One mail, one try: sending it and writing down what came of it.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

use super::{Shared, later};
use crate::mail::MailError;
use crate::model::Timestamp;
use crate::store::{QueuedMail, StoreResult};

/// The pause after the first failure; each further one doubles it.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// No pause is longer, so that mails leave soon after a server that was away for hours is back.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// How much of a reason is kept: servers may say a lot.
const REASON_LENGTH: usize = 300;

/// What came of a try.
enum Outcome {
    Sent,
    Again { reason: String, at: Timestamp },
    GivenUp { reason: String },
}

impl Shared {
    /// Sends a mail that is locked since `since` and settles it; `false` where mails cannot be sent now.
    pub(super) async fn attempt(self: Arc<Self>, queued: QueuedMail, since: Instant) -> bool {
        let queued = Arc::new(queued);
        let outcome = match self.send(queued.clone()).await {
            Ok(()) => Outcome::Sent,
            Err(MailError::Permanent(reason)) => Outcome::GivenUp { reason: presentable(&reason, &queued) },
            Err(MailError::Temporary(reason)) => self.again(&queued, presentable(&reason, &queued)),
        };
        if matches!(outcome, Outcome::Sent) {
            self.taken().insert(queued.id, true);
        }
        self.tell(&queued, &outcome);
        self.settle(&queued, &outcome, since).await;
        self.taken().remove(&queued.id);
        !matches!(outcome, Outcome::Again { .. })
    }

    /// A mailer that hangs or panics is one that has failed.
    async fn send(&self, queued: Arc<QueuedMail>) -> Result<(), MailError> {
        let mailer = self.mailer.clone();
        let mut one = JoinSet::new();
        one.spawn(async move { mailer.send(&queued).await });
        match timeout(self.guard(), one.join_next()).await {
            Ok(Some(Ok(result))) => result,
            Ok(_) => Err(MailError::Temporary("the mailer broke down".to_owned())),
            Err(_) => Err(MailError::Temporary("no end within the time limit".to_owned())),
        }
    }

    fn again(&self, queued: &QueuedMail, reason: String) -> Outcome {
        let at =
            later(self.app.clock.now(), pause(queued.attempts, u16::from_le_bytes(self.app.entropy.bytes())));
        let end = queued.created.plus_seconds(self.app.settings.email.give_up_after.signed());
        if at > end { Outcome::GivenUp { reason } } else { Outcome::Again { reason, at } }
    }

    /// For the operator. Neither the body nor the address is anybody's business in a log.
    fn tell(&self, queued: &QueuedMail, outcome: &Outcome) {
        let attempts = queued.attempts.saturating_add(1);
        match outcome {
            Outcome::Sent => {
                if self.mailer_is_down.swap(false, Ordering::Relaxed) {
                    tracing::info!("mails can be sent again");
                }
                tracing::debug!(mail = queued.id, attempts, "mail sent");
            }
            Outcome::Again { reason, .. } => {
                if !self.mailer_is_down.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%reason, "mails cannot be sent now; they wait in the outbox and are tried again");
                }
                tracing::debug!(mail = queued.id, attempts, %reason, "mail not sent");
            }
            Outcome::GivenUp { reason } => tracing::warn!(
                mail = queued.id,
                attempts,
                %reason,
                "a mail was given up; its row stays in the outbox"
            ),
        }
    }

    /// Writes the outcome down, and tries for as long as nobody else may take the mail: one that was sent and is
    /// not known to be would be sent again.
    async fn settle(&self, queued: &QueuedMail, outcome: &Outcome, since: Instant) {
        let mut failures = 0_u32;
        while let Err(error) = self.write(queued.id, outcome).await {
            failures = failures.saturating_add(1);
            let wait = Duration::from_millis(100).saturating_mul(1 << failures.min(6));
            if since.elapsed() + wait > self.lock() {
                tracing::error!(mail = queued.id, %error, "what became of a mail could not be written down; it will be sent again");
                return;
            }
            sleep(wait).await;
        }
    }

    async fn write(&self, id: i64, outcome: &Outcome) -> StoreResult<()> {
        let mut tx = self.app.store.write().await?;
        match outcome {
            Outcome::Sent => tx.set_mail_sent(id).await?,
            Outcome::Again { reason, at } => tx.set_mail_failed(id, reason, Some(*at)).await?,
            Outcome::GivenUp { reason } => tx.set_mail_failed(id, reason, None).await?,
        }
        tx.commit().await
    }
}

/// The pause after so many failures before this one, between three and five quarters of it: mails that failed
/// together do not come back together.
fn pause(failures: u32, random: u16) -> Duration {
    let pause = FIRST_PAUSE.saturating_mul(1 << failures.min(16)).min(LONGEST_PAUSE);
    pause * 3 / 4 + pause * u32::from(random) / u32::from(u16::MAX) / 2
}

/// A server's words for logs and rows: one line, not endless, without the recipient's address.
fn presentable(reason: &str, queued: &QueuedMail) -> String {
    let reason = reason.replace(&queued.mail.to, "(recipient)");
    reason.chars().map(|c| if c.is_control() { ' ' } else { c }).take(REASON_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::Mail;

    #[test]
    fn pauses_double_up_to_five_minutes_and_scatter() {
        let middle = |failures| pause(failures, u16::MAX / 2).as_secs() + 1;
        assert_eq!([0, 1, 2, 3, 7, 8, 60, u32::MAX].map(middle), [2, 4, 8, 16, 256, 300, 300, 300]);
        assert_eq!(pause(0, 0), Duration::from_millis(1500));
        assert_eq!(pause(0, u16::MAX), Duration::from_millis(2500));
    }

    #[test]
    fn a_reason_names_no_recipient_and_has_one_line() {
        let mail = Mail {
            from: "a@example.org".to_owned(),
            to: "ann@example.org".to_owned(),
            subject: String::new(),
            text: String::new(),
            html: None,
        };
        let queued = QueuedMail { id: 1, mail, created: Timestamp::from_seconds(0), attempts: 0 };
        assert_eq!(
            presentable("550 <ann@example.org>:\r\nno such user", &queued),
            "550 <(recipient)>:  no such user"
        );
        assert_eq!(presentable(&"x".repeat(5000), &queued).len(), REASON_LENGTH);
    }
}

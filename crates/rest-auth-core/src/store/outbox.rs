//! Mails that are to be sent: a table of ours, written in the transaction that causes the mail.

use async_trait::async_trait;

use super::StoreResult;
use crate::mail::Mail;
use crate::model::Timestamp;

/// A mail that a worker has taken in order to send it.
#[derive(Clone, Debug)]
pub struct QueuedMail {
    /// The row.
    pub id: i64,
    /// What to send.
    pub mail: Mail,
    /// When the flow queued it.
    pub created: Timestamp,
    /// How often it was tried before.
    pub attempts: u32,
}

/// The rows of `rest_auth_outbox`.
#[async_trait]
pub trait Outbox: Send {
    /// Queues a mail, due at once.
    async fn add_mail(&mut self, mail: &Mail, now: Timestamp) -> StoreResult<()>;
    /// Takes the mails that are due, oldest first, and locks them until `locked_until` so that no other
    /// instance sends them too. A worker that dies leaves a lock that runs out.
    async fn take_due_mails(
        &mut self,
        now: Timestamp,
        locked_until: Timestamp,
        limit: u32,
    ) -> StoreResult<Vec<QueuedMail>>;
    /// Notes that a mail has been sent: the row goes.
    async fn set_mail_sent(&mut self, id: i64) -> StoreResult<()>;
    /// Notes a failed try: due again at `next`, or given up where that is `None`. The row of a mail that
    /// was given up stays, for the operator to see.
    async fn set_mail_failed(&mut self, id: i64, error: &str, next: Option<Timestamp>) -> StoreResult<()>;
    /// When the next mail is due, if one waits.
    async fn next_mail_due(&mut self) -> StoreResult<Option<Timestamp>>;
    /// How many mails wait, and how many were given up.
    async fn mail_counts(&mut self) -> StoreResult<(u64, u64)>;
}

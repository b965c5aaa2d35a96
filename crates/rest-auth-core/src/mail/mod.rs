//! Mails: what is sent, not how. The sending is the port [`Mailer`]'s business, which the outbox worker calls.

mod django_tags;
mod link;
mod templates;
mod variable;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

pub(crate) use link::site_of_links;
pub use link::{confirmation_link, leads_here, link_problems, reset_link};
pub use templates::{ConfirmationMail, ConnectedMail, MailTemplates, ResetMail, TemplateError};

use crate::store::QueuedMail;

/// A mail, complete: an outbox keeps it in this form.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mail {
    /// The sender, as Django's DEFAULT_FROM_EMAIL: an address, or `Name <address>`.
    pub from: String,
    /// The recipient's address. Empty: to nobody, and the outbox drops it. Such a mail makes a request about an unknown
    /// address cost what one about a known address costs.
    pub to: String,
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The HTML part, where a deployment has a template for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html: Option<String>,
}

/// Bodies hold links that let somebody in, so they do not show.
impl std::fmt::Debug for Mail {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Mail").field("to", &self.to).field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Why a mail did not leave.
#[derive(Debug)]
pub enum MailError {
    /// Worth another try: no connection, a time-out, a 4xx answer.
    Temporary(String),
    /// Trying again changes nothing: a 5xx answer, an address that is none.
    Permanent(String),
}

impl std::fmt::Display for MailError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Temporary(reason) => write!(f, "the mail could not be sent now: {reason}"),
            Self::Permanent(reason) => write!(f, "the mail cannot be sent: {reason}"),
        }
    }
}

impl std::error::Error for MailError {}

/// The way out for mails: SMTP, the console, a folder; in tests a list.
#[async_trait]
pub trait Mailer: Send + Sync + 'static {
    /// Sends one mail, within [`Email::send_limit`](crate::settings::Email::send_limit). A mail that is tried
    /// again comes with the same `id` and `created`, and so keeps its Message-ID and its Date.
    async fn send(&self, mail: &QueuedMail) -> Result<(), MailError>;

    /// How many mails may be under way at once. One keeps the order in which they were queued.
    fn concurrency(&self) -> usize {
        1
    }
}

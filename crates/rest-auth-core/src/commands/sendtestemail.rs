//! `sendtestemail`: a mail that says that mails arrive.

use crate::mail::{Mail, MailError, Mailer};
use crate::model::{Email, Timestamp};
use crate::settings::Settings;
use crate::store::QueuedMail;

/// Sends it past the outbox, so that whoever asked learns at once what became of it.
pub async fn send_test_mail(
    mailer: &dyn Mailer,
    settings: &Settings,
    to: &str,
    now: Timestamp,
) -> Result<(), MailError> {
    if Email::parse(to).is_err() {
        return Err(MailError::Permanent("that is no address".to_owned()));
    }
    let mail = Mail {
        from: settings.email.default_from.clone(),
        to: to.to_owned(),
        subject: format!("Test email from rest-auth on {}", now.iso_text()),
        text: "If you're reading this, it was successful.\n".to_owned(),
        html: None,
    };
    // No row has the key 0, so no mail of the outbox has the same Message-ID.
    mailer.send(&QueuedMail { id: 0, mail, created: now, attempts: 0 }).await
}

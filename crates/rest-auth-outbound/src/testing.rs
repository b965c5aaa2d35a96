//! A mail for the tests of this crate.

use rest_auth_core::mail::Mail;
use rest_auth_core::model::Timestamp;
use rest_auth_core::store::QueuedMail;

/// A short text to `user1@example.org`, with the number in it.
pub(crate) fn mail(id: i64) -> QueuedMail {
    let mail = Mail {
        from: "webmaster@localhost".to_owned(),
        to: format!("user{id}@example.org"),
        subject: "Hello".to_owned(),
        text: format!("Hello, {id}"),
        html: None,
    };
    QueuedMail { id, mail, created: Timestamp::from_seconds(1_700_000_000), attempts: 0 }
}

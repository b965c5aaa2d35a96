//! `[email]`: how mail leaves.

use serde::{Deserialize, Serialize};

use super::section::section;
use super::{OrFalse, Seconds};
use crate::model::Secret;

/// Where mails go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailBackend {
    /// To standard output.
    Console,
    /// To an SMTP server.
    Smtp,
    /// To a folder, a file each.
    File,
}

section! {
    /// How mail leaves: Django's EMAIL_ settings. Every mail is queued in the database with what caused it.
    Email in "email" {
        /// "console", "smtp" or "file".
        backend: EmailBackend = EmailBackend::Console;
        /// SMTP server.
        host: String = "localhost".to_owned();
        /// Its port.
        port: u16 = 25;
        /// User name there; empty: no authentication.
        host_user: String = String::new();
        /// Password there.
        host_password: Secret = Secret::default();
        /// A file that holds the password, instead of the password itself.
        host_password_file: OrFalse<String> = OrFalse::off();
        /// STARTTLS, required.
        use_tls: bool = false;
        /// TLS from the first byte.
        use_ssl: bool = false;
        /// A file of certificates (PEM) that sign the server's, beside the well-known ones.
        ca_file: OrFalse<String> = OrFalse::off();
        /// How long the server may take for an answer.
        timeout: Seconds = Seconds(10);
        /// DEFAULT_FROM_EMAIL.
        default_from: String = "webmaster@localhost".to_owned();
        /// The folder of the backend "file": one raw RFC 5322 file per mail, names in the order of sending.
        file_path: OrFalse<String> = OrFalse::off();
        /// SITE_ID: the row of django_site that names the site in mails.
        site_id: i64 = 1;
        /// How long a mail is tried again before it is given up.
        give_up_after: Seconds = Seconds(259_200);
    }
}

impl Email {
    /// How long the sending of one mail may take as a whole: many answers, or none.
    pub fn send_limit(&self) -> std::time::Duration {
        self.timeout.duration().max(std::time::Duration::from_secs(1)) * 3
    }
}

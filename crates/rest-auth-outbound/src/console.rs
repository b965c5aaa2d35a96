//! Mail on standard output, as Django's console backend writes it: for development.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rest_auth_core::mail::{MailError, Mailer};
use rest_auth_core::store::QueuedMail;

use crate::local_failure;
use crate::message::{Transfer, message};

/// Writes each mail, and a line of dashes after it.
#[derive(Clone)]
pub struct ConsoleMailer {
    out: Arc<Mutex<dyn Write + Send>>,
}

impl ConsoleMailer {
    /// To standard output.
    pub fn new() -> Self {
        Self::to(std::io::stdout())
    }

    /// To some other stream.
    pub fn to(out: impl Write + Send + 'static) -> Self {
        Self { out: Arc::new(Mutex::new(out)) }
    }
}

impl Default for ConsoleMailer {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for ConsoleMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ConsoleMailer").finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for ConsoleMailer {
    async fn send(&self, mail: &QueuedMail) -> Result<(), MailError> {
        let text = message(mail, Transfer::EightBit)?;
        let text = String::from_utf8_lossy(text.as_bytes()).replace("\r\n", "\n");
        let out = self.out.clone();
        // A terminal or a pipe may be slow; requests do not wait for it.
        let written = tokio::task::spawn_blocking(move || {
            let mut out = out.lock().unwrap_or_else(PoisonError::into_inner);
            write!(out, "{text}\n{}\n", "-".repeat(79))?;
            out.flush()
        });
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(local_failure("standard output", &error)),
            Err(error) => Err(local_failure("standard output", &error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::mail;

    #[derive(Clone, Default)]
    struct Page(Arc<Mutex<Vec<u8>>>);

    impl Write for Page {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[tokio::test]
    async fn mails_are_written_as_djangos_console_backend_writes_them() {
        let page = Page::default();
        let mailer = ConsoleMailer::to(page.clone());
        mailer.send(&mail(1)).await.unwrap();
        mailer.send(&mail(2)).await.unwrap();
        let text = String::from_utf8(page.0.lock().unwrap().clone()).unwrap();
        let dashes = format!("\n{}\n", "-".repeat(79));
        let mails: Vec<&str> = text.split(&dashes).collect();
        assert_eq!(mails.len(), 3, "{text}");
        assert!(
            mails[0].starts_with("Content-Type: text/plain; charset=\"utf-8\"\nMIME-Version: 1.0\n"),
            "{text}"
        );
        assert!(
            mails[1].contains("\nTo: user2@example.org\n") && mails[1].ends_with("\n\nHello, 2"),
            "{text}"
        );
        assert_eq!(mails[2], "");
    }
}

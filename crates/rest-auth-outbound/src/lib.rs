//! Everything of rest-auth that calls somebody else: mail servers and identity providers. Time limits, TLS and retries on stale
//! connections are known here and nowhere else; what is sent, and when again, is core's.

mod console;
mod file;
mod https;
mod memory;
mod message;
mod smtp;
#[cfg(test)]
mod testing;

use std::sync::Arc;

use rest_auth_core::mail::Mailer;
use rest_auth_core::settings::{EmailBackend, Problem, Settings};
use rest_auth_core::{Clock, mail};

pub use console::ConsoleMailer;
pub use file::FileMailer;
pub use https::HttpsFetch;
pub use memory::{Behaviour, MemoryMailer};
pub use message::{Message, Transfer, is_sender, message};
pub use smtp::SmtpMailer;

/// The mailer that the configuration asks for, or everything that is wrong with `[email]`. Calls nobody yet.
pub fn mailer_from(settings: &Settings, clock: &Clock) -> Result<Arc<dyn Mailer>, Vec<Problem>> {
    let mut problems = Vec::new();
    if !is_sender(&settings.email.default_from) {
        let hint = "write it as \"shop@example.com\" or \"The shop <shop@example.com>\"";
        problems.push(problem("default_from", "is no address that mail can come from", hint));
    }
    let mailer: Result<Arc<dyn Mailer>, Problem> = match settings.email.backend {
        EmailBackend::Console => Ok(Arc::new(ConsoleMailer::new())),
        EmailBackend::File => {
            FileMailer::new(&settings.email, clock.clone()).map(|mailer| Arc::new(mailer) as _)
        }
        EmailBackend::Smtp => SmtpMailer::new(&settings.email).map(|mailer| Arc::new(mailer) as _),
    };
    match mailer {
        Ok(mailer) if problems.is_empty() => Ok(mailer),
        Ok(_) => Err(problems),
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

/// The way to identity providers that the configuration asks for.
pub fn https_from(settings: &Settings) -> HttpsFetch {
    let own = &settings.socialaccount;
    HttpsFetch::new(own.requests_timeout.duration(), own.allow_private_addresses)
}

fn problem(key: &str, message: impl Into<String>, hint: &str) -> Problem {
    Problem { key: format!("email.{key}"), message: message.into(), hint: Some(hint.to_owned()) }
}

/// What a mailer on this machine says when the disk or the stream fails: the next try may work.
fn local_failure(what: &str, error: &dyn std::fmt::Display) -> mail::MailError {
    mail::MailError::Temporary(format!("{what}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_of_the_section_is_reported() {
        let mut settings = Settings::default();
        assert!(mailer_from(&settings, &Clock::System).is_ok());
        settings.email.default_from = "nobody".to_owned();
        settings.email.backend = EmailBackend::File;
        let problems = mailer_from(&settings, &Clock::System).err().unwrap();
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["email.default_from", "email.file_path"]);
    }
}

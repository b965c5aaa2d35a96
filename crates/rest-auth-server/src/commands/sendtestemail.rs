//! `sendtestemail`: whether mails leave, as Django's command of this name asks.

use std::path::Path;

use rest_auth::core::Clock;
use rest_auth::core::commands::send_test_mail;
use rest_auth::core::settings::{Email, EmailBackend};
use rest_auth::outbound::mailer_from;

use super::{Failure, block_on, load_checked};
use crate::config::Mistake;
use crate::logging;
use crate::process::Process;

/// Sends a mail to each address and says what became of it. Fails if one did not leave.
pub(super) fn run(process: &mut Process, file: Option<&Path>, addresses: &[String]) -> Result<(), Failure> {
    logging::start(process, logging::OF_COMMANDS).map_err(Failure::new)?;
    let configuration = load_checked(process, file, None)?;
    let settings = &configuration.settings;
    let mailer = mailer_from(settings, &Clock::System).map_err(|problems| {
        let mistakes = problems.into_iter().map(|problem| configuration.mistake(problem));
        Failure::from(mistakes.collect::<Vec<Mistake>>())
    })?;
    let failures = block_on(async {
        let mut failures = Vec::new();
        for address in addresses {
            match send_test_mail(mailer.as_ref(), settings, address, Clock::System.now()).await {
                Ok(()) => process.console.say(&format!("Sent to {address} {}.", way(&settings.email))),
                Err(error) => failures.push(format!("{address}: {error}")),
            }
        }
        Ok(failures)
    })?;
    if failures.is_empty() { Ok(()) } else { Err(Failure(failures)) }
}

/// Where mails go.
fn way(email: &Email) -> String {
    match email.backend {
        EmailBackend::Console => "on standard output: email.backend is \"console\"".to_owned(),
        EmailBackend::File => {
            format!("as a file in {}", email.file_path.as_deref().unwrap_or_default())
        }
        EmailBackend::Smtp => format!("through {}:{}", email.host, email.port),
    }
}

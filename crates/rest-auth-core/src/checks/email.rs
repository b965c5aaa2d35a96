//! `[email]`: whether mails can leave.

use super::{Check, Findings, error, warning};
use crate::model::Email;
use crate::settings::{EmailBackend, Settings};

pub(super) const CHECKS: &[&Check] = &[&NO_FOLDER, &TLS_TWICE, &NO_SERVER, &SENDER, &NO_USER, &IN_CLEAR];

static NO_FOLDER: Check =
    error("rest_auth.E040", "is false, and email.backend is \"file\"", "name a folder for the mails");
static TLS_TWICE: Check = error(
    "rest_auth.E041",
    "is true, and so is email.use_tls",
    "set one of them: use_tls for STARTTLS (port 587), use_ssl for TLS from the first byte (port 465)",
);
static NO_SERVER: Check =
    error("rest_auth.E042", "names no server", "name the SMTP server, \"smtp.example.com\"");
static SENDER: Check = error(
    "rest_auth.E043",
    "`{}` is no sender",
    "write it as \"accounts@example.com\" or \"Example <accounts@example.com>\"",
);
static NO_USER: Check = warning(
    "rest_auth.W040",
    "is empty, and email.host_password is not: nobody logs in",
    "set it to the user's name",
);
static IN_CLEAR: Check = warning(
    "rest_auth.W041",
    "sends its password unencrypted over the network",
    "set email.use_tls or email.use_ssl",
);

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let email = &settings.email;
    if email.backend == EmailBackend::File && email.file_path.as_deref().is_none_or(str::is_empty) {
        findings.add(&NO_FOLDER, "email.file_path");
    }
    if email.use_tls && email.use_ssl {
        findings.add(&TLS_TWICE, "email.use_ssl");
    }
    if !is_sender(&email.default_from) {
        findings.about(&SENDER, "email.default_from", &email.default_from);
    }
    findings.no_zero("email.timeout", email.timeout.0);
    findings.no_zero("email.give_up_after", email.give_up_after.0);
    if email.backend != EmailBackend::Smtp {
        return;
    }
    findings.no_zero("email.port", email.port.into());
    if email.host.trim().is_empty() {
        findings.add(&NO_SERVER, "email.host");
    }
    if email.host_user.is_empty() && !email.host_password.expose().is_empty() {
        findings.add(&NO_USER, "email.host_user");
    }
    let is_here = matches!(email.host.as_str(), "localhost" | "127.0.0.1" | "::1");
    if !email.host_user.is_empty() && !email.use_tls && !email.use_ssl && !is_here {
        findings.add(&IN_CLEAR, "email.host");
    }
}

/// An address, or a name and an address in angle brackets.
fn is_sender(text: &str) -> bool {
    let address = match text.strip_suffix('>') {
        Some(text) => text.rsplit_once('<').map(|(_, address)| address),
        None => Some(text),
    };
    address.is_some_and(|address| Email::parse(address).is_ok()) && !text.contains(char::is_control)
}

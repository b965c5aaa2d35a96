//! The top level: secrets, time zone, language; and the templates.

use rest_auth_formats::datetime::TimeZone;

use super::secret::{LEAST_BYTES, is_guessable};
use super::{Check, Findings, error, is_strict, warning};
use crate::mail::MailTemplates;
use crate::settings::Settings;

pub(super) const CHECKS: &[&Check] = &[
    &SHORT,
    &GUESSABLE,
    &ABSENT,
    &DEVELOPMENT,
    &WEAK_FALLBACK,
    &WEAK_FALLBACK_STRICT,
    &TIME_ZONE,
    &LANGUAGE,
    &TEMPLATE,
    &ODD_TEMPLATE,
];

const NEW_SECRET: &str = "take 50 random characters, as `rest-auth init` does, and keep the former one in secret_key_fallbacks \
                          while what it signed is still in use";

static SHORT: Check = error("rest_auth.E001", "is shorter than 32 bytes", NEW_SECRET);
static GUESSABLE: Check = error("rest_auth.E002", "can be guessed", NEW_SECRET);
static ABSENT: Check = error(
    "rest_auth.E003",
    "is empty, and the server listens on {}, where others reach it",
    "set it, or listen on 127.0.0.1",
);
static DEVELOPMENT: Check = warning(
    "rest_auth.W001",
    "is empty: a development secret is drawn for this run, and sessions and mailed links end with it",
    "set it before anybody else uses this server; `rest-auth init` writes one",
);
const FALLBACK_HINT: &str = "remove it as soon as nothing that it signed is in use";
static WEAK_FALLBACK: Check =
    warning("rest_auth.W002", "has a secret that is shorter than 32 bytes or can be guessed", FALLBACK_HINT);
static WEAK_FALLBACK_STRICT: Check =
    error("rest_auth.E004", "has a secret that is shorter than 32 bytes or can be guessed", FALLBACK_HINT);
static TIME_ZONE: Check = error(
    "rest_auth.E005",
    "{} is no time zone",
    "take a name of the IANA data base, \"UTC\" or \"Europe/Berlin\"; Django's TIME_ZONE if you take its place",
);
static LANGUAGE: Check = warning(
    "rest_auth.W003",
    "{} has no effect: sentences are English in this version",
    "set it to \"en-us\"",
);
static TEMPLATE: Check =
    error("rest_auth.E006", "cannot be used", "correct the template, or remove it to use ours");
static ODD_TEMPLATE: Check =
    warning("rest_auth.W004", "is odd", "correct the template, or remove it to use ours");

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    check_secret(settings, findings);
    let weak = if is_strict(settings) { &WEAK_FALLBACK_STRICT } else { &WEAK_FALLBACK };
    if settings.top.secret_key_fallbacks.iter().any(|secret| is_weak(secret.expose())) {
        findings.add(weak, "secret_key_fallbacks");
    }
    let zone = &settings.top.time_zone;
    if TimeZone::named(zone).is_none() {
        findings.about(&TIME_ZONE, "time_zone", &format!("`{zone}`"));
    }
    let language = settings.top.language_code.to_lowercase();
    if language != "en" && !language.starts_with("en-") {
        findings.about(&LANGUAGE, "language_code", &format!("`{language}`"));
    }
    let folder = settings.templates.folder.as_deref().map(std::path::Path::new);
    match MailTemplates::load(folder) {
        Ok(templates) => {
            for problem in templates.warnings() {
                findings.take(&ODD_TEMPLATE, problem.clone());
            }
        }
        Err(problems) => problems.into_iter().for_each(|problem| findings.take(&TEMPLATE, problem)),
    }
}

/// S-25: there is no default secret, and no easy one.
fn check_secret(settings: &Settings, findings: &mut Findings) {
    let secret = settings.top.secret_key.expose();
    if secret.is_empty() && settings.http.is_local() {
        findings.add(&DEVELOPMENT, "secret_key");
    } else if secret.is_empty() {
        findings.about(&ABSENT, "secret_key", &settings.http.listen);
    } else if secret.len() < LEAST_BYTES {
        findings.add(&SHORT, "secret_key");
    } else if is_guessable(secret) {
        findings.add(&GUESSABLE, "secret_key");
    }
}

fn is_weak(secret: &str) -> bool {
    secret.len() < LEAST_BYTES || is_guessable(secret)
}

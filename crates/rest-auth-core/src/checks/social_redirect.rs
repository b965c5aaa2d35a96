//! `socialaccount.allowed_redirects`: whom browsers are handed over to.

use rest_auth_formats::redirect;

use super::{Check, Findings, error, warning};
use crate::settings::{FeatureName, Settings};

pub(super) const CHECKS: &[&Check] = &[&FRONT_END, &SWITCHED_OFF, &UNKNOWN_ADDRESS];

static FRONT_END: Check = error(
    "rest_auth.E120",
    "`{}` is no exact address of a front end",
    "write it as \"https://app.example.com/login\": https, or http on localhost, or an app's own scheme with a dot in it; no user, no #, nothing that would have to be escaped",
);
static SWITCHED_OFF: Check = error(
    "rest_auth.E121",
    "names front ends, and http.features has no \"social\": nobody could be sent to them",
    "add \"social\" to http.features, or empty the list",
);
static UNKNOWN_ADDRESS: Check = warning(
    "rest_auth.W120",
    "is not set: what providers are told as the address to come back to follows the Host header of each request",
    "set it to what browsers call this server, \"https://example.com\", and register \"…/PROVIDER/callback/\" there",
);

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    const KEY: &str = "socialaccount.allowed_redirects";
    let listed = &settings.socialaccount.allowed_redirects;
    for url in listed.iter().filter(|url| !redirect::is_front_end(url)) {
        findings.about(&FRONT_END, KEY, url);
    }
    findings.no_twins(KEY, listed);
    if listed.is_empty() {
        return;
    }
    if !settings.has(FeatureName::Social) {
        findings.add(&SWITCHED_OFF, KEY);
    }
    if settings.http.base_url.get().is_none() && !settings.http.is_local() {
        findings.add(&UNKNOWN_ADDRESS, "http.base_url");
    }
}

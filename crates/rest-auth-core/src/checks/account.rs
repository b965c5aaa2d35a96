//! `[account]`: what allauth itself checks at start-up, and what its settings cannot mean.

use super::{Check, Findings, NOTHING, error, warning};
use crate::settings::{Account, EmailVerification, FeatureName, LoginMethod, Per, Settings};
use crate::throttles::rate_limits::Action;

pub(super) const CHECKS: &[&Check] = &[
    &AMBIGUOUS_EMAIL,
    &UNVERIFIABLE,
    &NO_COLUMN_TO_LOG_IN,
    &NO_COLUMN_TO_SIGN_UP,
    &SIGNUP_FIELD,
    &IMPOSSIBLE_NAME,
    &IMPOSSIBLE_PASSWORD,
    &UNCOUNTABLE,
    &TWO_NAMES,
    &UNKNOWN_LOGIN,
    &NOBODY_WAITS,
];

static AMBIGUOUS_EMAIL: Check = error(
    "rest_auth.E050",
    "is false, and account.login_methods has \"email\": an address could be two accounts",
    "set it to true, or log in by \"username\" only",
);
static UNVERIFIABLE: Check = error(
    "rest_auth.E051",
    "is \"mandatory\", and account.signup_fields does not require an address",
    "put \"email*\" into account.signup_fields",
);
static NO_COLUMN_TO_LOG_IN: Check = error(
    "rest_auth.E052",
    "has \"username\", and user_model.username_field is false",
    "set it to [\"email\"], or name the column",
);
static NO_COLUMN_TO_SIGN_UP: Check = error(
    "rest_auth.E053",
    "has \"username\", and user_model.username_field is false",
    "remove it from the list, or name the column",
);
static SIGNUP_FIELD: Check = error(
    "rest_auth.E054",
    "has no field {}",
    "take \"username\", \"email\", \"password1\", \"password2\", each with a star if it is required",
);
static IMPOSSIBLE_NAME: Check =
    error("rest_auth.E055", "asks for more than the 150 characters that a user name has", "lower it");
static IMPOSSIBLE_PASSWORD: Check =
    error("rest_auth.E056", "asks for more than the 128 characters that a password has", "lower it");
static UNCOUNTABLE: Check = error(
    "rest_auth.E057",
    "counts {}, which nobody knows at that point",
    "count per ip; login_failed and reset_password also per key, change_password also per user",
);
static TWO_NAMES: Check = error(
    "rest_auth.E058",
    "is {}, and user_model.username_field is not",
    "give the column in one of the two places",
);
static UNKNOWN_LOGIN: Check = warning(
    "rest_auth.W050",
    "requires nothing that account.login_methods logs in with",
    "require one of them with a star: \"username*\" or \"email*\"",
);
static NOBODY_WAITS: Check = warning(
    "rest_auth.W051",
    "is true, and account.email_verification is not \"mandatory\": no sign-up waits for a confirmation",
    "set it to false, or account.email_verification to \"mandatory\"",
);

/// A list of allauth's names. `email2` and `phone` are its own too, and mean nothing to this API.
const SIGNUP_FIELDS: &[&str] = &["username", "email", "email2", "phone", "password1", "password2"];

/// Django's `max_length` of user names.
const LONGEST_NAME: usize = 150;
/// DRF's `max_length` of new passwords.
pub(super) const LONGEST_PASSWORD: usize = 128;

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let account = &settings.account;
    if account.username_min_length > LONGEST_NAME {
        findings.add(&IMPOSSIBLE_NAME, "account.username_min_length");
    }
    if account.password_min_length > LONGEST_PASSWORD {
        findings.add(&IMPOSSIBLE_PASSWORD, "account.password_min_length");
    }
    let (theirs, ours) = (&account.user_model_username_field, &settings.user_model.username_field);
    if theirs != ours && *theirs != Account::default().user_model_username_field {
        let theirs = theirs.as_deref().map_or("false".to_owned(), |name| format!("`{name}`"));
        findings.about(&TWO_NAMES, "account.user_model_username_field", &theirs);
    }
    findings.no_zero("account.email_confirmation_expire_days", account.email_confirmation_expire_days.into());
    findings.no_zero("account.login_timeout", account.login_timeout.0);
    findings.no_twins("account.login_methods", &account.login_methods);
    if account.login_methods.is_empty() {
        findings.add(&NOTHING, "account.login_methods");
    }
    let fields: Vec<&str> = account.signup_fields.iter().map(|field| field.trim_end_matches('*')).collect();
    findings.no_twins("account.signup_fields", &fields);
    for field in fields.iter().filter(|field| !SIGNUP_FIELDS.contains(field)) {
        findings.about(&SIGNUP_FIELD, "account.signup_fields", &format!("`{field}`"));
    }
    check_rate_limits(settings, findings);
    // Without registration login is Django's own, and these settings say nothing.
    if settings.http.features.contains(&FeatureName::Registration) {
        check_allauth(settings, findings);
    }
}

/// What a limit counts by must be known when it is asked.
fn check_rate_limits(settings: &Settings, findings: &mut Findings) {
    let Some(limits) = settings.account.rate_limits.get() else { return };
    for action in Action::ALL {
        let parts = action.limit(limits).get().map_or(&[][..], |limit| &limit.parts);
        if let Some(part) = parts.iter().find(|part| part.per != Per::Ip && Some(part.per) != action.target())
        {
            let found = format!("{} per {}", action.name(), part.per);
            findings.about(&UNCOUNTABLE, "account.rate_limits", &found);
        }
    }
}

/// `allauth.account.checks.settings_check`.
fn check_allauth(settings: &Settings, findings: &mut Findings) {
    let account = &settings.account;
    let logs_in = |method| account.login_methods.contains(&method);
    let requires =
        |name: &str| account.signup_fields.iter().any(|field| field.strip_suffix('*') == Some(name));
    if logs_in(LoginMethod::Email) && !account.unique_email {
        findings.add(&AMBIGUOUS_EMAIL, "account.unique_email");
    }
    if account.email_verification == EmailVerification::Mandatory && !requires("email") {
        findings.add(&UNVERIFIABLE, "account.email_verification");
    }
    if account.login_on_email_confirmation && account.email_verification != EmailVerification::Mandatory {
        findings.add(&NOBODY_WAITS, "account.login_on_email_confirmation");
    }
    if settings.user_model.username_field.get().is_none() {
        if logs_in(LoginMethod::Username) {
            findings.add(&NO_COLUMN_TO_LOG_IN, "account.login_methods");
        }
        if account.signup_fields.iter().any(|field| field.trim_end_matches('*') == "username") {
            findings.add(&NO_COLUMN_TO_SIGN_UP, "account.signup_fields");
        }
    }
    let can_log_in = (logs_in(LoginMethod::Username) && requires("username"))
        || (logs_in(LoginMethod::Email) && requires("email"));
    if !can_log_in && !account.login_methods.is_empty() {
        findings.add(&UNKNOWN_LOGIN, "account.signup_fields");
    }
}

//! The kinds of mails: which templates each has, which variables these may use, and a sample of it.

use minijinja::Value;

use super::mails::{self, ConfirmationMail, ConnectedMail, ResetMail};
use crate::model::{EncodedPassword, Timestamp, User, UserId};
use crate::store::Site;

/// Where links of samples lead.
const LINK: &str = "https://example.com/?a&b";

/// The subject and the bodies of one kind of mail, as names of templates.
#[derive(Clone, Copy)]
pub(super) struct Kind {
    pub(super) subject: &'static str,
    pub(super) text: &'static str,
    /// Only sent where a deployment has the file.
    pub(super) html: Option<&'static str>,
    /// Whether blank lines around the text are cut off: allauth does it, Django does not.
    pub(super) trims: bool,
    /// The variables that it has beside `email` and `current_site`.
    pub(super) variables: &'static [&'static str],
    /// Such a mail for nobody, to try the templates with.
    pub(super) sample: fn(&Site) -> Value,
}

macro_rules! allauth {
    ($prefix:literal, $variables:expr, $sample:expr) => {
        Kind {
            subject: concat!("account/email/", $prefix, "_subject.txt"),
            text: concat!("account/email/", $prefix, "_message.txt"),
            html: Some(concat!("account/email/", $prefix, "_message.html")),
            trims: true,
            variables: $variables,
            sample: $sample,
        }
    };
}

const CONFIRMATION_VARIABLES: &[&str] = &["user", "user_display", "key", "activate_url"];
pub(super) const CONFIRMATION: Kind = allauth!("email_confirmation", CONFIRMATION_VARIABLES, confirmation);
pub(super) const SIGNUP_CONFIRMATION: Kind =
    allauth!("email_confirmation_signup", CONFIRMATION_VARIABLES, confirmation);
pub(super) const ALREADY_EXISTS: Kind = allauth!("account_already_exists", &[], already_exists);
pub(super) const CONNECTED: Kind = Kind {
    subject: "socialaccount/email/account_connected_subject.txt",
    text: "socialaccount/email/account_connected_message.txt",
    html: Some("socialaccount/email/account_connected_message.html"),
    trims: true,
    variables: &["provider", "ip", "user_agent", "timestamp"],
    sample: connected,
};
pub(super) const RESET: Kind = allauth!(
    "password_reset_key",
    &["user", "user_display", "password_reset_url", "password_reset_path", "uid", "token", "username"],
    reset
);
/// Without allauth: Django's own mail. Its body is text, whatever its file is called.
pub(super) const DJANGO_RESET: Kind = Kind {
    subject: "registration/password_reset_subject.txt",
    text: "registration/password_reset_email.html",
    html: None,
    trims: false,
    variables: &[
        "user",
        "password_reset_url",
        "password_reset_path",
        "uid",
        "token",
        "domain",
        "site_name",
        "protocol",
    ],
    sample: reset,
};
pub(super) const KINDS: &[Kind] =
    &[SIGNUP_CONFIRMATION, CONFIRMATION, ALREADY_EXISTS, CONNECTED, RESET, DJANGO_RESET];

/// What allauth's own templates ask for and our mails never have.
pub(super) const ABSENT: &[&str] = &["code"];

fn confirmation(site: &Site) -> Value {
    let user = user();
    let key = "Nw:1r31eq:nXI363uTpI-yEG6eGTPn_I3BxlIH6ybJXNIlhhEoKQk";
    ConfirmationMail { user: &user, email: &user.email, key, activate_url: LINK, signup: true }
        .variables(site)
}

fn already_exists(site: &Site) -> Value {
    mails::already_exists(site, &user().email)
}

fn connected(site: &Site) -> Value {
    ConnectedMail {
        email: &user().email,
        provider: "Example & Co",
        ip: "192.0.2.1".to_owned(),
        user_agent: "curl/8.0",
        timestamp: "2026-01-15T12:00:00Z".to_owned(),
    }
    .variables(site)
}

fn reset(site: &Site) -> Value {
    let user = user();
    ResetMail { user: &user, email: &user.email, uid: "1", token: "bkrfgg-8155", password_reset_url: LINK }
        .variables(site, true)
}

pub(super) fn user() -> User {
    User {
        id: UserId::Int(1),
        password: EncodedPassword::from_column(""),
        username: Some("<ann> & \"co\"".to_owned()),
        email: "ann@example.com".to_owned(),
        first_name: "Ann".to_owned(),
        last_name: "O'Hara".to_owned(),
        is_active: true,
        is_staff: false,
        is_superuser: false,
        date_joined: Timestamp::from_seconds(0),
        last_login: None,
        extra: Vec::new(),
    }
}

//! What mails are about: the data of each, and the variables that its templates get.

use minijinja::{Value, context};

use crate::mail::variable;
use crate::model::User;
use crate::store::Site;

/// What asks to verify an address.
#[derive(Clone, Copy)]
pub struct ConfirmationMail<'a> {
    /// Whose address it is.
    pub user: &'a User,
    /// The address: the recipient.
    pub email: &'a str,
    /// The key that verifies it.
    pub key: &'a str,
    /// Where to take the key, from [`confirmation_link`](crate::mail::confirmation_link).
    pub activate_url: &'a str,
    /// Whether the account is new; the first mail has templates of its own.
    pub signup: bool,
}

/// What lets somebody choose a new password.
#[derive(Clone, Copy)]
pub struct ResetMail<'a> {
    /// Whose password it is.
    pub user: &'a User,
    /// The recipient.
    pub email: &'a str,
    /// The first half of the link.
    pub uid: &'a str,
    /// The second half of the link.
    pub token: &'a str,
    /// The link, from [`reset_link`](crate::mail::reset_link).
    pub password_reset_url: &'a str,
}

/// What tells of an account at a provider that was connected.
#[derive(Clone)]
pub struct ConnectedMail<'a> {
    /// The recipient.
    pub email: &'a str,
    /// The provider's name.
    pub provider: &'a str,
    /// The client's address; empty where it is not known.
    pub ip: String,
    /// What the client calls itself.
    pub user_agent: &'a str,
    /// When, in ISO 8601.
    pub timestamp: String,
}

/// What tells somebody of a sign-up with their address.
pub(super) fn already_exists(site: &Site, email: &str) -> Value {
    context! { email => email, current_site => variable::site(site) }
}

impl ConnectedMail<'_> {
    pub(super) fn variables(&self, site: &Site) -> Value {
        context! {
            email => self.email,
            provider => self.provider,
            ip => &self.ip,
            user_agent => self.user_agent,
            timestamp => &self.timestamp,
            current_site => variable::site(site),
        }
    }
}

impl ResetMail<'_> {
    pub(super) fn variables(&self, site: &Site, shows_name: bool) -> Value {
        let username = self.user.username.as_deref().filter(|_| shows_name);
        // In three parts too, from which templates that were written for Django put it together.
        let (protocol, rest) = self.password_reset_url.split_once("://").unwrap_or_default();
        let (domain, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        context! {
            user => variable::user(self.user),
            user_display => self.user.display(),
            password_reset_url => self.password_reset_url,
            password_reset_path => path,
            uid => self.uid,
            token => self.token,
            username => username,
            email => self.email,
            current_site => variable::site(site),
            domain => domain,
            site_name => site.name.as_str(),
            protocol => protocol,
        }
    }
}

impl ConfirmationMail<'_> {
    pub(super) fn variables(&self, site: &Site) -> Value {
        context! {
            user => variable::user(self.user),
            user_display => self.user.display(),
            key => self.key,
            activate_url => self.activate_url,
            email => self.email,
            current_site => variable::site(site),
        }
    }
}

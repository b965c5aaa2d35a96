//! The words of mails: our templates, and a deployment's in their place.
//!
//! Names of files and variables are allauth's, and so are the rules by which a mail is put together
//! (`DefaultAccountAdapter.render_mail`). Nothing here sends anything.

mod engine;
mod kinds;
mod mails;
#[cfg(test)]
mod tests;
mod text;

use std::error::Error;
use std::fmt;
use std::path::Path;

use minijinja::{Environment, ErrorKind, Value};

use crate::mail::Mail;
use crate::mail::link::site_of_links;
use crate::settings::{FeatureName, LoginMethod, Problem, Settings};
use crate::store::Site;
use kinds::{
    ABSENT, ALREADY_EXISTS, CONFIRMATION, CONNECTED, DJANGO_RESET, KINDS, Kind, RESET, SIGNUP_CONFIRMATION,
};
use text::{header_text, one_line, strip};

pub use mails::{ConfirmationMail, ConnectedMail, ResetMail};

/// A template that does not parse, or does not render: a mistake in the deployment's folder.
#[derive(Debug)]
pub struct TemplateError {
    template: String,
    source: minijinja::Error,
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the mail template {}: {}", self.template, self.source)?;
        // An include's own mistake is the source of the error of the template that includes it.
        let mut cause = self.source.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

impl Error for TemplateError {}

/// Every template, compiled.
pub struct MailTemplates {
    environment: Environment<'static>,
    warnings: Vec<Problem>,
}

impl MailTemplates {
    /// Compiles our templates, with the files of `folder` in the place of those with the same name, and tries
    /// each with sample data: whoever gets `Ok` can send every kind of mail.
    pub fn load(folder: Option<&Path>) -> Result<Self, Vec<Problem>> {
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let hint = "create it, or set templates.folder = false to use the built-in ones";
            return Err(vec![problem(format!("{} is no folder", folder.display()), hint)]);
        }
        let mut templates =
            Self { environment: engine::environment(folder.map(Path::to_owned)), warnings: Vec::new() };
        let problems: Vec<Problem> = KINDS.iter().filter_map(|kind| templates.try_out(*kind).err()).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        templates.warnings = KINDS.iter().flat_map(|kind| templates.unknown_variables(*kind)).collect();
        Ok(templates)
    }

    /// What is odd about the templates and does not keep mails from being sent.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The mail that asks to verify an address. `site` is `django_site`'s row; without one mails name the host
    /// of their links.
    pub fn confirmation(
        &self,
        settings: &Settings,
        site: Option<&Site>,
        mail: &ConfirmationMail<'_>,
    ) -> Result<Mail, TemplateError> {
        let kind = if mail.signup { SIGNUP_CONFIRMATION } else { CONFIRMATION };
        let site = site.cloned().unwrap_or_else(|| site_of_links(settings));
        let rendered = self.render(kind, &mail.variables(&site))?;
        Ok(rendered.addressed(settings, mail.email, &subject_prefix(settings, &site)))
    }

    /// The mail that tells somebody of a sign-up with their address.
    pub fn account_already_exists(
        &self,
        settings: &Settings,
        site: Option<&Site>,
        email: &str,
    ) -> Result<Mail, TemplateError> {
        let site = site.cloned().unwrap_or_else(|| site_of_links(settings));
        let rendered = self.render(ALREADY_EXISTS, &mails::already_exists(&site, email))?;
        Ok(rendered.addressed(settings, email, &subject_prefix(settings, &site)))
    }

    /// The mail that tells somebody of an account at a provider that was connected to theirs.
    pub fn account_connected(
        &self,
        settings: &Settings,
        site: Option<&Site>,
        mail: &ConnectedMail<'_>,
    ) -> Result<Mail, TemplateError> {
        let site = site.cloned().unwrap_or_else(|| site_of_links(settings));
        let rendered = self.render(CONNECTED, &mail.variables(&site))?;
        Ok(rendered.addressed(settings, mail.email, &subject_prefix(settings, &site)))
    }

    /// The mail that lets somebody choose a new password: allauth's with registration, else Django's own.
    pub fn password_reset(
        &self,
        settings: &Settings,
        site: Option<&Site>,
        mail: &ResetMail<'_>,
    ) -> Result<Mail, TemplateError> {
        let site = site.cloned().unwrap_or_else(|| site_of_links(settings));
        if settings.has(FeatureName::Registration) {
            // Who logs in by address alone has no use for a user name.
            let shows_name = settings.account.login_methods.contains(&LoginMethod::Username);
            let rendered = self.render(RESET, &mail.variables(&site, shows_name))?;
            return Ok(rendered.addressed(settings, mail.email, &subject_prefix(settings, &site)));
        }
        let rendered = self.render(DJANGO_RESET, &mail.variables(&site, true))?;
        Ok(rendered.addressed(settings, mail.email, ""))
    }

    fn render(&self, kind: Kind, variables: &Value) -> Result<Rendered, TemplateError> {
        let subject = self.render_one(kind.subject, variables)?;
        let text = self.render_one(kind.text, variables)?;
        let there = |name: &&str| !matches!(self.environment.get_template(name), Err(error) if error.kind() == ErrorKind::TemplateNotFound);
        let html = match kind.html.filter(there) {
            Some(name) => Some(strip(&self.render_one(name, variables)?).to_owned()),
            None => None,
        };
        let text = if kind.trims { strip(&text).to_owned() } else { text };
        Ok(Rendered { subject: one_line(&subject), text, html })
    }

    fn render_one(&self, name: &str, variables: &Value) -> Result<String, TemplateError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(variables.clone()))
            .map_err(|source| TemplateError { template: name.to_owned(), source })
    }

    fn try_out(&self, kind: Kind) -> Result<(), Problem> {
        let site = Site { domain: "example.com".to_owned(), name: "<Example> & Co".to_owned() };
        let hint = "templates are Jinja, with Django's tags load, trans, blocktrans, autoescape and comment";
        self.render(kind, &(kind.sample)(&site)).map(drop).map_err(|error| problem(error.to_string(), hint))
    }

    /// A misspelt variable renders as nothing, as with Django: nobody notices until a mail has no link.
    fn unknown_variables(&self, kind: Kind) -> Vec<Problem> {
        let known = |name: &str| {
            kind.variables.contains(&name)
                || ABSENT.contains(&name)
                || ["email", "current_site"].contains(&name)
        };
        let mut warnings = Vec::new();
        for name in [Some(kind.subject), Some(kind.text), kind.html].into_iter().flatten() {
            let Ok(template) = self.environment.get_template(name) else { continue };
            let mut names: Vec<String> = template.undeclared_variables(false).into_iter().collect();
            names
                .retain(|name| !known(name) && !self.environment.globals().any(|(global, _)| global == name));
            names.sort();
            warnings.extend(names.into_iter().map(|name| {
                let there = [kind.variables, &["email"]].concat().join(", ");
                problem(
                    format!("{}: nothing is called `{name}`, so nothing is printed there", template.name()),
                    &format!("there are {there}, current_site.name and current_site.domain"),
                )
            }));
        }
        warnings
    }
}

impl fmt::Debug for MailTemplates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailTemplates").finish_non_exhaustive()
    }
}

struct Rendered {
    subject: String,
    text: String,
    html: Option<String>,
}

impl Rendered {
    fn addressed(self, settings: &Settings, to: &str, prefix: &str) -> Mail {
        let Self { subject, text, html } = self;
        let from = settings.email.default_from.clone();
        Mail { from, to: to.to_owned(), subject: header_text(prefix) + &subject, text, html }
    }
}

/// What stands before every subject of allauth's.
fn subject_prefix(settings: &Settings, site: &Site) -> String {
    match settings.account.email_subject_prefix.as_deref() {
        Some(prefix) => prefix.to_owned(),
        None => format!("[{}] ", site.name),
    }
}

fn problem(message: String, hint: &str) -> Problem {
    Problem { key: "templates.folder".to_owned(), message, hint: Some(hint.to_owned()) }
}

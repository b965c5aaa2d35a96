//! The words of mails: our templates, and a deployment's in their place.
//!
//! Names of files and variables are allauth's, and so are the rules by which a mail is put together
//! (`DefaultAccountAdapter.render_mail`). Nothing here sends anything.

use std::error::Error;
use std::fmt;
use std::path::{Component, Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value, context, escape_formatter,
};

use crate::mail::link::site_of_links;
use crate::mail::{Mail, django_tags, variable};
use crate::model::{EncodedPassword, Timestamp, User, UserId};
use crate::settings::{FeatureName, LoginMethod, Problem, Settings};
use crate::store::Site;

macro_rules! ours {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../templates/mail/", $name)))),*]
    };
}

/// The templates that come with the program.
const OURS: &[(&str, &str)] = ours![
    "account/email/account_already_exists_message.txt",
    "account/email/account_already_exists_subject.txt",
    "account/email/base_message.txt",
    "account/email/email_confirmation_message.txt",
    "account/email/email_confirmation_signup_message.txt",
    "account/email/email_confirmation_signup_subject.txt",
    "account/email/email_confirmation_subject.txt",
    "account/email/password_reset_key_message.txt",
    "account/email/password_reset_key_subject.txt",
    "registration/password_reset_email.html",
    "registration/password_reset_subject.txt",
    "socialaccount/email/account_connected_message.txt",
    "socialaccount/email/account_connected_subject.txt",
];

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

/// The subject and the bodies of one kind of mail, as names of templates.
#[derive(Clone, Copy)]
struct Kind {
    subject: &'static str,
    text: &'static str,
    /// Only sent where a deployment has the file.
    html: Option<&'static str>,
    /// Whether blank lines around the text are cut off: allauth does it, Django does not.
    trims: bool,
    /// The variables that it has beside `email` and `current_site`.
    variables: &'static [&'static str],
}

macro_rules! allauth {
    ($prefix:literal, $variables:expr) => {
        Kind {
            subject: concat!("account/email/", $prefix, "_subject.txt"),
            text: concat!("account/email/", $prefix, "_message.txt"),
            html: Some(concat!("account/email/", $prefix, "_message.html")),
            trims: true,
            variables: $variables,
        }
    };
}

const CONFIRMATION_VARIABLES: &[&str] = &["user", "user_display", "key", "activate_url"];
const CONFIRMATION: Kind = allauth!("email_confirmation", CONFIRMATION_VARIABLES);
const SIGNUP_CONFIRMATION: Kind = allauth!("email_confirmation_signup", CONFIRMATION_VARIABLES);
const ALREADY_EXISTS: Kind = allauth!("account_already_exists", &[]);
const CONNECTED: Kind = Kind {
    subject: "socialaccount/email/account_connected_subject.txt",
    text: "socialaccount/email/account_connected_message.txt",
    html: Some("socialaccount/email/account_connected_message.html"),
    trims: true,
    variables: &["provider", "ip", "user_agent", "timestamp"],
};
const RESET: Kind = allauth!(
    "password_reset_key",
    &["user", "user_display", "password_reset_url", "password_reset_path", "uid", "token", "username"]
);
/// Without allauth: Django's own mail. Its body is text, whatever its file is called.
const DJANGO_RESET: Kind = Kind {
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
};
const KINDS: &[Kind] = &[SIGNUP_CONFIRMATION, CONFIRMATION, ALREADY_EXISTS, CONNECTED, RESET, DJANGO_RESET];

/// What allauth's own templates ask for and our mails never have.
const ABSENT: &[&str] = &["code"];

impl MailTemplates {
    /// Compiles our templates, with the files of `folder` in the place of those with the same name, and tries
    /// each with sample data: whoever gets `Ok` can send every kind of mail.
    pub fn load(folder: Option<&Path>) -> Result<Self, Vec<Problem>> {
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let hint = "create it, or set templates.folder = false to use the built-in ones";
            return Err(vec![problem(format!("{} is no folder", folder.display()), hint)]);
        }
        let mut templates =
            Self { environment: environment(folder.map(Path::to_owned)), warnings: Vec::new() };
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
        let variables = context! { email => email, current_site => variable::site(&site) };
        let rendered = self.render(ALREADY_EXISTS, &variables)?;
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
        let variables = context! {
            email => mail.email,
            provider => mail.provider,
            ip => &mail.ip,
            user_agent => mail.user_agent,
            timestamp => &mail.timestamp,
            current_site => variable::site(&site),
        };
        let rendered = self.render(CONNECTED, &variables)?;
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
        let user = sample_user();
        let link = "https://example.com/?a&b";
        let confirmation = ConfirmationMail {
            user: &user,
            email: &user.email,
            key: "Nw:1r31eq:nXI363uTpI-yEG6eGTPn_I3BxlIH6ybJXNIlhhEoKQk",
            activate_url: link,
            signup: true,
        };
        let reset = ResetMail {
            user: &user,
            email: &user.email,
            uid: "1",
            token: "bkrfgg-8155",
            password_reset_url: link,
        };
        let sample = if kind.variables == CONFIRMATION_VARIABLES {
            confirmation.variables(&site)
        } else {
            reset.variables(&site, true)
        };
        let hint = "templates are Jinja, with Django's tags load, trans, blocktrans, autoescape and comment";
        self.render(kind, &sample).map(drop).map_err(|error| problem(error.to_string(), hint))
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

impl ResetMail<'_> {
    fn variables(&self, site: &Site, shows_name: bool) -> Value {
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
    fn variables(&self, site: &Site) -> Value {
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

fn environment(folder: Option<PathBuf>) -> Environment<'static> {
    let mut environment = Environment::new();
    let syntax = SyntaxConfig::builder().keep_trailing_newline(true).build();
    environment.set_syntax(syntax.expect("the delimiters are the usual ones"));
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    let is_html = |name: &str| Path::new(name).extension().is_some_and(|ending| ending == "html");
    environment.set_auto_escape_callback(
        move |name| if is_html(name) { AutoEscape::Html } else { AutoEscape::None },
    );
    environment.set_formatter(write_value);
    environment.set_loader(move |name| match folder.as_deref().map(|folder| read(folder, name)) {
        Some(Ok(Some(text))) => Ok(Some(django_tags::to_jinja(&text))),
        Some(Err(error)) => {
            let message = format!("{name} cannot be read: {error}");
            Err(minijinja::Error::new(ErrorKind::InvalidOperation, message))
        }
        _ => Ok(OURS.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned())),
    });
    environment
}

/// A file of the deployment's folder, if it is there.
fn read(folder: &Path, name: &str) -> std::io::Result<Option<String>> {
    let path = Path::new(name);
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(None);
    }
    match std::fs::read_to_string(folder.join(path)) {
        Ok(text) => Ok(Some(text)),
        Err(error)
            if matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

/// Escapes as Django's `escape()`. The engine's own rule would also write every slash of a link as `&#x2f;`.
fn write_value(out: &mut Output, state: &mut State<'_, '_>, value: &Value) -> Result<(), minijinja::Error> {
    let plain =
        matches!(value.kind(), ValueKind::Undefined | ValueKind::None | ValueKind::Bool | ValueKind::Number);
    if !matches!(state.auto_escape(), AutoEscape::Html) || value.is_safe() || plain {
        return escape_formatter(out, state, value);
    }
    let text = value.to_string();
    let mut rest = text.as_str();
    while let Some(place) = rest.find(['&', '<', '>', '"', '\'']) {
        let (before, special) = rest.split_at(place);
        out.write_str(before)?;
        out.write_str(match special.as_bytes()[0] {
            b'&' => "&amp;",
            b'<' => "&lt;",
            b'>' => "&gt;",
            b'"' => "&quot;",
            _ => "&#x27;",
        })?;
        rest = &special[1..];
    }
    Ok(out.write_str(rest)?)
}

/// `" ".join(subject.splitlines()).strip()`, with Python's idea of a line.
fn one_line(text: &str) -> String {
    strip(&header_text(&text.replace("\r\n", "\n"))).to_owned()
}

/// A space for every character that could end a header.
fn header_text(text: &str) -> String {
    text.chars().map(|c| if ends_line(c) || c.is_control() { ' ' } else { c }).collect()
}

fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Python's `strip()`.
fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f'))
}

fn problem(message: String, hint: &str) -> Problem {
    Problem { key: "templates.folder".to_owned(), message, hint: Some(hint.to_owned()) }
}

fn sample_user() -> User {
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

#[cfg(test)]
mod tests;

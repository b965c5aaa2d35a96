//! The template engine: where templates come from, and how values are written.

use std::path::{Component, Path, PathBuf};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{
    AutoEscape, Environment, ErrorKind, Output, State, UndefinedBehavior, Value, escape_formatter,
};

use crate::mail::django_tags;

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

pub(super) fn environment(folder: Option<PathBuf>) -> Environment<'static> {
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

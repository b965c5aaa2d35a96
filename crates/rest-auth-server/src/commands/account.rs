//! What the commands about accounts share: the app without a server, and a password typed twice.

use std::path::Path;
use std::sync::Arc;

use rest_auth::core::model::Secret;
use rest_auth::core::settings::Settings;
use rest_auth::core::store::StoreError;
use rest_auth::core::{App, AppParts, Context, Error, FieldErrors, Meta};
use rest_auth::sql::SqlStore;

use super::{Failure, load_checked};
use crate::config::Mistake;
use crate::process::{Console, Process};

/// The app of this configuration, for one command.
pub(super) fn app(process: &Process, file: Option<&Path>) -> Result<Arc<App>, Failure> {
    let configuration = load_checked(process, file, None)?;
    let store = open(&configuration.settings)?;
    App::build(configuration.settings.clone(), AppParts::new(Arc::new(store))).map_err(|problems| {
        let mistakes = problems.into_iter().map(|problem| configuration.mistake(problem));
        Failure::from(mistakes.collect::<Vec<Mistake>>())
    })
}

/// The context of a command, once its database has the tables.
pub(super) async fn context(app: &Arc<App>) -> Result<Context, Failure> {
    app.store.ready().await.map_err(database_failure)?;
    Ok(Context::new(Arc::clone(app), Meta::default()))
}

/// The database of the settings. Nothing is asked of it yet.
pub(super) fn open(settings: &Settings) -> Result<SqlStore, Failure> {
    SqlStore::configured(&settings.database, &settings.user_model).map_err(database_failure)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(super) fn database_failure(error: StoreError) -> Failure {
    Failure::new(error.to_string())
}

/// What a flow says, for a person at a command line.
pub(super) fn flow_failure(error: &Error) -> Failure {
    match error {
        Error::Invalid(errors) => Failure(sentences(errors)),
        other => Failure::new(other.to_string()),
    }
}

/// Every message, after the name of its field.
pub(super) fn sentences(errors: &FieldErrors) -> Vec<String> {
    let of_field = |(name, messages): (&str, &[rest_auth::core::messages::Message])| {
        messages.iter().map(|message| format!("{name}: {}", message.text)).collect::<Vec<_>>()
    };
    errors.iter().flat_map(of_field).collect()
}

/// What somebody typed for a password.
pub(super) enum Typed {
    /// Something, and twice the same.
    Password(Secret),
    /// Nothing.
    Blank,
    /// Two different things.
    Different,
}

/// Asks for a password twice. Where nobody is asked one line is enough, but a second one must not differ.
pub(super) fn ask_password(console: &mut Console) -> Result<Typed, Failure> {
    let Some(first) = console.ask_hidden("Password: ").map_err(unreadable)? else { return Err(ended()) };
    let second = console.ask_hidden("Password (again): ").map_err(unreadable)?;
    let same = match &second {
        Some(second) => *second == first || (second.is_empty() && !console.is_interactive()),
        None if console.is_interactive() => return Err(ended()),
        None => true,
    };
    Ok(match (same, first.trim().is_empty()) {
        (false, _) => Typed::Different,
        (true, true) => Typed::Blank,
        (true, false) => Typed::Password(Secret::new(first)),
    })
}

/// The next line, or an end of the command.
pub(super) fn ask(console: &mut Console, question: &str) -> Result<String, Failure> {
    console.ask(question).map_err(unreadable)?.ok_or_else(ended)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(error: std::io::Error) -> Failure {
    Failure::new(format!("the input cannot be read: {error}"))
}

fn ended() -> Failure {
    Failure::new("the input has ended; nothing was changed")
}

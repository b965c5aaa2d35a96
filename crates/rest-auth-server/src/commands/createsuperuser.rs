//! `createsuperuser`: an account with every right, as Django's command of this name asks for it.

use std::path::Path;

use rest_auth::core::commands::{NewSuperuser, create_superuser, superuser_faults};
use rest_auth::core::model::Secret;
use rest_auth::core::settings::LoginField;
use rest_auth::core::{Context, Error, FieldErrors};

use super::account::{Typed, app, ask, ask_password, context, flow_failure, sentences};
use super::{Failure, block_on};
use crate::logging;
use crate::process::{Console, Process};

/// What the command line says, so that nobody need ask.
#[derive(Debug, Default)]
pub(super) struct Given {
    pub(super) username: Option<String>,
    pub(super) email: Option<String>,
}

/// Asks until there is an account, or the input ends.
pub(super) fn run(process: &mut Process, file: Option<&Path>, given: Given) -> Result<(), Failure> {
    logging::start(process, logging::OF_COMMANDS).map_err(Failure::new)?;
    let app = app(process, file)?;
    let made = block_on(async {
        let cx = context(&app).await?;
        let made = create(&cx, &mut process.console, given).await;
        app.store.close().await;
        made
    });
    made.map(|()| process.console.say("Superuser created successfully."))
}

async fn create(cx: &Context, console: &mut Console, mut given: Given) -> Result<(), Failure> {
    let (username, email) = identity(cx, console, &mut given).await?;
    loop {
        let password = match ask_password(console)? {
            Typed::Password(password) => password,
            Typed::Different => {
                again(console, "Your passwords didn't match.")?;
                continue;
            }
            Typed::Blank => {
                again(console, "Blank passwords aren't allowed.")?;
                continue;
            }
        };
        let new = |password: &Secret| NewSuperuser {
            username: username.clone(),
            email: email.clone(),
            password: password.clone(),
        };
        let faults = match create_superuser(cx, new(&password), false).await {
            Ok(_) => return Ok(()),
            Err(Error::Invalid(errors)) if errors.has("password") && console.is_interactive() => errors,
            Err(error) => return Err(flow_failure(&error)),
        };
        complain(console, &faults);
        let bypass = ask(console, "Bypass password validation and create user anyway? [y/N]: ")?;
        if bypass.eq_ignore_ascii_case("y") {
            return create_superuser(cx, new(&password), true)
                .await
                .map(drop)
                .map_err(|error| flow_failure(&error));
        }
    }
}

/// The name and the address, asked for in Django's order: what logs in comes first.
async fn identity(
    cx: &Context,
    console: &mut Console,
    given: &mut Given,
) -> Result<(Option<String>, String), Failure> {
    let model = &cx.settings.user_model;
    let has_name = model.username_field.get().is_some();
    let mut username = None;
    if has_name && model.login_field == LoginField::Username {
        username = Some(field(cx, console, "username", given.username.take(), None).await?);
    }
    let email = field(cx, console, "email", given.email.take(), username.as_deref()).await?;
    if has_name && username.is_none() {
        username = Some(field(cx, console, "username", given.username.take(), None).await?);
    }
    Ok((username, email))
}

/// One of the two, until nothing is wrong with it. What was given by option, or read where nobody is asked, has one
/// try.
async fn field(
    cx: &Context,
    console: &mut Console,
    name: &str,
    mut given: Option<String>,
    username: Option<&str>,
) -> Result<String, Failure> {
    loop {
        let by_option = given.is_some();
        let value = match given.take() {
            Some(value) => value,
            None if name == "email" => ask(console, "Email address: ")?,
            None => ask(console, "Username: ")?,
        };
        let value = value.trim().to_owned();
        let faults = match name {
            "email" => superuser_faults(cx, username, &value).await,
            _ => superuser_faults(cx, Some(&value), "").await,
        };
        let faults = faults.map_err(|error| flow_failure(&error))?;
        if !faults.has(name) {
            return Ok(value);
        }
        if by_option || !console.is_interactive() {
            return Err(Failure(sentences(&faults)));
        }
        complain(console, &faults);
    }
}

fn complain(console: &mut Console, faults: &FieldErrors) {
    for (_, messages) in faults.iter() {
        for message in messages {
            console.complain(&format!("Error: {}", message.text));
        }
    }
}

/// A person gets another try, a script does not.
fn again(console: &mut Console, sentence: &str) -> Result<(), Failure> {
    if !console.is_interactive() {
        return Err(Failure::new(sentence));
    }
    console.complain(&format!("Error: {sentence}"));
    Ok(())
}

//! `changepassword`: a new password for an account, as Django's command of this name asks for it.

use std::path::Path;

use rest_auth::core::commands::{change_password, find_user};
use rest_auth::core::model::User;
use rest_auth::core::{Context, Error};

use super::account::{Typed, app, ask_password, context, flow_failure};
use super::{Failure, block_on};
use crate::logging;
use crate::process::{Console, Process};

/// How often a person may try.
const TRIES: usize = 3;

/// Asks for the password, and writes it.
pub(super) fn run(process: &mut Process, file: Option<&Path>, name: &str) -> Result<(), Failure> {
    logging::start(process, logging::OF_COMMANDS).map_err(Failure::new)?;
    let app = app(process, file)?;
    let changed = block_on(async {
        let cx = context(&app).await?;
        let changed = change(&cx, &mut process.console, name).await;
        app.store.close().await;
        changed
    });
    changed.map(|()| process.console.say(&format!("Password changed successfully for user '{name}'.")))
}

async fn change(cx: &Context, console: &mut Console, name: &str) -> Result<(), Failure> {
    let user = find_user(cx, name).await.map_err(|error| flow_failure(&error))?;
    let user = user.ok_or_else(|| Failure::new(format!("user '{name}' does not exist")))?;
    if console.is_interactive() {
        console.say(&format!("Changing password for user '{name}'"));
    }
    let tries = if console.is_interactive() { TRIES } else { 1 };
    let mut faults = Vec::new();
    for _ in 0..tries {
        for fault in faults.drain(..) {
            console.complain(&format!("Error: {fault}"));
        }
        faults = match try_once(cx, console, &user).await? {
            Ok(()) => return Ok(()),
            Err(sentences) => sentences,
        };
    }
    if tries > 1 {
        faults.push(format!("password change for user '{name}' is given up after {tries} attempts"));
    }
    Err(Failure(faults))
}

/// The inner error is what a person may correct.
async fn try_once(
    cx: &Context,
    console: &mut Console,
    user: &User,
) -> Result<Result<(), Vec<String>>, Failure> {
    let password = match ask_password(console)? {
        Typed::Password(password) => password,
        Typed::Different => return Ok(Err(vec!["the two passwords do not match".to_owned()])),
        Typed::Blank => return Ok(Err(vec!["a blank password is not allowed".to_owned()])),
    };
    match change_password(cx, user, password, false).await {
        Ok(()) => Ok(Ok(())),
        Err(Error::Invalid(errors)) => Ok(Err(errors
            .iter()
            .flat_map(|(_, faults)| faults)
            .map(|fault| fault.text.to_string())
            .collect())),
        Err(error) => Err(flow_failure(&error)),
    }
}

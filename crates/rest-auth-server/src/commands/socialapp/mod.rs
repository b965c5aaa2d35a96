//! `socialapp`: the rows of allauth's `socialaccount_socialapp`, which Django's administration is for.

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use rest_auth::core::Context;
use rest_auth::core::commands::{
    NewSocialapp, SocialappError, add_socialapp, check_provider, list_socialapps, remove_socialapp,
};
use rest_auth::core::model::Secret;
use rest_auth::core::store::ListedApplication;

use super::account::{app, context, flow_failure};
use super::{Failure, block_on};
use crate::logging;
use crate::process::Process;

/// Where a script may put the secret, in place of standard input.
const VARIABLE: &str = "REST_AUTH_SOCIALAPP_SECRET";

/// What is done with them.
#[derive(Debug, Subcommand)]
pub(super) enum Work {
    /// List the applications: key, provider, name, client id and sites, never a secret
    List,
    /// Add one. Its secret is asked for; without a terminal it is a line from standard input, and
    /// REST_AUTH_SOCIALAPP_SECRET goes before both
    Add(Added),
    /// Remove one. Accounts and their stored tokens stay
    Remove {
        /// Its key, as `list` shows it
        id: i64,
    },
}

/// The row. There is no option for the secret: other users of a machine see command lines.
#[derive(Debug, Args)]
pub(super) struct Added {
    /// The provider's name, such as github
    provider: String,
    /// The client's id at the provider
    #[arg(long, value_name = "ID")]
    client_id: String,
    /// A name for people; else the provider's
    #[arg(long, default_value = "")]
    name: String,
    /// What accounts are stored under, where that is not the provider's name: for OpenID Connect
    #[arg(long, value_name = "ID", default_value = "")]
    provider_id: String,
    /// A further value that some providers give out, such as Apple's team id
    #[arg(long, default_value = "")]
    key: String,
    /// A file with the provider's own settings, one JSON object: {"server_url": "https://id.example.com"}
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// A site by its key or domain, more than once for several; else the one of email.site_id
    #[arg(long, value_name = "SITE")]
    site: Vec<String>,
}

/// Does it, on the database of the configuration.
pub(super) fn run(process: &mut Process, file: Option<&Path>, work: Work) -> Result<(), Failure> {
    logging::start(process, logging::OF_COMMANDS).map_err(Failure::new)?;
    let app = app(process, file)?;
    block_on(async {
        let cx = context(&app).await?;
        let done = work.run(&cx, process).await;
        app.store.close().await;
        done
    })
}

impl Work {
    async fn run(self, cx: &Context, process: &mut Process) -> Result<(), Failure> {
        match self {
            Self::List => list(cx, process).await,
            Self::Add(added) => add(cx, process, added).await,
            Self::Remove { id } => {
                remove_socialapp(cx, id).await.map_err(failure)?;
                process.console.say(&format!("Removed application {id}."));
                Ok(())
            }
        }
    }
}

fn failure(error: SocialappError) -> Failure {
    match error {
        SocialappError::Refused(sentences) => Failure(sentences),
        SocialappError::Failed(error) => flow_failure(&error),
    }
}

async fn list(cx: &Context, process: &mut Process) -> Result<(), Failure> {
    let found = list_socialapps(cx).await.map_err(failure)?;
    if found.is_empty() {
        process.console.say("There are no applications; `rest-auth socialapp add` adds one.");
    }
    for listed in &found {
        process.console.say(&line(listed));
    }
    Ok(())
}

/// One application as a line, without what is secret: its secret, its key, its settings.
fn line(listed: &ListedApplication) -> String {
    let ListedApplication { provider, application, sites } = listed;
    let id = application.id.unwrap_or_default();
    let own = if application.provider_id.is_empty() {
        String::new()
    } else {
        format!(" as {}", application.provider_id)
    };
    let sites = match sites.as_slice() {
        [] => "no site".to_owned(),
        [site] => format!("site {site}"),
        several => {
            let several: Vec<String> = several.iter().map(i64::to_string).collect();
            format!("sites {}", several.join(", "))
        }
    };
    format!("{id}  {provider}{own}  {}  {}  {sites}", application.client_id, application.name)
}

async fn add(cx: &Context, process: &mut Process, added: Added) -> Result<(), Failure> {
    // Before somebody is asked for a secret in vain.
    check_provider(cx, &added.provider).map_err(failure)?;
    let settings = match &added.settings {
        Some(file) => read_settings(&process.folder.join(file))?,
        None => serde_json::Map::new(),
    };
    let secret = ask_secret(process)?;
    let provider = added.provider.clone();
    let new = NewSocialapp {
        provider: added.provider,
        name: added.name,
        client_id: added.client_id,
        secret,
        key: Secret::new(added.key),
        provider_id: added.provider_id,
        settings,
        sites: added.site,
    };
    let id = add_socialapp(cx, new).await.map_err(failure)?;
    process.console.say(&format!("Added application {id} of {provider}."));
    if !cx.settings.socialaccount.providers.contains_key(&provider) {
        process.console.say(&format!(
            "There is no address for it yet: write [socialaccount.providers.{provider}] with its callback_url."
        ));
    }
    Ok(())
}

/// The variable's, else what is typed or read. Nothing at all is no secret, as with public clients.
fn ask_secret(process: &mut Process) -> Result<Secret, Failure> {
    if let Some(secret) = process.variable(VARIABLE) {
        return Ok(Secret::from(secret));
    }
    let typed = process.console.ask_hidden("Secret: ");
    let typed = typed.map_err(|error| Failure::new(format!("the input cannot be read: {error}")))?;
    Ok(Secret::new(typed.unwrap_or_default().trim().to_owned()))
}

/// Settings may hold keys: what is wrong with them is said without showing them.
fn read_settings(file: &Path) -> Result<serde_json::Map<String, serde_json::Value>, Failure> {
    let wrong = |what: &str| Failure::new(format!("--settings: {}: {what}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| wrong(&error.to_string()))?;
    serde_json::from_str(&text).map_err(|error| {
        wrong(&format!("is not one JSON object (line {}, column {})", error.line(), error.column()))
    })
}

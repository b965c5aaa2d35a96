//! The commands: one file each, and the command line that names them.

mod account;
mod changepassword;
mod check;
mod cleaning;
mod clearsessions;
mod createsuperuser;
mod flushexpiredtokens;
mod init;
mod migrate;
mod sendtestemail;
mod serve;
mod socialapp;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Parser, Subcommand};
use rest_auth::core::checks::Level;

use crate::config::{self, Configuration, Mistake, Sources};
use crate::process::Process;

/// Accounts, login, tokens and sessions as dj-rest-auth has them, from one file: on Django's own tables, with
/// Django's own hashes and secret.
#[derive(Debug, Parser)]
#[command(name = "rest-auth", version, propagate_version = false, after_help = AFTER_HELP)]
struct Arguments {
    /// The configuration; else REST_AUTH_CONFIG names it, else it is ./rest-auth.toml, else every key has its default
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const AFTER_HELP: &str = "Every key of the configuration can be overridden by a variable, REST_AUTH__SECTION__KEY.\n\
                          REST_AUTH_LOG sets what is logged: \"warn\", \"info\" (the default), \"rest_auth_sql=debug\".\n\
                          REST_AUTH_LOG_FORMAT sets how: \"text\" (the default at a terminal) or \"json\" (elsewhere).";

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve. Completes the database first, and ends cleanly on SIGTERM and Ctrl-C: requests and mails under way are finished
    Serve {
        /// Address and port to listen on, in place of http.listen
        #[arg(long, value_name = "ADDRESS")]
        listen: Option<String>,
    },
    /// Write a commented rest-auth.toml for a new project: the strict profile, and a secret of its own
    Init,
    /// Report mistakes in the configuration, each with an id and a hint; the exit status is 1 if there are errors
    Check {
        /// Report also what deviates from the strict profile, and what is fine on one's own machine only
        #[arg(long)]
        deploy: bool,
    },
    /// Create or complete the tables. Never touches what Django made; notes in django_migrations what it did
    Migrate,
    /// Create an account with every right. Asks for what is not given; without a terminal it reads a line each from
    /// standard input: user name, address, password
    Createsuperuser {
        /// The user name
        #[arg(long)]
        username: Option<String>,
        /// The address
        #[arg(long)]
        email: Option<String>,
    },
    /// Give an account a new password, which is asked for; without a terminal it is a line from standard input
    Changepassword {
        /// What the account logs in with
        username: String,
    },
    /// Delete the sessions that have ended, and say how many. A running server does it by itself, see database.clear_expired
    Clearsessions,
    /// Delete the refresh tokens that have ended, and say how many. A running server does it by itself, see
    /// database.clear_expired
    Flushexpiredtokens,
    /// List, add and remove the applications that identity providers know the deployment as: rows of
    /// socialaccount_socialapp
    Socialapp {
        #[command(subcommand)]
        work: socialapp::Work,
    },
    /// Send a mail to see whether mails leave, past the outbox; the exit status is 1 if one does not
    Sendtestemail {
        /// To whom
        #[arg(required = true, value_name = "ADDRESS")]
        addresses: Vec<String>,
    },
}

/// Why a command ended with status 1: the lines to show.
#[derive(Debug, Default)]
struct Failure(Vec<String>);

impl Failure {
    fn new(line: impl Into<String>) -> Self {
        Self(vec![line.into()])
    }
}

impl From<Vec<Mistake>> for Failure {
    fn from(mistakes: Vec<Mistake>) -> Self {
        Self(mistakes.iter().map(ToString::to_string).collect())
    }
}

/// Does what the command line says. Returns the exit status: 0, 1 if it failed, 2 if it was not understood.
pub fn run(mut process: Process) -> u8 {
    let arguments = match Arguments::try_parse_from(&process.arguments) {
        Ok(arguments) => arguments,
        Err(answer) if answer.use_stderr() => {
            process.console.complain(answer.render().to_string().trim_end());
            return 2;
        }
        Err(answer) => {
            process.console.say(answer.render().to_string().trim_end());
            return 0;
        }
    };
    let Arguments { config, command } = arguments;
    let config = config.as_deref();
    let done = match command {
        Command::Serve { listen } => serve::run(&mut process, config, listen.as_deref()),
        Command::Init => init::run(&mut process, config),
        Command::Check { deploy } => check::run(&mut process, config, deploy),
        Command::Migrate => migrate::run(&mut process, config),
        Command::Createsuperuser { username, email } => {
            createsuperuser::run(&mut process, config, createsuperuser::Given { username, email })
        }
        Command::Changepassword { username } => changepassword::run(&mut process, config, &username),
        Command::Clearsessions => clearsessions::run(&mut process, config),
        Command::Flushexpiredtokens => flushexpiredtokens::run(&mut process, config),
        Command::Socialapp { work } => socialapp::run(&mut process, config, work),
        Command::Sendtestemail { addresses } => sendtestemail::run(&mut process, config, &addresses),
    };
    match done {
        Ok(()) => 0,
        Err(Failure(lines)) => {
            for line in lines {
                process.console.complain(&format!("error: {line}"));
            }
            1
        }
    }
}

/// The configuration, or why it cannot be read.
fn load(process: &Process, file: Option<&Path>, listen: Option<&str>) -> Result<Configuration, Failure> {
    let sources = Sources { file, listen, variables: &process.variables, folder: &process.folder };
    Ok(config::load(sources)?)
}

/// The configuration without errors, or all of them. What is merely unwise is left to the caller.
fn load_checked(
    process: &Process,
    file: Option<&Path>,
    listen: Option<&str>,
) -> Result<Configuration, Failure> {
    let configuration = load(process, file, listen)?;
    let findings = configuration.findings(false).into_iter();
    let errors: Vec<Mistake> =
        findings.filter(|(level, _)| *level == Level::Error).map(|(_, finding)| finding).collect();
    if errors.is_empty() { Ok(configuration) } else { Err(errors.into()) }
}

/// Runs a command's work on the threads that it needs, and ends them.
fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(format!("no threads can be started: {error}")))?;
    // Two sets of cryptography are never compiled in, but TLS asks for one by name all the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let done = runtime.block_on(work);
    runtime.shutdown_timeout(Duration::from_secs(1));
    done
}

//! The commands: one file each, and the command line that names them.

mod check;
mod init;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use clap::{Parser, Subcommand};

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
                          REST_AUTH_LOG sets what is logged: \"warn\", \"info\", \"rest_auth=debug\".";

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a commented rest-auth.toml for a new project: the strict profile, and a secret of its own
    Init,
    /// Report mistakes in the configuration, each with an id and a hint; the exit status is 1 if there are errors
    Check {
        /// Report also what deviates from the strict profile, and what is fine on one's own machine only
        #[arg(long)]
        deploy: bool,
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
    let done = match command {
        Command::Init => init::run(&mut process, config),
        Command::Check { deploy } => check::run(&mut process, config.as_ref(), deploy),
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
fn load(process: &Process, file: Option<&PathBuf>, listen: Option<&str>) -> Result<Configuration, Failure> {
    let file = file.map(PathBuf::as_path);
    let sources = Sources { file, listen, variables: &process.variables, folder: &process.folder };
    Ok(config::load(sources)?)
}

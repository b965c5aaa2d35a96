//! `init`: the file of a new project.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use rest_auth::core::Entropy;

use super::Failure;
use crate::config::DEFAULT_FILE;
use crate::process::Process;
use crate::reference;

/// Writes the file, which only its owner may read, since a secret is in it. Never replaces one.
pub(super) fn run(process: &mut Process, file: Option<&Path>) -> Result<(), Failure> {
    let file = file.unwrap_or(Path::new(DEFAULT_FILE));
    let text = reference::new_project(&Entropy::System.secret_key());
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(process.folder.join(file))
        .and_then(|mut open| open.write_all(text.as_bytes()).and_then(|()| open.sync_all()));
    let name = file.display();
    match written {
        Ok(()) => {
            process.console.say(&format!(
                "{name} is written, with the strict profile and a new secret. `rest-auth serve` starts the server."
            ));
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Failure::new(format!(
            "{name}: the file exists, and is left as it is; name another one with --config, or remove it"
        ))),
        Err(error) => Err(Failure::new(format!("{name}: the file cannot be written: {error}"))),
    }
}

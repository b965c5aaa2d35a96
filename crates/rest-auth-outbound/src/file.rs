//! Mail as files in a folder: for tests and for programs that pick mails up.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use rest_auth_core::Clock;
use rest_auth_core::mail::{MailError, Mailer};
use rest_auth_core::settings::{Email, Problem};
use rest_auth_core::store::QueuedMail;

use crate::message::{Transfer, message};
use crate::{local_failure, problem};

/// Writes each mail as a file, raw RFC 5322. A file appears whole, and the names sort in the order of sending.
#[derive(Debug)]
pub struct FileMailer {
    folder: PathBuf,
    clock: Clock,
    /// When the last mail was written, and how many there have been: a clock that is put back keeps the order.
    last: Mutex<(i64, u64)>,
}

impl FileMailer {
    /// Into `email.file_path`, which is made if it is not there.
    pub fn new(settings: &Email, clock: Clock) -> Result<Self, Problem> {
        let Some(folder) = settings.file_path.as_deref() else {
            return Err(problem("file_path", "is needed for the backend \"file\"", "name a folder"));
        };
        std::fs::create_dir_all(folder).map_err(|error| {
            problem(
                "file_path",
                format!("{folder} cannot be made: {error}"),
                "name a folder that can be written",
            )
        })?;
        Ok(Self { folder: PathBuf::from(folder), clock, last: Mutex::new((0, 0)) })
    }

    fn next_name(&self) -> String {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        *last = (last.0.max(self.clock.now().micros()), last.1 + 1);
        let (nanos, process) = (i128::from(last.0) * 1000, std::process::id());
        format!("{nanos:020}-{process}-{:06}.eml", last.1)
    }
}

#[async_trait]
impl Mailer for FileMailer {
    async fn send(&self, mail: &QueuedMail) -> Result<(), MailError> {
        let text = message(mail, Transfer::EightBit)?;
        let (folder, name) = (self.folder.clone(), self.next_name());
        let written = tokio::task::spawn_blocking(move || write_whole(&folder, &name, text.as_bytes()));
        match written.await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(local_failure("the folder for mails", &error)),
            Err(error) => Err(local_failure("the folder for mails", &error)),
        }
    }
}

/// Under another name first: who watches the folder never reads half a mail. On the disk before the name is
/// there, since the outbox forgets the mail then.
fn write_whole(folder: &Path, name: &str, text: &[u8]) -> std::io::Result<()> {
    let part = folder.join(format!(".{name}.part"));
    let mut file = match std::fs::File::create(&part) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            std::fs::create_dir_all(folder)?;
            std::fs::File::create(&part)?
        }
        created => created?,
    };
    file.write_all(text)?;
    file.sync_all()?;
    std::fs::rename(&part, folder.join(name))
}

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

#[cfg(test)]
mod tests {
    use rest_auth_core::model::Timestamp;
    use rest_auth_core::settings::OrFalse;

    use super::*;
    use crate::testing::mail;

    fn settings(name: &str) -> (Email, PathBuf) {
        let folder = std::env::temp_dir().join(format!("rest-auth-mails-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        let path = folder.to_str().unwrap().to_owned();
        (Email { file_path: OrFalse::of(path), ..Email::default() }, folder)
    }

    #[tokio::test]
    async fn files_sort_in_the_order_of_sending_even_if_the_clock_is_put_back() {
        let (settings, folder) = settings("order");
        let clock = Clock::manual(Timestamp::from_seconds(1_700_000_000));
        let mailer = FileMailer::new(&settings, clock.clone()).unwrap();
        for (id, step) in [(1, 0), (2, 0), (3, 5), (4, -60), (5, 61)] {
            clock.advance(step);
            mailer.send(&mail(id)).await.unwrap();
        }
        let mut names: Vec<_> =
            std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert!(names[0].to_str().unwrap().starts_with("01700000000000000000-"), "{names:?}");
        let texts: Vec<String> =
            names.iter().map(|name| std::fs::read_to_string(folder.join(name)).unwrap()).collect();
        let ends: Vec<&str> = texts.iter().map(|text| text.rsplit("\r\n").next().unwrap()).collect();
        assert_eq!(ends, ["Hello, 1", "Hello, 2", "Hello, 3", "Hello, 4", "Hello, 5"]);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_folder_that_goes_away_comes_back() {
        let (settings, folder) = settings("gone");
        let mailer = FileMailer::new(&settings, Clock::System).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        mailer.send(&mail(1)).await.unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[tokio::test]
    async fn a_disk_that_cannot_be_written_is_a_temporary_failure() {
        let (settings, folder) = settings("full");
        let mailer = FileMailer::new(&settings, Clock::System).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "a file in the place of the folder").unwrap();
        assert!(matches!(mailer.send(&mail(1)).await, Err(MailError::Temporary(_))));
        std::fs::remove_file(folder).unwrap();
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_refused_at_the_start() {
        let refused = FileMailer::new(&Email::default(), Clock::System).unwrap_err();
        assert_eq!(refused.key, "email.file_path");
        let settings = Email { file_path: OrFalse::of("/dev/null/mails".to_owned()), ..Email::default() };
        assert_eq!(FileMailer::new(&settings, Clock::System).unwrap_err().key, "email.file_path");
    }
}

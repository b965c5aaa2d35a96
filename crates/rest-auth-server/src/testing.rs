//! What tests share: a folder that goes when the test ends, commands run in it, and the comparison of generated files.

use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use crate::process::{Answers, Console, Process};

static COUNT: AtomicU32 = AtomicU32::new(0);

/// A folder of a test's own.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn empty() -> Self {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rest-auth-server-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn with(name: &str, text: &str) -> Self {
        let folder = Self::empty();
        folder.write(name, text);
        folder
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.0.join(name), text).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.0.join(name)).unwrap()
    }

    /// Lets every user of the machine read a file.
    #[cfg(unix)]
    pub(crate) fn allow_others(&self, name: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::set_permissions(self.0.join(name), std::fs::Permissions::from_mode(0o644)).unwrap();
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs commands in a folder, with an environment and an input of their own.
pub(crate) struct Shell<'a> {
    folder: &'a Folder,
    variables: Vec<(OsString, OsString)>,
    answers: Answers,
    input: Vec<u8>,
}

/// What a command left.
pub(crate) struct Done {
    pub(crate) status: u8,
    pub(crate) output: String,
    pub(crate) errors: String,
}

impl<'a> Shell<'a> {
    pub(crate) fn new(folder: &'a Folder) -> Self {
        Self { folder, variables: Vec::new(), answers: Answers::Piped, input: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.into(), value.into()));
        self
    }

    /// With a database in the folder, and hashes that take no time.
    pub(crate) fn with_database(self) -> Self {
        let url = format!("sqlite://{}", self.folder.path().join("db.sqlite3").display());
        let hashers = "[{ algorithm = \"pbkdf2_sha256\", iterations = 10 }]";
        self.with("REST_AUTH__DATABASE__URL", &url).with("REST_AUTH__PASSWORD__HASHERS", hashers)
    }

    /// Lines on standard input.
    pub(crate) fn piped(mut self, lines: &[&str]) -> Self {
        self.answers = Answers::Piped;
        self.input = lines.iter().flat_map(|line| [line, "\n"]).collect::<String>().into_bytes();
        self
    }

    /// Somebody who is asked, and answers with these lines.
    pub(crate) fn played(self, lines: &[&str]) -> Self {
        Self { answers: Answers::Played, ..self.piped(lines) }
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        let (output, errors) = (Page::default(), Page::default());
        let status = crate::run(Process {
            arguments: std::iter::once("rest-auth")
                .chain(arguments.iter().copied())
                .map(OsString::from)
                .collect(),
            variables: self.variables.clone(),
            folder: self.folder.path().to_owned(),
            console: Console::new(
                self.answers,
                std::io::Cursor::new(self.input.clone()),
                output.clone(),
                errors.clone(),
            ),
        });
        Done { status, output: output.text(), errors: errors.text() }
    }
}

/// What was written, for whoever wrote it and whoever wants to read it.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Compares a file of this repository with what the code generates; with `UPDATE=1` it is written instead.
pub(crate) fn assert_generated(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(file);
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{file} is out of date: run the tests with UPDATE=1 and commit what changes");
}

//! SQLite files for tests.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A place for an SQLite file, which goes with the test. Nothing is there at first.
#[derive(Debug)]
pub struct SqliteFile(PathBuf);

impl SqliteFile {
    /// A place that no other test has.
    #[expect(clippy::new_without_default, reason = "each one is another file")]
    pub fn new() -> Self {
        Self::in_folder(&std::env::temp_dir())
    }

    /// The same where a flush costs nothing, if this machine has such a folder.
    pub fn quick() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::in_folder(memory) } else { Self::new() }
    }

    fn in_folder(folder: &Path) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(folder.join(format!("rest-auth-{}-{number}.sqlite3", std::process::id())))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// As a configuration has it.
    pub fn url(&self) -> String {
        format!("sqlite://{}", self.0.display())
    }
}

impl Drop for SqliteFile {
    fn drop(&mut self) {
        for suffix in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{suffix}", self.0.display()));
        }
    }
}

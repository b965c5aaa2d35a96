//! A look at this project's own sources: for tests that compare pages of the documentation with them.

use std::path::{Path, PathBuf};

/// The folder of the whole project.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The names of all functions of the project, tests among them, in order and each once.
pub fn functions() -> Vec<String> {
    let mut found = Vec::new();
    for text in texts(&root().join("crates")) {
        found.extend(text.lines().filter_map(function).map(str::to_owned));
    }
    found.sort();
    found.dedup();
    found
}

/// Every Rust source below a folder.
///
/// # Panics
///
/// If one of them cannot be read.
fn texts(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(std::fs::read_to_string(&path).expect("a source can be read"));
        }
    }
    found
}

/// The name of the function that begins on a line.
fn function(line: &str) -> Option<&str> {
    let (_, rest) = line.trim_start().split_once("fn ")?;
    let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')?;
    Some(&rest[..end])
}

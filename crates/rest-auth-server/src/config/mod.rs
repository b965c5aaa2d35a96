//! The configuration: where it comes from, and where each key was given. What a key means is core's business.
//!
//! Later sources win: the profile's defaults, the file, the environment, the command line. Whatever is wrong
//! is a [`Mistake`] with its place, and all of them are reported at once.

mod draft;
mod environment;
mod file;
mod mistake;
mod secret_files;
#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use rest_auth::core::checks::{self, Finding, Level};
use rest_auth::core::settings::{Problem, Settings};

use draft::Draft;
pub use environment::variable;
pub use mistake::{Mistake, Origin};

/// The file that is read when nobody names one.
pub const DEFAULT_FILE: &str = "rest-auth.toml";
/// The variable that names the file.
pub const FILE_VARIABLE: &str = "REST_AUTH_CONFIG";

/// Where a configuration comes from.
#[derive(Clone, Copy, Debug)]
pub struct Sources<'a> {
    /// `--config`
    pub file: Option<&'a Path>,
    /// `--listen`
    pub listen: Option<&'a str>,
    /// The environment, all of it.
    pub variables: &'a [(OsString, OsString)],
    /// Where relative paths begin.
    pub folder: &'a Path,
}

/// A configuration that can be used, and where its keys stand.
#[derive(Debug)]
pub struct Configuration {
    /// What was configured.
    pub settings: Settings,
    /// The file that was read, as it was named.
    pub file: Option<PathBuf>,
    /// What is unwise, and no reason not to start.
    pub warnings: Vec<Mistake>,
    origins: draft::Origins,
}

impl Configuration {
    /// Where a key was given; `None` if it has its default.
    pub fn origin(&self, key: &str) -> Option<&Origin> {
        self.origins.get(key)
    }

    /// What somebody else says of a key, at the place where it was given.
    pub fn mistake(&self, problem: Problem) -> Mistake {
        place(problem, &self.origins)
    }

    /// What the checks find, at the places where the keys were given; and with `deploy` also what is not for a server
    /// that others reach. Errors come first.
    pub fn findings(&self, deploy: bool) -> Vec<(Level, Mistake)> {
        let mut findings = checks::run(&self.settings);
        if deploy {
            findings.extend(checks::deploy(&self.settings));
        }
        let found = findings.into_iter().map(|Finding { id, level, key, message, hint }| {
            let origin = self.origin(&key).cloned();
            (level, Mistake { origin, key: Some(key), message, hint: Some(format!("{hint} ({id})")) })
        });
        let warnings = self.warnings.iter().map(|warning| (Level::Warning, warning.clone()));
        let mut all: Vec<_> = found.chain(warnings).collect();
        all.sort_by(|(a, first), (b, second)| (a, &first.origin).cmp(&(b, &second.origin)));
        all
    }
}

/// Reads the configuration. The mistakes come in the order of their places.
pub fn load(sources: Sources<'_>) -> Result<Configuration, Vec<Mistake>> {
    let mut draft = Draft::default();
    let file = find(&sources);
    if let Some(file) = &file {
        file::read(file, sources.folder, &mut draft)?;
    }
    environment::overlay(sources.variables, &mut draft);
    if let Some(listen) = sources.listen {
        draft.set("http", "listen", listen.into(), Origin::Option("--listen"));
    }
    secret_files::follow(sources.folder, &mut draft);
    let Draft { table, origins, mut mistakes, warnings } = draft;
    match Settings::from_table(table) {
        Ok(settings) if mistakes.is_empty() => Ok(Configuration { settings, file, warnings, origins }),
        read => {
            let problems = read.err().into_iter().flatten();
            mistakes.extend(problems.map(|problem| place(problem, &origins)));
            mistakes.sort_by(|a, b| a.origin.cmp(&b.origin));
            Err(mistakes)
        }
    }
}

/// The file to read. One that somebody named must exist, the default one need not.
fn find(sources: &Sources<'_>) -> Option<PathBuf> {
    if let Some(file) = sources.file {
        return Some(file.to_owned());
    }
    let named = sources.variables.iter().find(|(name, value)| name == FILE_VARIABLE && !value.is_empty());
    if let Some((_, file)) = named {
        return Some(file.into());
    }
    sources.folder.join(DEFAULT_FILE).exists().then(|| DEFAULT_FILE.into())
}

fn place(problem: Problem, origins: &draft::Origins) -> Mistake {
    let Problem { key, message, hint } = problem;
    Mistake { origin: origins.get(&key).cloned(), key: Some(key), message, hint }
}

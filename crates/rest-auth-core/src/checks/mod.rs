//! System checks: what a configuration must not be, should not be, and on a server for others had better be.
//!
//! Each check is a row: an id that stays, a level, a sentence and a hint. [`run`] looks at settings, and at the
//! folder of templates that they name; it asks no database and no network. `rest-auth check` prints the findings, and
//! whoever builds an [`App`](crate::App) refuses to start with errors.

mod account;
mod cookies;
mod database;
mod deploy;
mod email;
mod http;
mod issuers;
mod jwt;
mod password;
mod secret;
mod social_redirect;
mod top;
mod user_model;

#[cfg(test)]
mod tests;

use crate::settings::{Problem, Profile, Settings};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It cannot work, or would break a promise: refuse to start.
    Error,
    /// It works, and is probably not what was meant.
    Warning,
    /// Fine on this machine; not for a server that others reach.
    Deploy,
}

impl std::fmt::Display for Level {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Deploy => "deploy",
        })
    }
}

/// A check: a row of the table of them all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// `rest_auth.E001`; never given to another check.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong with the key, after its name; `{}` stands for what was found.
    pub sentence: &'static str,
    /// What to do.
    pub hint: &'static str,
}

/// Something that a check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The check's id.
    pub id: &'static str,
    /// How bad it is.
    pub level: Level,
    /// The key, with its section.
    pub key: String,
    /// What is wrong with it. Never a secret's value.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { id, key, message, hint, .. } = self;
        write!(f, "{key}: {message}; {hint} ({id})")
    }
}

/// What is wrong with these settings: errors and warnings.
pub fn run(settings: &Settings) -> Vec<Finding> {
    let mut findings = Findings::default();
    for check in [
        top::check,
        http::check,
        database::check,
        email::check,
        account::check,
        password::check,
        cookies::check,
        jwt::check,
        issuers::check,
        user_model::check,
        social_redirect::check,
    ] {
        check(settings, &mut findings);
    }
    findings.0
}

/// What a server for others had better not have: every deviation from the strict profile, and a few things that
/// are fine on one's own machine only.
pub fn deploy(settings: &Settings) -> Vec<Finding> {
    let mut findings = Findings::default();
    deploy::check(settings, &mut findings);
    findings.0
}

/// Every check, for the reference.
pub fn all() -> Vec<&'static Check> {
    let tables = [
        GENERAL,
        top::CHECKS,
        http::CHECKS,
        database::CHECKS,
        email::CHECKS,
        account::CHECKS,
        password::CHECKS,
        cookies::CHECKS,
        jwt::CHECKS,
        issuers::CHECKS,
        user_model::CHECKS,
        social_redirect::CHECKS,
        deploy::CHECKS,
    ];
    let mut all: Vec<&Check> = tables.into_iter().flatten().copied().collect();
    all.sort_by_key(|check| (check.level, check.id));
    all
}

/// Checks that hold for keys of several sections.
const GENERAL: &[&Check] = &[&TWICE, &ZERO, &NOTHING];

static TWICE: Check = error("rest_auth.E010", "names {} twice", "remove one of the two");
static ZERO: Check = error("rest_auth.E011", "is 0", "give it 1 or more");
static NOTHING: Check = error("rest_auth.E012", "is empty", "name at least one");

const fn error(id: &'static str, sentence: &'static str, hint: &'static str) -> Check {
    Check { id, level: Level::Error, sentence, hint }
}

const fn warning(id: &'static str, sentence: &'static str, hint: &'static str) -> Check {
    Check { id, level: Level::Warning, sentence, hint }
}

/// What was found so far.
#[derive(Debug, Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &Check, key: &str) {
        self.about(check, key, "");
    }

    /// Fills what was found into the sentence.
    fn about(&mut self, check: &Check, key: &str, found: &str) {
        self.0.push(Finding {
            id: check.id,
            level: check.level,
            key: key.to_owned(),
            message: check.sentence.replace("{}", found),
            hint: check.hint.to_owned(),
        });
    }

    /// Takes over what another module says of a key, under this check's id.
    fn take(&mut self, check: &Check, problem: Problem) {
        self.0.push(Finding {
            id: check.id,
            level: check.level,
            key: problem.key,
            message: problem.message,
            hint: problem.hint.unwrap_or_else(|| check.hint.to_owned()),
        });
    }

    /// A list must not name anything twice.
    fn no_twins<T: PartialEq + serde::Serialize>(&mut self, key: &str, list: &[T]) {
        for (index, entry) in list.iter().enumerate() {
            if list[..index].contains(entry) {
                let name = toml::Value::try_from(entry).map(|value| value.to_string());
                self.about(&TWICE, key, &name.unwrap_or_default());
            }
        }
    }

    /// A number or a duration must not be 0.
    fn no_zero(&mut self, key: &str, number: u64) {
        if number == 0 {
            self.add(&ZERO, key);
        }
    }
}

/// Whether the profile is the strict one: some things are a warning in "compat" and an error there.
fn is_strict(settings: &Settings) -> bool {
    settings.top.profile == Profile::Strict
}

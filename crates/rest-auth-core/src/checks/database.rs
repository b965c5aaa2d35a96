//! `[database]`. The address may hold a password, so no sentence shows it.

use super::{Check, Findings, error, warning};
use crate::settings::Settings;

pub(super) const CHECKS: &[&Check] = &[&URL, &IN_MEMORY];

static URL: Check = error(
    "rest_auth.E030",
    "is no address of a database",
    "write it as \"sqlite:///var/lib/rest-auth/db.sqlite3\", \"sqlite://here.sqlite3\", \"sqlite::memory:\" or \
     \"postgres://user:password@host:5432/name\"",
);
static IN_MEMORY: Check = warning(
    "rest_auth.W030",
    "is a database in memory: every account goes when the server ends",
    "name a file, \"sqlite://rest-auth.sqlite3\"",
);

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let database = &settings.database;
    match database.url.split_once(':') {
        Some(("sqlite", ":memory:" | "//:memory:")) => findings.add(&IN_MEMORY, "database.url"),
        Some(("sqlite" | "postgres" | "postgresql", rest)) if rest.len() > 2 && rest.starts_with("//") => {}
        _ => findings.add(&URL, "database.url"),
    }
    findings.no_zero("database.max_connections", database.max_connections.into());
    findings.no_zero("database.readers", database.readers.into());
    findings.no_zero("database.acquire_timeout", database.acquire_timeout.0);
    findings.no_zero("database.clear_expired", database.clear_expired.get().map_or(1, |every| every.0));
}

//! How a database is reached: its address, its sizes and its time limits.

use std::path::PathBuf;
use std::time::Duration;

/// Sizes and time limits. The defaults suit a small server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Connections to PostgreSQL.
    pub max_connections: u32,
    /// Connections to an SQLite file that are kept for reading; more are opened while more reads run at once.
    pub readers: u32,
    /// Bytes of an SQLite file that each reader maps into memory; 0 for none.
    pub mmap_size: u32,
    /// How long a caller waits for a connection, or for its turn to write, before it is told that the database is
    /// unavailable.
    pub acquire_timeout: Duration,
    /// How long to wait for another process that has locked an SQLite file. Django's default is 5 s; deployments that
    /// share a file raise it.
    pub busy_timeout: Duration,
    /// How long a transaction on SQLite may last. All writers take turns, so one that stalls is rolled back and told.
    pub transaction_limit: Duration,
    /// How long the writer of an SQLite file gathers transactions before it flushes them to disk together. It never
    /// waits for more of them: an only caller is served at once.
    pub gather: Duration,
    /// How long a statement may take on PostgreSQL before its connection is given up as dead.
    pub statement_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_connections: 10,
            readers: 4,
            mmap_size: 256 << 20,
            acquire_timeout: Duration::from_secs(5),
            busy_timeout: Duration::from_secs(20),
            transaction_limit: Duration::from_secs(5),
            gather: Duration::from_millis(5),
            statement_timeout: Duration::from_secs(15),
        }
    }
}

/// What a URL names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Target {
    SqliteFile(PathBuf),
    SqliteMemory,
    Postgres(String),
}

impl Target {
    /// Reads `sqlite:///ABSOLUTE`, `sqlite://RELATIVE`, `sqlite::memory:`, `postgres://…` and `postgresql://…`.
    pub(super) fn parse(url: &str) -> Result<Self, UnknownUrl> {
        if matches!(url, "sqlite::memory:" | "sqlite://:memory:") {
            return Ok(Self::SqliteMemory);
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url.to_owned()));
        }
        match url.strip_prefix("sqlite://") {
            Some(path) if !path.is_empty() => Ok(Self::SqliteFile(PathBuf::from(path))),
            _ => Err(UnknownUrl { scheme: scheme(url), reason: "is not known" }),
        }
    }
}

/// The scheme alone: the rest of a URL may hold a password.
fn scheme(url: &str) -> String {
    url.split(':').next().unwrap_or_default().to_owned()
}

/// A database URL that cannot be used. It does not repeat the URL, which may hold a password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownUrl {
    scheme: String,
    reason: &'static str,
}

impl UnknownUrl {
    #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
    pub(super) fn not_compiled_in(url: &str) -> Self {
        Self { scheme: scheme(url), reason: "is not compiled in" }
    }
}

impl std::fmt::Display for UnknownUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the database URL with the scheme \"{}\" {}; write sqlite:///ABSOLUTE/PATH, sqlite://RELATIVE/PATH, \
             sqlite::memory: or postgres://USER:PASSWORD@HOST:PORT/NAME",
            self.scheme, self.reason
        )
    }
}

impl std::error::Error for UnknownUrl {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_urls_of_the_documentation_are_read() {
        assert_eq!(
            Target::parse("sqlite:///var/db.sqlite3"),
            Ok(Target::SqliteFile("/var/db.sqlite3".into()))
        );
        assert_eq!(Target::parse("sqlite://db.sqlite3"), Ok(Target::SqliteFile("db.sqlite3".into())));
        assert_eq!(Target::parse("sqlite::memory:"), Ok(Target::SqliteMemory));
        let url = "postgres://a:b@c:5/d";
        assert_eq!(Target::parse(url), Ok(Target::Postgres(url.to_owned())));
        for bad in ["", "mysql://a:secret@b/c", "sqlite://", "/var/db.sqlite3"] {
            let error = Target::parse(bad).expect_err(bad).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}

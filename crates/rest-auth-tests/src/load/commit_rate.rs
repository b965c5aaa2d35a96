//! The ceiling of a server that commits each write alone: one writer, one row and one durable commit after another.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::Failure;
use super::databases::remove;
use super::stopwatch::now;

/// Commits a second to an SQLite file in a folder, with the write-ahead log and `synchronous = FULL`, as the server has
/// it.
pub(super) fn measure(folder: &Path, span: Duration) -> Result<f64, Failure> {
    let file = folder.join("commits.sqlite3");
    remove(&file)?;
    let connection = Connection::open(&file)?;
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; \
         CREATE TABLE row (id integer NOT NULL PRIMARY KEY AUTOINCREMENT, text text NOT NULL)",
    )?;
    let mut insert = connection.prepare("INSERT INTO row (text) VALUES (?1)")?;
    let (begin, mut commits) = (now(), 0);
    while begin.elapsed() < span {
        insert.execute(["a row of the length of a token's, more or less"])?;
        commits += 1;
    }
    let rate = f64::from(commits) / begin.elapsed().as_secs_f64();
    drop(insert);
    drop(connection);
    remove(&file)?;
    Ok(rate)
}

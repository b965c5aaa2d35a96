//! What SQLite's errors mean.

use rusqlite::{Connection, ErrorCode, ffi};

use crate::driver::Error;

/// Whether another process holds a lock: worth waiting.
pub(super) fn is_busy(failure: &rusqlite::Error) -> bool {
    matches!(failure.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

/// Whether the file cannot be reached or written.
pub(super) fn is_away(failure: &rusqlite::Error) -> bool {
    matches!(
        failure.sqlite_error_code(),
        Some(ErrorCode::CannotOpen | ErrorCode::SystemIoFailure | ErrorCode::DiskFull)
    )
}

/// Whether a transaction ends with rows that refer to nothing: Django's foreign keys are checked at the very end.
pub(super) fn breaks_foreign_key(failure: &rusqlite::Error) -> bool {
    matches!(failure, rusqlite::Error::SqliteFailure(error, _)
        if error.extended_code == ffi::SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// The driver's error. `connection` helps to find the columns of an index over expressions.
pub(super) fn translate(failure: rusqlite::Error, connection: Option<&Connection>) -> Error {
    if is_busy(&failure) || is_away(&failure) {
        return Error::unavailable(failure);
    }
    if let rusqlite::Error::SqliteFailure(error, Some(message)) = &failure
        && matches!(
            error.extended_code,
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
        )
        && let Some((table, columns)) = violated(message, connection)
    {
        return Error::NotUnique { table, columns };
    }
    Error::backend(failure)
}

/// `UNIQUE constraint failed: account_emailaddress.user_id, account_emailaddress.email`, or, for an index over
/// expressions, `UNIQUE constraint failed: index 'unique_folded_email'`.
fn violated(message: &str, connection: Option<&Connection>) -> Option<(String, Vec<String>)> {
    let list = message.strip_prefix("UNIQUE constraint failed: ")?;
    if let Some(index) = list.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        return columns_of_expressions(connection?, index).ok();
    }
    let mut table = String::new();
    let mut columns = Vec::new();
    for name in list.split(", ") {
        let (owner, column) = name.rsplit_once('.')?;
        owner.clone_into(&mut table);
        columns.push(column.to_owned());
    }
    Some((table, columns))
}

/// The columns that the text of an index mentions.
fn columns_of_expressions(connection: &Connection, index: &str) -> rusqlite::Result<(String, Vec<String>)> {
    let (table, definition): (String, String) = connection.query_row(
        "SELECT tbl_name, sql FROM sqlite_master WHERE type = 'index' AND name = ?1",
        [index],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let expressions = definition.split_once('(').map_or("", |(_, rest)| rest);
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    let columns: Vec<String> = statement.query_map([&table], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let mentioned = |column: &String| {
        expressions
            .split(|character: char| !(character.is_alphanumeric() || character == '_'))
            .any(|word| word == column)
    };
    Ok((table, columns.into_iter().filter(mentioned).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn not_unique(schema: &str, statement: &str) -> (String, Vec<String>) {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(schema).unwrap();
        connection.execute_batch(statement).unwrap();
        let failure = connection.execute_batch(statement).expect_err("the second row is one too many");
        match translate(failure, Some(&connection)) {
            Error::NotUnique { table, columns } => (table, columns),
            other => panic!("{other}"),
        }
    }

    #[test]
    fn a_violated_index_is_known_by_its_columns() {
        let table = "CREATE TABLE t (id integer PRIMARY KEY, a text, \"b\" text UNIQUE);";
        assert_eq!(not_unique(table, "INSERT INTO t (b) VALUES ('x')"), ("t".into(), vec!["b".into()]));
        let two = format!("{table} CREATE UNIQUE INDEX i ON t (a, id) WHERE a <> 'y';");
        assert_eq!(
            not_unique(&two, "INSERT INTO t (id, a) VALUES (1, 'x')"),
            ("t".into(), vec!["id".into()])
        );
        let folded = format!("{table} CREATE UNIQUE INDEX i ON t (upper(\"a\"));");
        assert_eq!(not_unique(&folded, "INSERT INTO t (a) VALUES ('x')"), ("t".into(), vec!["a".into()]));
    }
}

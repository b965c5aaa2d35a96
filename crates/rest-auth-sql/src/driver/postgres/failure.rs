//! What PostgreSQL's errors mean.

use sqlx::postgres::PgDatabaseError;

use super::unique_indexes::UniqueIndexes;
use crate::driver::Error;

/// Whether the connection is lost, or the server is going away.
pub(super) fn is_gone(failure: &sqlx::Error) -> bool {
    match failure {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::WorkerCrashed
        | sqlx::Error::PoolClosed
        | sqlx::Error::BeginFailed => true,
        sqlx::Error::Database(error) => error.code().is_some_and(|code| {
            code.starts_with("08") || matches!(&*code, "57P01" | "57P02" | "57P03" | "57P05" | "25P03")
        }),
        _ => false,
    }
}

/// Whether the server lives and another try may succeed: too many connections, a deadlock, a lock or time limit.
fn is_busy(code: &str) -> bool {
    matches!(code, "53300" | "40001" | "40P01" | "55P03" | "57014") || code.starts_with("53")
}

/// The driver's error.
pub(super) fn translate(failure: sqlx::Error, unique_indexes: &UniqueIndexes) -> Error {
    if is_gone(&failure) {
        return Error::unavailable(failure);
    }
    if let sqlx::Error::Database(error) = &failure {
        let error = error.downcast_ref::<PgDatabaseError>();
        if is_busy(error.code()) {
            return Error::unavailable(failure);
        }
        if error.code() == "23505"
            && let Some((table, columns)) = unique_indexes.violated(error)
        {
            return Error::NotUnique { table, columns };
        }
    }
    Error::backend(failure)
}

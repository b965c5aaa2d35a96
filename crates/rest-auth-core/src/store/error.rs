//! What can go wrong in a store.

use crate::settings::Problem;

/// The result of a store's method.
pub type StoreResult<T> = Result<T, StoreError>;

/// Why a store did not do what was asked.
#[derive(Debug)]
pub enum StoreError {
    /// A value that must be unique is taken. It names the *field*, so that the field's error is made where the
    /// row is written.
    Conflict {
        /// The field, in the model's words: `username`, `email`, `key`.
        field: &'static str,
    },
    /// Text is longer than its column.
    TooLong {
        /// The field, in the model's words.
        field: &'static str,
        /// How many code points the column takes.
        limit: usize,
    },
    /// A whole number is larger than its column takes.
    TooLarge {
        /// The field, in the model's words.
        field: &'static str,
        /// The largest number that the column takes.
        limit: i64,
    },
    /// A whole number is smaller than its column takes.
    TooSmall {
        /// The field, in the model's words.
        field: &'static str,
        /// The smallest number that the column takes.
        limit: i64,
    },
    /// A row says something impossible; `table` and `id` tell which.
    Inconsistent {
        /// The table.
        table: &'static str,
        /// The row's primary key, as text.
        id: String,
    },
    /// The tables are there, and are not as the settings describe them.
    Settings(Vec<Problem>),
    /// The database is away, or nobody could serve within the time limit. Worth another try.
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// The database refused for another reason: a bug, or a schema that is not Django's.
    Backend(Box<dyn std::error::Error + Send + Sync>),
}

impl std::fmt::Display for StoreError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Conflict { field } => write!(f, "{field} is taken"),
            Self::TooLong { field, limit } => write!(f, "{field} is longer than {limit}"),
            Self::TooLarge { field, limit } => write!(f, "{field} is larger than {limit}"),
            Self::TooSmall { field, limit } => write!(f, "{field} is smaller than {limit}"),
            Self::Inconsistent { table, id } => write!(f, "row {id} of {table} is inconsistent"),
            Self::Settings(problems) => {
                for (place, Problem { key, message, hint }) in problems.iter().enumerate() {
                    let and = if place == 0 { "" } else { "; " };
                    write!(f, "{and}{key}: {message}")?;
                    hint.iter().try_for_each(|hint| write!(f, "; {hint}"))?;
                }
                Ok(())
            }
            Self::Unavailable(source) => write!(f, "the database is unavailable: {source}"),
            Self::Backend(source) => write!(f, "the database failed: {source}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unavailable(source) | Self::Backend(source) => Some(source.as_ref()),
            _ => None,
        }
    }
}

//! What a driver reports, before it has the store's words.

use rest_auth_core::store::StoreError;

/// The result of a statement.
pub(crate) type Result<T> = std::result::Result<T, Error>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a statement did not do what was asked.
#[derive(Debug)]
pub(crate) enum Error {
    /// A row with the same values in these columns is there. Only between a database and [`super::Fields`].
    NotUnique {
        /// The table.
        table: String,
        /// The columns of the violated index, in its order.
        columns: Vec<String>,
    },
    /// The same, with the name of the field that the columns are about.
    Conflict {
        /// In the model's words.
        field: &'static str,
    },
    /// The database is away or too busy.
    Unavailable(Source),
    /// Anything else.
    Backend(Source),
}

impl Error {
    pub(crate) fn backend(source: impl Into<Source>) -> Self {
        Self::Backend(source.into())
    }

    pub(crate) fn unavailable(source: impl Into<Source>) -> Self {
        Self::Unavailable(source.into())
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotUnique { table, columns } => write!(f, "not unique: {table} ({})", columns.join(", ")),
            Self::Conflict { field } => write!(f, "{field} is taken"),
            Self::Unavailable(source) | Self::Backend(source) => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotUnique { .. } | Self::Conflict { .. } => None,
            Self::Unavailable(source) | Self::Backend(source) => Some(source.as_ref()),
        }
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match error {
            Error::Conflict { field } => Self::Conflict { field },
            Error::Unavailable(source) => Self::Unavailable(source),
            Error::NotUnique { .. } => Self::Backend(Box::new(error)),
            Error::Backend(source) => Self::Backend(source),
        }
    }
}

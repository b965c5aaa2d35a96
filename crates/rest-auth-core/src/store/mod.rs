//! The port to the database. It names fields and aggregates, never tables or statements.

mod error;

pub use error::{StoreError, StoreResult};

//! The port to the database: what can be asked of a store, one trait for each aggregate.
//!
//! The verbs are `add_`, `set_`, `delete_`, and a bare noun to look something up. Look-ups return `Option`.
//! No method knows a table by name, a statement or a dialect. Whoever brings an own [`Store`] runs the
//! contract (feature `testing`) on it.

#[cfg(any(test, feature = "testing"))]
pub mod contract;
mod email_addresses;
mod error;
mod outbox;
mod refresh_tokens;
mod sessions;
mod sites;
mod social_accounts;
mod social_codes;
mod throttles;
mod tokens;
mod users;

use async_trait::async_trait;

pub use email_addresses::EmailAddresses;
pub use error::{StoreError, StoreResult};
pub use outbox::{Outbox, QueuedMail};
pub use refresh_tokens::RefreshTokens;
pub use sessions::Sessions;
pub use sites::{Site, Sites};
pub use social_accounts::{ListedApplication, SocialAccounts};
pub use social_codes::{SocialCode, SocialCodes};
pub use throttles::{Hit, Throttles, Window};
pub use tokens::Tokens;
pub use users::{ProfileChanges, UserLookup, Users};

/// A trait that whatever has all of the others has.
macro_rules! sum {
    ($(#[$about:meta])* $name:ident: $($part:ident),* $(,)?) => {
        $(#[$about])*
        pub trait $name: $($part +)* Send {}

        impl<T: $($part +)* Send> $name for T {}
    };
}

sum! {
    /// Everything that can be asked of a connection.
    Records: Users,
        EmailAddresses,
        Tokens,
        RefreshTokens,
        Sessions,
        Outbox,
        Throttles,
        Sites,
        SocialAccounts,
        SocialCodes,
}

/// A transaction. Dropping it rolls back, so `?` is always safe.
#[async_trait]
pub trait Tx: Records {
    /// Makes all of it last. When this returns, a crash or a power cut loses nothing.
    async fn commit(self: Box<Self>) -> StoreResult<()>;
}

/// A database.
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// A connection for reading; no transaction.
    async fn read(&self) -> StoreResult<Box<dyn Records>>;
    /// A transaction that may write.
    async fn write(&self) -> StoreResult<Box<dyn Tx>>;
    /// Whether the database answers and its schema is the one that is needed; for `/readyz`.
    async fn ready(&self) -> StoreResult<()>;
    /// Waits until what was acknowledged is on disk and closes. Afterwards every call fails.
    async fn close(&self);
}

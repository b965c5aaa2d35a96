//! Accounts.

use async_trait::async_trait;

use super::StoreResult;
use crate::model::{EncodedPassword, ExtraValue, NewUser, Timestamp, User, UserId};

/// How an account is looked up. Looking up without regard to case has an index on both databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserLookup<'a> {
    /// The user name, exactly.
    Username(&'a str),
    /// The user name, ignoring case.
    UsernameFolded(&'a str),
    /// The address on the user row, ignoring case.
    EmailFolded(&'a str),
}

/// The rows of the user table.
#[async_trait]
pub trait Users: Send {
    /// The account with this key.
    async fn user(&mut self, id: UserId) -> StoreResult<Option<User>>;
    /// The accounts that a look-up finds, by key; at most ten, since nobody needs more to refuse.
    async fn users(&mut self, lookup: UserLookup<'_>) -> StoreResult<Vec<User>>;
    /// Which of the names are taken, ignoring case, for finding a free one in one query.
    async fn taken_usernames(&mut self, names: &[String]) -> StoreResult<Vec<String>>;
    /// Waits until nobody else holds this name, and holds it until the transaction ends. A column's uniqueness knows one
    /// spelling only; whoever holds the spelling that all others fold to can look whether one of them is taken.
    async fn hold_username(&mut self, folded: &str) -> StoreResult<()>;
    /// A new account, with its rows in the tables of one-to-one relations. `Conflict` names `username`, `email` or one of
    /// the deployment's own fields, and so do `TooLong`, `TooLarge` and
    /// `TooSmall`.
    async fn add_user(&mut self, user: NewUser) -> StoreResult<User>;
    /// Writes the user name, the names and the deployment's own fields that are given; not the password. Makes the row of
    /// a one-to-one relation that is not there. Errors are those of [`Users::add_user`].
    async fn set_profile(&mut self, id: UserId, changes: &ProfileChanges) -> StoreResult<()>;
    /// Writes the password column if it still holds `old`; whether it did. So two parallel changes, or a
    /// rehash beside a change, cannot undo each other.
    async fn set_password(
        &mut self,
        id: UserId,
        old: &EncodedPassword,
        new: &EncodedPassword,
    ) -> StoreResult<bool>;
    /// Notes that a session was opened.
    async fn set_last_login(&mut self, id: UserId, at: Timestamp) -> StoreResult<()>;
    /// Writes the address on the user row.
    async fn set_email(&mut self, id: UserId, email: &str) -> StoreResult<()>;
    /// Switches the account on or off.
    async fn set_active(&mut self, id: UserId, active: bool) -> StoreResult<()>;
    /// Deletes the account and everything that belongs to it, in the order that the constraints ask for.
    /// Sessions stay until they expire; they find nobody any more.
    async fn delete_user(&mut self, id: UserId) -> StoreResult<()>;
}

/// What `user/` writes. `None` leaves a column as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProfileChanges {
    /// The user name.
    pub username: Option<String>,
    /// Given name.
    pub first_name: Option<String>,
    /// Family name.
    pub last_name: Option<String>,
    /// The deployment's own fields by name.
    pub extra: Vec<(String, ExtraValue)>,
}

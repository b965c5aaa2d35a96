//! An address of an account: a row of allauth's `account_emailaddress`.

use super::UserId;

/// An address and what is known of it. Always lower-case when written here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress {
    /// The primary key, which confirmation keys sign.
    pub id: i64,
    /// Whose it is.
    pub user_id: UserId,
    /// The address as stored.
    pub email: String,
    /// Whether its owner has shown that mail arrives.
    pub verified: bool,
    /// Whether it is the account's main one.
    pub primary: bool,
}

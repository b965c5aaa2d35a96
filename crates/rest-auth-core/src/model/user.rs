//! An account: a row of the user table.

use super::{Date, EncodedPassword, Timestamp, UserId, UserIdKind};

/// An account as it is stored. Columns that a deployment's user model lacks are `None` or at their default.
#[derive(Clone, PartialEq)]
pub struct User {
    /// The primary key.
    pub id: UserId,
    /// The password column, as stored: a hash, or `!…` where no password works.
    pub password: EncodedPassword,
    /// The user name; `None` where the model has none.
    pub username: Option<String>,
    /// The address on the user row, as stored; empty for none.
    pub email: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Whether the account may log in.
    pub is_active: bool,
    /// Whether Django's admin lets it in.
    pub is_staff: bool,
    /// Whether Django grants it everything.
    pub is_superuser: bool,
    /// When the account was made.
    pub date_joined: Timestamp,
    /// When a session was last opened.
    pub last_login: Option<Timestamp>,
    /// The deployment's own fields by name, in the order of its settings.
    pub extra: Vec<(String, ExtraValue)>,
}

/// A value of a deployment's own column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExtraValue {
    /// NULL.
    Null,
    /// A character column.
    Text(String),
    /// An integer column.
    Int(i64),
    /// A boolean column.
    Bool(bool),
    /// A date column.
    Date(Date),
}

/// An account to be made.
#[derive(Clone, PartialEq)]
pub struct NewUser {
    /// The user name; `None` where the model has none.
    pub username: Option<String>,
    /// The address for the user row; empty for none.
    pub email: String,
    /// The password column.
    pub password: EncodedPassword,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Whether the account may log in.
    pub is_active: bool,
    /// Whether Django's admin lets it in.
    pub is_staff: bool,
    /// Whether Django grants it everything.
    pub is_superuser: bool,
    /// Now.
    pub date_joined: Timestamp,
    /// The deployment's own fields by name; one that is not given has its default, or is empty.
    pub extra: Vec<(String, ExtraValue)>,
}

impl NewUser {
    /// An ordinary active account.
    pub fn new(username: Option<String>, email: String, password: EncodedPassword, now: Timestamp) -> Self {
        Self {
            username,
            email,
            password,
            first_name: String::new(),
            last_name: String::new(),
            is_active: true,
            is_staff: false,
            is_superuser: false,
            date_joined: now,
            extra: Vec::new(),
        }
    }
}

impl User {
    /// An account that does not exist and may not log in: for work that must take as long as for one that does.
    pub fn nobody(kind: UserIdKind) -> Self {
        Self {
            id: match kind {
                UserIdKind::Int | UserIdKind::BigInt => UserId::Int(0),
                UserIdKind::Uuid => UserId::Uuid(uuid::Uuid::nil()),
            },
            password: EncodedPassword::from_column(""),
            username: Some("nobody".to_owned()),
            email: "nobody@example.com".to_owned(),
            first_name: String::new(),
            last_name: String::new(),
            is_active: false,
            is_staff: false,
            is_superuser: false,
            date_joined: Timestamp::from_seconds(0),
            last_login: None,
            extra: Vec::new(),
        }
    }

    /// How mails address the account, as allauth's `user_display`: the user name, else the address.
    pub fn display(&self) -> &str {
        match &self.username {
            Some(name) if !name.is_empty() => name,
            _ => &self.email,
        }
    }
}

impl std::fmt::Debug for User {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("User")
            .field("id", &self.id)
            .field("username", &self.username)
            .field("is_active", &self.is_active)
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for NewUser {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewUser").field("username", &self.username).finish_non_exhaustive()
    }
}

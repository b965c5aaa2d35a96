//! The deployment's user model: which table holds the accounts, and which columns it has.

use rest_auth_core::model::UserIdKind;
use rest_auth_core::settings::{self, ExtraFieldKind, LoginField};

/// The user table, with names that are safe to put into a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserModel {
    pub(crate) table: String,
    pub(crate) id: UserIdKind,
    /// The column of the user name; `None` where there is none.
    pub(crate) username: Option<String>,
    /// Whether the address is what people log in with, so that the column is unique.
    pub(crate) unique_email: bool,
    pub(crate) extra: Vec<ExtraColumn>,
}

/// A column of the deployment's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ExtraColumn {
    pub(crate) name: String,
    pub(crate) kind: ExtraFieldKind,
    /// Code points, of a character column.
    pub(crate) max_length: usize,
}

/// The columns of Django's abstract user, beside the user name.
const DJANGO_COLUMNS: [&str; 10] = [
    "id",
    "password",
    "last_login",
    "is_superuser",
    "first_name",
    "last_name",
    "email",
    "is_staff",
    "is_active",
    "date_joined",
];

impl UserModel {
    /// Reads `[user_model]`. Refuses what cannot be the name of a table or column.
    pub fn new(settings: &settings::UserModel) -> Result<Self, BadName> {
        let mut taken: Vec<&str> = DJANGO_COLUMNS.to_vec();
        let username = settings.username_field.as_deref();
        let extra = settings.extra_fields.iter().map(|field| field.name.as_str());
        for column in username.into_iter().chain(extra) {
            let name = identifier(column)?;
            if taken.contains(&name) {
                return Err(BadName { name: name.to_owned(), reason: "is a column already" });
            }
            taken.push(name);
        }
        Ok(Self {
            table: identifier(&settings.table)?.to_owned(),
            id: settings.id_kind,
            username: username.map(str::to_owned),
            unique_email: settings.login_field == LoginField::Email,
            extra: settings
                .extra_fields
                .iter()
                .map(|field| ExtraColumn {
                    name: field.name.clone(),
                    kind: field.kind,
                    max_length: field.max_length.unwrap_or(255),
                })
                .collect(),
        })
    }

    /// Whether this is Django's own `auth.User`, as its migrations leave it.
    pub(crate) fn is_djangos_own(&self) -> bool {
        self.table == "auth_user"
            && self.id == UserIdKind::Int
            && self.username.as_deref() == Some("username")
            && !self.unique_email
            && self.extra.is_empty()
    }

    /// App label and model name as Django derives the table's name from them: `users_customuser`.
    pub(crate) fn label(&self) -> (&str, &str) {
        self.table.rsplit_once('_').unwrap_or((&self.table, &self.table))
    }
}

/// A name that fits PostgreSQL's 63 bytes and needs no escaping inside quotes.
fn identifier(name: &str) -> Result<&str, BadName> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let reason = if name.is_empty() || name.len() > 63 {
        "must have 1 to 63 characters"
    } else if name.as_bytes()[0].is_ascii_digit() || !name.bytes().all(allowed) {
        "may have letters, digits and underscores only, and no digit at its start"
    } else {
        return Ok(name);
    };
    Err(BadName { name: name.to_owned(), reason })
}

/// A name in `[user_model]` that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadName {
    name: String,
    reason: &'static str,
}

impl std::fmt::Display for BadName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"{}\" in [user_model] {}", self.name, self.reason)
    }
}

impl std::error::Error for BadName {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_could_end_a_quotation_are_refused() {
        for name in ["", "a b", "a\"b", "1a", "ä", "a;b", &"a".repeat(64)] {
            assert!(identifier(name).is_err(), "{name}");
        }
        assert_eq!(identifier("users_customuser"), Ok("users_customuser"));
    }

    #[test]
    fn a_column_of_djangos_cannot_be_declared_again() {
        let mut settings = settings::UserModel::default();
        assert!(UserModel::new(&settings).unwrap().is_djangos_own());
        settings.extra_fields.push(settings::ExtraField {
            name: "email".to_owned(),
            kind: ExtraFieldKind::Char,
            max_length: None,
            choices: Vec::new(),
            required: false,
            read_only: false,
        });
        assert!(UserModel::new(&settings).is_err());
    }
}

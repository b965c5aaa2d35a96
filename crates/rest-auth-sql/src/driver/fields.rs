//! Which field is taken, when a row cannot be written because it must be unique.
//!
//! An index is known by its table and columns, never by its name: names contain hashes, and differ between databases
//! and versions of Django.

use super::Error;

/// Columns of Django's tables whose uniqueness means something, with the name that the model gives them. The first
/// one that an index has decides.
const KNOWN: [(&str, &str); 9] = [
    ("username", "username"),
    ("email", "email"),
    ("primary", "primary"),
    ("session_key", "key"),
    ("key", "key"),
    ("jti", "jti"),
    ("uid", "uid"),
    ("type", "type"),
    ("user_id", "user"),
];

/// The names of fields that must be unique.
pub(crate) struct Fields {
    user_table: String,
    /// Columns of the user table with names of their own.
    own: Vec<(String, &'static str)>,
}

impl Fields {
    /// `username` is the column of the user name, if there is one; `extra` are the deployment's own columns.
    pub(crate) fn new<'a>(
        user_table: &str,
        username: Option<&str>,
        extra: impl Iterator<Item = &'a str>,
    ) -> Self {
        // A conflict names its field for as long as the process lives, and so do these few names.
        let named = |column: &str| -> (String, &'static str) {
            let name = Box::leak(column.to_owned().into_boxed_str());
            (column.to_owned(), name)
        };
        let mut own: Vec<_> = extra.map(named).collect();
        own.extend(username.map(|column| (column.to_owned(), "username")));
        Self { user_table: user_table.to_owned(), own }
    }

    /// Says which field is taken; other errors stay what they are.
    pub(super) fn name(&self, error: Error) -> Error {
        let Error::NotUnique { table, columns } = &error else { return error };
        let own: &[(String, &'static str)] = if *table == self.user_table { &self.own } else { &[] };
        let mut names = own.iter().map(|(column, field)| (column.as_str(), *field)).chain(KNOWN);
        match names.find(|(column, _)| columns.iter().any(|known| known == column)) {
            Some((_, field)) => Error::Conflict { field },
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(table: &str, columns: &[&str]) -> Option<&'static str> {
        let fields = Fields::new("people", Some("login"), ["phone_number"].into_iter());
        let columns = columns.iter().map(|&column| column.to_owned()).collect();
        match fields.name(Error::NotUnique { table: table.to_owned(), columns }) {
            Error::Conflict { field } => Some(field),
            _ => None,
        }
    }

    #[test]
    fn a_violated_index_names_its_field() {
        assert_eq!(named("people", &["login"]), Some("username"));
        assert_eq!(named("people", &["email"]), Some("email"));
        assert_eq!(named("people", &["phone_number"]), Some("phone_number"));
        assert_eq!(named("account_emailaddress", &["user_id", "email"]), Some("email"));
        assert_eq!(named("account_emailaddress", &["user_id", "primary"]), Some("primary"));
        assert_eq!(named("authtoken_token", &["user_id"]), Some("user"));
        assert_eq!(named("elsewhere", &["login"]), None);
    }
}

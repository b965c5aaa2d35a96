//! Which field is taken, when a row cannot be written because it must be unique.
//!
//! An index is known by its table and columns, never by its name: names contain hashes, and differ between databases
//! and versions of Django.

use super::Error;
use crate::user_model::UserModel;

/// Columns of Django's tables whose uniqueness means something, with the name that the model gives them. The first
/// one that an index has decides.
const KNOWN: [(&str, &str); 10] = [
    ("username", "username"),
    ("email", "email"),
    ("primary", "primary"),
    ("session_key", "key"),
    ("key", "key"),
    ("parent", "parent"),
    ("jti", "jti"),
    ("uid", "uid"),
    ("type", "type"),
    ("user_id", "user"),
];

/// The names of fields that must be unique.
pub(crate) struct Fields {
    model: UserModel,
}

impl Fields {
    /// For the tables of a user model, beside Django's.
    pub(crate) fn new(model: &UserModel) -> Self {
        Self { model: model.clone() }
    }

    /// The field that a column of the model's own tables is called by.
    fn own(&self, table: &str, columns: &[String]) -> Option<&'static str> {
        let has = |name: &str| columns.iter().any(|column| column == name);
        if table == self.model.table && self.model.username.as_deref().is_some_and(has) {
            return Some("username");
        }
        let is_here = |relation: Option<usize>| match relation {
            None => table == self.model.table,
            Some(place) => self.model.relations[place].may_be(table),
        };
        self.model
            .extra
            .iter()
            .find(|extra| is_here(extra.relation) && has(&extra.name))
            .map(|extra| extra.field)
    }

    /// Says which field is taken; other errors stay what they are.
    pub(super) fn name(&self, error: Error) -> Error {
        let Error::NotUnique { table, columns } = &error else { return error };
        let known = || KNOWN.into_iter().find(|(column, _)| columns.iter().any(|known| known == column));
        match self.own(table, columns).or_else(|| known().map(|(_, field)| field)) {
            Some(field) => Error::Conflict { field },
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use rest_auth_core::settings::{self, ExtraField, OrFalse};

    use super::*;

    fn named(table: &str, columns: &[&str]) -> Option<&'static str> {
        let extra = |name: &str, source: Option<&str>| ExtraField {
            name: name.to_owned(),
            source: source.map(str::to_owned),
            ..ExtraField::default()
        };
        let settings = settings::UserModel {
            table: "people".to_owned(),
            username_field: OrFalse::of("login".to_owned()),
            extra_fields: vec![extra("phone", Some("phone_number")), extra("vat", Some("company.vat_id"))],
            ..Default::default()
        };
        let fields = Fields::new(&UserModel::new(&settings).unwrap());
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
        assert_eq!(named("people", &["phone_number"]), Some("phone"));
        assert_eq!(named("accounts_company", &["vat_id"]), Some("vat"));
        assert_eq!(named("subcompany", &["vat_id"]), None);
        assert_eq!(named("account_emailaddress", &["user_id", "email"]), Some("email"));
        assert_eq!(named("account_emailaddress", &["user_id", "primary"]), Some("primary"));
        assert_eq!(named("authtoken_token", &["user_id"]), Some("user"));
        assert_eq!(named("elsewhere", &["login"]), None);
    }
}

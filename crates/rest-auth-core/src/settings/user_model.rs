//! `[user_model]`: AUTH_USER_MODEL.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::section::section;
use super::{ExtraField, OrFalse};
use crate::model::UserIdKind;

/// The column that identifies an account at login.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LoginField {
    /// The user name.
    Username,
    /// The address.
    Email,
}

section! {
    /// AUTH_USER_MODEL: the table of accounts.
    UserModel in "user_model" {
        /// The table.
        table: String = "auth_user".to_owned();
        /// Its keys: "int" (Django's own user), "bigint" or "uuid".
        id_kind: UserIdKind = UserIdKind::Int;
        /// USERNAME_FIELD: "username" or "email".
        login_field: LoginField = LoginField::Username;
        /// USERNAME_FIELD's column where people log in by a name, or false where there is none. user/ calls the name as the
        /// column is called; login and registration call it username.
        username_field: OrFalse<String> = OrFalse::of("username".to_owned());
        /// Fields of your own: { name, kind = "char" | "integer" | "boolean" | "date", source = "column" | "relation.column",
        /// max_length, min_value, max_value, choices, required, read_only, at_signup, unique, null, blank, default, label, help_text }.
        extra_fields: Vec<ExtraField> = Vec::new();
        /// The tables of the relations that sources name, where the usual names do not fit:
        /// { userprofile = "accounts_userprofile" }.
        relation_tables: BTreeMap<String, String> = BTreeMap::new();
        /// The fields of user/, in order; pk, email and others of Django's can be among them. false: all.
        details_fields: OrFalse<Vec<String>> = OrFalse::off();
    }
}

impl UserModel {
    /// What `user/` calls the user name: USERNAME_FIELD.
    pub fn username_key(&self) -> &str {
        self.username_field.as_deref().unwrap_or("username")
    }

    /// The names of Django's fields that `user/` shows of itself, in order: dj-rest-auth's `UserDetailsSerializer`.
    pub fn djangos_fields(&self) -> Vec<&str> {
        match self.login_field {
            LoginField::Username => vec!["pk", self.username_key(), "email", "first_name", "last_name"],
            LoginField::Email => vec!["pk", "email", "first_name", "last_name"],
        }
    }

    /// The names of the fields that `user/` shows, in order.
    pub fn shown_fields(&self) -> Vec<&str> {
        if let Some(fields) = self.details_fields.get() {
            return fields.iter().map(String::as_str).collect();
        }
        let mut shown = self.djangos_fields();
        let own = self.extra_fields.iter().filter(|field| !field.is_djangos_own());
        shown.extend(own.map(|field| field.name.as_str()));
        shown
    }

    /// A field of the deployment's own.
    pub fn extra_field(&self, name: &str) -> Option<&ExtraField> {
        self.extra_fields.iter().find(|field| field.name == name)
    }
}

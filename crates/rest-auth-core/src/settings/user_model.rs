//! `[user_model]`: AUTH_USER_MODEL.

use serde::{Deserialize, Serialize};

use super::OrFalse;
use super::section::section;
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

/// What a column of the deployment's own holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExtraFieldKind {
    /// Text.
    Char,
    /// Whole numbers.
    Integer,
    /// Truth values.
    Boolean,
}

/// A column of the deployment's own.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ExtraField {
    /// The column, and the key in bodies.
    pub name: String,
    /// What it holds.
    #[serde(default = "char")]
    pub kind: ExtraFieldKind,
    /// Code points.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// The values that are allowed; none given: all.
    #[serde(default)]
    pub choices: Vec<String>,
    /// Whether registration asks for it.
    #[serde(default)]
    pub required: bool,
    /// Whether `user/` only shows it.
    #[serde(default)]
    pub read_only: bool,
}

fn char() -> ExtraFieldKind {
    ExtraFieldKind::Char
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
        /// The column of the user name, or false where there is none.
        username_field: OrFalse<String> = OrFalse::of("username".to_owned());
        /// Columns of your own: { name, kind = "char" | "integer" | "boolean", max_length, choices, required, read_only }.
        extra_fields: Vec<ExtraField> = Vec::new();
    }
}

//! `[rownd]`: rownd-django's setting ROWND.

use serde::{Deserialize, Serialize};

use super::OrFalse;
use super::section::section;
use crate::model::Secret;

/// Which column of older accounts holds Rownd's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RowndUserField {
    /// The user name.
    Username,
    /// The address.
    Email,
}

section! {
    /// ROWND: people who log in at Rownd; it holds with "rownd" in http.authentication or in http.features.
    Rownd in "rownd" {
        /// API_URL: where Rownd's configuration, keys and users are asked for.
        api_url: String = "https://api.rownd.io".to_owned();
        /// APP_KEY: the app's public key.
        app_key: String = String::new();
        /// APP_SECRET: with it the server asks for people's data.
        app_secret: Secret = Secret::default();
        /// A file that holds the app's secret, instead of the secret itself.
        app_secret_file: OrFalse<String> = OrFalse::off();
        /// CSRF_PROTECT_ROUTES: the two addresses for sessions ask for a proof against CSRF.
        csrf_protect_routes: bool = false, strict = true;
        /// USER_MODEL_USERNAME_FIELD: "username" or "email", the column in which rownd-django has left Rownd's ids.
        user_model_username_field: RowndUserField = RowndUserField::Username;
    }
}

//! `[rest_auth]`: REST_AUTH.

use serde::{Deserialize, Serialize};

use super::section::section;

/// A permission class, by its last name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum PermissionName {
    /// Everybody.
    AllowAny,
    /// Whoever is logged in.
    IsAuthenticated,
    /// Staff.
    IsAdminUser,
}

section! {
    /// REST_AUTH: what login and registration answer.
    RestAuth in "rest_auth" {
        /// Login also opens a session, and sets its cookies.
        session_login: bool = true;
        /// Login and registration answer DRF's token. false (TOKEN_MODEL = None): sessions only, and 204.
        token_model: bool = true;
        /// REGISTER_PERMISSION_CLASSES, by their last names: "AllowAny", "IsAuthenticated", "IsAdminUser".
        register_permission_classes: Vec<PermissionName> = vec![PermissionName::AllowAny];
    }
}

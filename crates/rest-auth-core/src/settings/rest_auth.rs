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
        /// password/change/ asks for the old password.
        old_password_field_enabled: bool = false, strict = true;
        /// password/change/ ends the session that it came with.
        logout_on_password_change: bool = false;
        /// The links of reset mails have the host of the site (django_site), and the scheme of http.base_url.
        password_reset_use_sites_domain: bool = false;
        /// A changed or reset password ends the account's token too; upstream lets it live on (W-12, W-16).
        revoke_on_password_change: bool = false, strict = true;
        /// REGISTER_PERMISSION_CLASSES, by their last names: "AllowAny", "IsAuthenticated", "IsAdminUser".
        register_permission_classes: Vec<PermissionName> = vec![PermissionName::AllowAny];
    }
}

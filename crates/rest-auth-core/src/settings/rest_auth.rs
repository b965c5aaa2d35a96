//! `[rest_auth]`: REST_AUTH.

use serde::{Deserialize, Serialize};

use super::section::section;
use super::{OrFalse, SameSite};

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

/// What the keys of an answer with tokens are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum JwtAnswer {
    /// `access`, `refresh`, `access_expiration` …: dj-rest-auth 4 and newer.
    #[serde(rename = "access")]
    Access,
    /// `access_token`, `refresh_token`, `access_token_expiration` …: dj-rest-auth up to 3.
    #[serde(rename = "access_token")]
    AccessToken,
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
        /// A changed or reset password ends the account's token and its refresh tokens too; upstream lets them live on
        /// (W-12, W-16).
        revoke_on_password_change: bool = false, strict = true;
        /// REGISTER_PERMISSION_CLASSES, by their last names: "AllowAny", "IsAuthenticated", "IsAdminUser".
        register_permission_classes: Vec<PermissionName> = vec![PermissionName::AllowAny];
        /// Login and registration answer JSON web tokens instead, and token/verify/ and token/refresh/ are there.
        use_jwt: bool = false;
        /// The cookie of the access token. false: none is set or read.
        jwt_auth_cookie: OrFalse<String> = OrFalse::off();
        /// The cookie of the refresh token.
        jwt_auth_refresh_cookie: OrFalse<String> = OrFalse::off();
        /// Its Path attribute. Logging out needs it too.
        jwt_auth_refresh_cookie_path: String = "/".to_owned();
        /// Secure attribute of both.
        jwt_auth_secure: bool = false, strict = true;
        /// HttpOnly attribute of both; and the refresh token is kept out of answers.
        jwt_auth_httponly: bool = true;
        /// SameSite attribute of both: "Lax", "Strict", "None", or false.
        jwt_auth_samesite: OrFalse<SameSite> = OrFalse::of(SameSite::Lax);
        /// Domain attribute of both.
        jwt_auth_cookie_domain: OrFalse<String> = OrFalse::off();
        /// Login answers also when its tokens end.
        jwt_auth_return_expiration: bool = false;
        /// What changes something and comes with the cookie needs a proof against CSRF.
        jwt_auth_cookie_use_csrf: bool = false, strict = true;
        /// So does what comes with nothing at all, logins too. Every answer to a GET then hands the proof out.
        jwt_auth_cookie_enforce_csrf_on_unauthenticated: bool = false;
        /// The keys of answers: "access" (access, refresh), or "access_token" (access_token, refresh_token) as before
        /// dj-rest-auth 4.
        jwt_answer: JwtAnswer = JwtAnswer::Access;
    }
}

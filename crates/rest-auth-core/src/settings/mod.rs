//! Every key of the configuration: name, default, meaning. The commented sample is generated from this, and
//! the sample *is* the default.
//!
//! The keys are upstream's setting names in lower case; the sections are upstream's prefixes. Where Python says
//! `None` a key says `false`. How the file is found, read and overlaid with the environment is the server's
//! business; what a wrong value means is [`crate::checks`]'.

mod account;
mod csrf;
mod database;
mod email;
mod http;
mod links;
mod password;
mod rest_auth;
mod rest_framework;
mod section;
mod session;
mod templates;
mod top;
mod user_model;
mod values;

pub use account::{Account, EmailVerification, LoginMethod};
pub use csrf::Csrf;
pub use database::Database;
pub use email::{Email, EmailBackend};
pub use http::{AuthenticatorName, FeatureName, Http};
pub use links::Links;
pub use password::{HasherEntry, Password, ValidatorEntry};
pub use rest_auth::{PermissionName, RestAuth};
pub use rest_framework::{ParserName, RendererName, RestFramework};
pub use section::{Key, Section};
pub use session::Session;
pub use templates::Templates;
pub use top::{Problem, Profile, SectionInfo, Settings, TopLevel};
pub use user_model::{ExtraField, ExtraFieldKind, LoginField, UserModel};
pub use values::{OrFalse, SameSite, Seconds};

/// Settings of upstream that a later version will take. They are told apart from misspelt keys, so that
/// somebody who moves a configuration learns that the key is right and the version is not there yet.
pub const NOT_YET: &[&str] = &[
    "simple_jwt",
    "jwt_auth",
    "socialaccount",
    "rownd",
    "external_issuers",
    "rest_auth.use_jwt",
    "rest_auth.jwt_auth_cookie",
    "rest_auth.jwt_auth_refresh_cookie",
    "rest_auth.jwt_auth_refresh_cookie_path",
    "rest_auth.jwt_auth_secure",
    "rest_auth.jwt_auth_httponly",
    "rest_auth.jwt_auth_samesite",
    "rest_auth.jwt_auth_cookie_domain",
    "rest_auth.jwt_auth_return_expiration",
    "rest_auth.jwt_auth_cookie_use_csrf",
    "rest_auth.jwt_auth_cookie_enforce_csrf_on_unauthenticated",
    "rest_auth.old_password_field_enabled",
    "rest_auth.logout_on_password_change",
    "rest_auth.password_reset_use_sites_domain",
    "rest_auth.mfa_totp_issuer",
    "rest_auth.mfa_totp_digits",
    "rest_auth.mfa_totp_period",
    "rest_auth.mfa_recovery_code_count",
    "rest_auth.mfa_ephemeral_token_timeout",
    "rest_framework.default_throttle_classes",
    "rest_framework.default_throttle_rates",
    "rest_framework.num_proxies",
    "account.rate_limits",
    "password.reset_timeout",
    "links.password_reset",
];

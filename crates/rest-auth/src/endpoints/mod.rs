//! The endpoints, one file for each feature: paths, permission, and the way from a form to a flow and back.
//!
//! No rule is decided here; that is the flows' business in `rest_auth_core::features`.

mod email_verification;
mod example;
mod jwt;
mod legacy_jwt;
mod login;
mod logout;
mod password_change;
mod password_reset;
mod registration;
mod social_accounts;
mod social_login;
mod social_redirect;
mod user;

pub(crate) mod confirm_email;
pub(crate) mod external_issuers;
pub(crate) mod health;
pub(crate) mod jwks;
pub(crate) mod password_reset_page;

use rest_auth_core::App;
use rest_auth_core::settings::FeatureName;

use crate::endpoint::Endpoint;

/// The endpoint table of a deployment.
pub(crate) fn all(app: &App) -> Vec<Endpoint> {
    let settings = &app.settings;
    let mut table = vec![login::endpoint(settings), logout::endpoint(settings), user::endpoint(settings)];
    table.push(password_change::endpoint(settings));
    table.extend(password_reset::endpoints());
    if settings.rest_auth.use_jwt {
        table.extend(jwt::endpoints(settings));
    }
    if settings.has(FeatureName::Registration) {
        table.push(registration::endpoint(settings));
        table.extend(email_verification::endpoints(settings));
    }
    if settings.has(FeatureName::Social) {
        table.extend(social_login::endpoints(app));
        table.extend(social_redirect::endpoints(app));
        table.extend(social_accounts::endpoints());
    }
    if settings.has(FeatureName::LegacyJwt) {
        table.extend(legacy_jwt::endpoints(settings));
    }
    if settings.has(FeatureName::Example) {
        table.push(example::endpoint());
    }
    table
}

//! `logout/`: dj-rest-auth's `LogoutView`.

use http::Method;
use rest_auth_core::features::logout::{self, Logout};
use rest_auth_core::settings::Settings;
use rest_auth_core::{Context, messages, throttles};

use crate::authenticators::Proof;
use crate::cookies;
use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const DESCRIPTION: &str =
    "Ends the session and deletes the token of the account.\n\nAccepts/Returns nothing.";

/// `GET` is there for `ACCOUNT_LOGOUT_ON_GET`, and in `Allow` either way, as upstream's.
pub(super) fn endpoint(_settings: &Settings) -> Endpoint {
    Endpoint::new("rest_logout", Mount::Main, "logout/")
        .for_strangers()
        .throttled(throttles::SCOPE)
        .described("Logout", DESCRIPTION)
        .action(Action::new(Method::GET, log_out_on_get))
        .action(Action::new(Method::POST, log_out))
}

/// A link, an image or a prefetch must not log anybody out unless the deployment wants it; `HEAD` never (W-07).
async fn log_out_on_get(cx: Context, call: Call) -> Result<Reply, ApiError> {
    if call.method == Method::GET && cx.settings.account.logout_on_get {
        log_out(cx, call).await
    } else {
        Err(ApiError::MethodNotAllowed(call.method.to_string()))
    }
}

async fn log_out(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let by_token = call.identity.as_ref().is_some_and(|identity| matches!(identity.proof, Proof::Token(_)));
    let session = if cx.settings.rest_auth.session_login { call.browser.session(&cx).await? } else { None };
    let input = Logout { user: call.identity.as_ref().map(|identity| &identity.user), by_token, session };
    logout::log_out(&cx, input).await?;
    let mut reply = Reply::detail(&messages::LOGGED_OUT);
    if cx.settings.rest_auth.session_login && call.browser.names_a_session() {
        reply.cookies.session = cookies::session_deletion(&cx.settings);
    }
    Ok(reply)
}

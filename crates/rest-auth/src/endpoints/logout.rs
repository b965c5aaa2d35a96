//! `logout/`: dj-rest-auth's `LogoutView`.

use http::{Method, StatusCode};
use rest_auth_core::features::jwt;
use rest_auth_core::features::logout::{self, BodyToken, LoggedOut, Logout};
use rest_auth_core::form::Input;
use rest_auth_core::model::Secret;
use rest_auth_core::settings::Settings;
use rest_auth_core::{Context, throttles};

use crate::authenticators::Proof;
use crate::cookies;
use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const DESCRIPTION: &str =
    "Ends the session and deletes the token of the account.\n\nAccepts/Returns nothing.";

/// `GET` is there for `ACCOUNT_LOGOUT_ON_GET`, and in `Allow` either way, as upstream's.
pub(super) fn endpoint(settings: &Settings) -> Endpoint {
    let reads = |action: Action| if jwt::are_noted(settings) { action.raw() } else { action };
    Endpoint::new("rest_logout", Mount::Main, "logout/")
        .for_strangers()
        .throttled(throttles::SCOPE)
        .described("Logout", DESCRIPTION)
        .action(reads(Action::new(Method::GET, log_out_on_get)))
        .action(reads(Action::new(Method::POST, log_out)))
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
    let rest_auth = &cx.settings.rest_auth;
    let by_token = call.identity.as_ref().is_some_and(|identity| {
        matches!(identity.proof, Proof::Token(_) | Proof::Jwt { .. } | Proof::LegacyJwt(_))
    });
    let session = if rest_auth.session_login { call.browser.session(&cx).await? } else { None };
    let input = Logout {
        user: call.identity.as_ref().map(|identity| &identity.user),
        by_token,
        session,
        cookie: call.browser.refresh_cookie().map(Secret::from),
        body: refresh_token_of(call.body, rest_auth.jwt_auth_httponly)?,
    };
    let mut reply = match logout::log_out(&cx, input).await? {
        LoggedOut::Done(words) => Reply::detail(&words),
        LoggedOut::WithoutToken(words) => Reply::detail(&words).status(StatusCode::UNAUTHORIZED),
    };
    if rest_auth.session_login && call.browser.names_a_session() {
        reply.cookies.session = cookies::session_deletion(&cx.settings);
    }
    reply.cookies = reply.cookies.without_tokens(&cx.settings);
    Ok(reply)
}

/// The refresh token in a body. Whatever is there counts, as upstream: what is no text is no token. Where the cookie is
/// the usual place, a body that cannot be read has none.
fn refresh_token_of(body: Option<Result<Input, ApiError>>, in_cookie: bool) -> Result<BodyToken, ApiError> {
    let body = match body {
        None => return Ok(BodyToken::Absent),
        Some(Err(_)) if in_cookie => return Ok(BodyToken::Absent),
        Some(body) => body?,
    };
    Ok(match body.get("refresh") {
        None => BodyToken::Absent,
        Some(Input::Null) => BodyToken::Null,
        Some(Input::Text(text)) => BodyToken::Sent(Secret::new(text.value.clone())),
        Some(_) => BodyToken::Sent(Secret::default()),
    })
}

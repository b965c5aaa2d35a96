//! `login/`: dj-rest-auth's `LoginView`.

use http::{Method, StatusCode};
use rest_auth_core::credentials::Credentials;
use rest_auth_core::features::login::{self, LoggedIn, Login};
use rest_auth_core::settings::Settings;
use rest_auth_core::{Context, throttles};
use serde_json::json;

use super::{jwt, legacy_jwt};
use crate::cookies::Lines;
use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const DESCRIPTION: &str = "Checks the credentials and logs in.\n\nAccepts the following POST parameters: username or email, password\n\
                           Returns the token, if this deployment has tokens.";

pub(super) fn endpoint(settings: &Settings) -> Endpoint {
    Endpoint::new("rest_login", Mount::Main, "login/")
        .for_strangers()
        .throttled(throttles::SCOPE)
        .described("Login", DESCRIPTION)
        .sets_cookies(settings.rest_auth.session_login || jwt::sets_cookies(settings))
        .action(Action::new(Method::POST, log_in).form(Login::form()))
}

async fn log_in(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let input = Login::from_values(&call.values);
    let current = if cx.settings.rest_auth.session_login { call.browser.session(&cx).await? } else { None };
    let done = login::log_in(&cx, input, current).await?;
    Ok(answer(&cx, &done))
}

/// What everybody gets who has logged in, however.
pub(super) fn answer(cx: &Context, done: &LoggedIn) -> Reply {
    let reply = with_credentials(cx, StatusCode::OK, &done.credentials);
    let issued = &done.credentials;
    match (&issued.jwt, &issued.legacy_jwt) {
        (Some(pair), _) => jwt::with_tokens(cx, reply, pair, &done.user),
        (None, Some(token)) => {
            legacy_jwt::with_token_and_user(cx, reply, token, &done.user).status(StatusCode::OK)
        }
        (None, None) => reply,
    }
}

/// The answer that hands credentials over: the token if there is one, and a session's cookies.
pub(super) fn with_credentials(cx: &Context, status: StatusCode, issued: &Credentials) -> Reply {
    let reply = match &issued.token {
        Some(token) => Reply::new(status, json!({ "key": token.key.expose() })),
        None => Reply::no_content(),
    };
    let cookies = issued.session.as_ref().map(|session| Lines::of_login(cx, session)).unwrap_or_default();
    reply.cookies(cookies).private()
}

//! `/api-token-auth/`, `/refresh-token/` and `/api-token-verify/`: the views of djangorestframework-jwt; and the answers
//! of login and sign-up as django-rest-auth 0.9 gave them.

use http::Method;
use rest_auth_core::Context;
use rest_auth_core::features::legacy_jwt::{self, Issued, LegacyToken, ObtainToken};
use rest_auth_core::features::user;
use rest_auth_core::model::{Secret, User};
use rest_auth_core::settings::Settings;
use serde_json::json;

use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

pub(super) fn endpoints(settings: &Settings) -> [Endpoint; 3] {
    let row = |name, path, title, description| {
        Endpoint::new(name, Mount::Root, path).asks_nobody(None).described(title, description)
    };
    [
        row(
            "obtain_jwt_token",
            "api-token-auth/",
            "Obtain Json Web Token",
            "Takes a name and a password, and returns a token.",
        )
        .sets_cookies(settings.jwt_auth.jwt_auth_cookie.get().is_some())
        .action(Action::new(Method::POST, obtain).form(ObtainToken::form(settings))),
        row(
            "refresh_jwt_token",
            "refresh-token/",
            "Refresh Json Web Token",
            "Takes a token, and returns one that ends later.",
        )
        .sets_cookies(settings.jwt_auth.jwt_auth_cookie.get().is_some())
        .action(Action::new(Method::POST, refresh).form(LegacyToken::form())),
        row(
            "verify_jwt_token",
            "api-token-verify/",
            "Verify Json Web Token",
            "Tells whether a token is good.",
        )
        .action(Action::new(Method::POST, verify).form(LegacyToken::form())),
    ]
}

async fn obtain(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let input = ObtainToken::from_values(&cx.settings, &call.values);
    Ok(with_token(&cx, &legacy_jwt::obtain(&cx, &input).await?))
}

async fn refresh(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let issued = legacy_jwt::refresh(&cx, &LegacyToken::from_values(&call.values)).await?;
    Ok(with_token(&cx, &issued))
}

async fn verify(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let input = LegacyToken::from_values(&call.values);
    legacy_jwt::verify(&cx, &input).await?;
    Ok(Reply::ok(json!({ "token": input.token.expose() })).private())
}

fn with_token(cx: &Context, issued: &Issued) -> Reply {
    let Issued { token, expires } = issued;
    let mut reply = Reply::ok(json!({ "token": token.expose() })).private();
    reply.cookies = reply.cookies.with_legacy(cx, token, *expires);
    reply
}

/// The answer of a login or a sign-up.
pub(super) fn with_token_and_user(cx: &Context, reply: Reply, issued: &Issued, user: &User) -> Reply {
    let token: &Secret = &issued.token;
    let body = json!({ "token": token.expose(), "user": user::represent(cx, user) });
    let cookies = reply.cookies.clone().with_legacy(cx, token, issued.expires);
    Reply { body: Some(body), cookies, ..reply }
}

//! `/api-token-auth/`, `/refresh-token/` and `/api-token-verify/`: the views of djangorestframework-jwt; and the answers
//! of login and sign-up as django-rest-auth 0.9 gave them.

use http::Method;
use rest_auth_core::Context;
use rest_auth_core::features::legacy_jwt::{self, Issued, LegacyToken, ObtainToken};
use rest_auth_core::features::user;
use rest_auth_core::model::User;
use rest_auth_core::settings::Settings;
use serde_json::json;

use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

pub(super) fn endpoints(settings: &Settings) -> [Endpoint; 3] {
    let row = |name, path, title, description| {
        Endpoint::new(name, Mount::Root, path)
            .asks_nobody(None)
            .described(title, description)
            .sets_cookies(settings.jwt_auth.jwt_auth_cookie.get().is_some())
    };
    [
        row(
            "obtain_jwt_token",
            "api-token-auth/",
            "Obtain Json Web Token",
            "Takes a name and a password, and returns a token.",
        )
        .action(Action::new(Method::POST, obtain).form(ObtainToken::form(settings))),
        row(
            "refresh_jwt_token",
            "refresh-token/",
            "Refresh Json Web Token",
            "Takes a token, and returns one that ends later.",
        )
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
    let issued = legacy_jwt::verify(&cx, &LegacyToken::from_values(&call.values)).await?;
    Ok(with_token(&cx, &issued))
}

fn with_token(cx: &Context, issued: &Issued) -> Reply {
    let Issued { token, expires } = issued;
    let mut reply = Reply::ok(json!({ "token": token.expose() })).private();
    reply.cookies = reply.cookies.with_legacy(cx, token, *expires);
    reply
}

/// The answer of a login.
pub(super) fn with_token_and_user(cx: &Context, reply: Reply, issued: &Issued, user: &User) -> Reply {
    let cookies = reply.cookies.clone().with_legacy(cx, &issued.token, issued.expires);
    Reply { cookies, ..with_new_token(cx, reply, issued, user) }
}

/// The answer of a sign-up: no cookie, as upstream.
pub(super) fn with_new_token(cx: &Context, reply: Reply, issued: &Issued, user: &User) -> Reply {
    let body = json!({ "token": issued.token.expose(), "user": user::represent(cx, user) });
    Reply { body: Some(body), ..reply }
}

//! `token/verify/` and `token/refresh/`: simplejwt's views, the second as dj-rest-auth extends it; and the answers that
//! hand tokens over.

use http::{Method, StatusCode};
use rest_auth_core::Context;
use rest_auth_core::features::jwt::{self, Refreshed, TokenPair, TokenRefresh, TokenVerify};
use rest_auth_core::features::user;
use rest_auth_core::model::{Timestamp, User};
use rest_auth_core::settings::{JwtAnswer, Settings};
use rest_auth_formats::TimeZone;
use serde_json::{Map, Value};

use crate::authenticators::jwt_challenge;
use crate::cookies::Lines;
use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const VERIFY: &str = "Tells whether a token is good, of whatever kind it is.";
const REFRESH: &str =
    "Takes a refresh token, from the body or from its cookie, and returns a new access token.";

pub(super) fn endpoints(settings: &Settings) -> [Endpoint; 2] {
    let challenge = jwt_challenge(&settings.simple_jwt.auth_header_types);
    [
        Endpoint::new("token_verify", Mount::Main, "token/verify/")
            .asks_nobody(challenge.clone())
            .described("Token Verify", VERIFY)
            .action(Action::new(Method::POST, verify).form(TokenVerify::form())),
        Endpoint::new("token_refresh", Mount::Main, "token/refresh/")
            .asks_nobody(challenge)
            .described("Refresh View With Cookie Support", REFRESH)
            .sets_cookies(sets_cookies(settings))
            .action(Action::new(Method::POST, refresh).form(TokenRefresh::form())),
    ]
}

/// Whether tokens travel in cookies.
pub(super) fn sets_cookies(settings: &Settings) -> bool {
    let rest_auth = &settings.rest_auth;
    let names = [&rest_auth.jwt_auth_cookie, &rest_auth.jwt_auth_refresh_cookie];
    rest_auth.use_jwt && names.iter().any(|name| name.get().is_some())
}

async fn verify(cx: Context, call: Call) -> Result<Reply, ApiError> {
    jwt::verify(&cx, &TokenVerify::from_values(&call.values)).await?;
    Ok(Reply::ok(Value::Object(Map::new())))
}

async fn refresh(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let input = TokenRefresh::from_values(&call.values);
    let Refreshed { access, access_expires, refresh } =
        jwt::refresh(&cx, input, call.browser.refresh_cookie()).await?;
    let rest_auth = &cx.settings.rest_auth;
    let in_body = !rest_auth.jwt_auth_httponly;
    let mut cookies = Lines::default().with_access(&cx, &access, access_expires);
    // A browser that refreshes has got its proof against CSRF at login.
    cookies.csrf = None;
    let mut body = Map::new();
    body.insert("access".to_owned(), access.expose().as_str().into());
    if let Some((token, expires)) = &refresh {
        cookies = cookies.with_refresh(&cx, token, *expires);
        if in_body {
            body.insert("refresh".to_owned(), token.expose().as_str().into());
        }
    }
    let names = Names::of(rest_auth.jwt_answer);
    body.insert(names.access_expiration.to_owned(), access_expires.json_text().into());
    if let Some((_, expires)) = refresh.filter(|_| in_body) {
        body.insert(names.refresh_expiration.to_owned(), expires.json_text().into());
    }
    Ok(Reply::ok(body.into()).cookies(cookies).private())
}

/// A login's answer: two tokens, in the body and in cookies. A refresh token that scripts must not see is not in the
/// body.
pub(super) fn with_tokens(cx: &Context, reply: Reply, pair: &TokenPair, user: &User) -> Reply {
    let rest_auth = &cx.settings.rest_auth;
    let refresh = if rest_auth.jwt_auth_httponly { "" } else { pair.refresh.expose() };
    let mut body = tokens_and_user(cx, pair, refresh, user);
    if rest_auth.jwt_auth_return_expiration {
        let names = Names::of(rest_auth.jwt_answer);
        let zone = TimeZone::named(&cx.settings.top.time_zone).unwrap_or(TimeZone::UTC);
        let text = |time: Timestamp| Value::from(time.json_text_in(&zone));
        body.insert(names.access_expiration.to_owned(), text(pair.access_expires));
        body.insert(names.refresh_expiration.to_owned(), text(pair.refresh_expires));
    }
    let cookies = reply.cookies.clone();
    let cookies = cookies.with_access(cx, &pair.access, pair.access_expires);
    let cookies = cookies.with_refresh(cx, &pair.refresh, pair.refresh_expires);
    Reply { status: StatusCode::OK, body: Some(body.into()), cookies, ..reply }
}

/// A sign-up's answer: two tokens in the body and, as upstream, in no cookies.
pub(super) fn with_new_tokens(cx: &Context, reply: Reply, pair: &TokenPair, user: &User) -> Reply {
    let body = tokens_and_user(cx, pair, pair.refresh.expose(), user);
    Reply { status: StatusCode::CREATED, body: Some(body.into()), ..reply }
}

fn tokens_and_user(cx: &Context, pair: &TokenPair, refresh: &str, user: &User) -> Map<String, Value> {
    let names = Names::of(cx.settings.rest_auth.jwt_answer);
    let mut body = Map::new();
    body.insert(names.access.to_owned(), pair.access.expose().as_str().into());
    body.insert(names.refresh.to_owned(), refresh.into());
    body.insert("user".to_owned(), user::represent(cx, user).into());
    body
}

/// What the keys of answers are called.
struct Names {
    access: &'static str,
    refresh: &'static str,
    access_expiration: &'static str,
    refresh_expiration: &'static str,
}

impl Names {
    const fn of(answer: JwtAnswer) -> Self {
        match answer {
            JwtAnswer::Access => Self {
                access: "access",
                refresh: "refresh",
                access_expiration: "access_expiration",
                refresh_expiration: "refresh_expiration",
            },
            JwtAnswer::AccessToken => Self {
                access: "access_token",
                refresh: "refresh_token",
                access_expiration: "access_token_expiration",
                refresh_expiration: "refresh_token_expiration",
            },
        }
    }
}

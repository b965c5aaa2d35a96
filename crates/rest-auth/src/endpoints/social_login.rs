//! `PROVIDER/` and `PROVIDER/connect/`: dj-rest-auth's `SocialLoginView` and `SocialConnectView`, one pair for each
//! provider that the configuration names.

use http::Method;
use rest_auth_core::features::social_login::{self, Purpose, SocialLogin};
use rest_auth_core::form::Form;
use rest_auth_core::providers::Row;
use rest_auth_core::settings::{PermissionName, Settings};
use rest_auth_core::{App, Context, throttles};

use super::{jwt, login};
use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const LOGIN: &str = "Logs in by a provider's code or token.\n\nAccepts the following POST parameters: code, or access_token \
                     with or without id_token\nReturns what a login returns.";

const CONNECT: &str = "Connects a provider's account to the one that is logged in.\n\nAccepts what the provider's login \
                       accepts.\nReturns what a login returns.";

pub(super) fn endpoints(app: &App) -> Vec<Endpoint> {
    let configured = app.social.configured(&app.settings);
    configured.flat_map(|(name, row)| pair(&app.settings, name, row)).collect()
}

fn pair(settings: &Settings, name: &str, row: &Row) -> [Endpoint; 2] {
    let slug = row.slug.as_deref().unwrap_or(name);
    let cookies = settings.rest_auth.session_login || jwt::sets_cookies(settings);
    let endpoint = |url_name, path: String| {
        Endpoint::new(url_name, Mount::Main, path).throttled(throttles::SCOPE).sets_cookies(cookies)
    };
    let log_in = action(name, SocialLogin::form(name, row), false);
    let connect = action(name, SocialLogin::connect_form(settings, name, row), true);
    [
        endpoint("social_login", format!("{slug}/"))
            .for_strangers()
            .described("Social Login", LOGIN)
            .action(log_in),
        endpoint("social_connect", format!("{slug}/connect/"))
            .permissions(vec![PermissionName::IsAuthenticated])
            .described("Social Connect", CONNECT)
            .action(connect),
    ]
}

fn action(name: &str, form: Form, connects: bool) -> Action {
    let provider = name.to_owned();
    let run = move |cx: Context, call: Call| run(cx, call, provider.clone(), connects);
    Action::new(Method::POST, run).form(form)
}

async fn run(cx: Context, call: Call, provider: String, connects: bool) -> Result<Reply, ApiError> {
    let input = SocialLogin::from_values(&provider, &call.values);
    let current = if cx.settings.rest_auth.session_login { call.browser.session(&cx).await? } else { None };
    let purpose = if connects { Purpose::Connect(call.user()?) } else { Purpose::Login };
    let done = social_login::log_in(&cx, input, purpose, current).await?;
    Ok(login::answer(&cx, &done))
}

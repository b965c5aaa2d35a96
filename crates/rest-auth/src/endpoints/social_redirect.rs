//! `PROVIDER/authorize/`, `PROVIDER/callback/`, `PROVIDER/connect/authorize/` and `social/exchange/`: logging in by a
//! provider with a browser, where the configuration lists front ends. Upstream has nothing of the kind.

use http::header::{HeaderValue, LOCATION};
use http::{Method, StatusCode};
use rest_auth_core::features::social_redirect::{
    self, Answer, Arrival, Asked, Departure, Exchange, Ticket, id_of,
};
use rest_auth_core::form::Input;
use rest_auth_core::model::Secret;
use rest_auth_core::providers::{Input as ProviderInput, Protocol, Row};
use rest_auth_core::settings::{PermissionName, Settings};
use rest_auth_core::{App, Context, throttles};
use rest_auth_formats::{percent, redirect};
use serde_json::json;

use super::{jwt, login};
use crate::cookies::{self, Lines};
use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const AUTHORIZE: &str = "Sends the browser to the provider.\n\nAccepts the following GET parameters: next, state, code_challenge; or \
                         ticket\nRedirects to the provider.";

const CALLBACK: &str = "Where the provider sends the browser back to.\n\nAccepts what the provider says\nRedirects to the \
                        front end with a code, or with an error.";

const CONNECT: &str = "Makes an address that begins to connect a provider's account to the one that is logged in.\n\nAccepts the \
                       following POST parameters: next, state, code_challenge\nReturns the address for the browser.";

const EXCHANGE: &str = "Exchanges the code that a front end got.\n\nAccepts the following POST parameters: code, \
                        code_verifier\nReturns what a login returns.";

/// So many attempts a browser keeps at once: more of its windows begin anew.
const ATTEMPTS: usize = 5;

/// What stands at the end of the paths, below a provider's name.
const AUTHORIZE_PATH: &str = "authorize/";
const CALLBACK_PATH: &str = "callback/";
const CONNECT_PATH: &str = "connect/authorize/";

pub(super) fn endpoints(app: &App) -> Vec<Endpoint> {
    if !app.settings.hands_over_social_logins() {
        return Vec::new();
    }
    let mut table = vec![exchange_endpoint(&app.settings)];
    // Telegram answers where only scripts of a page can read it.
    let redirects = |row: &Row| row.protocol != Protocol::Telegram;
    for (name, row) in app.social.configured(&app.settings).filter(|(_, row)| redirects(row)) {
        table.extend(of_provider(&app.settings, name, row));
    }
    table
}

fn exchange_endpoint(settings: &Settings) -> Endpoint {
    Endpoint::new("social_exchange", Mount::Main, "social/exchange/")
        .for_strangers()
        .throttled(throttles::SCOPE)
        .sets_cookies(settings.rest_auth.session_login || jwt::sets_cookies(settings))
        .described("Social Exchange", EXCHANGE)
        .action(Action::new(Method::POST, exchange).form(Exchange::form()))
}

fn of_provider(settings: &Settings, name: &str, row: &Row) -> [Endpoint; 3] {
    let slug = row.slug.as_deref().unwrap_or(name);
    let endpoint = |url_name, path: &str| {
        Endpoint::new(url_name, Mount::Main, format!("{slug}/{path}")).throttled(throttles::SCOPE)
    };
    let named = |name: &str| name.to_owned();
    let (leaving, coming, asking) = (named(name), named(name), named(name));
    let depart = Action::new(Method::GET, move |cx, call| depart(cx, call, leaving.clone()));
    let arrive = Action::new(Method::GET, move |cx, call| arrive(cx, call, coming.clone()));
    let hop = Action::new(Method::POST, hop).raw();
    let ticket = Action::new(Method::POST, move |cx, call| ticket(cx, call, asking.clone()));
    [
        endpoint("social_authorize", AUTHORIZE_PATH)
            .asks_nobody(None)
            .for_browsers()
            .described("Social Authorize", AUTHORIZE)
            .action(depart),
        endpoint("social_callback", CALLBACK_PATH)
            .asks_nobody(None)
            .for_browsers()
            .described("Social Callback", CALLBACK)
            .action(arrive)
            .action(hop),
        endpoint("social_connect_authorize", CONNECT_PATH)
            .permissions(vec![PermissionName::IsAuthenticated])
            .described("Social Connect Authorize", CONNECT)
            .action(ticket.form(Ticket::form(settings))),
    ]
}

async fn depart(cx: Context, call: Call, provider: String) -> Result<Reply, ApiError> {
    refuse_head(&call)?;
    let callback = sibling(&cx, &call, AUTHORIZE_PATH, CALLBACK_PATH);
    let secure = callback.starts_with("https://");
    let asked = Asked::from_query(&call.query)?;
    let departed = social_redirect::depart(&cx, Departure { provider: &provider, asked, callback }).await?;
    let kept = call.browser.attempts();
    let forgotten = kept.iter().take((kept.len() + 1).saturating_sub(ATTEMPTS));
    let mut attempts: Vec<HeaderValue> = forgotten.filter_map(|(name, _)| deletion(name)).collect();
    attempts.extend(cookies::attempt(&cx, &departed.id, &departed.sealed, secure));
    Ok(leading_to(&departed.location).cookies(Lines { attempts, ..Lines::default() }))
}

async fn arrive(cx: Context, call: Call, provider: String) -> Result<Reply, ApiError> {
    refuse_head(&call)?;
    let answer = Answer::from_query(&call.query)?;
    let id = id_of(answer.state.expose());
    // Over https only the cookie counts that no other host can have planted.
    let secure = sibling(&cx, &call, CALLBACK_PATH, CALLBACK_PATH).starts_with("https://");
    let wanted = cookies::attempt_name(&id, secure);
    let kept = call.browser.attempts().iter().find(|(name, _)| *name == wanted);
    let sealed = kept.map(|(_, value)| Secret::from(value.as_str()));
    let arrival = Arrival { provider: &provider, answer, sealed };
    let location = social_redirect::arrive(&cx, arrival).await?;
    let attempts = deletion(&wanted).into_iter().collect();
    Ok(leading_to(&location).cookies(Lines { attempts, ..Lines::default() }))
}

/// A provider that answers by a posted form (`response_mode=form_post`): no cookie comes with that from another site, so
/// the browser is asked to come again by `GET`.
async fn hop(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let form = call.body.unwrap_or_else(|| Ok(Input::empty()))?;
    let known =
        ["state", "code", "error", "iss"].into_iter().chain(ProviderInput::ALL.map(ProviderInput::name));
    let pairs = known.filter_map(|name| match form.get(name) {
        Some(Input::Text(text)) => Some((name, text.value.as_str())),
        _ => None,
    });
    let query = percent::encode_pairs(pairs);
    let own = address(&cx, call.browser.origin(), &call.whole_path);
    Ok(leading_to(&Secret::new(format!("{own}?{query}"))).status(StatusCode::SEE_OTHER))
}

async fn ticket(cx: Context, call: Call, provider: String) -> Result<Reply, ApiError> {
    let input = Ticket::from_values(&call.values);
    let ticket = social_redirect::issue(&cx, &provider, call.user()?, &input).await?;
    let address = sibling(&cx, &call, CONNECT_PATH, AUTHORIZE_PATH);
    let query = percent::encode_pairs([("ticket", ticket.expose().as_str())]);
    Ok(Reply::ok(json!({ "authorize_url": format!("{address}?{query}") })).private())
}

async fn exchange(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let input = Exchange::from_values(&call.values);
    let current = if cx.settings.rest_auth.session_login { call.browser.session(&cx).await? } else { None };
    let user = call.identity.as_ref().map(|identity| &identity.user);
    let done = social_redirect::exchange(&cx, input, user, current).await?;
    Ok(login::answer(&cx, &done))
}

/// Looking at an address before anybody opens it changes nothing.
fn refuse_head(call: &Call) -> Result<(), ApiError> {
    if call.method == Method::HEAD {
        Err(ApiError::MethodNotAllowed(call.method.to_string()))
    } else {
        Ok(())
    }
}

fn deletion(name: &str) -> Option<HeaderValue> {
    cookies::attempt_deletion(name, name.starts_with("__Host-"))
}

fn leading_to(location: &Secret) -> Reply {
    let location = HeaderValue::try_from(redirect::location(location.expose()));
    let location = location.expect("what is escaped fits into a header");
    Reply::no_content().status(StatusCode::FOUND).header(LOCATION, location).private()
}

/// The address of another endpoint of the same provider, as browsers and the provider know it.
fn sibling(cx: &Context, call: &Call, own: &str, other: &str) -> String {
    let path = call.whole_path.trim_end_matches('/');
    let base = path.strip_suffix(own.trim_end_matches('/')).unwrap_or(path);
    address(cx, call.browser.origin(), &format!("{base}{other}"))
}

/// A path at `http.base_url`, or at whatever the browser calls this server.
fn address(cx: &Context, origin: &crate::origin::Origin, path: &str) -> String {
    if let Some(base) = cx.settings.http.base_url.get() {
        return format!("{}{path}", base.trim_end_matches('/'));
    }
    let scheme = if origin.is_secure { "https" } else { "http" };
    format!("{scheme}://{}{path}", origin.host)
}

//! `account-confirm-email/KEY/` and `account-email-verification-sent/`: the pages that confirmation mails and
//! sign-up forms lead to where no front end has pages of its own. allauth's `ConfirmEmailView`.
//!
//! Opening the link changes nothing, since scanners and previews open links too (W-23): the page has a button. `HEAD`
//! never changes anything, and `GET` only where the deployment says so. No CSRF token is needed, because the address
//! itself is the secret; the session of a browser that another site has sent here is left alone.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::response::Response;
use axum::routing::get;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderName, Method, StatusCode};
use rest_auth_core::Context;
use rest_auth_core::features::confirm_email::{self, Link, Outcome, Then, Visitor};
use rest_auth_core::features::sessions::Session;
use rest_auth_core::form::Input;
use rest_auth_core::settings::{FeatureName, ParserName};
use rest_auth_formats::{json, redirect};
use serde_json::{Value, json};

use crate::browser::Browser;
use crate::cookies::{self, Lines};
use crate::error::ApiError;
use crate::incoming;
use crate::media_type::{MediaType, header_text};
use crate::origin::{Origin, refuse_cross_site};
use crate::parse::{Parsers, query_parameter};
use crate::render::json::Style;
use crate::render::page;
use crate::respond::{self, Wrapping};
use crate::router::both_slashes;
use crate::site::Site;

const X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");
/// Django's `REDIRECT_FIELD_NAME`.
const NEXT: &str = "next";

/// Adds the pages below the registration prefix, where the deployment has registration.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    site: &Arc<Site>,
    prefix: &str,
) -> Router<S> {
    if !site.app.settings.has(FeatureName::Registration) {
        return router;
    }
    let (opening, pressing, telling) = (Arc::clone(site), Arc::clone(site), Arc::clone(site));
    let confirm = get(move |Path(key): Path<String>, request: Request| async move {
        visit(&opening, &key, request).await
    })
    .post(move |Path(key): Path<String>, request: Request| async move {
        visit(&pressing, &key, request).await
    });
    let sent = get(move |request: Request| async move { tell(&telling, request) });
    let confirm_path = format!("{prefix}account-confirm-email/{{key}}/");
    let sent_path = format!("{prefix}account-email-verification-sent/");
    let router = both_slashes(&confirm_path).fold(router, |router, path| router.route(path, confirm.clone()));
    both_slashes(&sent_path).fold(router, |router, path| router.route(path, sent.clone()))
}

/// What a page answers.
enum Answer {
    Page(StatusCode, String),
    Json(StatusCode, Value),
    Redirect(String, Lines),
}

fn tell(site: &Site, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let cx = incoming::context(&site.app, &head);
    let page = Answer::Page(StatusCode::OK, page::EMAIL_SENT.to_owned());
    respond(&head, &cx, Origin::of(&site.app.settings, &head).map(|_| page))
}

async fn visit(site: &Site, key: &str, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    head.method = incoming::method(&head.method);
    let cx = incoming::context(&site.app, &head);
    let confirms = match head.method {
        Method::POST => true,
        Method::GET => cx.settings.account.confirm_email_on_get,
        _ => false,
    };
    let answer = match Origin::of(&cx.settings, &head) {
        Err(refused) => Err(refused),
        Ok(origin) if confirms => Page { site, cx: &cx, head: &head, origin }.confirm(key, body).await,
        Ok(_) => confirm_email::look(&cx, key).await.map(|link| show(&head, link)).map_err(ApiError::from),
    };
    respond(&head, &cx, answer)
}

/// Tells what the link is good for: by a page, or to a script as allauth does.
fn show(head: &Parts, link: Link) -> Answer {
    if !is_ajax(head) {
        return as_page(link, StatusCode::OK, StatusCode::OK);
    }
    match link {
        Link::Good { email, owner } => {
            let told = json!({ "can_confirm": true, "email": email, "user": { "display": owner } });
            Answer::Json(StatusCode::OK, json!({ "data": told }))
        }
        Link::Taken { .. } | Link::Bad => {
            Answer::Json(StatusCode::BAD_REQUEST, json!({ "data": { "can_confirm": false } }))
        }
    }
}

/// The page for a link, under these statuses where it is taken or bad.
fn as_page(link: Link, taken: StatusCode, bad: StatusCode) -> Answer {
    match link {
        Link::Good { email, owner } => Answer::Page(StatusCode::OK, page::confirm_email(&email, &owner)),
        Link::Taken { email } => Answer::Page(taken, page::email_taken(&email)),
        Link::Bad => Answer::Page(bad, page::INVALID_LINK.to_owned()),
    }
}

/// allauth's `is_ajax`.
fn is_ajax(head: &Parts) -> bool {
    const JSON: &str = "application/json";
    let sent = |name| head.headers.get(name).map(header_text).unwrap_or_default();
    sent(X_REQUESTED_WITH) == "XMLHttpRequest"
        || sent(ACCEPT) == JSON
        || MediaType::parse(&sent(CONTENT_TYPE)).essence == JSON
}

/// A request that confirms.
struct Page<'a> {
    site: &'a Site,
    cx: &'a Context,
    head: &'a Parts,
    origin: Origin,
}

impl Page<'_> {
    async fn confirm(&self, key: &str, body: Body) -> Result<Answer, ApiError> {
        let Self { cx, head, .. } = self;
        let form = self.form(body).await?;
        let next = self.next(form.as_ref());
        let browser = Browser::of(&cx.settings, self.origin.clone(), &head.headers).without_answer();
        let visitor = Visitor { key, next: next.as_deref(), session: self.session(&browser).await? };
        match confirm_email::confirm(cx, visitor).await? {
            Outcome::Confirmed { location, session } => Ok(Answer::Redirect(location, self.lines(&session))),
            Outcome::Refused(link) if head.method == Method::POST => {
                Ok(as_page(link, StatusCode::CONFLICT, StatusCode::NOT_FOUND))
            }
            Outcome::Refused(link) => Ok(show(head, link)),
        }
    }

    /// What an HTML form sends, whatever the API of this deployment reads.
    async fn form(&self, body: Body) -> Result<Option<Input>, ApiError> {
        if self.head.method != Method::POST {
            return Ok(None);
        }
        let names = vec![ParserName::FormParser, ParserName::MultiPartParser];
        let parsers = Parsers { names, max_fields: self.site.parsers.max_fields };
        let body = incoming::read_body(&self.cx.settings.http, body).await?;
        Ok(parsers.form(self.head.headers.get(CONTENT_TYPE), &body))
    }

    /// Where the request asks to go on, if it may say so.
    fn next(&self, form: Option<&Input>) -> Option<String> {
        let posted = match form.and_then(|form| form.get(NEXT)) {
            Some(Input::Text(text)) if !text.value.is_empty() => Some(text.value.clone()),
            _ => None,
        };
        let asked = || query_parameter(self.head.uri.query().unwrap_or_default(), NEXT);
        let next = posted.or_else(asked)?;
        let settings = &self.cx.settings;
        let trusted = settings.csrf.trusted_origins.iter();
        let trusted = trusted.filter_map(|origin| origin.split_once("://").map(|(_, host)| host));
        let allowed = settings.http.allowed_hosts.iter().map(String::as_str);
        let hosts: Vec<&str> =
            std::iter::once(self.origin.host.as_str()).chain(allowed).chain(trusted).collect();
        redirect::is_safe(&next, &hosts).then(|| next.trim().to_owned())
    }

    /// The browser's session, unless another site's page has pressed the button.
    async fn session<'b>(&self, browser: &'b Browser) -> Result<Option<&'b Session>, ApiError> {
        let Self { site, cx, head, origin } = self;
        let is_ours = || refuse_cross_site(&cx.settings, &site.csrf, origin, &head.headers).is_ok();
        if head.method == Method::POST && !is_ours() {
            return Ok(None);
        }
        Ok(browser.session(cx).await?)
    }

    fn lines(&self, session: &Then) -> Lines {
        match session {
            Then::Kept => Lines::default(),
            Then::Ended => {
                Lines { session: cookies::session_deletion(&self.cx.settings), ..Lines::default() }
            }
            Then::Written(cookie) => Lines::of_login(self.cx, cookie),
        }
    }
}

fn respond(head: &Parts, cx: &Context, answer: Result<Answer, ApiError>) -> Response {
    let method = incoming::method(&head.method);
    let wrapping = Wrapping {
        method: &method,
        request_id: &cx.meta.request_id,
        json: Style::of(&cx.settings.rest_framework),
    };
    match answer {
        Ok(Answer::Page(status, html)) => respond::page_with_status(status, html, wrapping),
        Ok(Answer::Json(status, value)) => respond::json_page(status, json::spaced(&value), wrapping),
        Ok(Answer::Redirect(location, lines)) => respond::redirect(&location, &lines, wrapping),
        Err(error) => respond::outside(error, &head.headers, wrapping),
    }
}

//! `/rownd/session_authenticate` and `/rownd/session_sign_out`, and the same for every other issuer that has sessions:
//! rownd-django's views, which are Django's and not DRF's: no negotiation, JSON that is called HTML, an empty 401.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderValue, Method, StatusCode};
use rest_auth_core::features::external_issuers::{self, Issuer};
use rest_auth_core::messages::{self, Message};
use rest_auth_core::{Context, Error};
use rest_auth_formats::json;
use serde_json::json;

use crate::authenticators::token_of;
use crate::browser::Browser;
use crate::cookies::{self, Lines};
use crate::error::ApiError;
use crate::incoming;
use crate::origin::{Origin, refuse_cross_site};
use crate::render::json::Style;
use crate::render::page;
use crate::respond::{self, Wrapping};
use crate::site::Site;

/// Adds both addresses of every issuer that has sessions.
pub(crate) fn routes(router: Router, site: &Arc<Site>) -> Router {
    let names = site.app.issuers.iter().filter(|issuer| issuer.row().sessions).map(Issuer::name);
    let names: Vec<String> = names.map(str::to_owned).collect();
    names.into_iter().fold(router, |router, name| {
        let route = |step: Step| {
            let (site, name) = (Arc::clone(site), name.clone());
            any(move |request: Request| async move { visit(&site, &name, step, request).await })
        };
        router
            .route(&format!("/{name}/session_authenticate"), route(Step::SignIn))
            .route(&format!("/{name}/session_sign_out"), route(Step::SignOut))
    })
}

#[derive(Clone, Copy)]
enum Step {
    SignIn,
    SignOut,
}

/// What is answered, before it is bytes.
enum Answer {
    /// JSON in a page.
    Told(serde_json::Value),
    /// A status and no more.
    Bare(StatusCode),
    /// Django's page about CSRF.
    Forbidden,
}

async fn visit(site: &Site, name: &str, step: Step, request: Request) -> Response {
    let (mut head, body) = request.into_parts();
    head.method = incoming::method(&head.method);
    let cx = incoming::context(&site.app, &head);
    let wrapping = Wrapping {
        method: &head.method.clone(),
        request_id: &cx.meta.request_id.clone(),
        json: Style::of(&cx.settings.rest_framework),
    };
    let browser = match browser(site, &cx, &mut head, body).await {
        Ok(browser) => browser,
        Err(refused) => return respond::outside(refused, &head.headers, wrapping),
    };
    let mut lines = Lines::default();
    let view = View { site, cx: &cx, head: &head, browser: &browser };
    let answer = match cx.issuers.named(name) {
        Some(issuer) => view.answer(issuer, step, &mut lines).await,
        None => Err(Error::NotFound.into()),
    };
    let status = answer.as_ref().map_or(StatusCode::SERVICE_UNAVAILABLE, Answer::status);
    let settled = browser.settle(&cx, status, &mut lines).await.map_err(ApiError::from);
    let response = match answer.and_then(|answer| settled.map(|()| answer)) {
        Ok(answer) => render(&answer, wrapping),
        Err(error) => respond::outside(error, &head.headers, wrapping),
    };
    respond::with_cookies(response, &lines)
}

/// The request's cookies, and the proof against CSRF that its body may carry.
async fn browser(site: &Site, cx: &Context, head: &mut Parts, body: Body) -> Result<Browser, ApiError> {
    let settings = &cx.settings;
    let origin = Origin::of(settings, head)?;
    let body = incoming::read_body(&settings.http, body).await?;
    let browser = Browser::of(settings, origin, &head.headers);
    Ok(match site.parsers.form(head.headers.get(CONTENT_TYPE), &body) {
        Some(form) if head.method == Method::POST => browser.with_form(&form),
        _ => browser,
    })
}

/// A request at its address.
struct View<'a> {
    site: &'a Site,
    cx: &'a Context,
    head: &'a Parts,
    browser: &'a Browser,
}

impl View<'_> {
    async fn answer(&self, issuer: &Issuer, step: Step, lines: &mut Lines) -> Result<Answer, ApiError> {
        let Self { cx, head, browser, .. } = self;
        if !self.is_ours(issuer).await? {
            return Ok(Answer::Forbidden);
        }
        if head.method != Method::POST {
            return Ok(Answer::Bare(StatusCode::METHOD_NOT_ALLOWED));
        }
        let session = browser.session(cx).await?;
        match step {
            Step::SignIn if session.is_some_and(|session| session.user.is_some()) => {
                Ok(Answer::Told(json!({ "message": messages::ISSUER_SIGNED_IN_ALREADY.text })))
            }
            Step::SignIn => self.sign_in(issuer, lines).await,
            Step::SignOut => {
                external_issuers::sign_out(cx, session).await?;
                if browser.names_a_session() {
                    lines.session = cookies::session_deletion(&cx.settings);
                }
                Ok(done(&messages::ISSUER_SIGNED_OUT))
            }
        }
    }

    /// Whether no other site's page has sent it: by the proof against CSRF where the deployment asks for one, else by
    /// what the browser says.
    async fn is_ours(&self, issuer: &Issuer) -> Result<bool, ApiError> {
        let Self { site, cx, head, browser } = self;
        let checked = if issuer.row().csrf_protect_routes {
            browser.check_csrf(cx, &site.csrf, head).await
        } else if head.method == Method::POST {
            match refuse_cross_site(&cx.settings, &site.csrf, browser.origin(), &head.headers) {
                Err(ApiError::Core(error)) => Err(error),
                other => return other.map(|()| true),
            }
        } else {
            Ok(())
        };
        match checked {
            Ok(()) => Ok(true),
            Err(Error::PermissionDenied(reason)) => {
                tracing::info!(request_id = cx.meta.request_id, reason = %reason.text, "refused");
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn sign_in(&self, issuer: &Issuer, lines: &mut Lines) -> Result<Answer, ApiError> {
        let Self { cx, head, browser, .. } = self;
        let unauthorized = Answer::Bare(StatusCode::UNAUTHORIZED);
        let header = head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes);
        // One word alone breaks upstream.
        let Some(token) = header.and_then(token_of) else { return Ok(unauthorized) };
        let session = browser.session(cx).await?;
        match external_issuers::sign_in(cx, issuer, token, session).await {
            Ok(done_in) => {
                *lines = Lines::of_login(cx, &done_in.session);
                Ok(done(&messages::ISSUER_SIGNED_IN))
            }
            Err(Error::AuthenticationFailed(_) | Error::TokenRefused(_)) => Ok(unauthorized),
            Err(error) => Err(error.into()),
        }
    }
}

fn done(message: &Message) -> Answer {
    Answer::Told(json!({ "message": message.text, "should_refresh_page": true }))
}

impl Answer {
    fn status(&self) -> StatusCode {
        match self {
            Self::Told(_) => StatusCode::OK,
            Self::Bare(status) => *status,
            Self::Forbidden => StatusCode::FORBIDDEN,
        }
    }
}

fn render(answer: &Answer, wrapping: Wrapping<'_>) -> Response {
    let text = match answer {
        Answer::Told(value) => json::spaced(value),
        Answer::Bare(_) => String::new(),
        Answer::Forbidden => page::CSRF_FAILED.to_owned(),
    };
    let mut response = respond::view(answer.status(), text, wrapping);
    if answer.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

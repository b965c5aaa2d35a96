//! From a [`Reply`] to bytes and headers.

use axum::body::{Body, Bytes};
use axum::response::Response;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY,
    SET_COOKIE, VARY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use http_body_util::{BodyExt as _, Empty};
use rest_auth_core::settings::RendererName;
use rest_auth_formats as formats;

use crate::cookies::Lines;
use crate::error::{ApiError, ErrorStyle};
use crate::incoming::REQUEST_ID;
use crate::negotiate::{self, Accepted};
use crate::render::{json, page};
use crate::reply::Reply;

const COOP: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
/// Upstream varies by `Accept` and sometimes by `Cookie`; an answer depends on the credentials too (W-01).
const VARIES: HeaderValue = HeaderValue::from_static("Accept, Authorization, Cookie");
const JSON: HeaderValue = HeaderValue::from_static("application/json");
const HTML: HeaderValue = HeaderValue::from_static("text/html; charset=utf-8");

const PAGE_POLICY: &str = "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Headers that most answers have. A map with room for more is much larger.
const USUAL_HEADERS: usize = 12;

/// What every answer of one request shares.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wrapping<'a> {
    pub(crate) method: &'a Method,
    pub(crate) request_id: &'a str,
    pub(crate) json: json::Style,
}

/// An endpoint's answer.
pub(crate) fn from_endpoint(
    reply: Reply,
    accepted: Accepted,
    allow: &HeaderValue,
    wrapping: Wrapping<'_>,
) -> Response {
    let (kind, bytes) = match &reply.body {
        None => (None, Vec::new()),
        Some(_)
            if reply.status.is_server_error() && accepted.renderer == RendererName::BrowsableAPIRenderer =>
        {
            (Some(HTML), page::SERVER_ERROR.into())
        }
        Some(body) => (Some(JSON), json::encode(body, accepted.indent, wrapping.json)),
    };
    let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
    headers.extend(kind.map(|kind| (CONTENT_TYPE, kind)));
    headers.extend(reply.headers);
    headers.insert(VARY, VARIES);
    headers.insert(ALLOW, allow.clone());
    if reply.private {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    with_cookies(finished(reply.status, headers, bytes, wrapping), &reply.cookies)
}

/// The same with cookies, which no cache may keep.
pub(crate) fn with_cookies(mut response: Response, cookies: &Lines) -> Response {
    if !cookies.is_empty() {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    for cookie in cookies.iter() {
        response.headers_mut().append(SET_COOKIE, cookie.clone());
    }
    response
}

/// The answer to a request that reached no endpoint: a page, or DRF's envelope for a client that prefers JSON.
pub(crate) fn outside(error: ApiError, accept: &HeaderMap, wrapping: Wrapping<'_>) -> Response {
    let style = ErrorStyle { challenge: None, non_field_errors_key: "", request_id: wrapping.request_id };
    let reply = error.into_reply(style);
    let page = match reply.status {
        StatusCode::NOT_FOUND => page::NOT_FOUND,
        status if status.is_server_error() => page::SERVER_ERROR,
        _ => page::BAD_REQUEST,
    };
    let (kind, bytes) = match &reply.body {
        Some(body) if !negotiate::prefers_page(accept) => (JSON, json::encode(body, None, wrapping.json)),
        _ => (HTML, page.into()),
    };
    finished(reply.status, HeaderMap::from_iter([(CONTENT_TYPE, kind), (VARY, VARIES)]), bytes, wrapping)
}

/// A page of our own. It loads nothing, and its address may be a secret that no other site should learn.
pub(crate) fn page(html: impl Into<Vec<u8>>, wrapping: Wrapping<'_>) -> Response {
    page_with_status(StatusCode::OK, html, wrapping)
}

/// A page of our own that tells of a failure.
pub(crate) fn page_with_status(
    status: StatusCode,
    html: impl Into<Vec<u8>>,
    wrapping: Wrapping<'_>,
) -> Response {
    let headers = HeaderMap::from_iter([
        (CONTENT_TYPE, HTML),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(PAGE_POLICY)),
    ]);
    let mut response = finished(status, headers, html.into(), wrapping);
    response.headers_mut().insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

/// What people see of a refusal: every sentence of it.
pub(crate) fn refusal_page(reply: &Reply, wrapping: Wrapping<'_>) -> Response {
    let mut sentences = Vec::new();
    for value in
        reply.body.as_ref().and_then(|body| body.as_object()).into_iter().flat_map(|body| body.values())
    {
        match value {
            serde_json::Value::Array(texts) => {
                sentences.extend(texts.iter().filter_map(|text| text.as_str()));
            }
            other => sentences.extend(other.as_str()),
        }
    }
    let mut response = page_with_status(reply.status, page::refusal(&sentences), wrapping);
    response.headers_mut().extend(reply.headers.clone());
    with_cookies(response, &reply.cookies)
}

/// What a view of Django's answers that says nothing of its type: HTML to every browser.
pub(crate) fn view(status: StatusCode, text: String, wrapping: Wrapping<'_>) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, HTML), (CACHE_CONTROL, no_store), (VARY, VARIES)]);
    finished(status, headers, text.into(), wrapping)
}

/// What a page of our own answers to a script.
pub(crate) fn json_page(status: StatusCode, json: String, wrapping: Wrapping<'_>) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    let headers = HeaderMap::from_iter([(CONTENT_TYPE, JSON), (CACHE_CONTROL, no_store), (VARY, VARIES)]);
    finished(status, headers, json.into(), wrapping)
}

/// Sends a browser on, with cookies: Django's `HttpResponseRedirect`.
pub(crate) fn redirect(location: &str, cookies: &Lines, wrapping: Wrapping<'_>) -> Response {
    let location = HeaderValue::try_from(formats::redirect::location(location));
    let no_store = HeaderValue::from_static("no-store");
    let mut headers = HeaderMap::from_iter([(CONTENT_TYPE, HTML), (CACHE_CONTROL, no_store), (VARY, VARIES)]);
    headers.insert(LOCATION, location.expect("what is escaped fits into a header"));
    for cookie in cookies.iter() {
        headers.append(SET_COOKIE, cookie.clone());
    }
    finished(StatusCode::FOUND, headers, Vec::new(), wrapping)
}

/// Adds what every answer has: Django's security middleware, the length, the request's id.
fn finished(status: StatusCode, mut headers: HeaderMap, bytes: Vec<u8>, wrapping: Wrapping<'_>) -> Response {
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    let is_empty = wrapping.method == Method::HEAD || status == StatusCode::NO_CONTENT;
    if status != StatusCode::NO_CONTENT {
        headers.insert(CONTENT_LENGTH, bytes.len().into());
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(COOP, HeaderValue::from_static("same-origin"));
    headers.extend(HeaderValue::from_str(wrapping.request_id).ok().map(|id| (REQUEST_ID, id)));
    let body = if is_empty { nothing() } else { Body::from(bytes) };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// A body that tells nobody its size: RFC 9110 forbids `Content-Length` on 204, and axum adds it to any body of
/// known size.
fn nothing() -> Body {
    Body::new(Empty::<Bytes>::new().map_frame(|frame| frame))
}

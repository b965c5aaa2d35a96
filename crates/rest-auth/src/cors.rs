//! Cross-origin requests of browsers: django-cors-headers for the origins that the settings list.
//!
//! An origin is listed exactly or it is not: no patterns, no `null`. Only listed ones are told anything, and they may
//! send credentials.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::Response;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_METHOD, ORIGIN, VARY,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use rest_auth_core::settings::Settings;
use rest_auth_formats::csrf;

const METHODS: HeaderValue = HeaderValue::from_static("DELETE, GET, OPTIONS, PATCH, POST, PUT");
/// Browsers may remember the answer to a preflight for a day.
const MAX_AGE: HeaderValue = HeaderValue::from_static("86400");

/// Adds it to a router, where the settings list any origin.
pub(crate) fn layered<S: Clone + Send + Sync + 'static>(router: Router<S>, settings: &Settings) -> Router<S> {
    if settings.http.cors_allowed_origins.is_empty() {
        return router;
    }
    let policy = Arc::new(Policy::of(settings));
    router.layer(middleware::from_fn(move |request: Request, next: Next| {
        let policy = Arc::clone(&policy);
        async move { policy.apply(request, next).await }
    }))
}

struct Policy {
    origins: Vec<String>,
    headers: HeaderValue,
}

impl Policy {
    fn of(settings: &Settings) -> Self {
        let proof = csrf::header_name(&settings.csrf.header_name).to_lowercase();
        let headers = format!(
            "accept, authorization, content-type, user-agent, {proof}, x-request-id, x-requested-with"
        );
        Self {
            origins: settings.http.cors_allowed_origins.clone(),
            headers: HeaderValue::try_from(headers).unwrap_or_else(|_| HeaderValue::from_static("")),
        }
    }

    /// A preflight is answered here; everything else gets its headers when it has its answer.
    async fn apply(&self, request: Request, next: Next) -> Response {
        let origin = self.listed(request.headers());
        let preflight = request.method() == Method::OPTIONS
            && request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let mut response = match &origin {
            Some(_) if preflight => self.preflight(),
            _ => next.run(request).await,
        };
        let headers = response.headers_mut();
        // Also where the origin is not listed: a cache must not hand that answer to one that is.
        let varies = match headers.get(VARY).and_then(|value| value.to_str().ok()) {
            Some(known) => HeaderValue::try_from(format!("{known}, Origin")).ok(),
            None => None,
        };
        headers.insert(VARY, varies.unwrap_or_else(|| HeaderValue::from_static("Origin")));
        if let Some(origin) = origin {
            headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        response
    }

    fn listed(&self, headers: &HeaderMap) -> Option<HeaderValue> {
        let sent = headers.get(ORIGIN)?;
        self.origins.iter().any(|origin| origin.as_bytes() == sent.as_bytes()).then(|| sent.clone())
    }

    fn preflight(&self) -> Response {
        let mut response = Response::default();
        *response.status_mut() = StatusCode::NO_CONTENT;
        let headers = response.headers_mut();
        headers.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(ACCESS_CONTROL_ALLOW_HEADERS, self.headers.clone());
        headers.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        response
    }
}

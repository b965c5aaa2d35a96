//! What is answered before the database has been seen: that the process is alive, and that everything else has to wait.

use std::sync::atomic::{AtomicBool, Ordering};

use axum::Router;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, RETRY_AFTER};
use http::{Request, StatusCode};
use hyper::body::Incoming;
use rest_auth::core::messages::UNAVAILABLE;
use serde_json::json;
use tower::Service as _;

/// The one address that is always answered.
const ALIVE: &str = "/healthz";

/// A router that others reach when the gate is open.
pub(super) struct Gate {
    router: Router,
    open: AtomicBool,
}

impl Gate {
    /// A gate that lets nobody through yet.
    pub(super) fn closed(router: Router) -> Self {
        Self { router, open: AtomicBool::new(false) }
    }

    /// Lets everybody through, for good: from now on each request finds out about the database for itself.
    pub(super) fn open(&self) {
        self.open.store(true, Ordering::Release);
    }

    /// The router's answer, or that it is too early.
    pub(super) async fn answer(&self, request: Request<Incoming>) -> Response {
        if !self.open.load(Ordering::Acquire) && request.uri().path() != ALIVE {
            return too_early();
        }
        // A router is ready at any time, and never fails.
        let Ok(response) = self.router.clone().call(request).await;
        response
    }
}

fn too_early() -> Response {
    let body = json!({ "detail": UNAVAILABLE.text }).to_string();
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store"), (RETRY_AFTER, "1")];
    (StatusCode::SERVICE_UNAVAILABLE, headers, body).into_response()
}

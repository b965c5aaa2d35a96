//! `/healthz` and `/readyz`: for whoever watches the process. Neither is an API endpoint, so no credentials, no
//! negotiation, and no host is refused.

use std::sync::Arc;

use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::site::Site;

/// The process is alive; and whether it can serve: the database answers and has the tables that it should.
pub(crate) fn routes(router: Router, site: &Arc<Site>) -> Router {
    let site = Arc::clone(site);
    router.route("/healthz", get(async || plain(StatusCode::OK, r#"{"status":"ok"}"#))).route(
        "/readyz",
        get(move || async move {
            match site.app.store.ready().await {
                Ok(()) => plain(StatusCode::OK, r#"{"status":"ready"}"#),
                Err(error) => {
                    tracing::warn!(%error, "not ready");
                    plain(StatusCode::SERVICE_UNAVAILABLE, r#"{"status":"unavailable"}"#)
                }
            }
        }),
    )
}

fn plain(status: StatusCode, body: &'static str) -> Response {
    (status, [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")], body).into_response()
}

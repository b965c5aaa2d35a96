//! `/.well-known/jwks.json`: the public keys, for services that check our tokens themselves (RFC 7517). It is there
//! where tokens are signed by a key pair, needs no credentials, and may be kept for a while.

use std::sync::Arc;

use axum::Router;
use axum::response::IntoResponse;
use axum::routing::get;
use http::StatusCode;
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};

use crate::site::Site;

/// How long a key set may be kept: as long as a new key must be listed before it signs.
const FRESH: &str = "public, max-age=300";

/// The address, if there is anything to show.
pub(crate) fn routes(router: Router, site: &Arc<Site>) -> Router {
    let Some(jwt) = site.app.jwt.clone().filter(|jwt| jwt.has_key_set()) else { return router };
    let site = Arc::clone(site);
    router.route(
        "/.well-known/jwks.json",
        get(move || async move {
            match jwt.key_set(site.app.clock.now()) {
                Some(keys) => {
                    let headers = [
                        (CONTENT_TYPE, "application/json"),
                        (CACHE_CONTROL, FRESH),
                        (ACCESS_CONTROL_ALLOW_ORIGIN, "*"),
                    ];
                    (StatusCode::OK, headers, keys.to_string()).into_response()
                }
                None => StatusCode::NOT_FOUND.into_response(),
            }
        }),
    )
}

//! Routes, computed from the endpoint table: for a host's router, or as a whole site.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use axum::routing::any;
use http::request::Parts;
use rest_auth_core::Error;
use rest_auth_core::settings::Settings;
use tower::ServiceExt as _;

use crate::cors;
use crate::dispatch::dispatch;
use crate::endpoint::{Endpoint, Mount};
use crate::endpoints::{confirm_email, external_issuers, health, jwks, password_reset_page};
use crate::incoming;
use crate::origin::Origin;
use crate::parse::percent_decode;
use crate::render::json::Style;
use crate::respond::{self, Wrapping};
use crate::site::Site;

/// The endpoints for a host to nest below an address of its choice; registration stands at `registration/` below it,
/// and `socialaccounts/` too.
pub(crate) fn for_host<S: Clone + Send + Sync + 'static>(site: &Arc<Site>) -> Router<S> {
    let place = |mount| match mount {
        Mount::Main | Mount::Accounts => Some("/".to_owned()),
        Mount::Registration => Some("/registration/".to_owned()),
        Mount::Root => None,
    };
    cors::layered(with_endpoints(Router::new(), site, place), &site.app.settings)
}

/// A whole site: the endpoints where the settings put them, health checks, and a page for everything else.
pub(crate) fn for_site(site: &Arc<Site>) -> Router {
    let settings = &site.app.settings;
    let place = |mount| match mount {
        Mount::Main => Some(rooted(&settings.http.prefix)),
        Mount::Registration => Some(registration_prefix(settings)),
        Mount::Root | Mount::Accounts => Some("/".to_owned()),
    };
    let router = health::routes(with_endpoints(Router::new(), site, place), site);
    let router = jwks::routes(router, site);
    let router = external_issuers::routes(router, site);
    let unknown = Arc::clone(site);
    let plain = router
        .clone()
        .fallback(move |request: Request| async move { not_found(&unknown, &request.into_parts().0) });
    let site_with_escapes = router.fallback(move |request: Request| async move {
        match plain.oneshot(unescaped(request)).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    });
    // With its state, which is none, axum puts a route together once and not for each request.
    cors::layered(site_with_escapes, settings).with_state(())
}

/// A request for the address that the escapes in its own spell, as Django compares addresses. Anything else stays as
/// it is; what is no plain address afterwards is no endpoint's.
fn unescaped(mut request: Request) -> Request {
    let path = percent_decode(request.uri().path().as_bytes());
    let plain = path.iter().all(|byte| byte.is_ascii_graphic() && !b"%?#".contains(byte));
    if !plain || path == request.uri().path().as_bytes() {
        return request;
    }
    let mut target = String::from_utf8_lossy(&path).into_owned();
    target.extend(request.uri().query().map(|query| format!("?{query}")));
    if let Ok(uri) = target.parse() {
        *request.uri_mut() = uri;
    }
    request
}

fn with_endpoints<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    site: &Arc<Site>,
    place: impl Fn(Mount) -> Option<String>,
) -> Router<S> {
    let rows = site.endpoints.iter().filter_map(|endpoint| Some((endpoint, place(endpoint.mount)?)));
    let router = rows.fold(router, |router, (endpoint, prefix)| {
        with_endpoint(router, site, endpoint, &format!("{prefix}{}", endpoint.path))
    });
    let router = match place(Mount::Registration) {
        Some(prefix) => confirm_email::routes(router, site, &prefix),
        None => router,
    };
    match place(Mount::Main) {
        Some(prefix) => password_reset_page::routes(router, site, &prefix),
        None => router,
    }
}

/// With and without the slash at the end; nobody is redirected (W-03).
fn with_endpoint<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    site: &Arc<Site>,
    endpoint: &Arc<Endpoint>,
    path: &str,
) -> Router<S> {
    let (site, endpoint) = (Arc::clone(site), Arc::clone(endpoint));
    let answer = any(move |request: Request| {
        let (head, body) = request.into_parts();
        let head = Box::new(head);
        async move {
            if endpoint.is_at(head.uri.path()) {
                dispatch(&site, &endpoint, head, body).await
            } else {
                not_found(&site, &head)
            }
        }
    });
    both_slashes(path).fold(router, |router, path| router.route(path, answer.clone()))
}

/// An address with and without its slash at the end.
pub(crate) fn both_slashes(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once(path).chain(path.strip_suffix('/').filter(|bare| !bare.is_empty()))
}

fn registration_prefix(settings: &Settings) -> String {
    match settings.http.registration_prefix.get() {
        Some(prefix) => rooted(prefix),
        None => format!("{}registration/", rooted(&settings.http.prefix)),
    }
}

/// With a slash at both ends.
fn rooted(prefix: &str) -> String {
    match prefix.trim_matches('/') {
        "" => "/".to_owned(),
        inner => format!("/{inner}/"),
    }
}

fn not_found(site: &Site, head: &Parts) -> Response {
    let (method, id) = (incoming::method(&head.method), incoming::request_id(&site.app, &head.headers));
    let error = Origin::of(&site.app.settings, head).err().unwrap_or_else(|| Error::NotFound.into());
    respond::outside(
        error,
        &head.headers,
        Wrapping { method: &method, request_id: &id, json: Style::of(&site.app.settings.rest_framework) },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_read_with_or_without_slashes() {
        for (given, rooted_) in
            [("/rest-auth/", "/rest-auth/"), ("api/v1/auth", "/api/v1/auth/"), ("/", "/"), ("", "/")]
        {
            assert_eq!(rooted(given), rooted_);
        }
        assert_eq!(both_slashes("/a/").collect::<Vec<_>>(), ["/a/", "/a"]);
        assert_eq!(both_slashes("/").collect::<Vec<_>>(), ["/"]);
    }
}

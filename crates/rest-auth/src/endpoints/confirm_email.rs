//! `account-confirm-email/KEY/` and `account-email-verification-sent/`: the pages that confirmation mails and
//! sign-up forms lead to where no front end has pages of its own. allauth's `ConfirmEmailView`.
//!
//! Opening the link changes nothing, since scanners and previews open links too (W-23): the page has a button.
//! No CSRF token is needed, because the address itself is the secret and the page sets no cookie.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request};
use axum::response::Response;
use axum::routing::get;
use http::header::LOCATION;
use http::request::Parts;
use http::{HeaderValue, StatusCode};
use rest_auth_core::features::email_verification::{self, VerifyEmail};
use rest_auth_core::settings::FeatureName;
use rest_auth_core::{Context, Error};

use crate::error::ApiError;
use crate::incoming;
use crate::origin::Origin;
use crate::render::page;
use crate::respond::{self, Wrapping};
use crate::router::both_slashes;
use crate::site::Site;

/// Adds the pages below the registration prefix, where the deployment has registration.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    site: &Arc<Site>,
    prefix: &str,
) -> Router<S> {
    if !site.app.settings.has(FeatureName::Registration) {
        return router;
    }
    let (asking, confirming, telling) = (Arc::clone(site), Arc::clone(site), Arc::clone(site));
    let confirm = get(move |request: Request| async move { show(&asking, request, page::CONFIRM_EMAIL) })
        .post(move |Path(key): Path<String>, request: Request| async move {
            confirm(&confirming, key, request).await
        });
    let sent = get(move |request: Request| async move { show(&telling, request, page::EMAIL_SENT) });
    let confirm_path = format!("{prefix}account-confirm-email/{{key}}/");
    let sent_path = format!("{prefix}account-email-verification-sent/");
    let router = both_slashes(&confirm_path).fold(router, |router, path| router.route(path, confirm.clone()));
    both_slashes(&sent_path).fold(router, |router, path| router.route(path, sent.clone()))
}

fn show(site: &Site, request: Request, page: &'static str) -> Response {
    let (head, _) = request.into_parts();
    let cx = incoming::context(&site.app, &head);
    answer(site, &head, &cx, Ok(page))
}

/// Confirms, and leads to where one logs in.
async fn confirm(site: &Site, key: String, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let cx = incoming::context(&site.app, &head);
    match email_verification::verify(&cx, VerifyEmail { key }).await {
        Ok(()) => {
            let mut response = answer(site, &head, &cx, Ok(""));
            let place = HeaderValue::try_from(&site.app.settings.http.login_url);
            *response.status_mut() = StatusCode::FOUND;
            response.headers_mut().extend(place.ok().map(|place| (LOCATION, place)));
            response
        }
        Err(Error::NotFound) => answer(site, &head, &cx, Ok(page::INVALID_LINK)),
        Err(error) => answer(site, &head, &cx, Err(error.into())),
    }
}

fn answer(site: &Site, head: &Parts, cx: &Context, page: Result<&'static str, ApiError>) -> Response {
    let method = incoming::method(&head.method);
    let wrapping = Wrapping { method: &method, request_id: &cx.meta.request_id };
    match Origin::of(&site.app.settings, head).and(page) {
        Ok(page) => respond::page(page, wrapping),
        Err(error) => respond::outside(error, &head.headers, wrapping),
    }
}

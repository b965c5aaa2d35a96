//! `password/reset/confirm/UID/TOKEN/`: the page that reset mails lead to where no front end has one. Django's
//! `PasswordResetConfirmView`, without its redirect.
//!
//! Opening it changes nothing, since scanners and previews open links too. No CSRF token is needed, because the address
//! itself is the secret and the page sets no cookie.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, Request};
use axum::response::Response;
use axum::routing::get;
use http::header::CONTENT_TYPE;
use rest_auth_core::features::password_reset::{self, PasswordResetConfirm};
use rest_auth_core::form::{Reading, Value};
use rest_auth_core::model::Secret;
use rest_auth_core::settings::ParserName;
use rest_auth_core::{Context, Error, FieldErrors};

use crate::error::ApiError;
use crate::incoming;
use crate::origin::Origin;
use crate::parse::Parsers;
use crate::render::json::Style;
use crate::render::page;
use crate::respond::{self, Wrapping};
use crate::router::both_slashes;
use crate::site::Site;

/// Adds the page below the prefix, where the links of mails lead here.
pub(crate) fn routes<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    site: &Arc<Site>,
    prefix: &str,
) -> Router<S> {
    if site.app.settings.links.password_reset.get().is_some() {
        return router;
    }
    let (asking, setting) = (Arc::clone(site), Arc::clone(site));
    let page = get(move |Path(link): Path<Link>, request: Request| async move {
        visit(&asking, link, request, Step::Ask).await
    })
    .post(move |Path(link): Path<Link>, request: Request| async move {
        visit(&setting, link, request, Step::Set).await
    });
    let path = format!("{prefix}password/reset/confirm/{{uid}}/{{token}}/");
    both_slashes(&path).fold(router, |router, path| router.route(path, page.clone()))
}

/// The two halves of the link.
type Link = (String, String);

#[derive(Clone, Copy)]
enum Step {
    Ask,
    Set,
}

async fn visit(site: &Site, (uid, token): Link, request: Request, step: Step) -> Response {
    let (head, body) = request.into_parts();
    let cx = incoming::context(&site.app, &head);
    let (method, headers) = (incoming::method(&head.method), head.headers.clone());
    let wrapping = Wrapping {
        method: &method,
        request_id: &cx.meta.request_id,
        json: Style::of(&cx.settings.rest_framework),
    };
    let token = Secret::new(token);
    let html = match Origin::of(&site.app.settings, &head) {
        Err(refused) => Err(refused),
        Ok(_) => match step {
            Step::Ask => ask(&cx, &uid, &token).await,
            Step::Set => set(site, &cx, uid, token, Request::from_parts(head, body)).await,
        },
    };
    match html {
        Ok(html) => respond::page(html, wrapping),
        Err(error) => respond::outside(error, &headers, wrapping),
    }
}

async fn ask(cx: &Context, uid: &str, token: &Secret) -> Result<String, ApiError> {
    if password_reset::is_good(cx, uid, token).await? {
        Ok(page::set_password(&PasswordResetConfirm::page_form(), &FieldErrors::default()))
    } else {
        Ok(page::INVALID_RESET_LINK.to_owned())
    }
}

/// Sets the password and says so, or shows what is wrong with it.
async fn set(
    site: &Site,
    cx: &Context,
    uid: String,
    token: Secret,
    request: Request,
) -> Result<String, ApiError> {
    let (head, body) = request.into_parts();
    let settings = &site.app.settings;
    let body = incoming::read_body(&settings.http, body).await?;
    // What an HTML form sends, whatever the API of this deployment reads.
    let parsers = Parsers { names: vec![ParserName::FormParser], max_fields: site.parsers.max_fields };
    let (input, kind) = parsers.parse(head.headers.get(CONTENT_TYPE), &body)?;
    let form = PasswordResetConfirm::page_form();
    let reading = form.read(&input, kind)?;
    match confirm(cx, reading, uid, token).await {
        Ok(()) => Ok(page::PASSWORD_IS_SET.to_owned()),
        Err(Error::Invalid(errors)) if errors.has("uid") || errors.has("token") => {
            Ok(page::INVALID_RESET_LINK.to_owned())
        }
        Err(Error::Invalid(errors)) => Ok(page::set_password(&form, &errors)),
        Err(error) => Err(error.into()),
    }
}

async fn confirm(cx: &Context, reading: Reading, uid: String, token: Secret) -> Result<(), Error> {
    let mut values = reading.into_values()?;
    values.set("uid", Value::Text(uid));
    values.set("token", Value::Text(token.expose().clone()));
    password_reset::confirm(cx, PasswordResetConfirm::from_values(&values)).await
}

//! Extractors for a host's own handlers: who is logged in.
//!
//! They ask the same authenticators as the endpoints do, CSRF included, and answer as they do: DRF's 401 or 403
//! with its envelope. A proof against CSRF counts in the header only, since the body belongs to the handler.

use std::sync::Arc;

use axum::extract::{FromRef, FromRequestParts};
use axum::response::{IntoResponse, Response};
use http::HeaderValue;
use http::request::Parts;
use rest_auth_core::features::jwt::{self, Authenticated};
use rest_auth_core::model::User;
use rest_auth_core::{Context, Error, Meta};
use rest_auth_formats::jwt::Claims;

use crate::RestAuth;
use crate::authenticators::{BadCredentials, Identity};
use crate::browser::Browser;
use crate::error::{ApiError, ErrorStyle};
use crate::incoming;
use crate::negotiate::Accepted;
use crate::origin::Origin;
use crate::render::json::Style;
use crate::respond::{self, Wrapping};
use crate::site::Site;

/// The account that is logged in; without one the handler is not called.
#[derive(Clone, Debug)]
pub struct CurrentUser(pub User);

/// The account that is logged in, if there is one. Credentials that are there and bad are refused all the same.
#[derive(Clone, Debug)]
pub struct MaybeUser(pub Option<User>);

/// What the JSON web token of a request says, without a look at the database: a session that ended or an account that
/// was switched off is noticed when the token ends. The token is looked for in the header, and in the cookie where the
/// authenticator `jwt_cookie` is asked; other credentials count as none.
#[derive(Clone, Debug)]
pub struct TokenClaims(pub Claims);

/// The account that the JSON web token of a request lets in, read anew, and what the token says. Other credentials count
/// as none.
#[derive(Clone, Debug)]
pub struct TokenUser {
    /// It may log in.
    pub user: User,
    /// The claims of the token.
    pub claims: Claims,
}

/// The answer to a request whose credentials are missing or bad.
#[derive(Debug)]
pub struct Rejection(Response);

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        self.0
    }
}

impl<S> FromRequestParts<S> for CurrentUser
where
    S: Send + Sync,
    RestAuth: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let site = RestAuth::from_ref(state).site;
        match identify(&site, head).await {
            Ok(Some(identity)) => Ok(Self(identity.user)),
            Ok(None) => Err(reject(&site, head, Error::NotAuthenticated.into())),
            Err(error) => Err(reject(&site, head, error)),
        }
    }
}

impl<S> FromRequestParts<S> for MaybeUser
where
    S: Send + Sync,
    RestAuth: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let site = RestAuth::from_ref(state).site;
        let identity = identify(&site, head).await.map_err(|error| reject(&site, head, error))?;
        Ok(Self(identity.map(|identity| identity.user)))
    }
}

impl<S> FromRequestParts<S> for TokenClaims
where
    S: Send + Sync,
    RestAuth: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let site = RestAuth::from_ref(state).site;
        match claims(&site, head).await {
            Ok(claims) => Ok(Self(claims)),
            Err(error) => Err(reject_token(&site, head, error)),
        }
    }
}

impl<S> FromRequestParts<S> for TokenUser
where
    S: Send + Sync,
    RestAuth: FromRef<S>,
{
    type Rejection = Rejection;

    async fn from_request_parts(head: &mut Parts, state: &S) -> Result<Self, Rejection> {
        let site = RestAuth::from_ref(state).site;
        match token_user(&site, head).await {
            Ok(Authenticated { user, claims }) => Ok(Self { user, claims }),
            Err(error) => Err(reject_token(&site, head, error)),
        }
    }
}

/// Most requests have their token in the header. Then nobody needs to know their cookies, or who sends them.
async fn claims(site: &Site, head: &mut Parts) -> Result<Claims, ApiError> {
    if let Some(token) = site.jwt.only_header(head) {
        Origin::of(&site.app.settings, head)?;
        let cx = Context::new(Arc::clone(&site.app), Meta::default());
        return Ok(jwt::verified_claims(&cx, token?).await?);
    }
    let (cx, token) = Box::pin(token(site, head)).await?;
    Ok(jwt::verified_claims(&cx, &token).await?)
}

async fn token_user(site: &Site, head: &mut Parts) -> Result<Authenticated, ApiError> {
    let (cx, token) = token(site, head).await?;
    Ok(jwt::authenticate(&cx, &token).await?)
}

async fn token(site: &Site, head: &mut Parts) -> Result<(Context, Vec<u8>), ApiError> {
    let cx = prepare(site, head)?;
    let token = site.jwt.token(&cx, &site.csrf, head).await?;
    Ok((cx, token.ok_or(Error::NotAuthenticated)?))
}

/// Lets authenticators find the cookies in the head.
fn prepare(site: &Site, head: &mut Parts) -> Result<Context, ApiError> {
    let cx = incoming::context(&site.app, head);
    if head.extensions.get::<Arc<Browser>>().is_none() {
        let origin = Origin::of(&site.app.settings, head)?;
        let browser = Browser::of(&site.app.settings, origin, &head.headers).without_answer();
        head.extensions.insert(Arc::new(browser));
    }
    Ok(cx)
}

async fn identify(site: &Site, head: &mut Parts) -> Result<Option<Identity>, ApiError> {
    if let Some(known) = head.extensions.get::<Identified>() {
        return Ok(known.0.clone());
    }
    let cx = prepare(site, head)?;
    let identity = site.chain.authenticate(&cx, head, BadCredentials::Refuse).await?;
    head.extensions.insert(Identified(identity.clone()));
    Ok(identity)
}

/// What is known already, when a handler or its middleware asks twice.
#[derive(Clone)]
struct Identified(Option<Identity>);

fn reject(site: &Site, head: &Parts, error: ApiError) -> Rejection {
    rejection(site, head, error, site.chain.challenge())
}

fn reject_token(site: &Site, head: &Parts, error: ApiError) -> Rejection {
    rejection(site, head, error, site.jwt.challenge().as_ref())
}

fn rejection(site: &Site, head: &Parts, error: ApiError, challenge: Option<&HeaderValue>) -> Rejection {
    let request_id = incoming::request_id(&site.app, &head.headers);
    let style = ErrorStyle { challenge, non_field_errors_key: "", request_id: &request_id };
    let wrapping = Wrapping {
        method: &head.method,
        request_id: &request_id,
        json: Style::of(&site.app.settings.rest_framework),
    };
    let accepted = Accepted::fallback(site.renderers());
    // A host's handler has no row in the table, so there is no `Allow` to give.
    let mut response =
        respond::from_endpoint(error.into_reply(style), accepted, &HeaderValue::from_static(""), wrapping);
    response.headers_mut().remove(http::header::ALLOW);
    Rejection(response)
}

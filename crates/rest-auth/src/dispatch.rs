//! The steps of a request, in DRF's order: the counterpart of `APIView.dispatch`.

use std::pin::Pin;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::NestedPath;
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{Method, StatusCode};
use rest_auth_core::form::{Body as FormBody, Input, Values};
use rest_auth_core::settings::ParserName;
use rest_auth_core::{Context, throttles};
use serde_json::Value;
use tracing::Instrument as _;

use crate::authenticators::Identity;
use crate::browser::Browser;
use crate::endpoint::{Action, Call, Endpoint};
use crate::error::{ApiError, ErrorStyle};
use crate::negotiate::{self, Accepted, negotiate};
use crate::origin::{Origin, refuse_cross_site};
use crate::parse::Parsers;
use crate::render::json::Style;
use crate::reply::Reply;
use crate::respond::{self, Wrapping};
use crate::site::Site;
use crate::{incoming, options};

/// Answers a request to an endpoint.
///
/// What each request awaits is kept below a kilobyte in one piece, by boxes for the head and for what few requests need:
/// an allocator has small pieces at hand, and large ones are copied at each step up.
pub(crate) fn dispatch<'a>(
    site: &'a Site,
    endpoint: &'a Endpoint,
    mut head: Box<Parts>,
    body: Body,
) -> Pin<Box<dyn Future<Output = Response> + Send + 'a>> {
    head.method = incoming::method(&head.method);
    let cx = incoming::context(&site.app, &head);
    let span =
        tracing::info_span!("request", request_id = cx.meta.request_id.as_str(), endpoint = endpoint.name);
    Box::pin(answer(site, endpoint, cx, head, body).instrument(span))
}

async fn answer(site: &Site, endpoint: &Endpoint, cx: Context, mut head: Box<Parts>, body: Body) -> Response {
    let wrapping = Wrapping {
        method: &head.method.clone(),
        request_id: &cx.clone().meta.request_id,
        json: Style::of(&site.app.settings.rest_framework),
    };
    let arrived = match receive(site, &mut head, body).await {
        Ok(arrived) => arrived,
        Err(refused) => return respond::outside(refused, &head.headers, wrapping),
    };
    let (accepted, outcome) =
        match negotiate(site.renderers(), &head.headers, head.uri.query().unwrap_or_default()) {
            Ok(accepted) => {
                let visit = Visit { site, endpoint, cx: &cx, head: &head, arrived: &arrived };
                (accepted, Box::pin(visit.steps()).await)
            }
            Err(error) => (Accepted::fallback(site.renderers()), Err(error)),
        };
    let style = ErrorStyle {
        challenge: endpoint.challenge.as_ref().or(site.chain.challenge()),
        non_field_errors_key: &site.app.settings.rest_framework.non_field_errors_key,
        request_id: wrapping.request_id,
    };
    let (mut reply, outside) = match outcome {
        Ok(reply) => (reply, None),
        // Django's own refusals are no answers of an endpoint, but the session may have a new key all the same.
        Err(refused @ ApiError::BadRequest(_)) => {
            (Reply::new(StatusCode::BAD_REQUEST, Value::Null), Some(refused))
        }
        Err(error) => (error.into_reply(style), None),
    };
    let settled = arrived.browser.settle(&cx, reply.status, &mut reply.cookies).await;
    match (outside, settled) {
        (Some(refused), settled) => {
            let refused = settled.err().map_or(refused, ApiError::from);
            let response = respond::outside(refused, &head.headers, wrapping);
            return respond::with_cookies(response, &reply.cookies);
        }
        (None, Err(error)) => reply = ApiError::from(error).into_reply(style),
        (None, Ok(())) => {}
    }
    if endpoint.for_browsers && reply.status.is_client_error() && negotiate::asks_for_page(&head.headers) {
        return respond::refusal_page(&reply, wrapping);
    }
    respond::from_endpoint(reply, accepted, endpoint.allow_header(), wrapping)
}

/// A request whose host is served and whose body is here, with its cookies.
struct Arrived {
    browser: Arc<Browser>,
    body: Bytes,
}

/// Before any endpoint is asked: is the host served, and does the body keep to the limits? The cookies go into
/// the head, where authenticators find them.
async fn receive(site: &Site, head: &mut Parts, body: Body) -> Result<Arrived, ApiError> {
    let settings = &site.app.settings;
    let origin = Origin::of(settings, head)?;
    let body = incoming::read_body(&settings.http, body).await?;
    let mut browser = Browser::of(settings, origin, &head.headers);
    if head.method == Method::POST
        && browser.may_need_a_form_token()
        && let Some(form) = site.parsers.form(head.headers.get(CONTENT_TYPE), &body)
    {
        browser = browser.with_form(&form);
    }
    let browser = Arc::new(browser);
    head.extensions.insert(Arc::clone(&browser));
    Ok(Arrived { browser, body })
}

/// A request at its endpoint.
struct Visit<'a> {
    site: &'a Site,
    endpoint: &'a Endpoint,
    cx: &'a Context,
    head: &'a Parts,
    arrived: &'a Arrived,
}

impl Visit<'_> {
    /// Authenticate, permit, throttle, find the method, read the body, check it, act.
    async fn steps(&self) -> Result<Reply, ApiError> {
        let Self { site, endpoint, cx, head, arrived } = self;
        let identity = if endpoint.authenticates {
            site.chain.authenticate(cx, head, endpoint.bad_credentials).await
        } else {
            Ok(None)
        };
        if arrived.browser.looked_for_form_field() {
            // Whatever the proof was: looking for it in the body reads the body.
            self.parse()?;
        }
        let identity = identity?;
        endpoint.permit(identity.as_ref(), !site.chain.is_empty())?;
        let user = identity.as_ref().map(|identity| identity.user.id);
        throttles::throttle(cx, endpoint.throttle_scope, user).await?;
        let Some(action) = endpoint.answering(&head.method) else {
            return if head.method == Method::OPTIONS {
                Ok(options::describe(site, endpoint))
            } else {
                Err(ApiError::MethodNotAllowed(head.method.to_string()))
            };
        };
        if endpoint.sets_cookies {
            refuse_cross_site(&site.app.settings, &site.csrf, arrived.browser.origin(), &head.headers)?;
        }
        let values = self.read_values(action, identity.as_ref()).await?;
        let body = action.raw.then(|| self.parse().map(|(input, _)| input));
        let browser = Arc::clone(&arrived.browser);
        let path = head.uri.path().to_owned();
        let nested = head.extensions.get::<NestedPath>().map_or("", NestedPath::as_str);
        let whole_path = format!("{}{path}", nested.trim_end_matches('/'));
        let query = head.uri.query().unwrap_or_default().to_owned();
        let method = head.method.clone();
        let call = Call { method, identity, values, body, browser, path, whole_path, query };
        (action.run)((*cx).clone(), call).await
    }

    fn parse(&self) -> Result<(Input, FormBody), ApiError> {
        let kind = self.head.headers.get(CONTENT_TYPE);
        if self.endpoint.for_browsers {
            // What an HTML form sends, whatever the API of this deployment reads.
            let names = vec![ParserName::FormParser, ParserName::MultiPartParser];
            let parsers = Parsers { names, max_fields: self.site.parsers.max_fields };
            return parsers.parse(kind, &self.arrived.body);
        }
        self.site.parsers.parse(kind, &self.arrived.body)
    }

    /// Parses the body and reads the form, all field errors together. Without a form nobody looks at the body.
    async fn read_values(&self, action: &Action, identity: Option<&Identity>) -> Result<Values, ApiError> {
        let Some(form) = &action.form else { return Ok(Values::default()) };
        let (input, kind) = self.parse()?;
        let mut reading =
            if action.partial { form.read_partial(&input, kind)? } else { form.read(&input, kind)? };
        if let Some(check) = &action.check {
            check.check(self.cx, identity, &mut reading).await?;
        }
        Ok(reading.into_values()?)
    }
}

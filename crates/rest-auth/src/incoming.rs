//! The first look at a request: its id, who sent it, and its whole body within limits.

use std::net::SocketAddr;

use axum::body::Body;
use axum::body::Bytes;
use axum::extract::ConnectInfo;
use http::header::USER_AGENT;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rest_auth_core::settings::Http;
use rest_auth_core::{App, Context, Meta, messages};
use std::sync::Arc;

use crate::error::ApiError;
use crate::origin::text;

/// The header that carries a request's id, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// A longer id, or one with other characters than these below, is replaced.
const LONGEST_ID: usize = 128;

/// The context of a request: its time, its id, and what is known of the sender.
pub(crate) fn context(app: &Arc<App>, head: &Parts) -> Context {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let meta = Meta {
        address: peer,
        user_agent: text(&head.headers, &USER_AGENT),
        request_id: request_id(app, &head.headers),
    };
    Context::new(Arc::clone(app), meta)
}

/// The id that a proxy gave the request, or a new one.
pub(crate) fn request_id(app: &App, headers: &HeaderMap) -> String {
    text(headers, &REQUEST_ID).filter(|id| is_sane(id)).unwrap_or_else(|| new_id(app))
}

/// An id from outside goes into the log, so it must be plain.
fn is_sane(id: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:/+=".contains(&byte);
    !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(plain)
}

fn new_id(app: &App) -> String {
    let random: [u8; 16] = app.entropy.bytes();
    rest_auth_formats::hex::encode(&random)
}

/// Methods are case-insensitive here, as behind WSGI servers.
pub(crate) fn method(sent: &Method) -> Method {
    if sent.as_str().bytes().any(|byte| byte.is_ascii_lowercase()) {
        return Method::from_bytes(sent.as_str().to_ascii_uppercase().as_bytes())
            .unwrap_or_else(|_| sent.clone());
    }
    sent.clone()
}

/// The whole body, if it is not too large and comes in time.
pub(crate) async fn read_body(http: &Http, body: Body) -> Result<Bytes, ApiError> {
    let whole = Limited::new(body, http.data_upload_max_memory_size).collect();
    match tokio::time::timeout(http.request_timeout.duration(), whole).await {
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            Err(ApiError::BadRequest(messages::BODY_TOO_LARGE))
        }
        Ok(Err(_)) => Err(ApiError::BadRequest(messages::BODY_INCOMPLETE)),
        Err(_) => Err(ApiError::TooSlow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_from_outside_are_plain_and_short() {
        for id in ["a", "7f3c-2.b:1/x_+=", &"x".repeat(128)] {
            assert!(is_sane(id), "{id}");
        }
        for id in ["", " ", "a b", "a\u{e9}", "\"", "a\tb", "<a>", &"x".repeat(129)] {
            assert!(!is_sane(id), "{id}");
        }
    }

    #[test]
    fn methods_are_read_in_any_case() {
        assert_eq!(method(&Method::from_bytes(b"post").unwrap()), Method::POST);
        assert_eq!(method(&Method::PUT), Method::PUT);
    }

    #[tokio::test]
    async fn a_body_beyond_the_limit_is_refused() {
        let http = Http { data_upload_max_memory_size: 4, ..Http::default() };
        assert_eq!(read_body(&http, Body::from("1234")).await.unwrap(), "1234");
        let refused = read_body(&http, Body::from("12345")).await;
        assert!(matches!(refused, Err(ApiError::BadRequest(message)) if message == messages::BODY_TOO_LARGE));
    }
}

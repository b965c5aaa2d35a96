//! The first look at a request: its id, who sent it, and its whole body within limits.

use std::net::{IpAddr, SocketAddr};

use axum::body::{Body, Bytes, HttpBody as _};
use axum::extract::ConnectInfo;
use http::header::USER_AGENT;
use http::request::Parts;
use http::{HeaderMap, HeaderName, Method};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use rest_auth_core::settings::{Http, Settings};
use rest_auth_core::{App, Context, Meta, messages};
use std::sync::Arc;

use crate::error::ApiError;
use crate::origin::text;

/// The header that carries a request's id, both ways.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Whom proxies got a request from, the last one at the end.
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// A longer id, or one with other characters than these below, is replaced.
const LONGEST_ID: usize = 128;

/// The context of a request: its time, its id, and what is known of the sender.
pub(crate) fn context(app: &Arc<App>, head: &Parts) -> Context {
    let meta = Meta {
        address: address(&app.settings, head),
        user_agent: text(&head.headers, &USER_AGENT),
        request_id: request_id(app, &head.headers),
    };
    Context::new(Arc::clone(app), meta)
}

/// The client's address: of the socket, or where proxies are declared what the outermost of them has added to
/// `X-Forwarded-For`, as DRF's `get_ident`. What stands before that the client wrote itself (E-02).
fn address(settings: &Settings, head: &Parts) -> Option<IpAddr> {
    let peer = head.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    let proxies = settings.rest_framework.num_proxies.get().map_or(0, |number| *number as usize);
    if proxies == 0 {
        return peer;
    }
    // Each proxy may add a line of its own instead of going on with the one that is there.
    let lines = head.headers.get_all(FORWARDED_FOR).iter();
    let lines: Vec<&str> = lines.map(|line| line.to_str().unwrap_or_default()).collect();
    let entries: Vec<&str> = lines.iter().flat_map(|line| line.split(',')).collect();
    let place = entries.len().saturating_sub(proxies);
    entries.get(place).and_then(|entry| entry_address(entry)).or(peer)
}

/// An entry of `X-Forwarded-For`: an address, which some proxies write with its port.
fn entry_address(entry: &str) -> Option<IpAddr> {
    let entry = entry.trim();
    let bare = entry.strip_prefix('[').and_then(|entry| entry.strip_suffix(']')).unwrap_or(entry);
    let with_port = || entry.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port)
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
    rest_auth_formats::hex::encode(&app.entropy.name())
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
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
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
    use rest_auth_core::settings::OrFalse;

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

    fn seen(proxies: u32, lines: &[&str]) -> String {
        let mut settings = Settings::default();
        settings.rest_framework.num_proxies = OrFalse::of(proxies);
        let request =
            http::Request::builder().extension(ConnectInfo(SocketAddr::from(([10, 0, 0, 1], 4711))));
        let request = lines.iter().fold(request, |request, line| request.header(FORWARDED_FOR, *line));
        let head = request.body(()).unwrap().into_parts().0;
        address(&settings, &head).unwrap().to_string()
    }

    #[test]
    fn s_19_only_what_declared_proxies_add_is_believed() {
        assert_eq!(seen(0, &["6.6.6.6"]), "10.0.0.1");
        assert_eq!(seen(1, &["6.6.6.6, 192.0.2.1"]), "192.0.2.1");
        assert_eq!(seen(1, &["6.6.6.6", "192.0.2.1"]), "192.0.2.1", "a line of its own");
        assert_eq!(seen(2, &["6.6.6.6,192.0.2.1,10.0.0.2"]), "192.0.2.1");
        assert_eq!(seen(2, &["192.0.2.1"]), "192.0.2.1", "as DRF, where a proxy was passed by");
        assert_eq!(seen(1, &[]), "10.0.0.1");
        for nonsense in ["", "unknown", "6.6.6.6, ", "192.0.2.1, _hidden", "\u{e9}"] {
            assert_eq!(seen(1, &[nonsense]), "10.0.0.1", "{nonsense:?}");
        }
    }

    #[test]
    fn an_address_may_come_with_its_port() {
        assert_eq!(seen(1, &["192.0.2.1:5678"]), "192.0.2.1");
        assert_eq!(seen(1, &["[2001:db8::1]:5678"]), "2001:db8::1");
        assert_eq!(seen(1, &["[2001:db8::1]"]), "2001:db8::1");
        assert_eq!(seen(1, &["2001:db8::1"]), "2001:db8::1");
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

//! What an endpoint answers, before it is rendered: a status, a few headers, a value.

use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, StatusCode};
use rest_auth_core::messages::Message;
use serde_json::{Value, json};

use crate::cookies;

/// DRF's `Response`: data and no bytes yet, since the client decides whether it is JSON or a page.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// Headers beyond those that every answer has.
    pub headers: HeaderMap,
    /// The data; `None` sends no content.
    pub body: Option<Value>,
    /// Cookies.
    pub(crate) cookies: cookies::Lines,
    /// Whether caches must not keep it: it holds a credential or personal data (W-01).
    pub(crate) private: bool,
}

impl Reply {
    /// Data under a status.
    pub fn new(status: StatusCode, body: Value) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            body: Some(body),
            cookies: cookies::Lines::default(),
            private: false,
        }
    }

    /// 200 and data.
    pub fn ok(body: Value) -> Self {
        Self::new(StatusCode::OK, body)
    }

    /// 200 and `{"detail": "…"}`.
    pub fn detail(message: &Message) -> Self {
        Self::ok(json!({ "detail": message.text }))
    }

    /// 204.
    pub fn no_content() -> Self {
        Self { body: None, ..Self::new(StatusCode::NO_CONTENT, Value::Null) }
    }

    /// The same under another status.
    #[must_use]
    pub fn status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// The same with a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.insert(name, value);
        self
    }

    /// The same with cookies.
    #[must_use]
    pub(crate) fn cookies(self, cookies: cookies::Lines) -> Self {
        Self { cookies, ..self }
    }

    /// The same, and no cache may keep it.
    #[must_use]
    pub fn private(self) -> Self {
        Self { private: true, ..self }
    }
}

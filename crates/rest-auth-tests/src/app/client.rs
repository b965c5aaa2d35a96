//! A client in the same process: requests that read like sentences, and a jar that keeps cookies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Router;
use axum::body::Body;
use http::header::{CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, HeaderValue, Method};
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

/// A client of one site. Clones share the jar, so that many requests of one browser can run at once.
#[derive(Clone)]
pub struct Client {
    site: Router,
    jar: Arc<Mutex<BTreeMap<String, String>>>,
}

/// A request under construction.
pub struct Request {
    client: Client,
    builder: http::request::Builder,
    body: Body,
}

/// An answer, with its whole body.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// All headers.
    pub headers: HeaderMap,
    /// The bytes.
    pub body: Vec<u8>,
}

impl Client {
    /// A client without cookies.
    pub fn new(site: Router) -> Self {
        Self { site, jar: Arc::default() }
    }

    /// A request with any method.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let method: Method = method.parse().expect("the method is one");
        let builder = http::Request::builder().method(method).uri(path);
        Request { client: self.clone(), builder, body: Body::empty() }
    }

    /// `GET`
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// `POST`
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<String> {
        self.jar().get(name).cloned()
    }

    /// Puts a cookie into the jar.
    pub fn set_cookie(&self, name: &str, value: &str) {
        self.jar().insert(name.to_owned(), value.to_owned());
    }

    fn jar(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.jar.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Request {
    /// A header.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        let value = HeaderValue::from_bytes(value.as_ref()).expect("the value can be a header's");
        self.builder = self.builder.header(name, value);
        self
    }

    /// From this address, as the server's socket would tell.
    ///
    /// # Panics
    ///
    /// If it is no address.
    #[must_use]
    pub fn from(mut self, address: &str) -> Self {
        let address: std::net::IpAddr = address.parse().expect("it is an address");
        let peer = axum::extract::ConnectInfo(std::net::SocketAddr::from((address, 50_000)));
        self.builder = self.builder.extension(peer);
        self
    }

    /// `Authorization: Token …`
    #[must_use]
    pub fn token(self, key: &str) -> Self {
        self.header("Authorization", format!("Token {key}"))
    }

    /// `Authorization: Bearer …`
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", format!("Bearer {token}"))
    }

    /// The CSRF token of the jar, in its header.
    #[must_use]
    pub fn csrf(self) -> Self {
        let secret = self.client.cookie("csrftoken").unwrap_or_default();
        self.header("X-CSRFToken", secret)
    }

    /// A JSON body.
    #[must_use]
    pub fn json(self, body: &Value) -> Self {
        self.body("application/json", body.to_string())
    }

    /// Any body.
    #[must_use]
    pub fn body(mut self, content_type: &str, body: impl Into<Body>) -> Self {
        self.builder = self.builder.header(CONTENT_TYPE, content_type);
        self.body = body.into();
        self
    }

    /// Sends it, and keeps the cookies of the answer.
    ///
    /// # Panics
    ///
    /// If the site fails to answer at all.
    pub async fn send(mut self) -> Response {
        let cookies: Vec<String> =
            self.client.jar().iter().map(|(name, value)| format!("{name}={value}")).collect();
        if !cookies.is_empty() {
            self.builder = self.builder.header(COOKIE, cookies.join("; "));
        }
        if self.builder.headers_ref().is_some_and(|headers| !headers.contains_key(HOST)) {
            self.builder = self.builder.header(HOST, "testserver");
        }
        let request = self.builder.body(self.body).expect("the request is well formed");
        let answer = self.client.site.clone().oneshot(request).await.expect("the site never fails");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("the body comes whole").to_bytes().to_vec();
        let response = Response { status: head.status.as_u16(), headers: head.headers, body };
        for line in response.set_cookies() {
            let pair = line.split(';').next().unwrap_or_default();
            let Some((name, value)) = pair.split_once('=') else { continue };
            if line.contains("Max-Age=0") {
                self.client.jar().remove(name);
            } else {
                self.client.set_cookie(name, value);
            }
        }
        response
    }
}

impl Response {
    /// A header's value, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `Set-Cookie` lines, in order.
    pub fn set_cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all(SET_COOKIE).iter();
        lines.filter_map(|line| line.to_str().ok().map(str::to_owned)).collect()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What is wrong, in DRF's `detail`; nothing where there is none.
    pub fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// The body as JSON; null where it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }
}

//! A whole site in this process, on SQLite in memory, with a clock that stands and requests as one-liners.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use http::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use rest_auth::RestAuth;
use rest_auth_core::model::Timestamp;
use rest_auth_core::settings::{HasherEntry, Settings, TunedHasher};
use rest_auth_core::{Clock, Entropy};
use rest_auth_sql::SqlStore;
use serde_json::Value;
use tower::ServiceExt as _;

/// When every test begins.
pub const NOW: i64 = 1_768_478_400;

/// See the module.
pub struct TestSite {
    /// The library.
    pub auth: RestAuth,
    /// Its clock.
    pub clock: Clock,
    /// Its database.
    pub store: SqlStore,
    router: Router,
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
}

/// Settings for tests: upstream's, with a hasher that takes no time.
pub fn quick_settings() -> Settings {
    let mut settings = Settings::default();
    settings.top.secret_key = "a secret for tests, 32 bytes and more".into();
    settings.password.hashers = vec![HasherEntry::Tuned(TunedHasher {
        algorithm: "pbkdf2_sha256".to_owned(),
        iterations: Some(1),
        ..TunedHasher::default()
    })];
    settings.password.threads = 1;
    settings
}

impl TestSite {
    /// A site with upstream's settings.
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// A site with settings changed.
    ///
    /// # Panics
    /// If it cannot be built.
    pub async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let mut settings = quick_settings();
        "sqlite::memory:".clone_into(&mut settings.database.url);
        change(&mut settings);
        let clock = Clock::manual(Timestamp::from_seconds(NOW));
        let store =
            SqlStore::configured(&settings.database, &settings.user_model).expect("a database in memory");
        store.migrate(clock.now()).await.expect("tables");
        let builder = RestAuth::builder().settings(settings).shared_store(Arc::new(store.clone()));
        let auth = builder.clock(clock.clone()).entropy(Entropy::seeded(1)).build().await.expect("a site");
        Self { router: auth.site(), auth, clock, store }
    }

    /// A request to be sent.
    pub fn request(&self, method: &str, path: &str) -> Sending<'_> {
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/rest-auth/{path}") };
        Sending { site: self, builder: Request::builder().method(method).uri(path), body: Vec::new() }
    }

    /// Posts JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.request("POST", path).json(body).await
    }

    /// Gets.
    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path).send().await
    }

    /// Signs up; the answer has the token and the cookies.
    pub async fn register(&self, username: &str) -> Answer {
        let password = "correct horse battery";
        let body = serde_json::json!({"username": username, "password1": password, "password2": password});
        let answer = self.post("registration/", &body).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer
    }
}

/// A request that is being put together.
pub struct Sending<'a> {
    site: &'a TestSite,
    builder: http::request::Builder,
    body: Vec<u8>,
}

impl Sending<'_> {
    /// With a header.
    #[must_use]
    pub fn header(self, name: &str, value: &str) -> Self {
        Self { builder: self.builder.header(name, value), ..self }
    }

    /// With the credentials of a registration or login: its token.
    #[must_use]
    pub fn token(self, of: &Answer) -> Self {
        let key = of.json()["key"].as_str().unwrap_or_default().to_owned();
        self.header(AUTHORIZATION.as_str(), &format!("Token {key}"))
    }

    /// With the cookies that an answer set.
    #[must_use]
    pub fn cookies(self, of: &Answer) -> Self {
        let pairs: Vec<&str> = of.cookies().iter().filter_map(|line| line.split(';').next()).collect();
        self.header(COOKIE.as_str(), &pairs.join("; "))
    }

    /// With the proof against CSRF that belongs to the cookies.
    #[must_use]
    pub fn csrf(self, of: &Answer) -> Self {
        let secret = of.cookie("csrftoken").unwrap_or_default();
        self.header("x-csrftoken", &secret)
    }

    /// With a body.
    #[must_use]
    pub fn body(self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self.header(CONTENT_TYPE.as_str(), content_type) }
    }

    /// With JSON; sends it.
    pub async fn json(self, body: &Value) -> Answer {
        self.body("application/json", body.to_string()).send().await
    }

    /// Sends it.
    ///
    /// # Panics
    /// If the request cannot be built or the answer cannot be read.
    pub async fn send(self) -> Answer {
        let has_host = self.builder.headers_ref().is_some_and(|headers| headers.contains_key(HOST));
        let builder = if has_host { self.builder } else { self.builder.header(HOST, "testserver") };
        let request = builder.body(Body::from(self.body)).expect("a request");
        let answer = self.site.router.clone().oneshot(request).await.expect("routers do not fail");
        let (head, body) = answer.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let body = String::from_utf8(bytes.to_vec()).expect("text");
        Answer { status: head.status, headers: head.headers, body }
    }
}

impl Answer {
    /// The body as JSON; null if it is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// `detail`.
    pub fn detail(&self) -> String {
        self.json()["detail"].as_str().unwrap_or_default().to_owned()
    }

    /// A header as text; empty for none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The `Set-Cookie` lines.
    pub fn cookies(&self) -> Vec<&str> {
        self.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok()).collect()
    }

    /// The value of a cookie that was set.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let lines = self.cookies();
        let pair = lines.iter().filter_map(|line| line.split(';').next()?.split_once('='));
        pair.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
    }
}

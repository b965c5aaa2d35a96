//! A host's own handlers: who is logged in, and what is answered to whom is not.

use axum::Router;
use axum::body::Body;
use axum::extract::FromRef;
use axum::response::Response;
use axum::routing::{get, post};
use http::header::{AUTHORIZATION, COOKIE, HOST};
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt as _;
use rest_auth::{CurrentUser, MaybeUser, RestAuth};
use rest_auth_core::settings::AuthenticatorName;
use rest_auth_tests::site::{Answer, TestSite};
use tower::ServiceExt as _;

#[derive(Clone)]
struct Host {
    auth: RestAuth,
}

impl FromRef<Host> for RestAuth {
    fn from_ref(host: &Host) -> Self {
        host.auth.clone()
    }
}

async fn mine(CurrentUser(user): CurrentUser) -> String {
    user.display().to_owned()
}

async fn greeting(MaybeUser(user): MaybeUser) -> String {
    user.map_or_else(|| "stranger".to_owned(), |user| user.display().to_owned())
}

fn host(site: &TestSite) -> Router {
    Router::new()
        .nest("/api/auth", site.auth.router())
        .route("/mine", post(mine).get(mine))
        .route("/greeting", get(greeting))
        .with_state(Host { auth: site.auth.clone() })
}

/// Sends a request with the headers of somebody.
async fn send(
    router: &Router,
    method: Method,
    path: &str,
    headers: &[(http::HeaderName, String)],
) -> (Response<()>, String) {
    let builder = Request::builder().method(method).uri(path).header(HOST, "testserver");
    let builder = headers.iter().fold(builder, |builder, (name, value)| builder.header(name, value));
    let answer = router.clone().oneshot(builder.body(Body::empty()).unwrap()).await.unwrap();
    let (head, body) = answer.into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (Response::from_parts(head, ()), text)
}

fn token(of: &Answer) -> (http::HeaderName, String) {
    (AUTHORIZATION, format!("Token {}", of.json()["key"].as_str().unwrap()))
}

fn session(of: &Answer) -> (http::HeaderName, String) {
    let cookie = format!(
        "sessionid={}; csrftoken={}",
        of.cookie("sessionid").unwrap(),
        of.cookie("csrftoken").unwrap()
    );
    (COOKIE, cookie)
}

#[tokio::test]
async fn a_handler_knows_who_is_logged_in() {
    let site = TestSite::start().await;
    let (ann, router) = (site.register("ann").await, host(&site));
    for credentials in [token(&ann), session(&ann)] {
        assert_eq!(send(&router, Method::GET, "/mine", std::slice::from_ref(&credentials)).await.1, "ann");
        assert_eq!(send(&router, Method::GET, "/greeting", &[credentials]).await.1, "ann");
    }
    assert_eq!(send(&router, Method::GET, "/greeting", &[]).await.1, "stranger");
}

#[tokio::test]
async fn a_stranger_gets_drfs_answer_and_the_handler_does_not_run() {
    let site = TestSite::start().await;
    let router = host(&site);
    let (answer, body) = send(&router, Method::GET, "/mine", &[]).await;
    assert_eq!(
        (answer.status(), answer.headers()["www-authenticate"].as_bytes()),
        (StatusCode::UNAUTHORIZED, &b"Token"[..])
    );
    assert_eq!(body, r#"{"detail":"Authentication credentials were not provided."}"#);
    let bad = [(AUTHORIZATION, "Token dead".to_owned())];
    for path in ["/mine", "/greeting"] {
        let (answer, body) = send(&router, Method::GET, path, &bad).await;
        assert_eq!(
            (answer.status(), body.as_str()),
            (StatusCode::UNAUTHORIZED, r#"{"detail":"Invalid token."}"#)
        );
    }
    let only_sessions =
        TestSite::with(|settings| settings.http.authentication = vec![AuthenticatorName::Session]).await;
    let (answer, _) = send(&host(&only_sessions), Method::GET, "/mine", &[]).await;
    assert_eq!(answer.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn s_38_a_session_needs_a_proof_in_a_hosts_handlers_too() {
    let site = TestSite::start().await;
    let (ann, router) = (site.register("ann").await, host(&site));
    let (answer, body) = send(&router, Method::POST, "/mine", &[session(&ann)]).await;
    assert_eq!(
        (answer.status(), body.as_str()),
        (StatusCode::FORBIDDEN, r#"{"detail":"CSRF Failed: CSRF token missing."}"#)
    );
    let proof = (http::HeaderName::from_static("x-csrftoken"), ann.cookie("csrftoken").unwrap());
    assert_eq!(send(&router, Method::POST, "/mine", &[session(&ann), proof]).await.1, "ann");
    assert_eq!(send(&router, Method::POST, "/mine", &[token(&ann)]).await.1, "ann");
}

#[tokio::test]
async fn the_endpoints_stand_where_the_host_nests_them() {
    let site = TestSite::start().await;
    let (ann, router) = (site.register("ann").await, host(&site));
    for path in ["/api/auth/user/", "/api/auth/user"] {
        let (answer, body) = send(&router, Method::GET, path, &[token(&ann)]).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert!(body.contains(r#""username":"ann""#));
    }
    for path in ["/api/auth/registration/", "/api/auth/registration", "/api/auth/registration/verify-email/"]
    {
        assert_eq!(
            send(&router, Method::POST, path, &[]).await.0.status(),
            StatusCode::BAD_REQUEST,
            "{path}"
        );
    }
    assert_eq!(send(&router, Method::GET, "/api/auth/healthz", &[]).await.0.status(), StatusCode::NOT_FOUND);
}

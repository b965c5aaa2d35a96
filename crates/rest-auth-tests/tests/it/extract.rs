//! A host's own handlers: who is logged in, and what is answered to whom is not.

use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, post};
use rest_auth::{CurrentUser, MaybeUser, RestAuth};
use rest_auth_tests::app::{Client, PASSWORD, TestApp};
use serde_json::json;

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

/// A client of a host that nests the endpoints and has two handlers of its own.
fn client_of_host(app: &TestApp) -> Client {
    let site = Router::new()
        .nest("/api/auth", app.auth.router())
        .route("/mine", post(mine).get(mine))
        .route("/greeting", get(greeting));
    Client::new(site.with_state(Host { auth: app.auth.clone() }))
}

/// The same as a browser that somebody has logged in with.
async fn browser_of_host(app: &TestApp, name: &str) -> Client {
    app.register(name).await;
    let client = client_of_host(app);
    let login = json!({"username": name, "password": PASSWORD});
    assert_eq!(client.post("/api/auth/login/").json(&login).send().await.status, 200);
    client
}

#[tokio::test]
async fn a_handler_knows_who_is_logged_in() {
    let app = TestApp::start().await;
    let (browser, key) = (browser_of_host(&app, "ann").await, app.token_of("bob").await);
    for path in ["/mine", "/greeting"] {
        assert_eq!(browser.get(path).send().await.text(), "ann");
        assert_eq!(client_of_host(&app).get(path).token(&key).send().await.text(), "bob");
    }
    assert_eq!(client_of_host(&app).get("/greeting").send().await.text(), "stranger");
}

#[tokio::test]
async fn a_stranger_gets_drfs_answer_and_the_handler_does_not_run() {
    let app = TestApp::start().await;
    let client = client_of_host(&app);
    let anonymous = client.get("/mine").send().await;
    assert_eq!((anonymous.status, anonymous.header("www-authenticate")), (401, "Token"));
    assert_eq!(anonymous.text(), r#"{"detail":"Authentication credentials were not provided."}"#);
    for path in ["/mine", "/greeting"] {
        let bad = client.get(path).token("dead").send().await;
        assert_eq!((bad.status, bad.text().as_str()), (401, r#"{"detail":"Invalid token."}"#));
    }
    let only_sessions = TestApp::with("[http]\nauthentication = [\"session\"]").await;
    assert_eq!(client_of_host(&only_sessions).get("/mine").send().await.status, 403);
}

#[tokio::test]
async fn s_38_a_session_needs_a_proof_in_a_hosts_handlers_too() {
    let app = TestApp::start().await;
    let browser = browser_of_host(&app, "ann").await;
    let missing = browser.post("/mine").send().await;
    assert_eq!((missing.status, missing.detail().as_str()), (403, "CSRF Failed: CSRF token missing."));
    assert_eq!(browser.post("/mine").csrf().send().await.text(), "ann");
    let key = app.token_of("bob").await;
    assert_eq!(client_of_host(&app).post("/mine").token(&key).send().await.text(), "bob");
}

#[tokio::test]
async fn the_endpoints_stand_where_the_host_nests_them() {
    let app = TestApp::start().await;
    let (client, key) = (client_of_host(&app), app.token_of("ann").await);
    for path in ["/api/auth/user/", "/api/auth/user"] {
        assert_eq!(client.get(path).token(&key).send().await.json()["username"], "ann", "{path}");
    }
    for path in ["/api/auth/registration/", "/api/auth/registration", "/api/auth/registration/verify-email/"]
    {
        assert_eq!(client.post(path).send().await.status, 400, "{path}");
    }
    assert_eq!(client.get("/api/auth/healthz").send().await.status, 404);
}

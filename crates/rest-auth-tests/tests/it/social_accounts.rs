//! Connecting, listing and disconnecting provider accounts.

use rest_auth_core::features::social_accounts;
use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp};
use rest_auth_tests::fake_providers::{FakeProviders, SETTINGS};
use serde_json::{Value, json};

async fn start(settings: &str) -> TestApp {
    start_on(Database::Memory, settings).await
}

async fn start_on(database: Database, settings: &str) -> TestApp {
    let mut table: toml::Table = toml::from_str(SETTINGS).unwrap();
    rest_auth_tests::app::merge(&mut table, toml::from_str(settings).unwrap());
    let settings = toml::to_string(&table).unwrap();
    TestApp::built(database, &settings, |builder| builder.fetch(FakeProviders::default())).await
}

async fn connect(app: &TestApp, token: &str, name: &str) -> Response {
    let body = json!({"code": format!("code-{name}")});
    app.client().post("/rest-auth/github/connect/").token(token).json(&body).send().await
}

async fn list(app: &TestApp, token: &str) -> Value {
    let answer = app.client().get("/socialaccounts/").token(token).send().await;
    assert_eq!((answer.status, answer.header("cache-control").is_empty()), (200, false));
    answer.json()
}

async fn disconnect(app: &TestApp, token: &str, id: &Value) -> Response {
    app.client().post(&format!("/socialaccounts/{id}/disconnect/")).token(token).send().await
}

#[tokio::test]
async fn an_account_is_connected_listed_and_disconnected() {
    let app = start("").await;
    let ann = app.token_of("ann").await;
    assert_eq!(list(&app, &ann).await, json!([]));
    assert_eq!(connect(&app, &ann, "alice").await.json(), json!({"key": ann}));
    assert_eq!(connect(&app, &ann, "alice").await.json(), json!({"key": ann}), "again is no mistake");
    let listed = list(&app, &ann).await;
    let id = listed[0]["id"].clone();
    let at = "2026-01-15T12:00:00Z";
    let expected =
        json!([{"id": id, "provider": "github", "uid": "1001", "last_login": at, "date_joined": at}]);
    assert_eq!(listed, expected);
    let done = disconnect(&app, &ann, &id).await;
    assert_eq!((done.status, done.json()), (200, json!({})));
    assert_eq!(list(&app, &ann).await, json!([]));
    assert_eq!(disconnect(&app, &ann, &id).await.json(), json!({"detail": "Not found."}));
}

#[tokio::test]
async fn s_89_connecting_needs_a_login_and_a_post() {
    let app = start("").await;
    let body = json!({"code": "code-alice"});
    let stranger = app.client().post("/rest-auth/github/connect/").json(&body).send().await;
    assert_eq!(
        (stranger.status, stranger.detail().as_str()),
        (401, "Authentication credentials were not provided.")
    );
    let ann = app.token_of("ann").await;
    let get = app.client().get("/rest-auth/github/connect/?code=code-alice").token(&ann).send().await;
    assert_eq!(get.status, 405);
    assert_eq!(list(&app, &ann).await, json!([]));
    assert_eq!(app.client().get("/socialaccounts/").send().await.status, 401);
}

#[tokio::test]
async fn s_89_what_is_connected_to_somebody_else_cannot_be_taken() {
    let app = start("").await;
    let (ann, bob) = (app.token_of("ann").await, app.token_of("bob").await);
    connect(&app, &ann, "alice").await;
    let taken = connect(&app, &bob, "alice").await;
    let sentence = "The third-party account is already connected to a different account.";
    assert_eq!((taken.status, taken.json()), (400, json!({"non_field_errors": [sentence]})));
    assert_eq!(list(&app, &bob).await, json!([]));
    assert!(!taken.text().contains(&ann));
    let id = list(&app, &ann).await[0]["id"].clone();
    assert_eq!(disconnect(&app, &bob, &id).await.status, 404);
    assert_eq!(list(&app, &ann).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn s_89_the_last_way_in_cannot_be_disconnected() {
    let app = start("").await;
    let login = app.client().post("/rest-auth/github/").json(&json!({"code": "code-alice"})).send().await;
    let token = login.json()["key"].as_str().unwrap().to_owned();
    let id = list(&app, &token).await[0]["id"].clone();
    let kept = disconnect(&app, &token, &id).await;
    let sentence = "Your account has no password set up.";
    assert_eq!((kept.status, kept.json()), (400, json!({"non_field_errors": [sentence]})));
    assert_eq!(list(&app, &token).await[0]["id"], id, "nothing was deleted");
    // With a second one the first may go.
    connect(&app, &token, "taken").await;
    assert_eq!(disconnect(&app, &token, &id).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_89_of_two_that_are_disconnected_at_once_one_stays() {
    for database in Database::each().await {
        let app = start_on(database, "").await;
        let login = app.client().post("/rest-auth/github/").json(&json!({"code": "code-alice"})).send().await;
        let token = login.json()["key"].as_str().unwrap().to_owned();
        for _ in 0..10 {
            for name in ["alice", "taken"] {
                connect(&app, &token, name).await;
            }
            let listed = list(&app, &token).await;
            let (one, other) = (&listed[0]["id"], &listed[1]["id"]);
            let answers = tokio::join!(disconnect(&app, &token, one), disconnect(&app, &token, other));
            let mut statuses = [answers.0.status, answers.1.status];
            statuses.sort_unstable();
            assert_eq!(statuses, [200, 400]);
        }
    }
}

#[tokio::test]
async fn s_89_settings_say_when_the_last_one_stays() {
    for (settings, sentence) in [
        ("[socialaccount]\nonly = true", "You cannot disconnect your last remaining third-party account."),
        ("[account]\nemail_verification = \"none\"", ""),
    ] {
        let app = start(settings).await;
        let ann = app.token_of("ann").await;
        connect(&app, &ann, "alice").await;
        let id = list(&app, &ann).await[0]["id"].clone();
        let answer = disconnect(&app, &ann, &id).await;
        let expected = if sentence.is_empty() { json!({}) } else { json!({"non_field_errors": [sentence]}) };
        assert_eq!(answer.json(), expected, "{settings}");
    }
}

#[tokio::test]
async fn a_number_that_is_nobodys_is_not_found() {
    let app = start("").await;
    let ann = app.token_of("ann").await;
    for id in ["0", "999999", "99999999999999999999999", "x", "-1"] {
        let path = format!("/socialaccounts/{id}/disconnect/");
        assert_eq!(app.client().post(&path).token(&ann).send().await.status, 404, "{id}");
    }
}

#[tokio::test]
async fn a_host_that_nests_the_endpoints_has_the_accounts_below_its_own_address() {
    let app = start("").await;
    let host = axum::Router::new().nest("/api/auth", app.auth.router());
    let client = Client::new(host);
    let ann = app.token_of("ann").await;
    let body = json!({"code": "code-alice"});
    let connected = client.post("/api/auth/github/connect/").token(&ann).json(&body).send().await;
    assert_eq!(connected.status, 200);
    let listed = client.get("/api/auth/socialaccounts/").token(&ann).send().await;
    assert_eq!(listed.status, 200);
    let path = format!("/api/auth/socialaccounts/{}/disconnect/", listed.json()[0]["id"]);
    assert_eq!(client.get(&path).token(&ann).send().await.status, 405);
    let done = client.post(&path).token(&ann).send().await;
    assert_eq!((done.status, done.json()), (200, json!({})));
    assert_eq!(client.post("/api/auth/socialaccounts/x/disconnect/").token(&ann).send().await.status, 404);
    assert_eq!(client.get("/socialaccounts/").token(&ann).send().await.status, 404, "not beside it");
}

#[tokio::test]
async fn s_89_connecting_takes_a_fresh_login_where_the_deployment_says_so() {
    for settings in
        ["[socialaccount]\nreauthentication_required = true", "[account]\nreauthentication_required = true"]
    {
        let app = start(settings).await;
        let ann = app.token_of("ann").await;
        let with = async |password: Value| {
            let body = json!({"code": "code-alice", "password": password});
            app.client().post("/rest-auth/github/connect/").token(&ann).json(&body).send().await
        };
        for answer in [connect(&app, &ann, "alice").await, with(json!("")).await] {
            let sentence = "Log in again or send your password to connect an account.";
            assert_eq!((answer.status, answer.json()), (403, json!({"detail": sentence})), "{settings}");
        }
        let wrong = with(json!("another")).await;
        assert_eq!((wrong.status, wrong.json()), (400, json!({"password": ["Incorrect password."]})));
        assert_eq!(list(&app, &ann).await, json!([]));
        assert_eq!(with(json!(PASSWORD)).await.json(), json!({"key": ann}));
        assert_eq!(list(&app, &ann).await[0]["uid"], "1001");
        // A login takes no password, and is none the less one.
        let login = app.client().post("/rest-auth/github/").json(&json!({"code": "code-alice"})).send().await;
        assert_eq!(login.json(), json!({"key": ann}));
    }
}

#[tokio::test]
async fn s_89_who_has_no_password_must_have_come_by_a_provider_a_moment_ago() {
    let app = start("[socialaccount]\nreauthentication_required = true").await;
    let log_in = async || {
        let body = json!({"code": "code-noemail"});
        let answer = app.client().post("/rest-auth/github/").json(&body).send().await;
        answer.json()["key"].as_str().unwrap().to_owned()
    };
    let facebook = async |key: &str, name: &str| {
        let body = json!({"code": format!("code-{name}"), "password": PASSWORD});
        app.client().post("/rest-auth/facebook/connect/").token(key).json(&body).send().await.status
    };
    let nora = log_in().await;
    app.clock.advance(300);
    assert_eq!(facebook(&nora, "noemail").await, 403);
    assert_eq!(log_in().await, nora);
    app.clock.advance(299);
    assert_eq!(facebook(&nora, "noemail").await, 200);
}

#[tokio::test]
async fn s_92_tokens_are_encrypted_where_the_deployment_says_so() {
    for database in Database::each().await {
        let mut table: toml::Table = toml::from_str(SETTINGS).unwrap();
        let own = "[socialaccount]\nstore_tokens = true\nencrypt_tokens = true";
        rest_auth_tests::app::merge(&mut table, toml::from_str(own).unwrap());
        let settings = toml::to_string(&table).unwrap();
        let app =
            TestApp::built(database, &settings, |builder| builder.fetch(FakeProviders::default())).await;
        for (provider, uid, secret) in
            [("google", "100000000000000001001", "1//token-alice"), ("github", "1003", "")]
        {
            let name = if provider == "google" { "alice" } else { "noemail" };
            let body = json!({"code": format!("code-{name}")});
            // The second login replaces what the first has kept.
            for _ in 0..2 {
                let path = format!("/rest-auth/{provider}/");
                assert_eq!(app.client().post(&path).json(&body).send().await.status, 200);
            }
            let mut records = app.store.read().await.unwrap();
            let account = records.social_account(provider, uid).await.unwrap().unwrap();
            let kept = records.social_tokens(account.id).await.unwrap();
            assert_eq!(kept.len(), 1);
            assert!(kept[0].token.expose().starts_with("rest-auth$1$"));
            assert_eq!(kept[0].token_secret.expose().is_empty(), secret.is_empty());
            assert!(
                !format!("{}{}", kept[0].token.expose(), kept[0].token_secret.expose()).contains("token-")
            );
            let opened = social_accounts::tokens(&app.context(), &account).await.unwrap();
            assert_eq!(opened[0].token.expose(), &format!("token-{name}"));
            assert_eq!(opened[0].token_secret.expose(), secret);
            assert!(!format!("{opened:?} {kept:?}").contains("token-"), "Debug shows nothing");
        }
    }
}

#[tokio::test]
async fn s_92_a_token_that_was_kept_in_clear_text_is_read_as_it_is() {
    let app = start("[socialaccount]\nstore_tokens = true").await;
    let answer = app.client().post("/rest-auth/google/").json(&json!({"code": "code-alice"})).send().await;
    assert!(!answer.text().contains("token-alice"));
    let mut records = app.store.read().await.unwrap();
    let account = records.social_account("google", "100000000000000001001").await.unwrap().unwrap();
    let kept = records.social_tokens(account.id).await.unwrap();
    assert_eq!(kept[0].token.expose(), "token-alice", "as Django keeps it");
    assert_eq!(social_accounts::tokens(&app.context(), &account).await.unwrap(), kept);
}

#[tokio::test]
async fn who_connects_an_account_gets_a_mail_where_the_deployment_sends_such() {
    let app = start("[account]\nemail_notifications = true").await;
    let ann = app.token_of("ann").await;
    let body = json!({"code": "code-alice"});
    let post = async || {
        let request = app.client().post("/rest-auth/github/connect/").token(&ann).json(&body);
        request.header("user-agent", "x".repeat(300)).send().await.status
    };
    assert_eq!(post().await, 200);
    app.deliver().await;
    let mail = app.mailbox.last_to("ann@example.com").unwrap();
    assert!(mail.subject.ends_with("Third-Party Account Connected"), "{}", mail.subject);
    assert!(mail.text.contains("An account at GitHub was connected to yours."), "{}", mail.text);
    assert!(mail.text.contains("When: 2026-01-15T12:00:00Z"), "{}", mail.text);
    assert!(mail.text.contains(&format!("With: {}\n", "x".repeat(200))), "{}", mail.text);
    // What is connected already, or comes with a new account, is no news.
    let before = app.mailbox.sent().len();
    assert_eq!(post().await, 200);
    let new = app.client().post("/rest-auth/github/").json(&json!({"code": "code-noemail"})).send().await;
    assert_eq!(new.status, 200);
    app.deliver().await;
    assert_eq!(app.mailbox.sent().len(), before);
    let quiet = start("").await;
    let ann = quiet.token_of("ann").await;
    quiet.deliver().await;
    let before = quiet.mailbox.sent().len();
    connect(&quiet, &ann, "alice").await;
    quiet.deliver().await;
    assert_eq!(quiet.mailbox.sent().len(), before);
}

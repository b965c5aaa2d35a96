//! Bad input: never a 500, never a changed row, never a secret in an answer or a log.

use std::collections::BTreeMap;

use http::Response as HttpResponse;
use http_body_util::BodyExt as _;
use rest_auth_tests::app::{Client, Database, Dump, PASSWORD, TestApp};
use rest_auth_tests::hostile::{Bait, request};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use crate::journal::Journal;

const SETTINGS: &str = r#"
[http]
features = ["registration", "example"]
[account]
login_methods = ["username", "email"]
[password]
hashers = [{ algorithm = "pbkdf2_sha256", iterations = 1 }]
"#;

const BAIT_PASSWORD: &str = "pl4nted-passw0rd-7731";
const VICTIMS_PASSWORD: &str = "v1ctims-passw0rd-9919";

/// Answers of this size are looked at as a whole.
struct Answer {
    status: u16,
    is_json: bool,
    body: Vec<u8>,
    headers: String,
}

async fn ask(app: &TestApp, request: http::Request<axum::body::Body>) -> Answer {
    let answer: HttpResponse<_> = app.site.clone().oneshot(request).await.unwrap();
    let (head, body) = answer.into_parts();
    let body = body.collect().await.unwrap().to_bytes().to_vec();
    let is_json = head.headers.get("content-type").is_some_and(|kind| kind == "application/json");
    Answer { status: head.status.as_u16(), is_json, body, headers: format!("{:?}", head.headers) }
}

/// An account with a session and a token; what of it must never show.
async fn victim(app: &TestApp) -> Vec<String> {
    let browser = app.client();
    let body = json!({
        "username": "victim", "email": "victim@example.com", "password1": VICTIMS_PASSWORD, "password2": VICTIMS_PASSWORD,
    });
    let answer = browser.post("/rest-auth/registration/").json(&body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let hash = app.rows().texts("SELECT password FROM auth_user WHERE username = 'victim'").await;
    vec![
        answer.json()["key"].as_str().unwrap().to_owned(),
        browser.cookie("sessionid").unwrap(),
        hash[0].rsplit('$').next().unwrap().to_owned(),
        VICTIMS_PASSWORD.to_owned(),
        BAIT_PASSWORD.to_owned(),
        app.app().settings.top.secret_key.expose().clone(),
    ]
}

/// An account that the hostile requests may use.
async fn bait(app: &TestApp) -> Bait {
    let browser = app.client();
    let body = json!({"username": "mallory", "password": PASSWORD});
    let answer = browser.post("/rest-auth/login/").json(&body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let (session, proof) = (browser.cookie("sessionid").unwrap(), browser.cookie("csrftoken").unwrap());
    Bait {
        password: BAIT_PASSWORD.to_owned(),
        token: answer.json()["key"].as_str().unwrap().to_owned(),
        cookies: (format!("sessionid={session}; csrftoken={proof}"), proof),
    }
}

/// Sends the requests of these numbers. Rows are compared after every `stride` of them.
async fn bombard(database: Database, numbers: std::ops::Range<u64>, stride: u64) {
    let journal = Journal::default();
    let guard = journal.start();
    let app = TestApp::on(database, SETTINGS).await;
    let secrets = victim(&app).await;
    assert_eq!(app.register("mallory").await.status, 201);
    let password = app.rows().texts("SELECT password FROM auth_user WHERE username = 'mallory'").await;
    let mut bait = bait(&app).await;
    let mut before: Dump = app.rows().dump().await;
    let mut untouched = true;
    let mut histogram = BTreeMap::new();
    let asked = numbers.end - numbers.start;
    for number in numbers {
        let request = request(number, &bait);
        let described = format!("request {number}: {request:?}");
        let answer = ask(&app, request).await;
        let text = String::from_utf8_lossy(&answer.body);
        assert!(answer.status < 500, "{described}\n{}: {text}", answer.status);
        if answer.is_json && !answer.body.is_empty() {
            assert!(serde_json::from_slice::<Value>(&answer.body).is_ok(), "{described}\n{text}");
        }
        for secret in &secrets {
            assert!(
                !text.contains(secret) && !answer.headers.contains(secret),
                "{described}\nshows {secret}"
            );
        }
        *histogram.entry(answer.status).or_insert(0) += 1;
        untouched &= answer.status >= 400;
        if number % stride == stride - 1 {
            let now = app.rows().dump().await;
            assert!(
                !untouched || now == before,
                "{described}\nor one of the {stride} before has changed a row"
            );
            (before, untouched) = (now, true);
        }
        if number % 200 == 199 {
            restore_mallory(&app, &password[0]).await;
            bait = self::bait(&app).await;
            before = app.rows().dump().await;
        }
    }
    // Most of them get as far as an endpoint, and some are even fine.
    let reached = [200, 201, 400, 401].iter().filter_map(|status| histogram.get(status)).sum::<u64>();
    assert!(reached > asked / 2 && histogram.contains_key(&201), "{histogram:?}");
    drop(guard);
    let log = journal.text();
    assert!(log.contains("rest_auth_sql::statement"), "the log was kept");
    for secret in secrets.iter().chain([&bait.token, &bait.cookies.1]) {
        assert!(!log.contains(secret.as_str()), "the log shows {secret}");
    }
}

/// Hostile requests with a valid token may well change the name and the password of its account.
async fn restore_mallory(app: &TestApp, password: &str) {
    let restore = format!("UPDATE auth_user SET username = 'mallory', password = '{password}' WHERE id = 2");
    app.rows().run(&restore).await;
}

#[tokio::test]
async fn s_101_three_thousand_hostile_requests_break_nothing_on_sqlite() {
    bombard(Database::file(), 0..3000, 1).await;
}

#[tokio::test]
async fn s_101_a_thousand_hostile_requests_break_nothing_on_postgresql() {
    if let Some(url) = rest_auth_tests::postgres::database().await {
        bombard(Database::Url(url), 10_000..11_000, 20).await;
    }
}

/// What no field takes.
fn bad_values() -> Vec<Value> {
    let mut deep = json!("x");
    for _ in 0..50 {
        deep = json!([deep]);
    }
    vec![Value::Null, json!(true), json!([]), json!({}), json!(["ann"]), json!({"a": 1}), json!("a\0b"), deep]
}

/// A body that is good, the method and the address it is good for.
fn good_bodies() -> Vec<(&'static str, &'static str, Value)> {
    vec![
        ("POST", "/rest-auth/login/", json!({"username": "ann", "email": "", "password": PASSWORD})),
        (
            "POST",
            "/rest-auth/registration/",
            json!({"username": "bob", "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD}),
        ),
        ("POST", "/rest-auth/registration/verify-email/", json!({"key": "x"})),
        ("POST", "/rest-auth/registration/resend-email/", json!({"email": "ann@example.com"})),
        (
            "POST",
            "/rest-auth/password/change/",
            json!({"new_password1": PASSWORD, "new_password2": PASSWORD}),
        ),
        ("POST", "/rest-auth/password/reset/", json!({"email": "ann@example.com"})),
        (
            "POST",
            "/rest-auth/password/reset/confirm/",
            json!({"uid": "1", "token": "x", "new_password1": PASSWORD, "new_password2": PASSWORD}),
        ),
        ("PUT", "/rest-auth/user/", json!({"username": "ann", "first_name": "A", "last_name": "B"})),
        ("PATCH", "/rest-auth/user/", json!({"username": "ann", "first_name": "A", "last_name": "B"})),
    ]
}

async fn send(client: &Client, key: &str, method: &str, path: &str, body: impl Into<Vec<u8>>) -> u16 {
    let request = client.request(method, path).token(key).body("application/json", body.into());
    request.send().await.status
}

#[tokio::test]
async fn a_wrong_value_in_any_field_is_a_400_and_changes_nothing() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let key = app.token_of("ann").await;
        let before = app.rows().dump().await;
        for (method, path, good) in good_bodies() {
            for field in good.as_object().unwrap().keys() {
                for value in bad_values() {
                    let mut body = good.clone();
                    body[field] = value;
                    let status = send(&app.client(), &key, method, path, body.to_string()).await;
                    assert_eq!(status, 400, "{method} {path} {body}");
                }
            }
        }
        assert_eq!(app.rows().dump().await, before);
    }
}

#[tokio::test]
async fn a_body_that_is_no_object_or_no_json_is_a_400_and_changes_nothing() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let key = app.token_of("ann").await;
        let before = app.rows().dump().await;
        let bodies: [&[u8]; 16] = [
            b"null",
            b"[]",
            b"[{}]",
            b"\"x\"",
            b"1",
            b"true",
            b"{",
            b"{\"username\"",
            b"{\"username\": }",
            b"\xff\xfe",
            b"{\"username\": \"\xff\"}",
            b"\0",
            b"\xef\xbb\xbf{}",
            b"{}{}",
            b"NaN",
            b"// {}",
        ];
        for (method, path, _) in good_bodies() {
            for body in bodies {
                let status = send(&app.client(), &key, method, path, body).await;
                assert_eq!(status, 400, "{method} {path} {}", String::from_utf8_lossy(body));
            }
            for kind in ["text/plain", "application/xml", "image/png", "application/json5", "", "x"] {
                let request = app.client().request(method, path).token(&key).body(kind, "x");
                assert_eq!(request.send().await.status, 415, "{method} {path} {kind}");
            }
        }
        assert_eq!(app.rows().dump().await, before);
    }
}

#[tokio::test]
async fn s_100_a_body_may_be_deep_wide_or_long_and_is_refused_without_harm() {
    let app = TestApp::on(Database::file(), "").await;
    let key = app.token_of("ann").await;
    let before = app.rows().dump().await;
    let deep = |bracket: &str| bracket.repeat(200_000);
    let object = format!("{}1{}", "{\"a\":".repeat(100_000), "}".repeat(100_000));
    let wide = format!("{{\"username\": [{}1]}}", "1,".repeat(500_000));
    let keys: Vec<String> = (0..100_000).map(|number| format!("\"k{number}\": 1")).collect();
    let long = format!("{{\"username\": \"{}\"}}", "x".repeat(2_000_000));
    let digits = format!("{{\"username\": {}}}", "1".repeat(1_000_000));
    let escapes = format!("{{\"username\": \"{}\"}}", "\\u0041".repeat(300_000));
    let too_large = format!("{{\"username\": \"{}\"}}", "x".repeat(2_700_000));
    for body in [deep("["), object, wide, format!("{{{}}}", keys.join(",")), long, digits, escapes, too_large]
    {
        for (method, path) in
            [("POST", "/rest-auth/login/"), ("POST", "/rest-auth/registration/"), ("PUT", "/rest-auth/user/")]
        {
            let status = send(&app.client(), &key, method, path, body.clone()).await;
            assert_eq!(status, 400, "{method} {path} {}…", &body[..40]);
        }
    }
    let form = "a=b&".repeat(2000);
    let request = app.client().post("/rest-auth/login/").body("application/x-www-form-urlencoded", form);
    assert_eq!(request.send().await.status, 400, "too many fields");
    assert_eq!(app.rows().dump().await, before);
}

#[tokio::test]
async fn s_100_headers_of_a_mebibyte_are_unknown_credentials_and_no_more() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let long = "x".repeat(1 << 20);
    let login = json!({"username": "ann", "password": PASSWORD});
    for (name, value) in [
        ("authorization", format!("Token {long}")),
        ("authorization", long.clone()),
        ("cookie", format!("sessionid={long}; csrftoken={long}")),
        ("cookie", ";".repeat(1 << 20)),
        ("x-csrftoken", long.clone()),
        ("x-request-id", long.clone()),
        ("user-agent", long.clone()),
        ("accept-language", long.clone()),
    ] {
        let public = app.client().post("/rest-auth/login/").header(name, &value).json(&login).send().await;
        assert_eq!(public.status, 200, "{name}: {}", public.text());
        let private = app.client().get("/rest-auth/user/").header(name, &value).send().await;
        assert_eq!(private.status, 401, "{name}: {}", private.text());
    }
    let accept = app.client().get("/rest-auth/user/").header("accept", &long).send().await;
    assert_eq!(accept.status, 406);
}

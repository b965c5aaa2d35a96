//! Proofs against CSRF, in every form that a client may send them in. Sessions need one, tokens never do.

use rest_auth_formats::csrf::CsrfSecret;
use rest_auth_tests::app::{Client, Database, PASSWORD, Request, Response, TestApp};
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

/// A browser in which somebody is logged in.
async fn browser_of(app: &TestApp, name: &str) -> Client {
    app.register(name).await;
    let browser = app.client();
    let body = json!({"username": name, "password": PASSWORD});
    assert_eq!(browser.post("/rest-auth/login/").json(&body).send().await.status, 200);
    browser
}

fn change(browser: &Client) -> Request {
    browser.request("PATCH", "/rest-auth/user/")
}

/// Sends it with a body that is fine: whether the proof was, and the reason if not.
async fn outcome(request: Request) -> Result<(), String> {
    let answer = request.json(&json!({"first_name": "Ann"})).send().await;
    match answer.status {
        200 => Ok(()),
        403 => Err(answer.detail().strip_prefix("CSRF Failed: ").unwrap().to_owned()),
        other => panic!("{other}: {}", answer.text()),
    }
}

fn refused(reason: &str) -> Result<(), String> {
    Err(reason.to_owned())
}

#[tokio::test]
async fn the_header_may_have_the_secret_or_any_mask_of_it() {
    let app = TestApp::start().await;
    let browser = browser_of(&app, "ann").await;
    let secret = browser.cookie("csrftoken").unwrap();
    let parsed = CsrfSecret::read(&secret).unwrap();
    let masked = |byte: u8| parsed.masked(&CsrfSecret::draw(&mut |bytes| bytes.fill(byte)));
    for proof in [secret.clone(), masked(1), masked(2)] {
        assert_eq!(outcome(change(&browser).header("X-CSRFToken", &proof)).await, Ok(()));
    }
    assert_ne!(masked(1), masked(2));
    let wrong = "CSRF token from the 'X-Csrftoken' HTTP header";
    let (other, short) = (secret.chars().rev().collect::<String>(), &secret[1..]);
    for (proof, reason) in [
        (other.as_str(), format!("{wrong} incorrect.")),
        (short, format!("{wrong} has incorrect length.")),
        (&format!("{}!", &secret[1..]), format!("{wrong} has invalid characters.")),
        ("", format!("{wrong} has incorrect length.")),
    ] {
        assert_eq!(outcome(change(&browser).header("X-CSRFToken", proof)).await, Err(reason));
    }
    assert_eq!(outcome(change(&browser)).await, refused("CSRF token missing."));
}

#[tokio::test]
async fn a_posted_form_may_have_it_as_a_field_and_json_may_not() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let field =
            |browser: &Client| format!("csrfmiddlewaretoken={}", browser.cookie("csrftoken").unwrap());
        let post = |browser: &Client| browser.post("/rest-auth/logout/");
        let (ann, bob, eve) =
            (browser_of(&app, "ann").await, browser_of(&app, "bob").await, browser_of(&app, "eve").await);
        assert_eq!(post(&ann).body(FORM, field(&ann)).send().await.status, 200);
        let parts = format!(
            "--x\r\nContent-Disposition: form-data; name=\"csrfmiddlewaretoken\"\r\n\r\n{}\r\n--x--\r\n",
            bob.cookie("csrftoken").unwrap()
        );
        assert_eq!(post(&bob).body("multipart/form-data; boundary=x", parts).send().await.status, 200);
        let body = json!({"csrfmiddlewaretoken": eve.cookie("csrftoken").unwrap()});
        assert_eq!(post(&eve).json(&body).send().await.detail(), "CSRF Failed: CSRF token missing.");
        let wrong = field(&eve).replace(&eve.cookie("csrftoken").unwrap(), &"a".repeat(32));
        let answer = post(&eve).body(FORM, wrong).send().await;
        assert_eq!(answer.detail(), "CSRF Failed: CSRF token from POST incorrect.");
    }
}

#[tokio::test]
async fn the_origin_must_be_ones_own_or_trusted() {
    let app = TestApp::with(
        "[csrf]\ntrusted_origins = [\"https://app.example.com\", \"https://*.trusted.example\"]",
    )
    .await;
    let browser = browser_of(&app, "ann").await;
    for origin in ["http://testserver", "https://app.example.com", "https://a.b.trusted.example"] {
        assert_eq!(outcome(change(&browser).csrf().header("Origin", origin)).await, Ok(()), "{origin}");
    }
    for origin in [
        "https://evil.example",
        "null",
        "https://testserver",
        "http://testserver:8000",
        "http://app.example.com",
        "https://app.example.com.evil.example",
        "https://nottrusted.example",
        "https://app.example.com@evil.example",
        "",
    ] {
        let reason = format!("Origin checking failed - {origin} does not match any trusted origins.");
        assert_eq!(outcome(change(&browser).csrf().header("Origin", origin)).await, Err(reason), "{origin}");
    }
}

#[tokio::test]
async fn under_https_a_referer_stands_in_for_a_missing_origin() {
    let app = TestApp::with("[csrf]\ntrusted_origins = [\"https://app.example.com\"]").await;
    let browser = browser_of(&app, "ann").await;
    let secure = || browser.request("PATCH", "https://testserver/rest-auth/user/").csrf();
    for referer in ["https://testserver/", "https://testserver/page?x=1", "https://app.example.com/page"] {
        assert_eq!(outcome(secure().header("Referer", referer)).await, Ok(()), "{referer}");
    }
    assert_eq!(outcome(secure().header("Origin", "https://testserver")).await, Ok(()));
    assert_eq!(outcome(secure()).await, refused("Referer checking failed - no Referer."));
    for (referer, reason) in [
        ("https://evil.example/x", "https://evil.example/x does not match any trusted origins."),
        ("http://testserver/", "Referer is insecure while host is secure."),
        ("nonsense", "Referer is malformed."),
    ] {
        let reason = format!("Referer checking failed - {reason}");
        assert_eq!(outcome(secure().header("Referer", referer)).await, Err(reason), "{referer}");
    }
}

#[tokio::test]
async fn a_proxy_that_speaks_https_is_believed_where_it_is_declared() {
    let app = TestApp::with("[http]\nsecure_proxy_ssl_header = [\"X-Forwarded-Proto\", \"https\"]").await;
    let browser = browser_of(&app, "ann").await;
    let forwarded = || change(&browser).csrf().header("X-Forwarded-Proto", "https");
    assert_eq!(outcome(forwarded()).await, refused("Referer checking failed - no Referer."));
    assert_eq!(outcome(forwarded().header("Origin", "https://testserver")).await, Ok(()));
    let undeclared = TestApp::start().await;
    let browser = browser_of(&undeclared, "ann").await;
    assert_eq!(outcome(change(&browser).csrf().header("X-Forwarded-Proto", "https")).await, Ok(()));
}

#[tokio::test]
async fn the_secret_may_live_in_the_session() {
    for database in Database::each().await {
        let app = TestApp::on(database, "[csrf]\nuse_sessions = true").await;
        let browser = browser_of(&app, "ann").await;
        assert_eq!(browser.cookie("csrftoken"), None, "no cookie holds it");
        let key = rest_auth_core::model::SessionKey::parse(&browser.cookie("sessionid").unwrap()).unwrap();
        let row = app.store.read().await.unwrap().session(&key, app.clock.now()).await.unwrap().unwrap();
        let data = rest_auth_formats::session::decode(&row.data, &app.app().keys);
        let secret = data["_csrftoken"].as_str().unwrap();
        assert_eq!(outcome(change(&browser).header("X-CSRFToken", secret)).await, Ok(()));
        assert_eq!(outcome(change(&browser)).await, refused("CSRF token missing."));
        let other = "a".repeat(32);
        browser.set_cookie("csrftoken", &other);
        let reason = "CSRF token from the 'X-Csrftoken' HTTP header incorrect.";
        assert_eq!(outcome(change(&browser).header("X-CSRFToken", &other)).await, refused(reason));
    }
}

#[tokio::test]
async fn header_and_cookie_can_have_other_names() {
    let app = TestApp::with("[csrf]\ncookie_name = \"proof\"\nheader_name = \"HTTP_X_PROOF\"").await;
    let browser = browser_of(&app, "ann").await;
    let secret = browser.cookie("proof").unwrap();
    assert_eq!(outcome(change(&browser).header("X-Proof", &secret)).await, Ok(()));
    assert_eq!(
        outcome(change(&browser).header("X-CSRFToken", &secret)).await,
        refused("CSRF token missing.")
    );
}

#[tokio::test]
async fn s_38_every_method_that_changes_something_asks_for_a_proof_and_no_other() {
    let app = TestApp::start().await;
    let browser = browser_of(&app, "ann").await;
    for method in ["GET", "HEAD", "OPTIONS"] {
        assert_eq!(browser.request(method, "/rest-auth/user/").send().await.status, 200, "{method}");
    }
    let missing = async |method: &str, path: &str| -> Response { browser.request(method, path).send().await };
    for (method, path) in [
        ("PUT", "/rest-auth/user/"),
        ("PATCH", "/rest-auth/user/"),
        ("DELETE", "/rest-auth/user/"),
        ("BREW", "/rest-auth/user/"),
        ("POST", "/rest-auth/login/"),
        ("POST", "/rest-auth/logout/"),
        ("POST", "/rest-auth/registration/"),
        ("POST", "/rest-auth/registration/verify-email/"),
        ("POST", "/rest-auth/registration/resend-email/"),
    ] {
        let answer = missing(method, path).await;
        assert_eq!(
            (answer.status, answer.detail().as_str()),
            (403, "CSRF Failed: CSRF token missing."),
            "{method} {path}"
        );
    }
    let key = app.log_in("ann", PASSWORD).await.json()["key"].as_str().unwrap().to_owned();
    let by_token = app
        .client()
        .request("PATCH", "/rest-auth/user/")
        .token(&key)
        .header("Origin", "https://evil.example");
    assert_eq!(
        by_token.json(&json!({"first_name": "Ann"})).send().await.status,
        200,
        "a token is proof enough"
    );
}

//! The steps of a request, seen from the socket: order, headers, methods, addresses, limits.

use rest_auth_tests::app::{Client, PASSWORD, TestApp};
use serde_json::{Value, json};

const LOGIN: &str = "/rest-auth/login/";
const LOGOUT: &str = "/rest-auth/logout/";
const USER: &str = "/rest-auth/user/";
const LOGIN_FAILED: &str = r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#;
const DELETION: &str =
    "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax";

fn nobody() -> Value {
    json!({"username": "nobody", "password": "x"})
}

/// A browser that somebody has signed up with.
async fn browser_of(app: &TestApp, name: &str) -> Client {
    let client = app.client();
    let body = json!({"username": name, "password1": PASSWORD, "password2": PASSWORD});
    assert_eq!(client.post("/rest-auth/registration/").json(&body).send().await.status, 201);
    client
}

#[tokio::test]
async fn an_answer_has_djangos_headers() {
    let answer = TestApp::start().await.client().post(LOGIN).json(&nobody()).send().await;
    assert_eq!((answer.status, answer.text().as_str()), (400, LOGIN_FAILED));
    for (name, value) in [
        ("content-type", "application/json"),
        ("allow", "POST, OPTIONS"),
        ("vary", "Accept, Authorization, Cookie"),
        ("x-frame-options", "DENY"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("content-length", "68"),
    ] {
        assert_eq!(answer.header(name), value, "{name}");
    }
    assert_eq!(answer.header("x-request-id").len(), 32);
    assert_eq!(answer.set_cookies(), Vec::<String>::new());
}

#[tokio::test]
async fn s_40_a_login_sets_cookies_in_djangos_form_and_order_and_is_not_cached() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let client = app.client();
    let answer = client.post(LOGIN).json(&json!({"username": "ann", "password": PASSWORD})).send().await;
    assert_eq!((answer.status, answer.header("cache-control")), (200, "no-store"));
    let (csrf, session) = (client.cookie("csrftoken").unwrap(), client.cookie("sessionid").unwrap());
    assert_eq!((csrf.len(), session.len()), (32, 32));
    let csrf = format!(
        "csrftoken={csrf}; expires=Thu, 14 Jan 2027 12:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax"
    );
    let session = format!(
        "sessionid={session}; expires=Thu, 29 Jan 2026 12:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"
    );
    assert_eq!(answer.set_cookies(), [csrf, session]);
    let user = client.get(USER).send().await;
    assert_eq!((user.status, user.header("cache-control")), (200, "no-store"));
}

#[tokio::test]
async fn permission_comes_before_the_method_and_the_method_before_the_body() {
    let app = TestApp::start().await;
    let anonymous = app.client().post(USER).json(&json!({})).send().await;
    assert_eq!((anonymous.status, anonymous.header("www-authenticate")), (401, "Token"));
    assert_eq!(anonymous.detail(), "Authentication credentials were not provided.");
    let key = app.token_of("ann").await;
    let wrong = app.client().post(USER).token(&key).body("application/json", "{").send().await;
    assert_eq!((wrong.status, wrong.detail().as_str()), (405, "Method \"POST\" not allowed."));
    assert_eq!(wrong.header("allow"), "GET, PUT, PATCH, HEAD, OPTIONS");
    let broken = app.client().request("PUT", USER).token(&key).body("application/json", "{").send().await;
    assert_eq!(broken.status, 400);
    assert!(broken.detail().starts_with("JSON parse error - "));
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let app = TestApp::start().await;
    let client = browser_of(&app, "ann").await;
    let (get, head) = (client.get(USER).send().await, client.request("HEAD", USER).send().await);
    assert_eq!((head.status, head.text().as_str()), (200, ""));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    let refused = client.request("HEAD", LOGIN).send().await;
    assert_eq!((refused.status, refused.header("content-length")), (405, "41"));
}

#[tokio::test]
async fn addresses_take_a_slash_or_none_and_methods_any_case() {
    let client = TestApp::start().await.client();
    for path in [LOGIN, "/rest-auth/login", "/rest-auth/%6cogin/", "/rest-auth/login%2f"] {
        assert_eq!(client.post(path).json(&nobody()).send().await.text(), LOGIN_FAILED, "{path}");
    }
    assert_eq!(client.request("post", LOGIN).json(&nobody()).send().await.text(), LOGIN_FAILED);
    for path in [
        "/rest-auth/login//",
        "/rest-auth/Login/",
        "/rest-auth//login/",
        "//rest-auth/login/",
        "/rest-auth/loginx",
        "/rest-auth/login%00/",
        "/rest-auth/",
        "/",
    ] {
        let answer = client.post(path).json(&nobody()).send().await;
        assert_eq!((answer.status, answer.body.len()), (404, 179), "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
    let wants_json = client.get("/nosuchpath/").header("accept", "application/json, text/plain, */*");
    assert_eq!(wants_json.send().await.text(), r#"{"detail":"Not found."}"#);
}

#[tokio::test]
async fn a_host_that_is_not_served_is_a_bad_request() {
    let client = TestApp::with("[http]\nallowed_hosts = [\"testserver\"]").await.client();
    assert_eq!(client.post(LOGIN).json(&nobody()).send().await.text(), LOGIN_FAILED);
    for path in [LOGIN, "/nosuchpath/"] {
        let answer = client.post(path).header("host", "evil.example").json(&nobody()).send().await;
        assert_eq!((answer.status, answer.header("content-type")), (400, "text/html; charset=utf-8"));
    }
    assert_eq!(client.get("/healthz").header("host", "10.0.0.1").send().await.status, 200);
}

#[tokio::test]
async fn json_is_written_as_the_deployment_has_it() {
    let settings = "[rest_framework]\nunicode_json = false\ncompact_json = false";
    let app = TestApp::with(settings).await;
    let ann = browser_of(&app, "zoë").await;
    let answer = ann.get(USER).send().await;
    assert!(answer.text().contains(r#", "username": "zo\u00eb", "email": "#), "{}", answer.text());
    let indented = ann.get(USER).header("accept", "application/json; indent=1").send().await;
    assert!(indented.text().contains(",\n \"username\": \"zo\\u00eb\","), "{}", indented.text());
}

#[tokio::test]
async fn requests_keep_their_id_if_it_is_plain() {
    let client = TestApp::start().await.client();
    let kept = client.get(LOGIN).header("x-request-id", "proxy-17").send().await;
    assert_eq!(kept.header("x-request-id"), "proxy-17");
    let replaced = client.get(LOGIN).header("x-request-id", "a b").send().await;
    assert_eq!(replaced.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn s_100_a_body_beyond_the_limit_is_a_bad_request() {
    let client = TestApp::with("[http]\ndata_upload_max_memory_size = 100").await.client();
    let body = json!({"username": "x".repeat(100)});
    let answer = client.post(LOGIN).header("accept", "application/json").json(&body).send().await;
    assert_eq!((answer.status, answer.detail().as_str()), (400, "The request body is too large."));
}

#[tokio::test]
async fn the_first_authenticator_decides_between_401_and_403() {
    let client = TestApp::with("[http]\nauthentication = [\"session\", \"token\"]").await.client();
    for header in ["Token dead", "Token", "Bearer x", ""] {
        let answer = client.get(USER).header("authorization", header).send().await;
        assert_eq!((answer.status, answer.header("www-authenticate")), (403, ""), "{header}");
    }
}

#[tokio::test]
async fn s_53_a_malformed_authorization_header_is_never_a_500() {
    let client = TestApp::start().await.client();
    let long = format!("Token {}", "x".repeat(1 << 20));
    let cases: [(&[u8], &str); 7] = [
        (b"Token", "Invalid token header. No credentials provided."),
        (b"Token a b", "Invalid token header. Token string should not contain spaces."),
        (b"Token \xff", "Invalid token header. Token string should not contain invalid characters."),
        ("Token \u{e9}".as_bytes(), "Invalid token."),
        (b"tOKEN dead", "Invalid token."),
        (long.as_bytes(), "Invalid token."),
        (b"Tokendead", "Authentication credentials were not provided."),
    ];
    for (header, detail) in cases {
        let answer = client.get(USER).header("authorization", header).send().await;
        assert_eq!((answer.status, answer.detail().as_str()), (401, detail));
    }
    let twice = client.get(USER).header("authorization", "Token a").header("authorization", "Token b");
    assert_eq!(twice.send().await.detail(), "Invalid token header. Token string should not contain spaces.");
}

#[tokio::test]
async fn unusable_credentials_never_make_a_public_endpoint_fail() {
    let client = TestApp::start().await.client();
    client.set_cookie("sessionid", "nosuchsession0000000000000000000");
    let answer = client.post(LOGIN).token("dead").json(&nobody()).send().await;
    assert_eq!((answer.status, answer.text().as_str()), (400, LOGIN_FAILED));
    assert_eq!(answer.set_cookies(), [DELETION]);
}

#[tokio::test]
async fn s_38_a_session_needs_a_proof_to_change_something_and_a_token_needs_none() {
    let app = TestApp::start().await;
    let browser = browser_of(&app, "ann").await;
    let change = |client: &Client| client.request("PATCH", USER).json(&json!({"first_name": "Ann"}));
    assert_eq!(browser.get(USER).send().await.json()["username"], "ann");
    let missing = change(&browser).send().await;
    assert_eq!((missing.status, missing.detail().as_str()), (403, "CSRF Failed: CSRF token missing."));
    assert_eq!(missing.header("www-authenticate"), "");
    let proven = change(&browser).csrf().send().await;
    assert_eq!((proven.status, &proven.json()["first_name"]), (200, &json!("Ann")));
    let foreign = change(&browser).csrf().header("origin", "https://evil.example").send().await;
    assert!(foreign.detail().starts_with("CSRF Failed: Origin checking failed - "));
    let key = app.token_of("bob").await;
    assert_eq!(change(&app.client()).token(&key).send().await.status, 200);
}

#[tokio::test]
async fn a_posted_form_may_carry_the_proof_as_a_field() {
    let app = TestApp::start().await;
    let browser = browser_of(&app, "ann").await;
    let secret = browser.cookie("csrftoken").unwrap();
    let as_json = browser.post(LOGOUT).json(&json!({"csrfmiddlewaretoken": secret})).send().await;
    assert_eq!((as_json.status, as_json.detail().as_str()), (403, "CSRF Failed: CSRF token missing."));
    let broken = browser.post(LOGOUT).body("application/json", "{").send().await;
    assert_eq!(broken.status, 400, "looking for the field reads the body");
    let form = format!("csrfmiddlewaretoken={secret}");
    let answer = browser.post(LOGOUT).body("application/x-www-form-urlencoded", form).send().await;
    assert_eq!((answer.status, answer.detail().as_str()), (200, "Successfully logged out."));
    assert_eq!(answer.set_cookies(), [DELETION]);
}

#[tokio::test]
async fn a_broken_csrf_cookie_is_replaced() {
    let browser = browser_of(&TestApp::start().await, "ann").await;
    browser.set_cookie("csrftoken", "short");
    let answer = browser.post(LOGOUT).send().await;
    assert_eq!(answer.detail(), "CSRF Failed: CSRF cookie has incorrect length.");
    assert_eq!(browser.cookie("csrftoken").unwrap().len(), 32);
}

#[tokio::test]
async fn a_deployment_may_rename_cookies_headers_and_keys() {
    let app = TestApp::with(
        "session.cookie_name = \"sid\"\nsession.cookie_domain = \"example.com\"\ncsrf.cookie_name = \"proof\"\n\
         csrf.header_name = \"HTTP_X_PROOF\"\nrest_framework.non_field_errors_key = \"errors\"",
    )
    .await;
    let browser = browser_of(&app, "ann").await;
    let proof = browser.cookie("proof").unwrap();
    let change = browser.request("PATCH", USER).header("x-proof", &proof).json(&json!({})).send().await;
    assert_eq!(change.status, 200);
    let login = json!({"username": "ann", "password": PASSWORD});
    let again = app.client().post(LOGIN).json(&login).send().await;
    assert!(again.set_cookies()[1].starts_with("sid="));
    assert!(again.set_cookies()[1].contains("; Domain=example.com; "));
    let failed = app.client().post(LOGIN).json(&nobody()).send().await;
    assert_eq!(failed.json(), json!({"errors": ["Unable to log in with provided credentials."]}));
}

#[tokio::test]
async fn options_describes_an_endpoint_to_whom_it_is_open() {
    let app = TestApp::start().await;
    let client = app.client();
    let facts = client.request("OPTIONS", LOGIN).send().await.json();
    let keys: Vec<&String> = facts.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "description", "renders", "parses", "actions"]);
    assert_eq!(facts["name"], "Login");
    assert_eq!(facts["renders"], json!(["application/json", "text/html"]));
    assert_eq!(
        facts["parses"],
        json!(["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
    );
    assert_eq!(facts["actions"]["POST"]["password"]["required"], true);
    assert_eq!(client.request("OPTIONS", LOGOUT).send().await.json().get("actions"), None);
    assert_eq!(client.request("OPTIONS", USER).send().await.status, 401);
    let key = app.token_of("ann").await;
    let user = client.request("OPTIONS", USER).token(&key).send().await.json();
    assert_eq!(user["actions"].as_object().unwrap().keys().collect::<Vec<_>>(), ["PUT"]);
}

#[tokio::test]
async fn answers_are_negotiated_as_in_drf() {
    let only_json = "[rest_framework]\ndefault_renderer_classes = [\"JSONRenderer\"]";
    let client = TestApp::with(only_json).await.client();
    let refused = client.get(LOGIN).header("accept", "text/html").send().await;
    assert_eq!(
        (refused.status, refused.detail().as_str()),
        (406, "Could not satisfy the request Accept header.")
    );
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    assert_eq!(client.get(LOGIN).header("accept", browser).send().await.status, 405);
    let unknown = client.post("/rest-auth/login/?format=xml").send().await;
    assert_eq!((unknown.status, unknown.detail().as_str()), (404, "Not found."));
    let indented = client.get(LOGIN).header("accept", "application/json; indent=2").send().await;
    assert_eq!(indented.text(), "{\n  \"detail\": \"Method \\\"GET\\\" not allowed.\"\n}");
}

#[tokio::test]
async fn a_site_tells_whether_it_lives_and_whether_it_can_serve() {
    let client = TestApp::start().await.client();
    assert_eq!(client.get("/healthz").send().await.json(), json!({"status": "ok"}));
    assert_eq!(client.get("/readyz").send().await.json(), json!({"status": "ready"}));
}

#[tokio::test]
async fn the_example_shows_who_is_logged_in_and_by_what() {
    let app = TestApp::with("[http]\nfeatures = [\"registration\", \"example\"]").await;
    assert_eq!(app.client().get("/protected/").send().await.status, 401);
    let key = app.token_of("ann").await;
    let by_token = app.client().get("/protected/").token(&key).send().await;
    assert_eq!(by_token.json(), json!({"user": "ann", "auth": key}));
    let by_session = browser_of(&app, "bob").await.get("/protected/").send().await;
    assert_eq!(by_session.json(), json!({"user": "bob", "auth": "None"}));
}

#[tokio::test]
async fn s_39_only_listed_origins_may_read_answers() {
    let app = TestApp::with("[http]\ncors_allowed_origins = [\"https://app.example\"]").await;
    let client = app.client();
    let allowed = client.post(LOGIN).header("origin", "https://app.example").json(&nobody()).send().await;
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(allowed.header("access-control-allow-credentials"), "true");
    assert_eq!(allowed.header("vary"), "Accept, Authorization, Cookie, Origin");
    for origin in [
        "null",
        "https://app.example.evil",
        "https://evil-app.example",
        "https://app.example@evil.example",
        "https://app.example:443",
        "https://APP.example",
        "https://app.example.",
        "http://app.example",
        "*",
    ] {
        let answer = client.get(LOGIN).header("origin", origin).send().await;
        assert_eq!(answer.header("access-control-allow-origin"), "", "{origin}");
        assert_eq!(answer.header("vary"), "Accept, Authorization, Cookie, Origin", "{origin}");
    }
    let plain =
        TestApp::start().await.client().get(LOGIN).header("origin", "https://app.example").send().await;
    assert_eq!(plain.header("vary"), "Accept, Authorization, Cookie");
}

#[tokio::test]
async fn a_preflight_of_a_listed_origin_is_answered_before_any_endpoint() {
    let app = TestApp::with("[http]\ncors_allowed_origins = [\"https://app.example\"]").await;
    let preflight = |origin: &str| {
        let asked = app.client().request("OPTIONS", USER).header("access-control-request-method", "PATCH");
        asked.header("origin", origin).header("access-control-request-headers", "x-csrftoken").send()
    };
    let allowed = preflight("https://app.example").await;
    assert_eq!((allowed.status, allowed.header("access-control-max-age")), (204, "86400"));
    assert!(allowed.header("access-control-allow-methods").contains("PATCH"));
    assert!(allowed.header("access-control-allow-headers").contains("x-csrftoken"));
    assert_eq!(allowed.header("access-control-allow-origin"), "https://app.example");
    assert_eq!(preflight("https://evil.example").await.status, 401);
}

#[tokio::test]
async fn s_27_a_page_of_another_site_logs_nobody_in_unless_it_is_trusted() {
    let login = json!({"username": "ann", "password": PASSWORD});
    for (settings, status) in [
        ("", 403),
        ("[http]\ncors_allowed_origins = [\"https://app.example\"]", 200),
        ("[csrf]\ntrusted_origins = [\"https://app.example\"]", 200),
        ("[rest_auth]\nsession_login = false", 200),
    ] {
        let app = TestApp::with(settings).await;
        app.register("ann").await;
        let answer =
            app.client().post(LOGIN).header("origin", "https://app.example").json(&login).send().await;
        assert_eq!(answer.status, status, "{settings}");
        assert_eq!(answer.set_cookies().is_empty(), status == 403 || settings.contains("session_login"));
    }
}

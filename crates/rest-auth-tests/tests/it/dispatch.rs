//! The steps of a request, seen from the socket: order, headers, methods, addresses, limits.

use http::StatusCode;
use rest_auth_core::settings::{AuthenticatorName, FeatureName, OrFalse, RendererName};
use rest_auth_tests::site::TestSite;
use serde_json::json;

const LOGIN_FAILED: &str = r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#;

#[tokio::test]
async fn an_answer_has_djangos_headers() {
    let site = TestSite::start().await;
    let answer = site.post("login/", &json!({"username": "nobody", "password": "x"})).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::BAD_REQUEST, LOGIN_FAILED));
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
    assert_eq!(answer.cookies(), Vec::<&str>::new());
}

#[tokio::test]
async fn a_login_sets_cookies_in_djangos_form_and_order_and_is_not_cached() {
    let site = TestSite::start().await;
    site.register("ann").await;
    let body = json!({"username": "ann", "password": "correct horse battery"});
    let answer = site.post("login/", &body).await;
    assert_eq!((answer.status, answer.header("cache-control")), (StatusCode::OK, "no-store"));
    let (csrf, session) = (answer.cookie("csrftoken").unwrap(), answer.cookie("sessionid").unwrap());
    assert_eq!((csrf.len(), session.len()), (32, 32));
    assert_eq!(
        answer.cookies(),
        [
            format!(
                "csrftoken={csrf}; expires=Thu, 14 Jan 2027 12:00:00 GMT; Max-Age=31449600; Path=/; SameSite=Lax"
            ),
            format!(
                "sessionid={session}; expires=Thu, 29 Jan 2026 12:00:00 GMT; HttpOnly; Max-Age=1209600; Path=/; SameSite=Lax"
            ),
        ]
    );
    assert_eq!(answer.json()["key"].as_str().unwrap().len(), 40);
}

#[tokio::test]
async fn permission_comes_before_the_method_and_the_method_before_the_body() {
    let site = TestSite::start().await;
    let anonymous = site.post("user/", &json!({})).await;
    assert_eq!((anonymous.status, anonymous.header("www-authenticate")), (StatusCode::UNAUTHORIZED, "Token"));
    assert_eq!(anonymous.detail(), "Authentication credentials were not provided.");
    let ann = site.register("ann").await;
    let wrong = site.request("POST", "user/").token(&ann).body("application/json", "{").send().await;
    assert_eq!(
        (wrong.status, wrong.detail().as_str()),
        (StatusCode::METHOD_NOT_ALLOWED, "Method \"POST\" not allowed.")
    );
    assert_eq!(wrong.header("allow"), "GET, PUT, PATCH, HEAD, OPTIONS");
    let broken = site.request("PUT", "user/").token(&ann).body("application/json", "{").send().await;
    assert_eq!(broken.status, StatusCode::BAD_REQUEST);
    assert!(broken.detail().starts_with("JSON parse error - "));
}

#[tokio::test]
async fn head_has_the_headers_of_get_and_no_body() {
    let site = TestSite::start().await;
    let ann = site.register("ann").await;
    let (get, head) = (
        site.request("GET", "user/").token(&ann).send().await,
        site.request("HEAD", "user/").token(&ann).send().await,
    );
    assert_eq!((head.status, head.body.as_str()), (StatusCode::OK, ""));
    assert_eq!(head.header("content-length"), get.body.len().to_string());
    let refused = site.request("HEAD", "login/").send().await;
    assert_eq!((refused.status, refused.header("content-length")), (StatusCode::METHOD_NOT_ALLOWED, "41"));
}

#[tokio::test]
async fn addresses_take_a_slash_or_none_and_any_spelling_of_a_method() {
    let site = TestSite::start().await;
    for path in ["login", "login/", "/rest-auth/%6cogin/"] {
        let answer = site.post(path, &json!({"username": "nobody", "password": "x"})).await;
        assert_eq!(answer.body, LOGIN_FAILED, "{path}");
    }
    assert_eq!(site.request("post", "login/").json(&json!({})).await.status, StatusCode::BAD_REQUEST);
    for path in
        ["login//", "Login/", "/rest-auth//login/", "//rest-auth/login/", "loginx", "/rest-auth/", "/"]
    {
        let answer = site.post(path, &json!({})).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::NOT_FOUND, 179), "{path}");
        assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    }
    let json =
        site.request("GET", "nosuchpath/").header("accept", "application/json, text/plain, */*").send().await;
    assert_eq!((json.status, json.body.as_str()), (StatusCode::NOT_FOUND, r#"{"detail":"Not found."}"#));
}

#[tokio::test]
async fn an_address_of_a_host_that_is_not_served_is_a_bad_request() {
    let site = TestSite::with(|settings| settings.http.allowed_hosts = vec!["testserver".to_owned()]).await;
    assert_eq!(
        site.post("login/", &json!({})).await.json(),
        json!({"password": ["This field is required."]})
    );
    for path in ["login/", "nosuchpath/"] {
        let answer = site.request("POST", path).header("host", "evil.example").json(&json!({})).await;
        assert_eq!(
            (answer.status, answer.header("content-type")),
            (StatusCode::BAD_REQUEST, "text/html; charset=utf-8")
        );
    }
    assert_eq!(
        site.request("GET", "/healthz").header("host", "10.0.0.1").send().await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn requests_keep_their_id_if_it_is_plain() {
    let site = TestSite::start().await;
    let kept = site.request("GET", "login/").header("x-request-id", "proxy-17").send().await;
    assert_eq!(kept.header("x-request-id"), "proxy-17");
    let replaced = site.request("GET", "login/").header("x-request-id", "a b").send().await;
    assert_eq!(replaced.header("x-request-id").len(), 32);
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_a_bad_request() {
    let site = TestSite::with(|settings| settings.http.data_upload_max_memory_size = 100).await;
    let body = format!("{{\"username\": \"{}\"}}", "x".repeat(100));
    let answer =
        site.request("POST", "login/").header("accept", "application/json").body("application/json", body);
    let answer = answer.send().await;
    assert_eq!(
        (answer.status, answer.detail().as_str()),
        (StatusCode::BAD_REQUEST, "The request body is too large.")
    );
}

#[tokio::test]
async fn the_first_authenticator_decides_between_401_and_403() {
    use AuthenticatorName::{Session, Token};
    let site = TestSite::with(|settings| settings.http.authentication = vec![Session, Token]).await;
    for header in ["Token dead", "Token", "Bearer x", ""] {
        let answer = site.request("GET", "user/").header("authorization", header).send().await;
        assert_eq!(
            (answer.status, answer.header("www-authenticate")),
            (StatusCode::FORBIDDEN, ""),
            "{header}"
        );
    }
}

#[tokio::test]
async fn s_53_a_malformed_authorization_header_is_never_a_500() {
    let site = TestSite::start().await;
    let long = format!("Token {}", "x".repeat(1 << 20));
    for (header, detail) in [
        ("Token", "Invalid token header. No credentials provided."),
        ("Token a b", "Invalid token header. Token string should not contain spaces."),
        ("Token \u{e9}", "Invalid token."),
        ("tOKEN dead", "Invalid token."),
        (&long, "Invalid token."),
        ("Tokendead", "Authentication credentials were not provided."),
    ] {
        let answer = site.request("GET", "user/").header("authorization", header).send().await;
        assert_eq!((answer.status, answer.detail().as_str()), (StatusCode::UNAUTHORIZED, detail));
    }
    let twice =
        site.request("GET", "user/").header("authorization", "Token a").header("authorization", "Token b");
    assert_eq!(twice.send().await.detail(), "Invalid token header. Token string should not contain spaces.");
}

#[tokio::test]
async fn unusable_credentials_never_make_a_public_endpoint_fail() {
    let site = TestSite::start().await;
    let cookie = "sessionid=nosuchsession0000000000000000000";
    let answer =
        site.request("POST", "login/").header("authorization", "Token dead").header("cookie", cookie);
    let answer = answer.json(&json!({"username": "nobody", "password": "x"})).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::BAD_REQUEST, LOGIN_FAILED));
    assert_eq!(
        answer.cookies(),
        ["sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax"]
    );
}

#[tokio::test]
async fn s_38_a_session_needs_a_proof_to_change_something_and_a_token_needs_none() {
    let site = TestSite::start().await;
    let ann = site.register("ann").await;
    assert_eq!(site.request("GET", "user/").cookies(&ann).send().await.json()["username"], "ann");
    let change = json!({"first_name": "Ann"});
    let missing = site.request("PATCH", "user/").cookies(&ann).json(&change).await;
    assert_eq!(
        (missing.status, missing.detail().as_str()),
        (StatusCode::FORBIDDEN, "CSRF Failed: CSRF token missing.")
    );
    assert_eq!(missing.header("www-authenticate"), "");
    let proven = site.request("PATCH", "user/").cookies(&ann).csrf(&ann).json(&change).await;
    assert_eq!((proven.status, &proven.json()["first_name"]), (StatusCode::OK, &json!("Ann")));
    let by_token = site.request("PATCH", "user/").token(&ann).json(&change).await;
    assert_eq!(by_token.status, StatusCode::OK);
    let origin =
        site.request("PATCH", "user/").cookies(&ann).csrf(&ann).header("origin", "https://evil.example");
    assert!(origin.json(&change).await.detail().starts_with("CSRF Failed: Origin checking failed - "));
}

#[tokio::test]
async fn a_posted_form_may_carry_the_proof_as_a_field() {
    let site = TestSite::start().await;
    let ann = site.register("ann").await;
    let form = format!("csrfmiddlewaretoken={}", ann.cookie("csrftoken").unwrap());
    let kind = "application/x-www-form-urlencoded";
    let answer = site.request("POST", "logout/").cookies(&ann).body(kind, form.clone()).send().await;
    assert_eq!((answer.status, answer.detail().as_str()), (StatusCode::OK, "Successfully logged out."));
    let as_json = site.request("POST", "logout/").cookies(&site.register("bob").await);
    assert_eq!(as_json.body("application/json", form).send().await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_broken_csrf_cookie_is_replaced() {
    let site = TestSite::start().await;
    let ann = site.register("ann").await;
    let cookie = format!("csrftoken=short; sessionid={}", ann.cookie("sessionid").unwrap());
    let answer = site.request("POST", "logout/").header("cookie", &cookie).send().await;
    assert_eq!(answer.detail(), "CSRF Failed: CSRF cookie has incorrect length.");
    assert_eq!(answer.cookie("csrftoken").unwrap().len(), 32);
}

#[tokio::test]
async fn a_deployment_may_rename_cookies_headers_and_keys() {
    let site = TestSite::with(|settings| {
        settings.session.cookie_name = "sid".to_owned();
        settings.csrf.cookie_name = "proof".to_owned();
        settings.csrf.header_name = "HTTP_X_PROOF".to_owned();
        settings.rest_framework.non_field_errors_key = "errors".to_owned();
        settings.session.cookie_domain = OrFalse::of("example.com".to_owned());
    })
    .await;
    let ann = site.register("ann").await;
    assert!(ann.cookies()[1].starts_with("sid=") && ann.cookies()[1].contains("; Domain=example.com; "));
    let change =
        site.request("PATCH", "user/").cookies(&ann).header("x-proof", &ann.cookie("proof").unwrap());
    assert_eq!(change.json(&json!({})).await.status, StatusCode::OK);
    let failed = site.post("login/", &json!({"username": "x", "password": "y"})).await;
    assert_eq!(failed.json(), json!({"errors": ["Unable to log in with provided credentials."]}));
}

#[tokio::test]
async fn options_describes_an_endpoint_to_whom_it_is_open() {
    let site = TestSite::start().await;
    let login = site.request("OPTIONS", "login/").send().await;
    assert_eq!(login.status, StatusCode::OK);
    let facts = login.json();
    let keys: Vec<&String> = facts.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["name", "description", "renders", "parses", "actions"]);
    assert_eq!(facts["name"], "Login");
    assert_eq!(facts["renders"], json!(["application/json", "text/html"]));
    assert_eq!(
        facts["parses"],
        json!(["application/json", "application/x-www-form-urlencoded", "multipart/form-data"])
    );
    assert_eq!(facts["actions"]["POST"]["password"]["required"], true);
    assert_eq!(site.request("OPTIONS", "user/").send().await.status, StatusCode::UNAUTHORIZED);
    let ann = site.register("ann").await;
    let user = site.request("OPTIONS", "user/").token(&ann).send().await.json();
    assert_eq!(user["actions"].as_object().unwrap().keys().collect::<Vec<_>>(), ["PUT"]);
    assert_eq!(site.request("OPTIONS", "logout/").send().await.json().get("actions"), None);
}

#[tokio::test]
async fn answers_are_negotiated_as_in_drf() {
    let site = TestSite::with(|settings| {
        settings.rest_framework.default_renderer_classes = vec![RendererName::JSONRenderer];
    })
    .await;
    let refused = site.request("GET", "login/").header("accept", "text/html").send().await;
    assert_eq!(refused.status, StatusCode::NOT_ACCEPTABLE);
    assert_eq!(refused.detail(), "Could not satisfy the request Accept header.");
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let served = site.request("GET", "login/").header("accept", browser).send().await;
    assert_eq!(served.status, StatusCode::METHOD_NOT_ALLOWED);
    let unknown = site.request("POST", "login/?format=xml").send().await;
    assert_eq!((unknown.status, unknown.detail().as_str()), (StatusCode::NOT_FOUND, "Not found."));
    let indented = site.request("GET", "login/").header("accept", "application/json; indent=2").send().await;
    assert_eq!(indented.body, "{\n  \"detail\": \"Method \\\"GET\\\" not allowed.\"\n}");
}

#[tokio::test]
async fn a_site_tells_whether_it_lives_and_whether_it_can_serve() {
    let site = TestSite::start().await;
    assert_eq!(site.get("/healthz").await.json(), json!({"status": "ok"}));
    assert_eq!(site.get("/readyz").await.json(), json!({"status": "ready"}));
}

#[tokio::test]
async fn the_example_shows_who_is_logged_in_and_by_what() {
    let site = TestSite::with(|settings| settings.http.features.push(FeatureName::Example)).await;
    assert_eq!(site.get("/protected/").await.status, StatusCode::UNAUTHORIZED);
    let ann = site.register("ann").await;
    let by_token = site.request("GET", "/protected/").token(&ann).send().await;
    assert_eq!(by_token.json(), json!({"user": "ann", "auth": ann.json()["key"]}));
    let by_session = site.request("GET", "/protected/").cookies(&ann).send().await;
    assert_eq!(by_session.json(), json!({"user": "ann", "auth": "None"}));
}

//! JSON web tokens over HTTP: what login, refresh, verify and logout answer, and which requests get in.

use rest_auth_core::model::UserId;
use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp};
use serde_json::{Value, json};

pub(crate) const LOGIN: &str = "/rest-auth/login/";
pub(crate) const LOGOUT: &str = "/rest-auth/logout/";
pub(crate) const USER: &str = "/rest-auth/user/";
pub(crate) const VERIFY: &str = "/rest-auth/token/verify/";
pub(crate) const REFRESH: &str = "/rest-auth/token/refresh/";

/// Tokens in bodies, as scripts use them.
pub(crate) const IN_BODIES: &str = "
[http]
authentication = [\"jwt\"]
[rest_auth]
use_jwt = true
session_login = false
jwt_auth_httponly = false
";

/// Tokens in cookies, as browsers use them.
pub(crate) const IN_COOKIES: &str = "
[http]
authentication = [\"jwt_cookie\"]
[rest_auth]
use_jwt = true
session_login = false
jwt_auth_cookie = \"access\"
jwt_auth_refresh_cookie = \"refresh\"
";

/// Everything of the strict profile that is about refresh tokens.
pub(crate) const FAMILIES: &str = "
[http]
authentication = [\"jwt\"]
features = [\"registration\", \"blacklist\"]
[rest_auth]
use_jwt = true
session_login = false
jwt_auth_httponly = false
revoke_on_password_change = true
[simple_jwt]
rotate_refresh_tokens = true
blacklist_after_rotation = true
refresh_token_families = true
check_revoke_token = true
";

pub(crate) fn text(answer: &Response, key: &str) -> String {
    let json = answer.json();
    json[key].as_str().unwrap_or_else(|| panic!("no {key} in {}", answer.text())).to_owned()
}

/// Signs somebody up and logs them in: the access token and the refresh token.
pub(crate) async fn log_in(app: &TestApp, name: &str) -> (String, String) {
    let registered = app.register(name).await;
    assert_eq!(registered.status, 201, "{}", registered.text());
    let answer = app.log_in(name, PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    (text(&answer, "access"), text(&answer, "refresh"))
}

pub(crate) async fn refresh(client: &Client, token: &str) -> Response {
    client.post(REFRESH).json(&json!({ "refresh": token })).send().await
}

pub(crate) async fn verify(client: &Client, token: &str) -> Response {
    client.post(VERIFY).json(&json!({ "token": token })).send().await
}

/// The claims in a token, unchecked.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&rest_auth_formats::base64url::decode_strict(part.as_bytes()).unwrap()).unwrap()
}

fn lines<'a>(answer: &'a [String], name: &str) -> &'a str {
    answer.iter().find(|line| line.starts_with(&format!("{name}="))).unwrap_or_else(|| panic!("no {name}"))
}

#[tokio::test]
async fn a_login_answers_two_tokens_and_the_account_and_makes_no_token_of_drfs() {
    let app = TestApp::on(Database::file(), IN_BODIES).await;
    let (access, refresh_token) = log_in(&app, "ann").await;
    let answer = app.log_in("ann", PASSWORD).await;
    let keys: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["access", "refresh", "user"]);
    assert_eq!(answer.json()["user"]["username"], "ann");
    assert_eq!(answer.header("cache-control"), "no-store");
    assert_eq!(app.rows().count("authtoken_token").await, 0);
    let claims_of = |token: &str| claims(token).as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(claims_of(&access), ["token_type", "exp", "iat", "jti", "user_id"]);
    assert_eq!(claims(&access)["user_id"], "1");
    assert_eq!(claims(&refresh_token)["token_type"], "refresh");
    let shown = app.client().get(USER).bearer(&access).send().await;
    assert_eq!((shown.status, shown.json()["username"].as_str()), (200, Some("ann")));
}

#[tokio::test]
async fn a_refresh_token_that_scripts_must_not_see_is_in_no_login_and_in_every_sign_up() {
    let app = TestApp::with(
        &IN_COOKIES.replace("jwt_auth_cookie", "jwt_auth_return_expiration = true\njwt_auth_cookie"),
    )
    .await;
    let registered = app.register("ann").await;
    assert_eq!(registered.status, 201);
    assert!(text(&registered, "refresh").starts_with("ey"));
    let cookies: Vec<String> = registered.set_cookies();
    assert!(!cookies.iter().any(|line| line.starts_with("access=")), "{cookies:?}");
    let keys = |answer: &Response| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&registered), ["access", "refresh", "user"]);
    let answer = app.log_in("ann", PASSWORD).await;
    assert_eq!(text(&answer, "refresh"), "");
    assert_eq!(keys(&answer), ["access", "refresh", "user", "access_expiration", "refresh_expiration"]);
    assert_eq!(text(&answer, "access_expiration"), "2026-01-15T12:05:00Z");
    assert_eq!(text(&answer, "refresh_expiration"), "2026-01-16T12:00:00Z");
}

#[tokio::test]
async fn tokens_travel_in_cookies_with_every_attribute_and_are_deleted_with_the_same() {
    let settings = IN_COOKIES.replace(
        "jwt_auth_cookie =",
        "jwt_auth_secure = true\njwt_auth_samesite = \"Strict\"\njwt_auth_cookie_domain = \"example.com\"\n\
         jwt_auth_refresh_cookie_path = \"/rest-auth/\"\njwt_auth_cookie =",
    );
    let app = TestApp::with(&settings).await;
    app.register("ann").await;
    let browser = app.client();
    let body = json!({ "username": "ann", "password": PASSWORD });
    let set = browser.post(LOGIN).json(&body).send().await.set_cookies();
    let access = browser.cookie("access").unwrap();
    assert_eq!(
        lines(&set, "access"),
        format!(
            "access={access}; Domain=example.com; expires=Thu, 15 Jan 2026 12:05:00 GMT; HttpOnly; Max-Age=300; Path=/; \
             SameSite=Strict; Secure"
        )
    );
    assert!(lines(&set, "refresh").ends_with("Max-Age=86400; Path=/rest-auth/; SameSite=Strict; Secure"));
    assert_eq!(browser.get(USER).send().await.status, 200);
    let out = browser.post(LOGOUT).send().await;
    assert_eq!((out.status, out.detail().as_str()), (200, "Successfully logged out."));
    let gone = "expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0";
    assert_eq!(
        out.set_cookies(),
        [
            format!("access=\"\"; Domain=example.com; {gone}; Path=/; SameSite=Strict"),
            format!("refresh=\"\"; Domain=example.com; {gone}; Path=/rest-auth/; SameSite=Strict"),
        ]
    );
    assert_eq!(browser.get(USER).send().await.status, 401);
}

#[tokio::test]
async fn a_header_hides_the_cookie_and_a_bad_one_gets_nobody_in_but_strangers() {
    let app = TestApp::with(IN_COOKIES).await;
    app.register("ann").await;
    let browser = app.client();
    let body = json!({ "username": "ann", "password": PASSWORD });
    browser.post(LOGIN).json(&body).send().await;
    let refused = browser.get(USER).header("Authorization", "Token x").send().await;
    assert_eq!(refused.detail(), "Authentication credentials were not provided.");
    for header in ["Bearer", "Bearer a b"] {
        let refused = browser.get(USER).header("Authorization", header).send().await;
        assert_eq!(
            (refused.status, refused.json()["code"].as_str()),
            (401, Some("bad_authorization_header"))
        );
    }
    browser.set_cookie("access", "stale");
    let refused = browser.get(USER).send().await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.header("www-authenticate"), "Bearer realm=\"api\"");
    let expected = json!({
        "detail": "Given token not valid for any token type", "code": "token_not_valid",
        "messages": [{"token_class": "AccessToken", "token_type": "access", "message": "Token is invalid"}],
    });
    assert_eq!(refused.json(), expected);
    assert_eq!(browser.post(LOGIN).json(&body).send().await.status, 200, "W-06");
}

#[tokio::test]
async fn a_refresh_buys_an_access_token_from_the_body_or_from_the_cookie() {
    let app = TestApp::with(IN_COOKIES).await;
    app.register("ann").await;
    let browser = app.client();
    let body = json!({ "username": "ann", "password": PASSWORD });
    browser.post(LOGIN).json(&body).send().await;
    app.clock.advance(200);
    let answer = browser.post(REFRESH).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let keys: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["access", "access_expiration"]);
    assert_eq!(text(&answer, "access_expiration"), "2026-01-15T12:08:20Z");
    assert_eq!(answer.set_cookies().len(), 1, "the access token's");
    app.clock.advance(200);
    assert_eq!(browser.get(USER).send().await.status, 200, "the first one has ended by now");
    let token = browser.cookie("refresh").unwrap();
    let other = app.client();
    assert_eq!(refresh(&other, &token).await.status, 200);
    let missing = app.client().post(REFRESH).send().await;
    assert_eq!(missing.status, 401);
    assert_eq!(missing.header("www-authenticate"), "Bearer realm=\"api\"");
    assert_eq!(missing.json(), json!({"detail": "No valid refresh token found.", "code": "token_not_valid"}));
    let blank = browser.post(REFRESH).json(&json!({"refresh": ""})).send().await;
    assert_eq!((blank.status, blank.json()), (400, json!({"refresh": ["This field may not be blank."]})));
    let form = browser.post(REFRESH).body("application/x-www-form-urlencoded", "refresh=").send().await;
    assert_eq!(form.status, 200, "a blank field of a form is none: {}", form.text());
}

#[tokio::test]
async fn rotation_answers_a_new_refresh_token_where_scripts_may_see_it_and_in_its_cookie() {
    let rotating = |settings: &str| format!("{settings}[simple_jwt]\nrotate_refresh_tokens = true\n");
    let app = TestApp::with(&rotating(IN_BODIES)).await;
    let (_, token) = log_in(&app, "ann").await;
    app.clock.advance(60);
    let answer = refresh(&app.client(), &token).await;
    let keys: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["access", "refresh", "access_expiration", "refresh_expiration"]);
    let new = text(&answer, "refresh");
    assert_ne!(claims(&new)["jti"], claims(&token)["jti"]);
    assert_eq!(text(&answer, "refresh_expiration"), "2026-01-16T12:01:00Z");
    assert_eq!(refresh(&app.client(), &token).await.status, 200, "without a blacklist both stay good");
    assert_eq!(refresh(&app.client(), &new).await.status, 200);

    let app = TestApp::with(&rotating(IN_COOKIES)).await;
    app.register("ann").await;
    let browser = app.client();
    browser.post(LOGIN).json(&json!({ "username": "ann", "password": PASSWORD })).send().await;
    let before = browser.cookie("refresh").unwrap();
    let answer = browser.post(REFRESH).send().await;
    assert!(answer.json().get("refresh").is_none(), "{}", answer.text());
    assert_ne!(browser.cookie("refresh").unwrap(), before);
}

#[tokio::test]
async fn who_is_gone_or_switched_off_refreshes_nothing_and_is_refused_at_once() {
    for database in Database::each().await {
        let app = TestApp::on(database, FAMILIES).await;
        let (access, token) = log_in(&app, "ann").await;
        let switch = async |active: bool| {
            let mut tx = app.store.write().await.unwrap();
            tx.set_active(UserId::Int(1), active).await.unwrap();
            tx.commit().await.unwrap();
        };
        switch(false).await;
        let refused = app.client().get(USER).bearer(&access).send().await;
        assert_eq!(refused.json(), json!({"detail": "User is inactive", "code": "user_inactive"}));
        let refused = refresh(&app.client(), &token).await;
        assert_eq!(refused.status, 401);
        assert_eq!(refused.json(), json!({"detail": "No active account found for the given token."}));
        switch(true).await;
        assert_eq!(app.client().get(USER).bearer(&access).send().await.status, 200);
        let mut tx = app.store.write().await.unwrap();
        tx.delete_user(UserId::Int(1)).await.unwrap();
        tx.commit().await.unwrap();
        let expected = json!({"detail": "User not found", "code": "user_not_found"});
        assert_eq!(app.client().get(USER).bearer(&access).send().await.json(), expected);
        let refused = refresh(&app.client(), &token).await;
        assert_eq!((refused.status, refused.json()), (401, expected), "W-24");
        assert_eq!(verify(&app.client(), &token).await.status, 200, "verifying asks for nobody");
    }
}

#[tokio::test]
async fn s_53_no_header_and_no_body_of_these_endpoints_is_ever_a_500() {
    let app = TestApp::with(FAMILIES).await;
    let (access, _) = log_in(&app, "ann").await;
    let long = "x".repeat(20_000);
    let cut = &access[..access.len() - 1];
    let headers: [&[u8]; 9] = [
        b"Bearer",
        b"Bearer ",
        b"Bearer \xff\xfe",
        b"Bearer a.b.c",
        b"Bearer ..",
        b"Bearer\ta",
        b"bearer x",
        long.as_bytes(),
        cut.as_bytes(),
    ];
    for header in headers {
        let answer = app.client().get(USER).header("Authorization", header).send().await;
        assert_eq!(answer.status, 401);
    }
    let twice = app.client().get(USER).bearer(&access).bearer(&access).send().await;
    assert_eq!(twice.status, 401);
    for path in [VERIFY, REFRESH, LOGOUT] {
        for key in ["token", "refresh"] {
            for value in [
                json!(null),
                json!(""),
                json!(1),
                json!([]),
                json!({}),
                json!("a\u{0}b"),
                json!("é.é.é"),
                json!(long),
            ] {
                let answer = app.client().post(path).json(&json!({ key: value })).send().await;
                assert!(answer.status < 500, "{path} {key} {value}: {}", answer.text());
            }
        }
        for body in ["[1]", "null", "\"x\"", "{", ""] {
            let answer = app.client().post(path).body("application/json", body).send().await;
            assert!(answer.status < 500, "{path} {body}: {}", answer.text());
        }
    }
}

#[tokio::test]
async fn logging_out_has_upstreams_words_for_every_combination() {
    let blacklist = "features = [\"registration\", \"blacklist\"]\nauthentication";
    let with_blacklist = |settings: &str| settings.replace("authentication", blacklist);
    let out = async |settings: &str, body: Value| {
        let app = TestApp::with(settings).await;
        let answer = app.client().post(LOGOUT).json(&body).send().await;
        (
            answer.status,
            answer.detail(),
            answer.header("www-authenticate").to_owned(),
            answer.json().get("code").is_some(),
        )
    };
    let done = |status: u16, words: &str| (status, words.to_owned(), String::new(), false);
    let neither = "Neither cookies or blacklist are enabled, so the token has not been deleted server side. Please make sure the \
                   token is deleted client side.";
    assert_eq!(out(IN_BODIES, json!({})).await, done(200, neither));
    assert_eq!(out(IN_COOKIES, json!({})).await, done(200, "Successfully logged out."));
    let cookies = with_blacklist(IN_COOKIES);
    assert_eq!(out(&cookies, json!({})).await, done(401, "Refresh token was not included in cookie data."));
    let bodies = with_blacklist(IN_BODIES);
    assert_eq!(out(&bodies, json!({})).await, done(401, "Refresh token was not included in request data."));
    assert_eq!(out(&bodies, json!({"refresh": null})).await, done(200, "Successfully logged out."));
    for nonsense in [json!(""), json!(7), json!({}), json!("x.y.z")] {
        assert_eq!(out(&bodies, json!({ "refresh": nonsense })).await, done(401, "Token is invalid"));
    }
}

#[tokio::test]
async fn whoever_logs_out_with_a_refresh_token_ends_it_wherever_it_stands() {
    let blacklist = "features = [\"registration\", \"blacklist\"]\nauthentication";
    for database in Database::each().await {
        let app = TestApp::on(database, &IN_BODIES.replace("authentication", blacklist)).await;
        let (access, token) = log_in(&app, "ann").await;
        assert_eq!(app.rows().count("token_blacklist_outstandingtoken").await, 2, "sign-up and login");
        let wrong = app.client().post(LOGOUT).json(&json!({ "refresh": access })).send().await;
        assert_eq!((wrong.status, wrong.detail().as_str()), (401, "Token has wrong type"));
        let out = app.client().post(LOGOUT).bearer(&access).json(&json!({ "refresh": token })).send().await;
        assert_eq!((out.status, out.detail().as_str()), (200, "Successfully logged out."));
        let again = app.client().post(LOGOUT).json(&json!({ "refresh": token })).send().await;
        assert_eq!((again.status, again.detail().as_str()), (401, "Token is blacklisted"));
        let refused = refresh(&app.client(), &token).await;
        assert_eq!(refused.json(), json!({"detail": "Token is blacklisted", "code": "token_not_valid"}));
        assert_eq!(app.rows().count("token_blacklist_blacklistedtoken").await, 1, "W-08: no other row");
        assert_eq!(app.rows().count("token_blacklist_outstandingtoken").await, 2);
    }
    // W-09: where the cookie is the usual place, a body counts too.
    let app = TestApp::with(&IN_COOKIES.replace("authentication", blacklist)).await;
    let token = text(&app.register("ann").await, "refresh");
    let out = app.client().post(LOGOUT).json(&json!({ "refresh": token })).send().await;
    assert_eq!(out.status, 200, "{}", out.text());
    assert_eq!(refresh(&app.client(), &token).await.status, 401);
}

#[tokio::test]
async fn s_54_verifying_refuses_a_blacklisted_token() {
    let blacklist = "features = [\"registration\", \"blacklist\"]\nauthentication";
    let app = TestApp::with(&IN_BODIES.replace("authentication", blacklist)).await;
    let (access, token) = log_in(&app, "ann").await;
    for token in [&access, &token] {
        let good = verify(&app.client(), token).await;
        assert_eq!((good.status, good.text().as_str()), (200, "{}"));
    }
    app.client().post(LOGOUT).json(&json!({ "refresh": token })).send().await;
    let refused = verify(&app.client(), &token).await;
    assert_eq!(
        (refused.status, refused.json()),
        (400, json!({"non_field_errors": ["Token is blacklisted"]}))
    );
}

#[tokio::test]
async fn the_answers_of_older_versions_have_their_own_keys() {
    let settings = IN_BODIES
        .replace("use_jwt", "jwt_answer = \"access_token\"\njwt_auth_return_expiration = true\nuse_jwt");
    let app = TestApp::with(&settings).await;
    let keys = |answer: &Response| answer.json().as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&app.register("ann").await), ["access_token", "refresh_token", "user"]);
    let answer = app.log_in("ann", PASSWORD).await;
    let expected =
        ["access_token", "refresh_token", "user", "access_token_expiration", "refresh_token_expiration"];
    assert_eq!(keys(&answer), expected);
    let answer = refresh(&app.client(), &text(&answer, "refresh_token")).await;
    assert_eq!(keys(&answer), ["access", "access_token_expiration"]);
}

#[tokio::test]
async fn cookies_need_a_proof_against_csrf_where_the_deployment_asks_for_one() {
    let settings = IN_COOKIES.replace("use_jwt", "jwt_auth_cookie_use_csrf = true\nuse_jwt");
    let app = TestApp::with(&settings).await;
    app.register("ann").await;
    let browser = app.client();
    let body = json!({ "username": "ann", "password": PASSWORD });
    assert_eq!(browser.post(LOGIN).json(&body).send().await.status, 200);
    let change = json!({"first_name": "Ann"});
    let refused = browser.request("PATCH", USER).json(&change).send().await;
    assert_eq!((refused.status, refused.detail().as_str()), (403, "CSRF Failed: CSRF token missing."));
    assert_eq!(browser.request("PATCH", USER).csrf().json(&change).send().await.status, 200);
    let access = browser.cookie("access").unwrap();
    let by_header = app.client().request("PATCH", USER).bearer(&access).json(&change).send().await;
    assert_eq!(by_header.status, 200, "a header is proof enough");
}

#[tokio::test]
async fn where_everybody_needs_a_proof_everybody_is_handed_one() {
    let settings =
        IN_COOKIES.replace("use_jwt", "jwt_auth_cookie_enforce_csrf_on_unauthenticated = true\nuse_jwt");
    let app = TestApp::with(&settings).await;
    let browser = app.client();
    let body = json!({ "username": "ann", "password1": PASSWORD, "password2": PASSWORD });
    let refused = browser.post("/rest-auth/registration/").json(&body).send().await;
    assert_eq!((refused.status, refused.detail().as_str()), (403, "CSRF Failed: CSRF cookie not set."));
    assert!(browser.cookie("csrftoken").is_some());
    let registered = browser.post("/rest-auth/registration/").csrf().json(&body).send().await;
    assert_eq!(registered.status, 201, "{}", registered.text());
}

#[tokio::test]
async fn another_sites_page_cannot_refresh_with_the_cookies_of_its_visitor() {
    let app = TestApp::with(IN_COOKIES).await;
    app.register("ann").await;
    let browser = app.client();
    browser.post(LOGIN).json(&json!({ "username": "ann", "password": PASSWORD })).send().await;
    let refused = browser.post(REFRESH).header("Origin", "https://evil.example").send().await;
    assert_eq!(refused.status, 403, "W-25: {}", refused.text());
    assert_eq!(browser.post(REFRESH).header("Origin", "http://testserver").send().await.status, 200);
}

#[tokio::test]
async fn sliding_tokens_and_names_of_ones_own_are_taken_where_the_deployment_says_so() {
    let settings = "[http]\nauthentication = [\"jwt\"]\n[rest_auth]\nuse_jwt = true\nsession_login = false\n\
                    jwt_auth_httponly = false\n[simple_jwt]\nuser_id_field = \"username\"\nuser_id_claim = \"sub\"\n\
                    issuer = \"us\"\naudience = [\"a\", \"b\"]\nauth_header_types = [\"JWT\", \"Bearer\"]\n\
                    auth_header_name = \"HTTP_X_ACCESS_TOKEN\"\nauth_token_classes = [\"AccessToken\", \"SlidingToken\"]";
    let app = TestApp::with(settings).await;
    let (access, refresh_token) = log_in(&app, "ann").await;
    let said = claims(&access);
    assert_eq!((&said["sub"], &said["iss"], &said["aud"]), (&json!("ann"), &json!("us"), &json!(["a", "b"])));
    for word in ["JWT", "Bearer"] {
        let shown = app.client().get(USER).header("X-Access-Token", format!("{word} {access}")).send().await;
        assert_eq!(shown.status, 200, "{}", shown.text());
    }
    let refused =
        app.client().get(USER).header("X-Access-Token", format!("JWT {refresh_token}")).send().await;
    let classes: Vec<_> =
        refused.json()["messages"].as_array().unwrap().iter().map(|one| one["token_class"].clone()).collect();
    assert_eq!(classes, ["AccessToken", "SlidingToken"]);
    assert_eq!(refused.header("www-authenticate"), "JWT realm=\"api\"");
}

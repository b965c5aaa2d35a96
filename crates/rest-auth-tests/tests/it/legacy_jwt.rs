//! The tokens of simplejwt's predecessors: old clients go on until they are replaced.

use rest_auth_core::model::UserId;
use rest_auth_tests::app::{BEGINNING, PASSWORD, Response, TestApp};
use serde_json::{Value, json};

use crate::jwt::{USER, claims, text};

const OBTAIN: &str = "/api-token-auth/";
const REFRESH: &str = "/refresh-token/";
const VERIFY: &str = "/api-token-verify/";

const LEGACY: &str = "
[http]
authentication = [\"legacy_jwt\"]
features = [\"registration\", \"legacy_jwt\"]
[rest_auth]
session_login = false
[jwt_auth]
jwt_allow_refresh = true
";

async fn post(app: &TestApp, path: &str, body: Value) -> Response {
    app.client().post(path).json(&body).send().await
}

async fn with(app: &TestApp, header: &str) -> Response {
    app.client().get(USER).header("Authorization", header).send().await
}

fn non_field(answer: &Response) -> (u16, String) {
    (answer.status, answer.json()["non_field_errors"][0].as_str().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn login_and_sign_up_answer_one_token_and_the_account() {
    let app = TestApp::with(LEGACY).await;
    let registered = app.register("ann").await;
    assert_eq!(registered.status, 201, "{}", registered.text());
    let answer = app.log_in("ann", PASSWORD).await;
    for answer in [&registered, &answer] {
        let keys: Vec<_> = answer.json().as_object().unwrap().keys().cloned().collect();
        assert_eq!(keys, ["token", "user"]);
    }
    let token = text(&answer, "token");
    let said = claims(&token);
    let expected = json!({
        "user_id": 1, "username": "ann", "exp": BEGINNING.seconds() + 300, "email": "ann@example.com",
        "orig_iat": BEGINNING.seconds(),
    });
    assert_eq!(said.to_string(), expected.to_string(), "in this order");
    for header in [format!("JWT {token}"), format!("jwt {token}")] {
        assert_eq!(with(&app, &header).await.json()["username"], "ann");
    }
    let out =
        app.client().post("/rest-auth/logout/").header("Authorization", format!("JWT {token}")).send().await;
    assert_eq!((out.status, out.detail().as_str()), (200, "Successfully logged out."));
}

#[tokio::test]
async fn requests_are_refused_in_its_words() {
    let app = TestApp::with(LEGACY).await;
    let token = text(&app.register("ann").await, "token");
    for (header, words) in [
        ("JWT", "Invalid Authorization header. No credentials provided."),
        ("JWT a b", "Invalid Authorization header. Credentials string should not contain spaces."),
        ("JWT x.y.z", "Error decoding signature."),
    ] {
        let refused = with(&app, header).await;
        assert_eq!((refused.status, refused.detail().as_str()), (401, words));
        assert_eq!(refused.header("www-authenticate"), "JWT realm=\"api\"");
    }
    let mut tx = app.store.write().await.unwrap();
    tx.set_active(UserId::Int(1), false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(with(&app, &format!("JWT {token}")).await.detail(), "User account is disabled.");
    let mut tx = app.store.write().await.unwrap();
    tx.delete_user(UserId::Int(1)).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(with(&app, &format!("JWT {token}")).await.detail(), "Invalid signature.");
    app.clock.advance(301);
    assert_eq!(with(&app, &format!("JWT {token}")).await.detail(), "Signature has expired.");
}

#[tokio::test]
async fn a_name_and_a_password_obtain_a_token_that_can_be_verified() {
    let app = TestApp::with(LEGACY).await;
    app.register("ann").await;
    let answer = post(&app, OBTAIN, json!({"username": "ann", "password": PASSWORD})).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    assert_eq!(answer.json().as_object().unwrap().len(), 1);
    let token = text(&answer, "token");
    let same = post(&app, VERIFY, json!({ "token": token })).await;
    assert_eq!((same.status, text(&same, "token")), (200, token));
    let spaced = post(&app, OBTAIN, json!({"username": "ann", "password": format!(" {PASSWORD} ")})).await;
    assert_eq!(spaced.status, 200, "W-02: {}", spaced.text());
    let refused = post(&app, OBTAIN, json!({"username": "ann", "password": "wrong"})).await;
    assert_eq!(non_field(&refused), (400, "Unable to log in with provided credentials.".to_owned()));
    let refused = post(&app, VERIFY, json!({"token": "x"})).await;
    assert_eq!(non_field(&refused), (400, "Error decoding signature.".to_owned()));
    let missing = post(&app, VERIFY, json!({})).await;
    assert_eq!((missing.status, missing.json()), (400, json!({"token": ["This field is required."]})));
}

#[tokio::test]
async fn a_token_is_exchanged_while_it_holds_and_until_the_limit() {
    let limited =
        LEGACY.replace("jwt_allow_refresh", "jwt_refresh_expiration_delta = 500\njwt_allow_refresh");
    let app = TestApp::with(&limited).await;
    let first = text(&app.register("ann").await, "token");
    app.clock.advance(250);
    let second = text(&post(&app, REFRESH, json!({ "token": first })).await, "token");
    assert_eq!(claims(&second)["orig_iat"], claims(&first)["orig_iat"]);
    app.clock.advance(250);
    let third = text(&post(&app, REFRESH, json!({ "token": second })).await, "token");
    app.clock.advance(1);
    let refused = post(&app, REFRESH, json!({ "token": third })).await;
    assert_eq!(non_field(&refused), (400, "Refresh has expired.".to_owned()));
    let refused = post(&app, REFRESH, json!({ "token": first })).await;
    assert_eq!(non_field(&refused), (400, "Signature has expired.".to_owned()));
    let app = TestApp::with(&LEGACY.replace("jwt_allow_refresh = true", "")).await;
    let token = text(&app.register("ann").await, "token");
    let refused = post(&app, REFRESH, json!({ "token": token })).await;
    assert_eq!(non_field(&refused), (400, "orig_iat field is required.".to_owned()));
}

#[tokio::test]
async fn a_cookie_stands_for_the_header_and_goes_with_the_logout() {
    let settings = LEGACY.replace("jwt_allow_refresh", "jwt_auth_cookie = \"jwt\"\njwt_allow_refresh");
    let app = TestApp::with(&settings).await;
    let registered = app.register("ann").await.set_cookies();
    assert!(!registered.iter().any(|line| line.starts_with("jwt=")), "{registered:?}");
    let browser = app.client();
    let set = browser
        .post(OBTAIN)
        .json(&json!({"username": "ann", "password": PASSWORD}))
        .send()
        .await
        .set_cookies();
    let token = browser.cookie("jwt").unwrap();
    let line = format!("jwt={token}; expires=Thu, 15 Jan 2026 12:05:00 GMT; HttpOnly; Max-Age=300; Path=/");
    assert_eq!(set, [line]);
    assert_eq!(browser.get(USER).send().await.status, 200);
    assert_eq!(browser.post("/rest-auth/logout/").send().await.status, 200);
    assert_eq!(browser.cookie("jwt"), None);
}

#[tokio::test]
async fn old_tokens_are_taken_beside_new_ones_for_the_time_of_a_migration() {
    let old = TestApp::with(LEGACY).await;
    let token = text(&old.register("ann").await, "token");
    let both = "[http]\nauthentication = [\"jwt\", \"legacy_jwt\"]\n[rest_auth]\nuse_jwt = true\nsession_login = false\n\
                jwt_auth_httponly = false";
    let app = TestApp::with(both).await;
    app.register("ann").await;
    let access = text(&app.log_in("ann", PASSWORD).await, "access");
    for header in [format!("JWT {token}"), format!("Bearer {access}")] {
        assert_eq!(with(&app, &header).await.status, 200, "{header}");
    }
    for header in [format!("Bearer {token}"), format!("JWT {access}")] {
        assert_eq!(with(&app, &header).await.status, 401, "{header}");
    }
    assert_eq!(post(&app, OBTAIN, json!({})).await.status, 404, "it hands out no new ones");
}

#[tokio::test]
async fn an_address_that_must_be_verified_must_be_so_here_too() {
    let settings = format!(
        "{LEGACY}[account]\nemail_verification = \"mandatory\"\nsignup_fields = [\"email*\", \"username*\"]"
    );
    let app = TestApp::with(&settings).await;
    app.register("ann").await;
    let refused = post(&app, OBTAIN, json!({"username": "ann", "password": PASSWORD})).await;
    assert_eq!(non_field(&refused), (400, "E-mail is not verified.".to_owned()));
}

//! Rownd: its tokens, whose account they open, and sessions for them.

use rest_auth_formats::jwt::{Algorithm, SigningKey};
use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp, merge};
use rest_auth_tests::fake_issuers::{FakeIssuers, ROWND};
use rest_auth_tests::fake_providers::signed_by;
use serde_json::{Value, json};

use crate::statements::Recorder;

async fn start(settings: &str) -> (TestApp, FakeIssuers) {
    on(Database::Memory, settings).await
}

async fn on(database: Database, settings: &str) -> (TestApp, FakeIssuers) {
    let fake = FakeIssuers::default();
    let mut table: toml::Table = toml::from_str(ROWND).unwrap();
    merge(&mut table, toml::from_str(settings).unwrap());
    let fetch = fake.clone();
    let app =
        TestApp::built(database, &toml::to_string(&table).unwrap(), |builder| builder.fetch(fetch)).await;
    (app, fake)
}

async fn ask(app: &TestApp, token: &str) -> Response {
    app.client().get("/rest-auth/user/").bearer(token).send().await
}

fn detail(answer: &Response) -> (u16, String) {
    (answer.status, answer.detail())
}

/// An account as rownd-django leaves them, or as somebody has made it.
async fn account(app: &TestApp, username: &str, email: &str, password: &str) {
    use rest_auth_core::model::{EncodedPassword, NewUser};
    let mut tx = app.store.write().await.unwrap();
    let password = EncodedPassword::from_column(password);
    let now = rest_auth_tests::app::BEGINNING;
    tx.add_user(NewUser::new(Some(username.to_owned()), email.to_owned(), password, now)).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn somebody_new_gets_an_account_of_what_rownd_knows_on_every_database() {
    for database in Database::each().await {
        let (app, fake) = on(database, "").await;
        let token = fake.rownd_token("user-zoe", json!({}));
        let shown = ask(&app, &token).await;
        assert_eq!(
            shown.json(),
            json!({"pk": 1, "username": "user-zoe", "email": "zoe@rownd.example", "first_name": "zoe", "last_name": "Rownd"})
        );
        assert_eq!(app.client().get("/protected/").bearer(&token).send().await.json()["auth"], "None");
        let (asked, recorder) = (fake.count(""), Recorder::default());
        let guard = recorder.start();
        assert_eq!(ask(&app, &token).await.status, 200);
        drop(guard);
        assert_eq!((recorder.texts().len(), fake.count("")), (1, asked), "one query and no call");
    }
}

#[tokio::test]
async fn fifty_first_requests_at_once_make_one_account_on_every_database() {
    for database in Database::each().await {
        let (app, fake) = on(database, "").await;
        let token = fake.rownd_token("user-zoe", json!({}));
        let asking: Vec<_> = (0..50)
            .map(|_| {
                let (client, token) = (app.client(), token.clone());
                tokio::spawn(async move { client.get("/rest-auth/user/").bearer(&token).send().await })
            })
            .collect();
        for answer in asking {
            let answer = answer.await.unwrap();
            assert_eq!((answer.status, &answer.json()["pk"]), (200, &json!(1)), "{}", answer.text());
        }
    }
}

#[tokio::test]
async fn older_accounts_are_found_by_rownds_id_and_then_by_a_verified_address() {
    let (app, fake) = start("").await;
    account(&app, "user-ann", "old@example.com", "").await;
    account(&app, "bob", "Bob@Rownd.example", "pbkdf2_sha256$1$a$b").await;
    let name = |answer: &Response| answer.json()["username"].clone();
    assert_eq!(name(&ask(&app, &fake.rownd_token("user-ann", json!({}))).await), "user-ann");
    let by_address = fake.rownd_token("user-bob", json!({}));
    assert_eq!(name(&ask(&app, &by_address).await), "bob");
    // Whose address it is may change now.
    fake.set_user("user-bob", json!({"data": {"email": "new@rownd.example"}}));
    assert_eq!(name(&ask(&app, &by_address).await), "bob");
    // The subject may be another one than the user's id in the app.
    let other = fake.rownd_token("user-eve", json!({"sub": "google-oauth2|77"}));
    assert_eq!(name(&ask(&app, &other).await), "user-eve");
}

#[tokio::test]
async fn s_86_s_88_neither_a_chosen_name_nor_an_unverified_address_opens_an_account() {
    let (app, fake) = start("").await;
    account(&app, "user-ann", "mallory@example.com", "pbkdf2_sha256$1$a$b").await;
    account(&app, "bob", "bob@rownd.example", "pbkdf2_sha256$1$a$b").await;
    let shown = ask(&app, &fake.rownd_token("user-ann", json!({}))).await.json();
    assert_eq!((&shown["email"], shown["username"] == "user-ann"), (&json!("ann@rownd.example"), false));
    let unverified = json!({"https://auth.rownd.io/is_verified_user": false});
    let answer = ask(&app, &fake.rownd_token("user-bob", unverified)).await;
    assert_eq!(detail(&answer), (403, "Failed to locate or create user".to_owned()));
    // Rownd says itself which address it has verified.
    let listed = |verified: Value| json!({"data": {"email": "bob@rownd.example"}, "verified_data": verified});
    for verified in [json!({}), json!({"email": "other@rownd.example"}), json!({"phone": "1"})] {
        fake.set_user("user-bob", listed(verified));
        assert_eq!(ask(&app, &fake.rownd_token("user-bob", json!({}))).await.status, 403);
    }
    fake.set_user("user-bob", listed(json!({"email": "bob@rownd.example"})));
    let token = fake.rownd_token("user-bob", json!({"https://auth.rownd.io/is_verified_user": false}));
    assert_eq!(ask(&app, &token).await.json()["username"], "bob");
}

#[tokio::test]
async fn accounts_without_user_names_are_found_and_made_by_address() {
    let settings = "[account]\nlogin_methods = [\"email\"]\nsignup_fields = [\"email*\", \"password1*\", \"password2*\"]\n\
                    [user_model]\ntable = \"members\"\nlogin_field = \"email\"\nusername_field = false\n\
                    [rownd]\nuser_model_username_field = \"email\"";
    let (app, fake) = start(settings).await;
    let token = fake.rownd_token("user-zoe", json!({}));
    for _ in 0..2 {
        let shown = ask(&app, &token).await;
        assert_eq!(
            (shown.status, &shown.json()["email"]),
            (200, &json!("zoe@rownd.example")),
            "{}",
            shown.text()
        );
    }
    // What rownd-django leaves of somebody who has no address.
    let mut tx = app.store.write().await.unwrap();
    let password = rest_auth_core::model::EncodedPassword::from_column("");
    let now = rest_auth_tests::app::BEGINNING;
    tx.add_user(rest_auth_core::model::NewUser::new(None, "user-old".to_owned(), password, now))
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let shown = ask(&app, &fake.rownd_token("user-old", json!({}))).await;
    assert_eq!(shown.json()["email"], "user-old");
    assert_eq!(fake.count("/users/user-old/"), 0);
}

#[tokio::test]
async fn an_account_that_is_off_gets_nothing() {
    let (app, fake) = start("").await;
    let token = fake.rownd_token("user-zoe", json!({}));
    ask(&app, &token).await;
    let user = app.store.read().await.unwrap().social_user("rownd", "user-zoe").await.unwrap().unwrap();
    let mut tx = app.store.write().await.unwrap();
    tx.set_active(user.id, false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(detail(&ask(&app, &token).await), (403, "User inactive or deleted.".to_owned()));
    assert_eq!(app.client().post("/rownd/session_authenticate").bearer(&token).send().await.status, 401);
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told_in_upstreams_words() {
    let (app, fake) = start("").await;
    let key = SigningKey::new(Algorithm::EdDsa, include_str!("../certificates/rownd2.key.pem")).unwrap();
    let claims = json!({"iss": "https://api.rownd.io", "aud": "app:rownd-app-id", "sub": "user-zoe"});
    let signed = |key: &SigningKey| signed_by(claims.clone(), json!({}), key);
    let rsa_like =
        SigningKey::new(Algorithm::Hs256, "0123456789abcdef0123456789abcdef").unwrap().with_id("key-0");
    let past = json!({"exp": 1_768_478_400});
    for (token, told) in [
        (fake.rownd_token("user-zoe", past), "Signature has expired"),
        (signed(&key.clone().with_id("key-0")), "Signature verification failed"),
        (signed(&key.clone().with_id("other")), "Unable to find a signing key that matches: \"other\""),
        (signed(&rsa_like), "The specified alg value is not allowed"),
        (
            fake.rownd_token("user-zoe", json!({"aud": "app:other"})),
            "Invalid audience. Expected ['app:rownd-app-id']",
        ),
        (fake.rownd_token("user-zoe", json!({"iss": "https://evil.example"})), "Invalid or malformed token"),
        (fake.rownd_token("nobody", json!({})), "Invalid or malformed token"),
        (
            fake.rownd_token("user-zoe", json!({"https://auth.rownd.io/app_user_id": null})),
            "Invalid or malformed token",
        ),
        (signed(&key.clone().with_id("x".repeat(101))), "Invalid or malformed token"),
        ("a.b.c".to_owned(), "Invalid or malformed token"),
        ("abc".to_owned(), "Not enough segments"),
    ] {
        assert_eq!(detail(&ask(&app, &token).await), (403, told.to_owned()));
    }
    for (header, told) in [
        ("Bearer", "Invalid or malformed token"),
        ("Bearer  x", "Invalid or malformed token"),
        ("Token 0123", "Not enough segments"),
    ] {
        let answer = app.client().get("/rest-auth/user/").header("Authorization", header).send().await;
        assert_eq!(detail(&answer), (403, told.to_owned()), "{header}");
    }
    let nothing = app.client().get("/rest-auth/user/").send().await;
    assert_eq!(detail(&nothing), (403, "Authentication credentials were not provided.".to_owned()));
}

#[tokio::test]
async fn s_93_whoever_cannot_be_asked_is_a_503_and_a_wrong_secret_too() {
    let (app, fake) = start("").await;
    for status in [500, 503, 429, 401, 403] {
        let answer = ask(&app, &fake.rownd_token(&format!("user-{status}"), json!({}))).await;
        assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{status}");
    }
    fake.set_user("user-odd", json!({"data": "x"}));
    assert_eq!(ask(&app, &fake.rownd_token("user-odd", json!({}))).await.status, 403);
    let known = fake.rownd_token("user-zoe", json!({}));
    assert_eq!(ask(&app, &known).await.status, 200);
    fake.set_away(true);
    assert_eq!(ask(&app, &fake.rownd_token("user-new", json!({}))).await.status, 503);
    let session = app.client().post("/rownd/session_authenticate");
    assert_eq!(session.bearer(&fake.rownd_token("user-new", json!({}))).send().await.status, 503);
    app.clock.advance(3000);
    assert_eq!(ask(&app, &known).await.status, 200, "who is known needs nobody");
}

#[tokio::test]
async fn s_92_rownds_secret_goes_where_users_are_asked_for_and_nowhere_else() {
    let (app, fake) = start("").await;
    let id = "user-a/../b?c";
    fake.set_user("user-a%2F..%2Fb%3Fc", json!({"data": {}}));
    let answer = ask(&app, &fake.rownd_token(id, json!({}))).await;
    assert_eq!((answer.status, &answer.json()["email"]), (200, &json!(id)), "{}", answer.text());
    assert_eq!(fake.count("/users/user-a%2F..%2Fb%3Fc/data"), 1, "an id is no path");
    let shown = format!("{:?} {:?}", app.app().settings.rownd, app.app().issuers);
    assert!(!shown.contains("rownd-app-secret"), "{shown}");
}

#[tokio::test]
async fn a_header_is_shared_with_other_authenticators_in_any_order() {
    for order in [
        "\"rownd\", \"token\", \"basic\"",
        "\"token\", \"basic\", \"rownd\"",
        "\"rownd\", \"jwt\", \"token\", \"basic\"",
    ] {
        let settings = format!(
            "[http]\nauthentication = [{order}]\nfeatures = [\"registration\"]\n[rest_auth]\nsession_login = false"
        );
        let (app, fake) = start(&settings).await;
        let key = app.token_of("bob").await;
        let bob = app.client().get("/rest-auth/user/").token(&key).send().await;
        assert_eq!(bob.json()["username"], "bob", "{order}");
        let basic = rest_auth_formats::basic_auth::header("bob", PASSWORD);
        let bob = app.client().get("/rest-auth/user/").header("Authorization", basic).send().await;
        assert_eq!(bob.json()["username"], "bob", "{order}");
        let zoe = ask(&app, &fake.rownd_token("user-zoe", json!({}))).await;
        assert_eq!(zoe.json()["username"], "user-zoe", "{order}: {}", zoe.text());
        // Upstream splits at the first blank, whatever the word.
        let header = format!("JWT {}", fake.rownd_token("user-zoe", json!({})));
        let zoe = app.client().get("/rest-auth/user/").header("Authorization", header).send().await;
        assert_eq!(zoe.json()["username"], "user-zoe", "{order}");
    }
}

async fn sign_in(client: &Client, token: &str) -> Response {
    client.post("/rownd/session_authenticate").bearer(token).send().await
}

#[tokio::test]
async fn a_token_opens_a_session_and_signing_out_ends_it() {
    let (app, fake) = start("").await;
    let client = app.client();
    let opened = sign_in(&client, &fake.rownd_token("user-zoe", json!({}))).await;
    assert_eq!(
        (opened.status, opened.text().as_str(), opened.header("content-type")),
        (
            200,
            r#"{"message": "Authentication successful", "should_refresh_page": true}"#,
            "text/html; charset=utf-8"
        )
    );
    let key = client.cookie("sessionid").unwrap();
    assert_eq!(client.get("/rest-auth/user/").send().await.json()["username"], "user-zoe");
    assert_eq!(sign_in(&client, "bad").await.text(), r#"{"message": "Already authenticated"}"#);
    let ended = client.post("/rownd/session_sign_out").send().await;
    assert_eq!(ended.text(), r#"{"message": "Sign-out successful", "should_refresh_page": true}"#);
    client.set_cookie("sessionid", &key);
    assert_eq!(client.get("/rest-auth/user/").send().await.status, 403);
    let user = app.store.read().await.unwrap().social_user("rownd", "user-zoe").await.unwrap().unwrap();
    assert!(user.last_login.is_some());
}

#[tokio::test]
async fn what_opens_no_session_is_an_empty_401_and_never_a_500() {
    let (app, fake) = start("").await;
    let expired = format!("Bearer {}", fake.rownd_token("user-zoe", json!({"exp": 1_768_478_400})));
    for header in [Some("Bearer"), Some("Bearer "), Some("Bearer x"), Some(&expired), None] {
        let request = app.client().post("/rownd/session_authenticate");
        let request = match header {
            Some(header) => request.header("Authorization", header),
            None => request,
        };
        let answer = request.send().await;
        assert_eq!((answer.status, answer.text().as_str()), (401, ""), "{header:?}");
        assert!(answer.set_cookies().is_empty());
    }
    for path in ["/rownd/session_authenticate", "/rownd/session_sign_out"] {
        let answer = app.client().get(path).send().await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"));
    }
    assert_eq!(
        app.client().post("/rownd/session_sign_out").send().await.status,
        200,
        "nobody need be logged in"
    );
    let (app, _) = start("[http]\nfeatures = [\"example\"]").await;
    assert_eq!(app.client().post("/rownd/session_sign_out").send().await.status, 404);
}

#[tokio::test]
async fn s_38_another_sites_page_neither_opens_nor_ends_a_session() {
    for settings in ["", "[rownd]\ncsrf_protect_routes = true"] {
        let (app, fake) = start(settings).await;
        let token = fake.rownd_token("user-zoe", json!({}));
        for path in ["/rownd/session_authenticate", "/rownd/session_sign_out"] {
            let request = app.client().post(path).bearer(&token);
            let answer = request
                .header("Origin", "https://evil.example")
                .header("Sec-Fetch-Site", "cross-site")
                .send()
                .await;
            assert_eq!(answer.status, 403, "{path}");
            assert!(answer.set_cookies().is_empty());
        }
    }
}

#[tokio::test]
async fn with_protection_both_addresses_ask_for_a_proof() {
    let (app, fake) = start("[rownd]\ncsrf_protect_routes = true").await;
    let token = fake.rownd_token("user-zoe", json!({}));
    let client = app.client();
    assert_eq!(sign_in(&client, &token).await.status, 403);
    client.set_cookie("csrftoken", &"a".repeat(32));
    assert_eq!(client.post("/rownd/session_authenticate").bearer(&token).csrf().send().await.status, 200);
    assert_eq!(client.post("/rownd/session_sign_out").send().await.status, 403);
    let form = format!("csrfmiddlewaretoken={}", client.cookie("csrftoken").unwrap());
    let by_form =
        client.post("/rownd/session_sign_out").body("application/x-www-form-urlencoded", form).send().await;
    assert_eq!(by_form.status, 200);
}

#[tokio::test]
async fn a_session_that_rownd_django_has_opened_goes_on() {
    use rest_auth_core::features::sessions;
    use rest_auth_core::model::SessionKey;

    let (app, fake) = start("").await;
    let client = app.client();
    sign_in(&client, &fake.rownd_token("user-zoe", json!({}))).await;
    let key = SessionKey::parse(&client.cookie("sessionid").unwrap()).unwrap();
    let cx = app.context();
    let mut row = cx.store.read().await.unwrap().session(&key, cx.now).await.unwrap().unwrap();
    let mut data = rest_auth_formats::session::decode(&row.data, &cx.keys);
    data.insert(
        "_auth_user_backend".to_owned(),
        "rownd_django.auth.backend.RowndAuthenticationBackend".into(),
    );
    row.data = rest_auth_formats::session::encode(&data, &cx.keys, cx.now);
    let mut tx = cx.store.write().await.unwrap();
    tx.set_session(&row).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(client.get("/rest-auth/user/").send().await.json()["username"], "user-zoe");
    let opened = sessions::open(&cx, key.expose(), sessions::Renewal::NotNow).await.unwrap();
    assert!(matches!(opened, sessions::Opened::Live(session) if session.user.is_some()));
}

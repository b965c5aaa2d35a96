//! Sessions: who keeps one, who loses one, how long they live, and what other programs keep in them.

use rest_auth_core::model::{SessionKey, SessionRow, Timestamp, UserId};
use rest_auth_formats::SecretKeys;
use rest_auth_formats::session::{self, SessionData};
use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp};
use serde_json::json;

const TWO_WEEKS: i64 = 14 * 24 * 60 * 60;
const NEW_SECRET: &str = "zq81mVb4LrT9xkPy2nWc6HdJ7fGs0aEo3uIvBt5D";

async fn log_in(browser: &Client, name: &str) -> Response {
    let body = json!({"username": name, "password": PASSWORD});
    let answer = browser.post("/rest-auth/login/").csrf().json(&body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer
}

/// A browser in which somebody who signed up elsewhere has logged in.
async fn browser_of(app: &TestApp, name: &str) -> Client {
    app.register(name).await;
    let browser = app.client();
    log_in(&browser, name).await;
    browser
}

/// Whom a browser is logged in as, if anybody.
async fn who(browser: &Client) -> Option<String> {
    let answer = browser.get("/rest-auth/user/").send().await;
    (answer.status == 200).then(|| answer.json()["username"].as_str().unwrap().to_owned())
}

fn key_of(browser: &Client) -> SessionKey {
    SessionKey::parse(&browser.cookie("sessionid").unwrap()).unwrap()
}

async fn data_of(app: &TestApp, key: &SessionKey) -> Option<SessionData> {
    let row = app.store.read().await.unwrap().session(key, app.clock.now()).await.unwrap();
    row.map(|row| session::decode(&row.data, &app.app().keys))
}

/// Puts something into a session, as another program on the same table does.
async fn put(app: &TestApp, key: &SessionKey, name: &str, value: &str) {
    let mut tx = app.store.write().await.unwrap();
    let row = tx.session(key, app.clock.now()).await.unwrap().unwrap();
    let mut data = session::decode(&row.data, &app.app().keys);
    data.insert(name.to_owned(), value.into());
    let data = session::encode(&data, &app.app().keys, app.clock.now());
    assert!(tx.set_session(&SessionRow { data, ..row }).await.unwrap());
    tx.commit().await.unwrap();
}

/// A browser with an anonymous session that a shop on the same table has filled.
async fn shopper(app: &TestApp) -> Client {
    let (browser, key) = (app.client(), "0123456789abcdefghijklmnopqrstuv");
    let mut data = SessionData::new();
    data.insert("basket".to_owned(), "three apples".into());
    let data = session::encode(&data, &app.app().keys, app.clock.now());
    let expires = Timestamp::from_micros(app.clock.now().micros() + TWO_WEEKS * 1_000_000);
    let mut tx = app.store.write().await.unwrap();
    tx.add_session(&SessionRow { key: SessionKey::parse(key).unwrap(), data, expires }).await.unwrap();
    tx.commit().await.unwrap();
    browser.set_cookie("sessionid", key);
    browser
}

#[tokio::test]
async fn s_26_an_anonymous_session_goes_on_under_a_new_key_with_all_that_is_in_it() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        app.register("ann").await;
        let browser = shopper(&app).await;
        let before = key_of(&browser);
        log_in(&browser, "ann").await;
        let after = key_of(&browser);
        assert_ne!(after, before);
        assert_eq!(data_of(&app, &before).await, None, "the old key opens nothing");
        let data = data_of(&app, &after).await.unwrap();
        assert_eq!(data["basket"], "three apples");
        assert_eq!(data["_auth_user_backend"], "django.contrib.auth.backends.ModelBackend");
        assert_eq!(who(&browser).await.as_deref(), Some("ann"));
    }
}

#[tokio::test]
async fn s_26_a_session_key_that_somebody_made_up_is_never_adopted() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        app.register("ann").await;
        let browser = app.client();
        browser.set_cookie("sessionid", "fixedfixedfixedfixedfixedfixed00");
        log_in(&browser, "ann").await;
        assert_ne!(browser.cookie("sessionid").unwrap(), "fixedfixedfixedfixedfixedfixed00");
        let thief = app.client();
        thief.set_cookie("sessionid", "fixedfixedfixedfixedfixedfixed00");
        assert_eq!(who(&thief).await, None);
    }
}

#[tokio::test]
async fn the_same_account_keeps_its_key_and_another_loses_all_that_was_there() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let browser = browser_of(&app, "ann").await;
        let anns = key_of(&browser);
        put(&app, &anns, "basket", "three apples").await;
        let proof = browser.cookie("csrftoken").unwrap();
        log_in(&browser, "ann").await;
        assert_eq!(key_of(&browser), anns);
        assert_ne!(browser.cookie("csrftoken").unwrap(), proof, "the proof is new after every login");
        assert_eq!(data_of(&app, &anns).await.unwrap()["basket"], "three apples");

        app.register("bob").await;
        log_in(&browser, "bob").await;
        assert_ne!(key_of(&browser), anns);
        assert_eq!(data_of(&app, &anns).await, None);
        assert_eq!(data_of(&app, &key_of(&browser)).await.unwrap().get("basket"), None);
        assert_eq!(who(&browser).await.as_deref(), Some("bob"));
    }
}

#[tokio::test]
async fn a_session_ends_with_the_password_that_it_was_opened_with() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let (one, two) = (browser_of(&app, "ann").await, app.client());
        let bob = browser_of(&app, "bob").await;
        log_in(&two, "ann").await;
        let new = app.app().passwords.encode(&"an0ther-passw0rd".into()).await.unwrap();
        let mut tx = app.store.write().await.unwrap();
        let ann = tx.user(UserId::Int(1)).await.unwrap().unwrap();
        assert!(tx.set_password(ann.id, &ann.password, &new).await.unwrap());
        tx.commit().await.unwrap();
        for browser in [&one, &two] {
            let key = key_of(browser);
            assert_eq!(who(browser).await, None);
            assert_eq!(browser.cookie("sessionid"), None, "the browser is told to forget it");
            assert_eq!(data_of(&app, &key).await, None, "and the row is gone");
        }
        assert_eq!(who(&bob).await.as_deref(), Some("bob"));
    }
}

#[tokio::test]
async fn after_a_change_of_the_secret_sessions_go_on_as_long_as_the_former_one_is_known() {
    for database in Database::each().await {
        let old = TestApp::on(database.clone(), "").await;
        let browser = browser_of(&old, "ann").await;
        let (key, former) = (key_of(&browser), old.app().settings.top.secret_key.expose().clone());

        let without = TestApp::on(database.clone(), &format!("secret_key = \"{NEW_SECRET}\"")).await;
        let stranger = without.client();
        stranger.set_cookie("sessionid", key.expose());
        assert_eq!(who(&stranger).await, None);

        let settings = format!("secret_key = \"{NEW_SECRET}\"\nsecret_key_fallbacks = [\"{former}\"]");
        let new = TestApp::on(database.clone(), &settings).await;
        let renewed = new.client();
        renewed.set_cookie("sessionid", key.expose());
        assert_eq!(who(&renewed).await.as_deref(), Some("ann"));
        assert_ne!(key_of(&renewed), key, "it goes on under a new key");
        assert_eq!(data_of(&new, &key).await, None);

        // What was renewed is signed with the new secret alone.
        let later = TestApp::on(database, &format!("secret_key = \"{NEW_SECRET}\"")).await;
        let browser = later.client();
        browser.set_cookie("sessionid", key_of(&renewed).expose());
        assert_eq!(who(&browser).await.as_deref(), Some("ann"));
    }
}

#[tokio::test]
async fn a_session_that_was_renewed_is_handed_out_with_djangos_own_refusals_too() {
    let database = Database::file();
    let old = TestApp::on(database.clone(), "").await;
    let browser = browser_of(&old, "ann").await;
    let (key, former) = (key_of(&browser), old.app().settings.top.secret_key.expose().clone());
    let settings = format!(
        "secret_key = \"{NEW_SECRET}\"\nsecret_key_fallbacks = [\"{former}\"]\n[http]\ndata_upload_max_number_fields = 2"
    );
    let new = TestApp::on(database, &settings).await;
    let renewed = new.client();
    for cookie in ["sessionid", "csrftoken"] {
        renewed.set_cookie(cookie, &browser.cookie(cookie).unwrap());
    }
    let form = "application/x-www-form-urlencoded";
    let refused = renewed.request("PATCH", "/rest-auth/user/").csrf().body(form, "a=1&b=2&c=3").send().await;
    assert_eq!((refused.status, refused.header("Cache-Control")), (400, "no-store"), "{}", refused.text());
    assert!(refused.text().contains("Bad Request"), "{}", refused.text());
    assert_ne!(key_of(&renewed), key, "it goes on under a new key");
    assert_eq!(who(&renewed).await.as_deref(), Some("ann"));
}

#[tokio::test]
async fn s_29_an_account_that_is_switched_off_is_shut_out_by_session_token_and_password_at_once() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let browser = browser_of(&app, "ann").await;
        let key = app.log_in("ann", PASSWORD).await.json()["key"].as_str().unwrap().to_owned();
        let switch = async |on: bool| {
            let mut tx = app.store.write().await.unwrap();
            tx.set_active(UserId::Int(1), on).await.unwrap();
            tx.commit().await.unwrap();
        };
        switch(false).await;
        assert_eq!(who(&browser).await, None);
        let by_token = app.client().get("/rest-auth/user/").token(&key).send().await;
        assert_eq!((by_token.status, by_token.detail().as_str()), (401, "User inactive or deleted."));
        let by_password = app.log_in("ann", PASSWORD).await;
        let unknown = json!({"non_field_errors": ["Unable to log in with provided credentials."]});
        assert_eq!((by_password.status, by_password.json()), (400, unknown));
        switch(true).await;
        assert_eq!(who(&browser).await.as_deref(), Some("ann"), "the session was left alone, as Django does");
    }
}

#[tokio::test]
async fn s_29_an_account_that_is_deleted_leaves_nothing_that_logs_in() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let (browser, key) = (browser_of(&app, "ann").await, app.log_in("ann", PASSWORD).await.json());
        let mut tx = app.store.write().await.unwrap();
        tx.delete_user(UserId::Int(1)).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(who(&browser).await, None);
        let key = key["key"].as_str().unwrap();
        assert_eq!(app.client().get("/rest-auth/user/").token(key).send().await.status, 401);
        assert_eq!(app.log_in("ann", PASSWORD).await.status, 400);
        assert_eq!(app.register("ann").await.status, 201, "and the name is free");
    }
}

#[tokio::test]
async fn s_33_a_session_lives_two_weeks_to_the_second_however_much_it_is_used() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let browser = browser_of(&app, "ann").await;
        app.clock.advance(TWO_WEEKS / 2);
        assert_eq!(who(&browser).await.as_deref(), Some("ann"));
        app.clock.advance(TWO_WEEKS / 2 - 1);
        assert_eq!(who(&browser).await.as_deref(), Some("ann"), "one second before the end");
        app.clock.advance(1);
        assert_eq!(who(&browser).await, None, "at the end");
        assert_eq!(browser.cookie("sessionid"), None);
    }
}

#[tokio::test]
async fn s_33_an_idle_session_ends_to_the_second_where_each_request_prolongs_it() {
    for database in Database::each().await {
        let app = TestApp::on(database, "[session]\nsave_every_request = true\ncookie_age = 600").await;
        let browser = browser_of(&app, "ann").await;
        for _ in 0..3 {
            app.clock.advance(599);
            assert_eq!(who(&browser).await.as_deref(), Some("ann"));
        }
        app.clock.advance(600);
        assert_eq!(who(&browser).await, None);
    }
}

#[tokio::test]
async fn s_34_a_logout_ends_the_session_for_whoever_has_copied_its_cookie() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let (browser, thief) = (browser_of(&app, "ann").await, app.client());
        thief.set_cookie("sessionid", &browser.cookie("sessionid").unwrap());
        assert_eq!(who(&thief).await.as_deref(), Some("ann"));
        let key = key_of(&browser);
        assert_eq!(browser.post("/rest-auth/logout/").csrf().send().await.status, 200);
        assert_eq!(who(&thief).await, None);
        assert_eq!(data_of(&app, &key).await, None);
    }
}

#[tokio::test]
async fn s_34_a_logout_forgets_a_sign_up_that_waits_for_its_verification() {
    let settings =
        "[account]\nemail_verification = \"mandatory\"\nsignup_fields = [\"email*\", \"username*\"]";
    for database in Database::each().await {
        let app = TestApp::on(database, settings).await;
        let browser = app.client();
        let body = json!({
            "username": "ann", "email": "ann@example.com", "password1": PASSWORD, "password2": PASSWORD,
        });
        assert_eq!(browser.post("/rest-auth/registration/").json(&body).send().await.status, 201);
        let key = key_of(&browser);
        assert!(data_of(&app, &key).await.unwrap().contains_key("account_login"));
        assert_eq!(who(&browser).await, None, "it is no login yet");
        assert_eq!(browser.post("/rest-auth/logout/").send().await.status, 200);
        assert_eq!(data_of(&app, &key).await, None);
    }
}

#[tokio::test]
async fn what_nobody_has_signed_is_an_empty_session() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let browser = browser_of(&app, "ann").await;
        let forged = SecretKeys::new("some-other-secret-of-somebody-else-0123456789".to_owned());
        let mut tx = app.store.write().await.unwrap();
        let row = tx.session(&key_of(&browser), app.clock.now()).await.unwrap().unwrap();
        let data = session::decode(&row.data, &app.app().keys);
        assert!(!data.is_empty());
        let data = session::encode(&data, &forged, app.clock.now());
        tx.set_session(&SessionRow { data, ..row }).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(who(&browser).await, None);
    }
}

#[tokio::test]
async fn one_browser_that_sends_much_at_once_keeps_its_session() {
    for database in Database::each().await {
        let settings = "[session]\nsave_every_request = true";
        let app = TestApp::on(database, settings).await;
        let browser = browser_of(&app, "ann").await;
        let tasks: Vec<_> = (0..30)
            .map(|_| {
                let browser = browser.clone();
                tokio::spawn(async move { browser.get("/rest-auth/user/").send().await.status })
            })
            .collect();
        for task in tasks {
            assert_eq!(task.await.unwrap(), 200);
        }
        assert_eq!(who(&browser).await.as_deref(), Some("ann"));
    }
}

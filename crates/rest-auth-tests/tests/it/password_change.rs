//! Changing one's password: what goes on, what ends, and who may say no.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rest_auth_core::checks;
use rest_auth_core::hooks::{LoginHooks, PasswordHooks};
use rest_auth_core::messages::Message;
use rest_auth_core::model::{Secret, User};
use rest_auth_core::store::UserLookup;
use rest_auth_core::{Context, Error, Result};
use rest_auth_tests::app::{Client, Database, PASSWORD, Request, Response, TestApp, settings};
use serde_json::{Value, json};

const CHANGE: &str = "/rest-auth/password/change/";
const LOGIN: &str = "/rest-auth/login/";
const USER: &str = "/rest-auth/user/";
const NEW: &str = "n3w-battery-staple";

fn new(password: &str) -> Value {
    json!({"new_password1": password, "new_password2": password})
}

async fn change(request: Request, password: &str) -> Response {
    request.json(&new(password)).send().await
}

/// A browser in which somebody who signed up elsewhere has logged in.
async fn browser_of(app: &TestApp, name: &str) -> Client {
    let browser = app.client();
    let answer = browser.post(LOGIN).json(&json!({"username": name, "password": PASSWORD})).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    browser
}

async fn is_in(browser: &Client) -> bool {
    browser.get(USER).send().await.status == 200
}

#[tokio::test]
async fn s_35_a_change_ends_every_other_session_and_keeps_the_one_that_it_came_with() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let token = app.token_of("ann").await;
        app.register("bob").await;
        let (here, phone, bob) =
            (browser_of(&app, "ann").await, browser_of(&app, "ann").await, browser_of(&app, "bob").await);
        let (old, proof) = (here.cookie("sessionid"), here.cookie("csrftoken"));

        let done = change(here.post(CHANGE).csrf(), NEW).await;
        assert_eq!(
            (done.status, done.text().as_str()),
            (200, r#"{"detail":"New password has been saved."}"#)
        );
        assert_eq!((done.header("cache-control"), done.set_cookies().len()), ("no-store", 1));
        assert_ne!(here.cookie("sessionid"), old, "a key that others may know is worth nothing any more");
        assert_eq!(here.cookie("csrftoken"), proof);

        assert!(is_in(&here).await && is_in(&bob).await && !is_in(&phone).await);
        assert_eq!(phone.cookie("sessionid"), None, "it is told to forget its cookie");
        let stale = app.client();
        stale.set_cookie("sessionid", &old.unwrap());
        assert!(!is_in(&stale).await);
        assert_eq!(app.client().get(USER).token(&token).send().await.status, 200, "W-12");
        assert_eq!(app.log_in("ann", PASSWORD).await.status, 400);
        assert_eq!(app.log_in("ann", NEW).await.status, 200);
    }
}

#[tokio::test]
async fn w_12_a_change_ends_the_token_that_it_came_with_where_the_settings_say_so() {
    for database in Database::each().await {
        let app = TestApp::on(database, "[rest_auth]\nrevoke_on_password_change = true").await;
        let (ann, bob) = (app.token_of("ann").await, app.token_of("bob").await);
        assert_eq!(change(app.client().post(CHANGE).token(&ann), NEW).await.status, 200);
        assert_eq!(app.client().get(USER).token(&ann).send().await.status, 401);
        assert_eq!(app.client().get(USER).token(&bob).send().await.status, 200);
        let again = app.log_in("ann", NEW).await.json()["key"].as_str().unwrap().to_owned();
        assert_ne!(again, ann);
    }
}

#[tokio::test]
async fn a_refused_change_ends_nothing() {
    for database in Database::each().await {
        let app = TestApp::on(database, "[rest_auth]\nrevoke_on_password_change = true").await;
        let token = app.token_of("ann").await;
        let browser = browser_of(&app, "ann").await;
        let before = app.rows().dump().await;
        for bad in [
            json!({}),
            new("12345"),
            new("ann@example.com"),
            json!({"new_password1": NEW, "new_password2": "x"}),
        ] {
            assert_eq!(app.client().post(CHANGE).token(&token).json(&bad).send().await.status, 400);
            assert_eq!(browser.post(CHANGE).csrf().json(&bad).send().await.status, 400);
        }
        assert_eq!(change(browser.post(CHANGE), NEW).await.status, 403, "no proof against CSRF");
        assert_eq!(change(app.client().post(CHANGE), NEW).await.status, 401);
        assert_eq!(app.rows().dump().await, before);
    }
}

#[tokio::test]
async fn a_change_can_end_its_own_session_too() {
    for database in Database::each().await {
        let app = TestApp::on(database, "[rest_auth]\nlogout_on_password_change = true").await;
        app.register("ann").await;
        let browser = browser_of(&app, "ann").await;
        let done = change(browser.post(CHANGE).csrf(), NEW).await;
        assert_eq!((done.status, done.set_cookies()), (200, Vec::new()));
        assert!(!is_in(&browser).await);
        assert_eq!(browser.cookie("sessionid"), None);
    }
}

#[tokio::test]
async fn a_token_may_change_beside_somebody_elses_session() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let ann = app.token_of("ann").await;
        app.register("bob").await;
        let shared = browser_of(&app, "bob").await;
        assert_eq!(change(shared.post(CHANGE).token(&ann), NEW).await.status, 200);
        assert_eq!(shared.get(USER).send().await.json()["username"], "bob");
        assert_eq!(app.log_in("bob", PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn of_many_changes_at_one_time_one_counts_and_nobody_fails() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let token = app.token_of("ann").await;
        let crowd: Vec<_> = (0..20)
            .map(|number| {
                let request = app.client().post(CHANGE).token(&token);
                tokio::spawn(async move {
                    let password = format!("n3w-battery-{number}");
                    let status = change(request, &password).await.status;
                    (password, status)
                })
            })
            .collect();
        let mut saved = Vec::new();
        for member in crowd {
            match member.await.unwrap() {
                (password, 200) => saved.push(password),
                (_, 401) => {}
                (_, other) => panic!("{other}"),
            }
        }
        let mut fitting = 0;
        for password in &saved {
            fitting += u32::from(app.log_in("ann", password).await.status == 200);
        }
        assert_eq!(fitting, 1, "of {}", saved.len());
    }
}

#[tokio::test]
async fn s_08_strict_asks_for_the_old_password_and_compat_says_that_it_does_not() {
    let strict = settings("profile = \"strict\"\n[password]\nhashers = [\"argon2\"]");
    assert!(strict.rest_auth.old_password_field_enabled && strict.rest_auth.revoke_on_password_change);
    let reported = |settings| {
        let ids: Vec<_> = checks::deploy(settings).into_iter().map(|finding| finding.id).collect();
        ["rest_auth.D008", "rest_auth.D009", "rest_auth.D010"].map(|id| ids.contains(&id))
    };
    assert_eq!(reported(&strict), [false; 3]);
    assert_eq!(reported(&settings("")), [true; 3]);

    for database in Database::each().await {
        let app = TestApp::on(database, "[rest_auth]\nold_password_field_enabled = true").await;
        let token = app.token_of("ann").await;
        let post = |old: &str| {
            let body = json!({"old_password": old, "new_password1": NEW, "new_password2": NEW});
            app.client().post(CHANGE).token(&token).json(&body).send()
        };
        for wrong in ["wrong", "C0rrect-horse", &format!("{PASSWORD}\u{301}")] {
            let refused = post(wrong).await;
            let told = json!({"old_password": ["Your old password was entered incorrectly. Please enter it again."]});
            assert_eq!((refused.status, refused.json()), (400, told));
        }
        assert_eq!(app.log_in("ann", NEW).await.status, 400);
        assert_eq!(post(PASSWORD).await.status, 200);
        assert_eq!(app.log_in("ann", NEW).await.status, 200);
    }
}

#[tokio::test]
async fn s_03_what_is_typed_is_what_counts() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let token = app.token_of("ann").await;
        for password in ["  blanks around  ", "🐎🔋 staple", "e\u{301}clair-Ärger", "\ttabbed\tin"] {
            assert_eq!(change(app.client().post(CHANGE).token(&token), password).await.status, 200);
            assert_eq!(app.log_in("ann", password).await.status, 200);
            for other in [password.trim(), &password.to_uppercase(), &format!("{password} ")] {
                let expected = if other == password { 200 } else { 400 };
                let found = app.log_in("ann", other).await.status;
                // At login blanks around may be there or not, as they may in passwords that upstream has stored.
                assert!(found == expected || other.trim() == password, "{other:?} for {password:?}");
            }
        }
    }
}

/// Writes an account's password once, just after a login has found that it fits.
pub(super) struct Meddler {
    pub(super) new: Mutex<Option<&'static str>>,
}

#[async_trait]
impl LoginHooks for Meddler {
    async fn before_login(&self, cx: &Context, user: &User) -> Result<()> {
        let Some(new) = self.new.lock().unwrap().take() else { return Ok(()) };
        let column = cx.passwords.encode(&new.into()).await?;
        let mut tx = cx.store.write().await?;
        assert!(tx.set_password(user.id, &user.password, &column).await?);
        tx.delete_token(user.id).await?;
        Ok(tx.commit().await?)
    }
}

#[tokio::test]
async fn s_35_a_login_beside_a_change_gets_nothing_that_outlives_it() {
    for database in Database::each().await {
        let meddler = Meddler { new: Mutex::new(Some(NEW)) };
        let revoking = "[rest_auth]\nrevoke_on_password_change = true";
        let app = TestApp::built(database, revoking, |builder| builder.login_hooks(meddler)).await;
        app.register("ann").await;
        let late = app.log_in("ann", PASSWORD).await;
        assert_eq!((late.status, late.set_cookies()), (400, Vec::new()), "{}", late.text());
        assert_eq!(app.rows().count("authtoken_token").await, 0);
        assert_eq!(app.log_in("ann", NEW).await.status, 200);
    }
}

#[tokio::test]
async fn a_login_beside_a_new_hash_of_the_same_password_gets_a_session_that_lives() {
    for database in Database::each().await {
        for settings in [
            "[rest_auth]\nrevoke_on_password_change = true",
            "[password]\nhashers = [\"argon2\", \"pbkdf2_sha256\"]",
        ] {
            let made = TestApp::on(database.clone(), "").await;
            let name = if settings.contains("argon2") { "bob" } else { "ann" };
            made.register(name).await;
            let meddler = Meddler { new: Mutex::new(Some(PASSWORD)) };
            let app =
                TestApp::built(database.clone(), settings, |builder| builder.login_hooks(meddler)).await;
            assert!(is_in(&browser_of(&app, name).await).await, "{settings}");
        }
    }
}

/// Says no to some passwords, and notes what happens.
#[derive(Clone, Default)]
struct Guard(Arc<Mutex<Vec<String>>>);

const LEAKED: Message = Message::fixed("leaked", "This password has leaked.");

#[async_trait]
impl PasswordHooks for Guard {
    async fn before_password_change(&self, _cx: &Context, _user: &User, new: &Secret) -> Result<()> {
        if new.expose().contains("leaked") { Err(Error::field("new_password2", LEAKED)) } else { Ok(()) }
    }

    async fn after_password_change(&self, cx: &Context, user: &User) -> Result<()> {
        let name = user.display();
        let found = cx.store.read().await?.users(UserLookup::Username(name)).await?;
        let lasting = found.iter().any(|row| row.password == user.password);
        self.0.lock().unwrap().push(format!("{name} changed, seen: {lasting}"));
        Ok(())
    }
}

#[tokio::test]
async fn a_host_may_refuse_a_new_password_and_sees_one_that_has_lasted() {
    for database in Database::each().await {
        let guard = Guard::default();
        let app = TestApp::built(database, "", |builder| builder.password_hooks(guard.clone())).await;
        let token = app.token_of("ann").await;
        let refused = change(app.client().post(CHANGE).token(&token), "leaked-but-long").await;
        assert_eq!(
            (refused.status, refused.json()),
            (400, json!({"new_password2": ["This password has leaked."]}))
        );
        assert_eq!(app.log_in("ann", PASSWORD).await.status, 200);
        assert_eq!(change(app.client().post(CHANGE).token(&token), NEW).await.status, 200);
        assert_eq!(*guard.0.lock().unwrap(), ["ann changed, seen: true"]);
    }
}

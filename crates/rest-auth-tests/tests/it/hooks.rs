//! What a host adds to the flows: changes, refusals, and observers that see what has lasted.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rest_auth_core::hooks::{LoginHooks, RegistrationHooks};
use rest_auth_core::messages::Message;
use rest_auth_core::model::{NewUser, User};
use rest_auth_core::store::UserLookup;
use rest_auth_core::{Context, Error, Result};
use rest_auth_tests::app::{Database, PASSWORD, TestApp};
use serde_json::json;

/// A club: members of one company only, each with a title; and a diary of what happens.
#[derive(Clone, Default)]
struct Club(Arc<Mutex<Vec<String>>>);

impl Club {
    fn note(&self, line: String) {
        self.0.lock().unwrap().push(line);
    }

    fn diary(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

const NOT_INVITED: Message = Message::fixed("not_invited", "You are not invited.");
const AWAY: Message = Message::fixed("away", "The club is closed today.");

#[async_trait]
impl RegistrationHooks for Club {
    async fn before_register(&self, _cx: &Context, user: &mut NewUser) -> Result<()> {
        if user.email.ends_with("@elsewhere.example") {
            return Err(Error::field("email", NOT_INVITED));
        }
        user.first_name = format!("Dear {}", user.username.as_deref().unwrap_or_default());
        user.is_staff = user.email.starts_with("boss@");
        Ok(())
    }

    async fn after_register(&self, cx: &Context, user: &User) -> Result<()> {
        // The row has lasted: another connection sees it.
        let found = cx.store.read().await?.user(user.id).await?;
        self.note(format!("registered {}, seen: {}", user.display(), found.is_some()));
        Ok(())
    }
}

#[async_trait]
impl LoginHooks for Club {
    async fn before_login(&self, _cx: &Context, user: &User) -> Result<()> {
        match user.display() {
            "bob" => Err(Error::PermissionDenied(AWAY)),
            _ => Ok(()),
        }
    }

    async fn after_login(&self, _cx: &Context, user: &User) -> Result<()> {
        self.note(format!("logged in {}", user.display()));
        Ok(())
    }

    async fn login_failed(&self, _cx: &Context) -> Result<()> {
        self.note("failed".to_owned());
        Ok(())
    }

    async fn after_logout(&self, _cx: &Context, user: Option<&User>) -> Result<()> {
        self.note(format!("logged out {}", user.map_or("nobody", |user| user.display())));
        Ok(())
    }
}

async fn open(database: Database, club: &Club) -> TestApp {
    let (registration, login) = (club.clone(), club.clone());
    TestApp::built(database, "", |builder| builder.registration_hooks(registration).login_hooks(login)).await
}

#[tokio::test]
async fn a_hook_changes_an_account_before_it_is_written() {
    for database in Database::each().await {
        let (club, boss) = (Club::default(), "boss");
        let app = open(database, &club).await;
        let key = app.token_of(boss).await;
        let user = app.client().get("/rest-auth/user/").token(&key).send().await.json();
        assert_eq!(user["first_name"], "Dear boss");
        let row = app.store.read().await.unwrap().users(UserLookup::Username(boss)).await.unwrap();
        assert!(row[0].is_staff, "a hook may grant what no body can ask for");
    }
}

#[tokio::test]
async fn a_hook_refuses_a_registration_and_nothing_is_written() {
    for database in Database::each().await {
        let club = Club::default();
        let app = open(database, &club).await;
        let body = json!({
            "username": "eve", "email": "eve@elsewhere.example", "password1": PASSWORD, "password2": PASSWORD,
        });
        let before = app.rows().dump().await;
        let answer = app.client().post("/rest-auth/registration/").json(&body).send().await;
        assert_eq!((answer.status, answer.json()), (400, json!({"email": ["You are not invited."]})));
        assert_eq!(app.rows().dump().await, before);
        assert_eq!(club.diary(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_hook_that_refuses_stops_a_login_before_anything_is_issued() {
    for database in Database::each().await {
        let club = Club::default();
        let app = open(database, &club).await;
        app.register("bob").await;
        app.rows().run("DELETE FROM authtoken_token; DELETE FROM django_session").await;
        club.diary();
        let answer = app.log_in("bob", PASSWORD).await;
        assert_eq!((answer.status, answer.detail().as_str()), (403, "The club is closed today."));
        assert_eq!(answer.set_cookies(), Vec::<String>::new());
        assert_eq!(app.rows().count("authtoken_token").await, 0);
        assert_eq!(app.rows().count("django_session").await, 0);
        assert_eq!(club.diary(), Vec::<String>::new());
    }
}

#[tokio::test]
async fn observers_see_what_happened_in_order_and_never_what_did_not() {
    for database in Database::each().await {
        let club = Club::default();
        let app = open(database, &club).await;
        let key = app.token_of("ann").await;
        assert_eq!(club.diary(), ["registered ann, seen: true", "logged in ann"]);
        app.register("ann").await;
        assert_eq!(club.diary(), Vec::<String>::new(), "a refused registration is no event");
        app.log_in("ann", "wrong").await;
        app.log_in("nobody", "wrong").await;
        assert_eq!(club.diary(), ["failed", "failed"]);
        app.log_in("ann", PASSWORD).await;
        app.client().post("/rest-auth/logout/").token(&key).send().await;
        app.client().post("/rest-auth/logout/").send().await;
        assert_eq!(club.diary(), ["logged in ann", "logged out ann", "logged out nobody"]);
    }
}

#[tokio::test]
async fn several_hooks_are_asked_in_the_order_in_which_they_were_added() {
    struct Title(&'static str);
    #[async_trait]
    impl RegistrationHooks for Title {
        async fn before_register(&self, _cx: &Context, user: &mut NewUser) -> Result<()> {
            user.last_name.push_str(self.0);
            Ok(())
        }
    }
    let app = TestApp::built(Database::Memory, "", |builder| {
        builder.registration_hooks(Title("first,")).registration_hooks(Title("second"))
    })
    .await;
    let key = app.token_of("ann").await;
    let user = app.client().get("/rest-auth/user/").token(&key).send().await.json();
    assert_eq!(user["last_name"], "first,second");
}

#[tokio::test]
async fn an_account_is_shown_as_the_host_wants_it() {
    let app = TestApp::built(Database::Memory, "", |builder| {
        builder.represent_user(Arc::new(|user, shown| {
            shown.shift_remove("email");
            shown.insert("greeting".to_owned(), format!("Hello, {}", user.display()).into());
        }))
    })
    .await;
    let key = app.token_of("ann").await;
    let shown =
        json!({"pk": 1, "username": "ann", "first_name": "", "last_name": "", "greeting": "Hello, ann"});
    assert_eq!(app.client().get("/rest-auth/user/").token(&key).send().await.json(), shown);
    let changed = app.client().request("PATCH", "/rest-auth/user/").token(&key).json(&json!({})).send().await;
    assert_eq!(changed.json(), shown, "after a change too");
}

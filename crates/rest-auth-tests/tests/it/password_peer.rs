//! Passwords that rest-auth and a real dj-rest-auth change and reset on one database: what one mails the other takes.

use rest_auth_core::Clock;
use rest_auth_core::model::NewUser;
use rest_auth_tests::app::{Client, Database, PASSWORD, TestApp};
use rest_auth_tests::peer::{self, Peer, PeerServer};
use serde_json::{Value, json};

use crate::peer::ask_peer;

const CHANGE: &str = "password/change/";
const CONFIRM: &str = "password/reset/confirm/";
const LOGIN: &str = "login/";
const RESET: &str = "password/reset/";
const USER: &str = "user/";

/// Both on one database, with one secret and the time of this machine. The peer's server comes first, so that the
/// tables are Django's.
struct Both {
    app: TestApp,
    peer: Peer,
    server: PeerServer,
}

impl Both {
    async fn on(database: &Database, features: &[&str]) -> Self {
        let features: Value = features.into();
        let secret = rest_auth_tests::app::settings("").top.secret_key;
        let django = json!({
            "SECRET_KEY": secret.expose(), "FEATURES": features,
            "PASSWORD_HASHERS": ["project.hashers.QuickPBKDF2PasswordHasher"],
        });
        let peer = Peer::new(&database.url(), &django);
        let server = peer.serve();
        let settings = format!("[http]\nfeatures = {features}");
        let app = TestApp::built(database.clone(), &settings, |builder| builder.clock(Clock::System)).await;
        Self { app, peer, server }
    }

    /// To rest-auth, without cookies.
    async fn here(&self, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.app.client().post(&format!("/rest-auth/{path}")).json(body).send().await;
        (answer.status, answer.json())
    }

    /// To the peer, without cookies.
    fn there(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, answer, _) = ask_peer(self.server.address(), "POST", path, "", body);
        (status, answer)
    }

    /// To the peer, with the cookies of a browser of ours: the status, and the browser keeps what it is given.
    fn there_as(&self, browser: &Client, method: &str, path: &str, body: &Value) -> u16 {
        let cookie = |name| browser.cookie(name).unwrap_or_default();
        let (session, proof) = (cookie("sessionid"), cookie("csrftoken"));
        let headers = format!("Cookie: sessionid={session}; csrftoken={proof}\r\nX-CSRFToken: {proof}\r\n");
        let (status, _, cookies) = ask_peer(self.server.address(), method, path, &headers, body);
        for (name, value) in cookies.iter().filter_map(|pair| pair.split_once('=')) {
            browser.set_cookie(name, value);
        }
        status
    }

    /// Where the password lets Ann in: here and there.
    async fn opens(&self, password: &str) -> [bool; 2] {
        let body = json!({"username": "ann", "password": password});
        [self.here(LOGIN, &body).await.0 == 200, self.there(LOGIN, &body).0 == 200]
    }
}

/// What the link in a mail carries, with a new password.
fn link_in(mail: &str, password: &str) -> Value {
    let link = mail.split_whitespace().find(|word| word.contains("/confirm/")).expect("there is a link");
    let mut parts = link.trim_end_matches('/').rsplit('/');
    let (token, uid) = (parts.next(), parts.next());
    json!({"uid": uid, "token": token, "new_password1": password, "new_password2": password})
}

async fn each_mail_is_taken_by_the_other(features: &[&str]) {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        let both = Both::on(&database, features).await;
        let app = &both.app;
        if features.is_empty() {
            let password = app.app().passwords.encode(&PASSWORD.into()).await.unwrap();
            let (name, email) = (Some("ann".to_owned()), "Ann@Example.com".to_owned());
            let mut tx = app.store.write().await.unwrap();
            tx.add_user(NewUser::new(name, email, password, app.clock.now())).await.unwrap();
            tx.commit().await.unwrap();
        } else {
            assert_eq!(app.register("ann").await.status, 201);
        }
        assert_eq!(both.opens(PASSWORD).await, [true, true]);

        let request = json!({"email": "ann@example.com"});
        assert_eq!(both.here(RESET, &request).await.0, 200);
        app.deliver().await;
        let ours = link_in(&app.mailbox.sent().last().unwrap().mail.text, "s3t-at-the-peer");
        let (status, answer) = both.there(CONFIRM, &ours);
        assert_eq!(status, 200, "{answer}");
        assert_eq!(both.opens("s3t-at-the-peer").await, [true, true]);
        assert_eq!(both.here(CONFIRM, &ours).await, (400, json!({"token": ["Invalid value"]})), "once");

        assert_eq!(both.there(RESET, &request).0, 200);
        let theirs = link_in(both.peer.mails().last().unwrap(), "s3t-at-ours");
        let (status, answer) = both.here(CONFIRM, &theirs).await;
        assert_eq!(status, 200, "{answer}");
        assert_eq!(both.opens("s3t-at-ours").await, [true, true]);
        assert_eq!(both.there(CONFIRM, &theirs), (400, json!({"token": ["Invalid value"]})), "once");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reset_mail_of_either_is_taken_by_the_other() {
    each_mail_is_taken_by_the_other(&["registration"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_allauth_a_reset_mail_of_either_is_taken_by_the_other() {
    each_mail_is_taken_by_the_other(&[]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_survives_a_change_survives_it_at_both_and_others_end_at_both() {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        let both = Both::on(&database, &["registration"]).await;
        assert_eq!(both.app.register("ann").await.status, 201);
        let (here, phone) = (both.app.client(), both.app.client());
        for browser in [&here, &phone] {
            let login = json!({"username": "ann", "password": PASSWORD});
            assert_eq!(browser.post("/rest-auth/login/").json(&login).send().await.status, 200);
        }
        let new = json!({"new_password1": "s3t-at-ours", "new_password2": "s3t-at-ours"});
        assert_eq!(here.post("/rest-auth/password/change/").csrf().json(&new).send().await.status, 200);
        assert_eq!(both.there_as(&phone, "GET", USER, &Value::Null), 401);
        assert_eq!(both.there_as(&here, "GET", USER, &Value::Null), 200);

        // And the reverse: the peer changes it, with the session that we have opened.
        let former = both.app.client();
        former.set_cookie("sessionid", &here.cookie("sessionid").unwrap());
        let new = json!({"new_password1": "s3t-at-the-peer", "new_password2": "s3t-at-the-peer"});
        assert_eq!(both.there_as(&here, "POST", CHANGE, &new), 200);
        assert_eq!(here.get("/rest-auth/user/").send().await.status, 200);
        assert_eq!(former.get("/rest-auth/user/").send().await.status, 401, "its key has been replaced");
        assert_eq!(both.opens("s3t-at-the-peer").await, [true, true]);
    }
}

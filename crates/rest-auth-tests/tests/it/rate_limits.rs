//! allauth's rate limits on what flows do: guessing passwords above all.

use std::sync::Mutex;

use rest_auth::core::features::login::{Login, log_in};
use rest_auth::core::{Context, Error, Meta};
use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp};
use serde_json::{Value, json};

use super::password_change::Meddler;

/// Addresses log in too, and a name or an address may be tried five times in five minutes.
const LIMITED: &str = r#"
[account]
login_methods = ["username", "email"]
rate_limits = { login = false, login_failed = "5/300s/key" }
"#;

const BY_ADDRESS: &str = r#"
[account]
rate_limits = { login = false, login_failed = "3/m/ip" }
"#;

async fn attempt(client: &Client, body: &Value, address: &str) -> Response {
    client.post("/rest-auth/login/").from(address).json(body).send().await
}

async fn wrong(client: &Client, name: &str, address: &str) -> u16 {
    attempt(client, &json!({"username": name, "password": "wrong"}), address).await.status
}

async fn right(client: &Client, name: &str, address: &str) -> u16 {
    attempt(client, &json!({"username": name, "password": PASSWORD}), address).await.status
}

/// Sets a new password by a mailed link.
async fn reset(app: &TestApp, name: &str, new: &str) {
    let client = app.client();
    let body = json!({"email": format!("{name}@example.com")});
    assert_eq!(client.post("/rest-auth/password/reset/").json(&body).send().await.status, 200);
    let mail = app.last_mail_to(name).await;
    let link = mail.text.split_whitespace().find(|word| word.contains("/confirm/")).unwrap();
    let parts: Vec<&str> = link.trim_end_matches('/').rsplit('/').take(2).collect();
    let body = json!({"uid": parts[1], "token": parts[0], "new_password1": new, "new_password2": new});
    let set = client.post("/rest-auth/password/reset/confirm/").json(&body).send().await;
    assert_eq!(set.status, 200, "{}", set.text());
}

#[tokio::test]
async fn s_18_no_other_spelling_of_a_target_gets_more_tries() {
    for database in Database::each().await {
        let app = TestApp::on(database, LIMITED).await;
        app.token_of("ann").await;
        let client = app.client();
        let spellings = [
            json!({"username": "ann", "password": "wrong"}),
            json!({"username": " ANN ", "password": "wrong"}),
            json!({"email": "ann@example.com", "password": "wrong"}),
            json!({"email": "Ann@EXAMPLE.com", "password": "wrong"}),
            json!({"username": "Ann@example.com", "password": "wrong"}),
        ];
        for (number, body) in spellings.iter().enumerate() {
            let address = format!("192.0.2.{number}");
            assert_eq!(attempt(&client, body, &address).await.status, 400, "{body}");
        }
        for body in &spellings {
            let refused = attempt(&client, body, "192.0.2.99").await;
            assert_eq!((refused.status, refused.header("Retry-After")), (429, "300"), "{body}");
            let words = "Request was throttled. Expected available in 300 seconds.";
            assert_eq!(refused.detail(), words);
        }
        assert_eq!(right(&app.client(), "ann", "192.0.2.99").await, 429, "nor does the right password tell");
    }
}

#[tokio::test]
async fn s_18_names_of_nobody_fill_up_as_names_of_somebody_do() {
    let app = TestApp::with(LIMITED).await;
    let client = app.client();
    for name in ["nobody", "NOBODY", " nobody ", "\u{ff4e}obody", "Nobody"] {
        assert_eq!(wrong(&client, name, "192.0.2.1").await, 400, "{name}");
    }
    assert_eq!(wrong(&client, "nobody", "192.0.2.2").await, 429);
    assert_eq!(wrong(&client, "nobody else", "192.0.2.1").await, 400);
}

#[tokio::test]
async fn s_20_a_success_gives_back_its_own_try_and_no_other() {
    for database in Database::each().await {
        let app = TestApp::on(database, BY_ADDRESS).await;
        for name in ["ann", "bob"] {
            app.token_of(name).await;
        }
        let client = app.client();
        assert_eq!(wrong(&client, "bob", "192.0.2.1").await, 400);
        assert_eq!(wrong(&client, "bob", "192.0.2.1").await, 400);
        for _ in 0..3 {
            assert_eq!(right(&app.client(), "ann", "192.0.2.1").await, 200, "a success does not count");
        }
        assert_eq!(wrong(&client, "bob", "192.0.2.1").await, 400);
        assert_eq!(wrong(&client, "bob", "192.0.2.1").await, 429, "nor does it clear what failed");
        assert_eq!(right(&app.client(), "ann", "192.0.2.1").await, 429);
        assert_eq!(right(&app.client(), "ann", "192.0.2.2").await, 200);
    }
}

#[tokio::test]
async fn logins_are_counted_by_address_whether_right_or_wrong() {
    let app = TestApp::with("[account]\nrate_limits = { login = \"7/m/ip\", login_failed = false }").await;
    app.token_of("ann").await;
    for _ in 0..7 {
        assert_eq!(right(&app.client(), "ann", "192.0.2.1").await, 200);
    }
    assert_eq!(right(&app.client(), "ann", "192.0.2.1").await, 429);
    app.clock.advance(60);
    assert_eq!(right(&app.client(), "ann", "192.0.2.1").await, 200);
}

#[tokio::test]
async fn s_21_a_hundred_tries_at_once_get_five_passwords_looked_at() {
    for database in Database::each().await {
        let app = TestApp::on(database, LIMITED).await;
        app.token_of("ann").await;
        let other = app.another().await;
        let tries: Vec<_> = (0..100)
            .map(|number| {
                let client = if number % 2 == 0 { app.client() } else { other.client() };
                tokio::spawn(async move { wrong(&client, "ann", &format!("192.0.2.{number}")).await })
            })
            .collect();
        let mut looked_at = 0;
        for one in tries {
            match one.await.unwrap() {
                400 => looked_at += 1,
                status => assert_eq!(status, 429),
            }
        }
        assert_eq!(looked_at, 5);
    }
}

#[tokio::test]
async fn a_login_that_begins_again_is_one_try() {
    let settings = "[account]\nrate_limits = {}\n[rest_auth]\nrevoke_on_password_change = true";
    let counted = async |app: &TestApp, action: &str| {
        let keys = app.rows().texts("SELECT key FROM rest_auth_throttle").await;
        keys.iter().filter(|key| key.starts_with(&format!("{action}:"))).count()
    };
    for database in Database::each().await {
        for (name, meanwhile, expected) in
            [("ann", PASSWORD, (200, 1, 0)), ("bob", "an0ther-horse", (400, 2, 2))]
        {
            let meddler = Meddler { new: Mutex::new(Some(meanwhile)) };
            let app =
                TestApp::built(database.clone(), settings, |builder| builder.login_hooks(meddler)).await;
            app.register(name).await;
            let status = right(&app.client(), name, "192.0.2.1").await;
            let found = (status, counted(&app, "login").await, counted(&app, "login_failed").await);
            assert_eq!(found, expected, "logins and failures (by address and by account) so far");
        }
    }
}

/// A part of a limit with a long time makes it one of failures altogether, which only a mailed link ends before that.
#[tokio::test]
async fn s_23_after_so_many_failures_only_a_mailed_link_helps() {
    let app =
        TestApp::with("[account]\nrate_limits = { login = false, login_failed = \"5/300s/key,12/30d/key\" }")
            .await;
    app.token_of("ann").await;
    let client = app.client();
    for number in 0..12 {
        assert_eq!(wrong(&client, "ann", "192.0.2.1").await, 400, "{number}");
        app.clock.advance(75);
    }
    app.clock.advance(86_400);
    assert_eq!(right(&app.client(), "ann", "192.0.2.2").await, 429, "the day after, whoever it is");
    assert_eq!(right(&app.client(), "ann", "192.0.2.2").await, 429);
    reset(&app, "ann", "an0ther-horse").await;
    let body = json!({"username": "ann", "password": "an0ther-horse"});
    assert_eq!(attempt(&client, &body, "192.0.2.2").await.status, 200);
}

#[tokio::test]
async fn s_22_time_ends_a_lock_out_and_trying_on_does_not_lengthen_it() {
    let app = TestApp::with(LIMITED).await;
    app.token_of("ann").await;
    let client = app.client();
    for _ in 0..5 {
        wrong(&client, "ann", "192.0.2.1").await;
    }
    for _ in 0..29 {
        app.clock.advance(10);
        assert_eq!(wrong(&client, "ann", "192.0.2.1").await, 429);
    }
    app.clock.advance(10);
    assert_eq!(right(&app.client(), "ann", "192.0.2.2").await, 200);
}

#[tokio::test]
async fn s_22_who_is_logged_in_is_not_locked_out() {
    let app = TestApp::with(LIMITED).await;
    let key = app.token_of("ann").await;
    let client = app.client();
    for _ in 0..6 {
        wrong(&client, "ann", "192.0.2.1").await;
    }
    assert_eq!(client.get("/rest-auth/user/").token(&key).send().await.status, 200);
}

#[tokio::test]
async fn s_24_a_host_that_calls_the_flow_is_limited_as_its_clients_are() {
    let app = TestApp::with(LIMITED).await;
    app.token_of("ann").await;
    let input = || Login { username: Some("ann".to_owned()), email: None, password: "wrong".into() };
    for _ in 0..5 {
        assert!(matches!(log_in(&app.context(), input(), None).await, Err(Error::Invalid(_))));
    }
    let meta = Meta { address: "192.0.2.1".parse().ok(), ..Meta::default() };
    let elsewhere = Context::new(std::sync::Arc::clone(app.app()), meta);
    let refused = log_in(&elsewhere, input(), None).await;
    assert!(matches!(refused, Err(Error::Throttled { wait: Some(300) })), "{refused:?}");
    assert_eq!(right(&app.client(), "ann", "192.0.2.1").await, 429, "both count together");
}

#[tokio::test]
async fn sign_ups_are_counted_by_address() {
    let app = TestApp::with("[account]\nrate_limits = { signup = \"2/m/ip\" }").await;
    for name in ["ann", "bob"] {
        assert_eq!(app.register(name).await.status, 201);
    }
    assert_eq!(app.register("cem").await.status, 429);
    app.clock.advance(60);
    assert_eq!(app.register("cem").await.status, 201);
}

#[tokio::test]
async fn w_05_the_strict_profile_limits_guesses_and_the_compatible_one_does_not() {
    for (settings, expected) in [("profile = \"strict\"\n[password]\nhashers = [\"argon2\"]", 429), ("", 400)]
    {
        let app = TestApp::with(settings).await;
        let client = app.client();
        let mut last = 0;
        for _ in 0..6 {
            last = wrong(&client, "ann", "192.0.2.1").await;
        }
        assert_eq!(last, expected, "{settings}");
    }
}

#[tokio::test]
async fn no_name_that_somebody_typed_is_kept() {
    let app = TestApp::on(Database::file(), LIMITED).await;
    wrong(&app.client(), "my-s3cret-password", "192.0.2.1").await;
    let keys = app.rows().texts("SELECT key FROM rest_auth_throttle").await;
    assert_eq!(keys.len(), 1);
    assert!(!keys[0].contains("s3cret"), "{keys:?}");
}

#[tokio::test]
async fn s_22_a_reset_password_ends_a_lock_out() {
    for database in Database::each().await {
        let app = TestApp::on(database, LIMITED).await;
        app.token_of("ann").await;
        let client = app.client();
        for _ in 0..6 {
            wrong(&client, "ann", "192.0.2.1").await;
        }
        let new = "an0ther-horse";
        reset(&app, "ann", new).await;
        let body = json!({"username": "ann", "password": new});
        assert_eq!(attempt(&client, &body, "192.0.2.2").await.status, 200);
    }
}

#[tokio::test]
async fn s_64_resets_are_counted_by_the_address_that_they_name_known_or_unknown() {
    let app = TestApp::with("[account]\nrate_limits = {}").await;
    app.token_of("ann").await;
    let client = app.client();
    for name in ["ann", "nobody"] {
        let ask = async |email: &str| {
            client.post("/rest-auth/password/reset/").json(&json!({ "email": email })).send().await.status
        };
        for _ in 0..5 {
            assert_eq!(ask(&format!("{name}@example.com")).await, 200);
        }
        assert_eq!(ask(&format!("{}@EXAMPLE.com", name.to_uppercase())).await, 429, "{name}");
    }
}

#[tokio::test]
async fn s_08_guesses_of_the_old_password_are_counted_by_account() {
    let app =
        TestApp::with("[account]\nrate_limits = {}\n[rest_auth]\nold_password_field_enabled = true").await;
    let (ann, bob) = (app.token_of("ann").await, app.token_of("bob").await);
    let client = app.client();
    let guess = async |key: &str| {
        let body = json!({"old_password": "wrong", "new_password1": "an0ther-horse", "new_password2": "an0ther-horse"});
        client.post("/rest-auth/password/change/").token(key).json(&body).send().await.status
    };
    for _ in 0..5 {
        assert_eq!(guess(&ann).await, 400);
    }
    assert_eq!(guess(&ann).await, 429);
    assert_eq!(guess(&bob).await, 400);
}

#[tokio::test]
async fn a_02_a_password_with_every_request_is_limited_as_at_login() {
    let basic = format!("{LIMITED}\n[http]\nauthentication = [\"basic\"]\n[rest_auth]\ntoken_model = true");
    let app = TestApp::with(&basic).await;
    app.token_of("ann").await;
    // ann:wrong, and ann:c0rrect-horse
    let (bad, good) = ("Basic YW5uOndyb25n", "Basic YW5uOmMwcnJlY3QtaG9yc2U=");
    let send = async |value: &str| {
        app.client().get("/rest-auth/user/").header("Authorization", value).send().await.status
    };
    for _ in 0..7 {
        assert_eq!(send(good).await, 200, "a success does not count");
    }
    for _ in 0..5 {
        assert_eq!(send(bad).await, 401);
    }
    assert_eq!((send(bad).await, send(good).await), (429, 429));
    assert_eq!(right(&app.client(), "ann", "192.0.2.1").await, 429, "both count together");
    let out = app.client().post("/rest-auth/logout/").header("Authorization", bad).send().await;
    assert_eq!(out.status, 200, "what a stranger may do is not refused for a useless header");
}

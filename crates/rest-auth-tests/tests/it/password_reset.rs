//! Resetting a password by mail: whom a request means, what a link is good for, and what nobody may learn from either.

use std::collections::BTreeSet;

use rest_auth_core::mail::Mail;
use rest_auth_core::model::UserId;
use rest_auth_tests::app::{Database, PASSWORD, Response, TestApp};
use serde_json::{Value, json};

use crate::journal::Journal;
use crate::statements::Recorder;

const RESET: &str = "/rest-auth/password/reset/";
const CONFIRM: &str = "/rest-auth/password/reset/confirm/";
const LOGIN: &str = "/rest-auth/login/";
const USER: &str = "/rest-auth/user/";
const NEW: &str = "n3w-battery-staple";
const SENT: &str = r#"{"detail":"Password reset e-mail has been sent."}"#;
/// Without allauth.
const DJANGO: &str = "[http]\nfeatures = []";
const NEW_SECRET: &str = "zq81mVb4LrT9xkPy2nWc6HdJ7fGs0aEo3uIvBt5D";

/// The two halves of a mailed link.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Link {
    uid: String,
    token: String,
}

impl Link {
    fn of(mail: &Mail) -> Self {
        let link =
            mail.text.split_whitespace().find(|word| word.contains("/password/reset/confirm/")).unwrap();
        let mut parts = link.trim_end_matches('/').rsplit('/').map(str::to_owned);
        let (token, uid) = (parts.next().unwrap(), parts.next().unwrap());
        Self { uid, token }
    }

    fn path(&self) -> String {
        format!("{CONFIRM}{}/{}/", self.uid, self.token)
    }

    fn with(&self, password: &str) -> Value {
        json!({"uid": self.uid, "token": self.token, "new_password1": password, "new_password2": password})
    }
}

async fn ask(app: &TestApp, email: &str) -> Response {
    let answer = app.client().post(RESET).json(&json!({ "email": email })).send().await;
    assert_eq!((answer.status, answer.text().as_str(), answer.set_cookies()), (200, SENT, Vec::new()));
    answer
}

/// Asks for a link for `NAME@example.com` and takes it from the mail.
async fn link_of(app: &TestApp, name: &str) -> Link {
    ask(app, &format!("{name}@example.com")).await;
    Link::of(&app.last_mail_to(name).await)
}

async fn confirm(app: &TestApp, link: &Link, password: &str) -> Response {
    app.client().post(CONFIRM).json(&link.with(password)).send().await
}

/// An account as Django makes one, without rows of allauth: straight into the table.
async fn add_account(app: &TestApp, name: &str, email: &str) {
    let password = app.app().passwords.encode(&PASSWORD.into()).await.unwrap();
    let mut tx = app.store.write().await.unwrap();
    let user = rest_auth_core::model::NewUser::new(
        Some(name.to_owned()),
        email.to_owned(),
        password,
        app.clock.now(),
    );
    tx.add_user(user).await.unwrap();
    tx.commit().await.unwrap();
}

async fn add_address(app: &TestApp, user: i64, email: &str, verified: bool) {
    let mut tx = app.store.write().await.unwrap();
    tx.add_email_address(UserId::Int(user), email, verified, false).await.unwrap();
    tx.commit().await.unwrap();
}

/// Delivers, and tells to whom.
async fn recipients(app: &TestApp) -> Vec<String> {
    let before = app.mailbox.sent().len();
    app.deliver().await;
    app.mailbox.sent().into_iter().skip(before).map(|queued| queued.mail.to).collect()
}

const TOKEN_INVALID: &str = r#"{"token":["Invalid value"]}"#;

async fn assert_is_void(app: &TestApp, link: &Link, why: &str) {
    let refused = confirm(app, link, "s0me-0ther-one").await;
    assert_eq!((refused.status, refused.text().as_str()), (400, TOKEN_INVALID), "{why}");
}

#[tokio::test]
async fn s_62_a_mailed_link_sets_a_new_password_and_logs_nobody_in() {
    for database in Database::each().await {
        let app = TestApp::on(database.clone(), "").await;
        app.register("ann").await;
        let link = link_of(&app, "ann").await;
        assert_eq!(link.uid, "1");
        let browser = app.client();
        let done = browser.post(CONFIRM).json(&link.with(NEW)).send().await;
        let told = r#"{"detail":"Password has been reset with the new password."}"#;
        assert_eq!((done.status, done.text().as_str(), done.set_cookies()), (200, told, Vec::new()));
        assert_eq!(browser.get(USER).send().await.status, 401);
        assert_eq!(app.log_in("ann", PASSWORD).await.status, 400);
        assert_eq!(app.log_in("ann", NEW).await.status, 200);

        let django = TestApp::on(database, DJANGO).await;
        let link = link_of(&django, "ann").await;
        assert_eq!(link.uid, "MQ");
        assert_eq!(confirm(&django, &link, "y3t-another-one").await.status, 200);
        assert_eq!(django.log_in("ann", "y3t-another-one").await.status, 200);
    }
}

#[tokio::test]
async fn s_55_of_fifty_requests_with_one_link_one_sets_the_password() {
    for database in Database::each().await {
        for features in ["[\"registration\"]", "[]"] {
            let app = TestApp::on(database.clone(), &format!("[http]\nfeatures = {features}")).await;
            let name = if features == "[]" { "bob" } else { "ann" };
            add_account(&app, name, &format!("{name}@example.com")).await;
            let link = link_of(&app, name).await;
            let crowd: Vec<_> = (0..50)
                .map(|number| {
                    let password = format!("n3w-battery-{number}");
                    let request = app.client().post(CONFIRM).json(&link.with(&password));
                    tokio::spawn(async move { (password, request.send().await) })
                })
                .collect();
            let mut winners = Vec::new();
            for member in crowd {
                let (password, answer) = member.await.unwrap();
                match answer.status {
                    200 => winners.push(password),
                    400 => assert_eq!(answer.text(), TOKEN_INVALID),
                    other => panic!("{other}: {}", answer.text()),
                }
            }
            assert_eq!(winners.len(), 1, "{winners:?}");
            assert_eq!(app.log_in(name, &winners[0]).await.status, 200);
        }
    }
}

#[tokio::test]
async fn s_64_a_request_for_an_unknown_address_is_the_same_work() {
    for database in Database::each().await {
        for features in ["[\"registration\"]", "[]"] {
            let app = TestApp::on(database.clone(), &format!("[http]\nfeatures = {features}")).await;
            let name = if features == "[]" { "bob" } else { "ann" };
            add_account(&app, name, &format!("{name}@example.com")).await;
            if features != "[]" {
                add_address(&app, 1, "ann@example.com", true).await;
            }
            let mut seen = BTreeSet::new();
            let off = format!("UPDATE auth_user SET is_active = false WHERE username = '{name}'");
            for (who, email) in
                [("known", format!("{name}@example.com")), ("unknown", "nobody@example.com".to_owned())]
            {
                let recorder = Recorder::default();
                let guard = recorder.start();
                ask(&app, &email).await;
                drop(guard);
                assert!(
                    recorder.texts().iter().any(|sql| sql.contains("INSERT INTO rest_auth_outbox")),
                    "{who}"
                );
                seen.insert(recorder.texts());
                assert_eq!(app.rows().count("rest_auth_outbox").await, 1, "{who}: one mail waits");
                let mails = recipients(&app).await;
                assert_eq!(mails.len(), usize::from(who == "known"));
                assert_eq!(app.rows().count("rest_auth_outbox").await, 0, "{who}: nothing is left behind");
            }
            app.rows().run(&off).await;
            let recorder = Recorder::default();
            let guard = recorder.start();
            ask(&app, &format!("{name}@example.com")).await;
            drop(guard);
            seen.insert(recorder.texts());
            assert_eq!(seen.len(), 1, "the statements differ: {seen:#?}");
            assert_eq!(recipients(&app).await, Vec::<String>::new());
        }
    }
}

#[tokio::test]
async fn s_57_a_link_dies_with_everything_that_it_was_made_from() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        for (id, name) in
            (1..).zip(["used", "changed", "moved", "joined", "left", "logged", "off", "gone", "late", "soon"])
        {
            let token = app.token_of(name).await;
            app.clock.advance(60);
            let link = link_of(&app, name).await;
            let rows = app.rows();
            match name {
                "used" => assert_eq!(confirm(&app, &link, NEW).await.status, 200),
                "changed" => {
                    let body = json!({"new_password1": NEW, "new_password2": NEW});
                    let done = app
                        .client()
                        .post("/rest-auth/password/change/")
                        .token(&token)
                        .json(&body)
                        .send()
                        .await;
                    assert_eq!(done.status, 200);
                }
                "moved" => {
                    rows.run("UPDATE auth_user SET email = 'm@example.com' WHERE username = 'moved'").await;
                }
                "joined" => add_address(&app, id, "second@example.com", false).await,
                "left" => {
                    add_address(&app, id, "third@example.com", false).await;
                    let fresh = link_of(&app, name).await;
                    rows.run("DELETE FROM account_emailaddress WHERE email = 'third@example.com'").await;
                    assert_is_void(&app, &fresh, "an address went").await;
                    continue;
                }
                "logged" => assert_eq!(app.log_in(name, PASSWORD).await.status, 200),
                "off" => rows.run("UPDATE auth_user SET is_active = false WHERE username = 'off'").await,
                "gone" => {
                    let mut tx = app.store.write().await.unwrap();
                    tx.delete_user(UserId::Int(id)).await.unwrap();
                    tx.commit().await.unwrap();
                }
                "late" => app.clock.advance(259_201),
                _ => {
                    app.clock.advance(259_200);
                    assert_eq!(confirm(&app, &link, NEW).await.status, 200, "the last second counts");
                    continue;
                }
            }
            assert_is_void(&app, &link, name).await;
        }
    }
}

#[tokio::test]
async fn s_55_in_strict_a_link_lives_an_hour() {
    let strict = rest_auth_tests::app::settings("profile = \"strict\"\n[password]\nhashers = [\"argon2\"]");
    assert_eq!(strict.password.reset_timeout.signed(), 3600);
    let app = TestApp::with("[password]\nreset_timeout = \"1h\"").await;
    app.register("ann").await;
    let link = link_of(&app, "ann").await;
    app.clock.advance(3601);
    assert_is_void(&app, &link, "too old").await;
}

#[tokio::test]
async fn a_link_that_a_former_secret_signed_still_works() {
    for database in Database::each().await {
        let app = TestApp::on(database.clone(), "").await;
        app.register("ann").await;
        let link = link_of(&app, "ann").await;
        let without = TestApp::on(database.clone(), &format!("secret_key = \"{NEW_SECRET}\"")).await;
        assert_is_void(&without, &link, "another secret").await;
        let former = app.app().settings.top.secret_key.expose().clone();
        let keys = format!("secret_key = \"{NEW_SECRET}\"\nsecret_key_fallbacks = [\"{former}\"]");
        let with = TestApp::on(database, &keys).await;
        assert_eq!(confirm(&with, &link, NEW).await.status, 200);
    }
}

#[tokio::test]
async fn a_link_survives_that_a_deployment_turns_registration_on_or_off() {
    for database in Database::each().await {
        let (allauth, django) =
            (TestApp::on(database.clone(), "").await, TestApp::on(database, DJANGO).await);
        allauth.register("ann").await;
        let link = link_of(&allauth, "ann").await;
        assert_eq!(confirm(&django, &link, NEW).await.status, 200);
        let link = link_of(&django, "ann").await;
        assert_eq!(confirm(&allauth, &link, "y3t-another-one").await.status, 200);
    }
}

#[tokio::test]
async fn s_57_a_token_is_good_for_its_own_account_only() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        for name in ["ann", "bob"] {
            app.register(name).await;
        }
        let (ann, bob) = (link_of(&app, "ann").await, link_of(&app, "bob").await);
        let before = app.rows().dump().await;
        let swapped = Link { uid: ann.uid.clone(), token: bob.token.clone() };
        assert_is_void(&app, &swapped, "another's").await;
        for token in
            ["x", "-", "a-b-c", &ann.token.to_uppercase(), &ann.token[1..], &format!("{}0", ann.token)]
        {
            assert_is_void(&app, &Link { token: token.to_owned(), ..ann.clone() }, token).await;
        }
        for missing in ["uid", "token", "new_password1", "new_password2"] {
            let mut body = ann.with(NEW);
            body.as_object_mut().unwrap().remove(missing);
            let refused = app.client().post(CONFIRM).json(&body).send().await;
            assert_eq!(
                (refused.status, &refused.json()[missing]),
                (400, &json!(["This field is required."]))
            );
        }
        assert_eq!(app.rows().dump().await, before);
    }
}

#[tokio::test]
async fn w_15_an_unknown_account_answers_as_a_wrong_token_does() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        app.register("ann").await;
        let link = link_of(&app, "ann").await;
        for uid in ["1", "2", "zz", "0", "-1", "1y2p0ij32e8e7", "MQ", "Mg"] {
            let wrong = Link { uid: uid.to_owned(), token: format!("{}0", link.token) };
            assert_is_void(&app, &wrong, uid).await;
        }
        for uid in ["!", "é", "1/2", "99999999999999", "\u{200b}"] {
            let refused = confirm(&app, &Link { uid: uid.to_owned(), ..link.clone() }, NEW).await;
            assert_eq!(
                (refused.status, refused.text().as_str()),
                (400, r#"{"uid":["Invalid value"]}"#),
                "{uid}"
            );
        }
    }
}

#[tokio::test]
async fn w_16_a_reset_ends_the_token_where_the_settings_say_so_and_sessions_always() {
    for database in Database::each().await {
        for revoke in [false, true] {
            let app =
                TestApp::on(database.clone(), &format!("[rest_auth]\nrevoke_on_password_change = {revoke}"))
                    .await;
            let name = format!("ann{revoke}");
            let token = app.token_of(&name).await;
            let browser = app.client();
            browser.post(LOGIN).json(&json!({"username": name, "password": PASSWORD})).send().await;
            assert_eq!(browser.get(USER).send().await.status, 200);
            let link = link_of(&app, &name).await;
            assert_eq!(confirm(&app, &link, NEW).await.status, 200);
            assert_eq!(browser.get(USER).send().await.status, 401);
            let expected = if revoke { 401 } else { 200 };
            assert_eq!(app.client().get(USER).token(&token).send().await.status, expected);
        }
    }
}

#[tokio::test]
async fn w_41_only_an_address_that_is_shown_to_be_ones_own_resets_an_account_that_has_one() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        for (name, email) in
            [("ann", "ann@example.com"), ("eve", "ann@example.com"), ("dan", "dan@example.com")]
        {
            add_account(&app, name, email).await;
        }
        assert_eq!(nobody_else(&app, "ann@example.com").await, ["ann@example.com", "ann@example.com"]);
        add_address(&app, 1, "ann@example.com", true).await;
        add_address(&app, 2, "ann@example.com", false).await;
        assert_eq!(
            nobody_else(&app, "ANN@example.com").await,
            ["ann@example.com"],
            "ann has shown that it is hers"
        );
        assert_eq!(Link::of(&app.last_mail_to("ann").await).uid, "1");

        add_address(&app, 3, "dan@example.com", true).await;
        add_address(&app, 3, "dna@example.com", false).await;
        add_address(&app, 3, "dan@home.example", true).await;
        assert_eq!(nobody_else(&app, "dna@example.com").await, Vec::<String>::new(), "a slip of the pen");
        assert_eq!(nobody_else(&app, "dan@home.example").await, ["dan@home.example"]);
        assert_eq!(nobody_else(&app, "dan@example.com").await, ["dan@example.com"]);
    }
}

async fn nobody_else(app: &TestApp, email: &str) -> Vec<String> {
    ask(app, email).await;
    recipients(app).await
}

#[tokio::test]
async fn a_request_mails_ten_accounts_at_most_and_whoever_owns_the_address_among_them() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        for number in 1..=15 {
            add_account(&app, &format!("u{number}"), "shared@example.com").await;
            add_address(&app, number, "shared@example.com", false).await;
        }
        assert_eq!(nobody_else(&app, "shared@example.com").await.len(), 10);
        app.rows().run("UPDATE account_emailaddress SET verified = true WHERE user_id = 15").await;
        assert_eq!(nobody_else(&app, "shared@example.com").await.len(), 1);
        assert_eq!(Link::of(&app.last_mail_to("shared").await).uid, "f");
    }
}

#[tokio::test]
async fn s_59_a_mail_goes_to_the_stored_address_and_a_look_alike_gets_nothing() {
    for database in Database::each().await {
        for features in ["[\"registration\"]", "[]"] {
            let app = TestApp::on(database.clone(), &format!("[http]\nfeatures = {features}")).await;
            let name = if features == "[]" { "bob" } else { "ann" };
            add_account(&app, name, &format!("{name}@Mike.example")).await;
            let stored = format!("{name}@Mike.example");
            assert_eq!(
                nobody_else(&app, &format!("{}@MIKE.EXAMPLE", name.to_uppercase())).await,
                std::slice::from_ref(&stored)
            );
            // The dotless i is an I in capitals, and so is the one that is stored.
            assert_eq!(nobody_else(&app, &format!("{name}@mıke.example")).await, Vec::<String>::new());
            // The Kelvin sign is a k: the same address, and the mail goes to the stored spelling.
            let same = nobody_else(&app, &format!("{name}@mi\u{212a}e.example")).await;
            assert!(same.iter().all(|to| *to == stored), "{same:?}");
        }
    }
}

#[tokio::test]
async fn s_58_a_link_leads_where_the_configuration_says_whatever_the_request_claims() {
    for database in Database::each().await {
        let app = TestApp::on(database, "[http]\nallowed_hosts = [\"*\"]").await;
        app.register("ann").await;
        let evil = app
            .client()
            .post(RESET)
            .header("host", "evil.example")
            .header("x-forwarded-host", "evil.example");
        let evil =
            evil.header("forwarded", "host=evil.example;proto=https").header("x-forwarded-proto", "https");
        assert_eq!(evil.json(&json!({"email": "ann@example.com"})).send().await.status, 200);
        let mail = app.last_mail_to("ann").await;
        assert!(
            mail.text.contains("\nhttp://testserver/rest-auth/password/reset/confirm/1/"),
            "{}",
            mail.text
        );
        assert!(!mail.text.contains("evil") && !mail.subject.contains("evil"));
    }
}

#[tokio::test]
async fn a_link_leads_to_the_front_end_or_to_the_host_of_the_site_where_the_settings_say_so() {
    for database in Database::each().await {
        let front = "[links]\npassword_reset = \"https://app.example.org/reset?u={uid}&t={token}#x\"";
        let app = TestApp::on(database.clone(), front).await;
        app.register("ann").await;
        ask(&app, "ann@example.com").await;
        let text = app.last_mail_to("ann").await.text;
        let link = text
            .split_whitespace()
            .find(|word| word.starts_with("https://app.example.org/reset?u=1&t="))
            .unwrap();
        let token = link.split("&t=").nth(1).unwrap().trim_end_matches("#x").to_owned();
        let link = Link { uid: "1".to_owned(), token };
        assert_eq!(app.client().get(&link.path()).send().await.status, 404, "the front end owns the page");
        assert_eq!(confirm(&app, &link, NEW).await.status, 200);

        let site = TestApp::on(database, "[rest_auth]\npassword_reset_use_sites_domain = true").await;
        site.rows().run("UPDATE django_site SET domain = 'club.example', name = 'The Club'").await;
        ask(&site, "ann@example.com").await;
        let mail = site.last_mail_to("ann").await;
        assert!(
            mail.text.contains("\nhttp://club.example/rest-auth/password/reset/confirm/1/"),
            "{}",
            mail.text
        );
        assert_eq!(mail.subject, "[The Club] Password Reset Email");
    }
}

#[tokio::test]
async fn nothing_is_written_while_links_are_made_and_checked() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        add_account(&app, "ann", "Ann@Example.com").await;
        let before = app.rows().dump().await;
        ask(&app, "ann@example.com").await;
        app.deliver().await;
        let link = Link::of(&app.mailbox.last_to("Ann@Example.com").unwrap());
        let wrong = Link { token: "x".to_owned(), ..link.clone() };
        assert_is_void(&app, &wrong, "wrong").await;
        assert_eq!(confirm(&app, &link, "12345").await.status, 400);
        assert_eq!(app.client().get(&wrong.path()).send().await.status, 200);
        let mut after = app.rows().dump().await;
        // The counter of keys goes on.
        for table in ["sqlite_sequence", "rest_auth_outbox"] {
            after.remove(table);
        }
        assert!(after.iter().all(|(table, rows)| before.get(table) == Some(rows)), "{after:#?}");
        assert_eq!(confirm(&app, &link, NEW).await.status, 200);
    }
}

#[tokio::test]
async fn s_15_neither_link_nor_password_is_logged() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let journal = Journal::default();
    let guard = journal.start();
    let link = link_of(&app, "ann").await;
    assert_eq!(confirm(&app, &link, "12345").await.status, 400);
    assert_eq!(app.client().get(&link.path()).send().await.status, 200);
    assert_eq!(confirm(&app, &link, NEW).await.status, 200);
    drop(guard);
    let text = journal.text();
    assert!(text.contains("rest_password_reset_confirm"), "the journal was read: {text}");
    for secret in [link.token.as_str(), NEW, "12345", "ann@example.com"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
}

#[tokio::test]
async fn accounts_with_uuids_and_without_names_are_reset_as_well() {
    for database in Database::each().await {
        let model = "[user_model]\ntable = \"club_member\"\nid_kind = \"uuid\"\nlogin_field = \"email\"\nusername_field = false\n\
                     [account]\nlogin_methods = [\"email\"]\nsignup_fields = [\"email*\"]\n";
        let app = TestApp::on(database.clone(), model).await;
        let body = json!({"email": "ann@example.com", "password1": PASSWORD, "password2": PASSWORD});
        assert_eq!(app.client().post("/rest-auth/registration/").json(&body).send().await.status, 201);
        let log_in = async |password: &str| {
            let body = json!({"email": "ann@example.com", "password": password});
            app.client().post(LOGIN).json(&body).send().await.status
        };
        let link = link_of(&app, "ann").await;
        assert!(
            link.uid.len() == 32 && !app.last_mail_to("ann").await.text.contains("your username"),
            "{link:?}"
        );
        let similar = confirm(&app, &link, "ann@example.com").await;
        assert_eq!(
            similar.json(),
            json!({"new_password2": ["The password is too similar to the email address."]})
        );
        assert_eq!(confirm(&app, &link, NEW).await.status, 200);
        assert_eq!(log_in(NEW).await, 200);

        let django = TestApp::on(database, &format!("{model}[http]\nfeatures = []")).await;
        let link = link_of(&django, "ann").await;
        assert_eq!(link.uid.len(), 48, "base 64 of the UUID with its dashes");
        assert_eq!(confirm(&django, &link, "y3t-another-one").await.status, 200);
    }
}

//! The pages that a confirmation mail leads to where no front end has pages of its own: what opening the link does and
//! does not, and what the button does to whoever presses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use rest_auth_core::hooks::LoginHooks;
use rest_auth_core::model::User;
use rest_auth_core::{Context, Error, Result, messages};
use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp};
use serde_json::json;

const MANDATORY: &str = "[http]\nlogin_url = \"/enter/\"\nlogin_redirect_url = \"/inside/\"\n\
                         [account]\nemail_verification = \"mandatory\"\nsignup_fields = [\"email*\", \"username*\"]\n";

/// Signs up in a browser: the path of the link in the mail.
async fn sign_up(app: &TestApp, browser: &Client, name: &str) -> String {
    let body = json!({
        "username": name, "email": format!("{name}@example.com"), "password1": PASSWORD, "password2": PASSWORD,
    });
    let answer = browser.post("/rest-auth/registration/").json(&body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let mail = app.last_mail_to(name).await;
    let link = mail.text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
    link.strip_prefix("http://testserver").unwrap().to_owned()
}

async fn is_verified(app: &TestApp, name: &str) -> bool {
    let email = format!("{name}@example.com");
    let rows = app.store.read().await.unwrap().email_addresses(&email).await.unwrap();
    rows.iter().any(|row| row.verified)
}

/// Who is logged in, if anybody.
async fn who(browser: &Client) -> Option<String> {
    let answer = browser.get("/rest-auth/user/").send().await;
    answer.json()["username"].as_str().map(str::to_owned)
}

fn assert_leads_to(answer: &Response, place: &str) {
    assert_eq!((answer.status, answer.header("location")), (302, place), "{}", answer.text());
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn s_105_opening_the_link_asks_and_only_the_button_confirms() {
    let app = TestApp::with(MANDATORY).await;
    let (browser, stranger) = (app.client(), app.client());
    let link = sign_up(&app, &browser, "ann").await;
    for method in ["GET", "HEAD"] {
        let page = stranger.request(method, &link).send().await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"));
        assert_eq!(
            (page.header("referrer-policy"), page.header("cache-control")),
            ("no-referrer", "no-store")
        );
        let policy = page.header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{policy}"
        );
        assert_eq!(page.set_cookies(), Vec::<String>::new());
        assert_eq!(page.text().contains("<form method=\"post\">"), method == "GET");
        assert_eq!(
            page.text().contains("ann@example.com is an email address for user ann."),
            method == "GET"
        );
        assert!(!is_verified(&app, "ann").await, "{method} must not confirm: scanners open links too");
    }
    assert_leads_to(&stranger.post(&link).send().await, "/enter/");
    assert!(is_verified(&app, "ann").await);
    for (method, status) in [("POST", 404), ("GET", 200)] {
        let again = stranger.request(method, &link).send().await;
        assert_eq!(again.status, status);
        assert!(again.text().contains("This email confirmation link expired or is invalid."), "{method}");
    }
}

#[tokio::test]
async fn a_wrong_key_is_told_so_and_no_other_host_is_served() {
    let app = TestApp::with("[http]\nallowed_hosts = [\"testserver\"]").await;
    let client = app.client();
    let link = "/rest-auth/registration/account-confirm-email/MQ:1xUx9u:wrong/";
    assert!(client.post(link).send().await.text().contains("expired or is invalid"));
    assert_eq!(client.post(link).header("host", "evil.example").send().await.status, 400);
    let sent = client.get("/rest-auth/registration/account-email-verification-sent/").send().await;
    assert_eq!(sent.status, 200);
    let without = TestApp::with("[http]\nfeatures = []").await;
    assert_eq!(without.client().get(link).json(&json!({})).send().await.status, 404);
}

#[tokio::test]
async fn head_never_confirms_even_where_get_does() {
    let app = TestApp::with(&format!("{MANDATORY}confirm_email_on_get = true")).await;
    let (browser, stranger) = (app.client(), app.client());
    let link = sign_up(&app, &browser, "ann").await;
    assert_eq!(stranger.request("HEAD", &link).send().await.status, 200);
    assert!(!is_verified(&app, "ann").await);
    assert_leads_to(&stranger.get(&link).send().await, "/enter/");
    assert!(is_verified(&app, "ann").await);
    assert_eq!(stranger.get(&link).send().await.status, 200, "a page, since the link is of no use any more");
}

#[tokio::test]
async fn s_55_of_fifty_who_press_the_button_at_once_one_confirms() {
    for database in Database::each().await {
        let app = TestApp::on(database, MANDATORY).await;
        let link = sign_up(&app, &app.client(), "ann").await;
        let crowd: Vec<_> = (0..50)
            .map(|_| {
                let (client, link) = (app.client(), link.clone());
                tokio::spawn(async move { client.post(&link).send().await.status })
            })
            .collect();
        let mut confirmed = 0;
        for member in crowd {
            match member.await.unwrap() {
                302 => confirmed += 1,
                404 => {}
                other => panic!("{other}"),
            }
        }
        assert_eq!(confirmed, 1);
    }
}

#[tokio::test]
async fn an_address_that_somebody_else_has_confirmed_is_told_and_nothing_is_claimed() {
    for database in Database::each().await {
        let app = TestApp::on(database, "[account]\nemail_confirmation_cooldown = 0").await;
        let ann = sign_up(&app, &app.client(), "ann").await;
        let body = json!({
            "username": "eve", "email": "ann@example.com", "password1": PASSWORD, "password2": PASSWORD,
        });
        assert_eq!(app.client().post("/rest-auth/registration/").json(&body).send().await.status, 201);
        let mail = app.last_mail_to("ann").await;
        let eve = mail.text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
        let eve = eve.strip_prefix("http://testserver").unwrap();
        assert_eq!(app.client().post(&ann).send().await.status, 302);

        let before = app.rows().dump().await;
        let sentence =
            "Unable to confirm ann@example.com because it is already confirmed by a different account.";
        for (method, status) in [("GET", 200), ("POST", 409)] {
            let told = app.client().request(method, eve).send().await;
            assert_eq!(told.status, status, "{method}");
            assert!(told.text().contains(sentence) && !told.text().contains("<form"), "{}", told.text());
        }
        let script = app.client().get(eve).header("Accept", "application/json").send().await;
        assert_eq!((script.status, script.json()), (400, json!({ "data": { "can_confirm": false } })));
        assert_eq!(app.rows().dump().await, before);
    }
}

const LOGS_IN: &str = "login_on_email_confirmation = true\n";

#[tokio::test]
async fn the_browser_that_signed_up_is_logged_in_under_a_new_session_and_no_other_browser_is() {
    for database in Database::each().await {
        for address in ["", "signup_redirect_url = \"https://app.example.com/hello\""] {
            let app = TestApp::on(database.clone(), &format!("{MANDATORY}{LOGS_IN}{address}")).await;
            let name = if address.is_empty() { "ann" } else { "bob" };
            let (browser, another) = (app.client(), app.client());
            let link = sign_up(&app, &browser, name).await;
            let before = browser.cookie("sessionid").unwrap();
            assert_eq!(who(&browser).await, None);
            let done = browser.post(&link).send().await;
            assert_leads_to(
                &done,
                if address.is_empty() { "/inside/" } else { "https://app.example.com/hello" },
            );
            assert_eq!(who(&browser).await.as_deref(), Some(name));
            assert_ne!(browser.cookie("sessionid").unwrap(), before, "S-26");
            assert!(browser.cookie("csrftoken").is_some());
            assert_eq!(who(&another).await, None);

            let name = format!("{name}2");
            let link = sign_up(&app, &app.client(), &name).await;
            assert_leads_to(&another.post(&link).send().await, "/enter/");
            assert_eq!(who(&another).await, None);
        }
    }
}

#[tokio::test]
async fn nobody_is_logged_in_too_late_or_switched_off_or_for_somebody_else_or_without_the_setting() {
    for database in Database::each().await {
        let app = TestApp::on(database.clone(), &format!("{MANDATORY}{LOGS_IN}login_timeout = 60")).await;
        let late = app.client();
        let link = sign_up(&app, &late, "late").await;
        app.clock.advance(61);
        assert_leads_to(&late.post(&link).send().await, "/enter/");
        assert_eq!(who(&late).await, None);

        let off = app.client();
        let link = sign_up(&app, &off, "off").await;
        let mut tx = app.store.write().await.unwrap();
        let address = tx.email_addresses("off@example.com").await.unwrap().remove(0);
        tx.set_active(address.user_id, false).await.unwrap();
        tx.commit().await.unwrap();
        assert_leads_to(&off.post(&link).send().await, "/enter/");
        assert_eq!(who(&off).await, None);

        let (first, second) = (app.client(), app.client());
        let link = sign_up(&app, &first, "first").await;
        sign_up(&app, &second, "second").await;
        assert_leads_to(&second.post(&link).send().await, "/enter/");
        assert_eq!(who(&second).await, None);
        assert!(is_verified(&app, "first").await && !is_verified(&app, "second").await);
    }
    let app = TestApp::with(MANDATORY).await;
    let browser = app.client();
    let link = sign_up(&app, &browser, "ann").await;
    assert_leads_to(&browser.post(&link).send().await, "/enter/");
    assert_eq!(who(&browser).await, None);
}

/// Lets nobody in.
struct Refuses(Arc<AtomicUsize>);

#[async_trait]
impl LoginHooks for Refuses {
    async fn before_login(&self, _cx: &Context, _user: &User) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Err(Error::PermissionDenied(messages::PERMISSION_DENIED))
    }
}

#[tokio::test]
async fn a_host_that_refuses_the_login_does_not_keep_the_address_from_being_confirmed() {
    let asked = Arc::new(AtomicUsize::new(0));
    let hook = Refuses(Arc::clone(&asked));
    let settings = format!("{MANDATORY}{LOGS_IN}");
    let app = TestApp::built(Database::Memory, &settings, |builder| builder.login_hooks(hook)).await;
    let browser = app.client();
    let link = sign_up(&app, &browser, "ann").await;
    assert_leads_to(&browser.post(&link).send().await, "/enter/");
    assert_eq!((asked.load(Ordering::SeqCst), who(&browser).await), (1, None));
    assert!(is_verified(&app, "ann").await);
}

#[tokio::test]
async fn whoever_is_logged_in_as_somebody_else_is_logged_out_and_the_owner_stays() {
    for database in Database::each().await {
        let settings = MANDATORY.replace("mandatory", "optional");
        let app = TestApp::on(database, &settings).await;
        let (ann, bob) = (app.client(), app.client());
        let (link, _) = (sign_up(&app, &ann, "ann").await, sign_up(&app, &bob, "bob").await);
        bob.get(&link).send().await;
        assert_eq!(who(&bob).await.as_deref(), Some("bob"), "opening the link changes nothing");
        let sessions = app.rows().count("django_session").await;
        assert_leads_to(&bob.post(&link).send().await, "/enter/");
        assert_eq!((who(&bob).await, bob.cookie("sessionid")), (None, None));
        assert_eq!(app.rows().count("django_session").await, sessions - 1);
        assert_eq!(who(&ann).await.as_deref(), Some("ann"));

        let carol = app.client();
        let link = sign_up(&app, &carol, "carol").await;
        assert_leads_to(&carol.post(&link).send().await, "/inside/");
        assert_eq!(who(&carol).await.as_deref(), Some("carol"));
    }
}

#[tokio::test]
async fn another_sites_page_cannot_log_anybody_out_or_in_by_a_link_of_its_own() {
    let app = TestApp::with(&MANDATORY.replace("mandatory", "optional")).await;
    let (eve, victim) = (app.client(), app.client());
    let link = sign_up(&app, &eve, "eve").await;
    sign_up(&app, &victim, "ann").await;
    let forged =
        victim.post(&link).header("Origin", "https://evil.example").header("Sec-Fetch-Site", "cross-site");
    assert_leads_to(&forged.send().await, "/enter/");
    assert_eq!(who(&victim).await.as_deref(), Some("ann"));
    // The page sends no referrer, so some browsers tell no origin either.
    let link = sign_up(&app, &app.client(), "bob").await;
    let own = victim.post(&link).header("Origin", "null").header("Sec-Fetch-Site", "same-origin");
    assert_leads_to(&own.send().await, "/enter/");
    assert_eq!(who(&victim).await, None);
}

#[tokio::test]
async fn no_link_leads_to_another_site() {
    let settings = "[http]\nlogin_url = \"/enter/\"\nallowed_hosts = [\"testserver\", \".example.org\"]\n\
                    [csrf]\ntrusted_origins = [\"https://app.example.com\"]\n[account]\nemail_confirmation_cooldown = 0";
    let app = TestApp::with(settings).await;
    let cases = [
        ("/a/?b=c", "/a/?b=c"),
        ("https://app.example.com/a", "https://app.example.com/a"),
        ("http://shop.example.org/", "http://shop.example.org/"),
        ("http://testserver/x", "http://testserver/x"),
        ("https://evil.example/", "/enter/"),
        ("//evil.example", "/enter/"),
        ("/\\evil.example", "/enter/"),
        ("javascript:alert(1)", "/enter/"),
        ("/a\r\nSet-Cookie: x=y", "/a%0D%0ASet-Cookie:%20x=y"),
    ];
    for (number, (next, expected)) in cases.into_iter().enumerate() {
        let escape = |text: &str| text.bytes().fold(String::new(), |out, byte| out + &format!("%{byte:02X}"));
        let link = sign_up(&app, &app.client(), &format!("user{number}")).await;
        let asked = format!("{link}?next={}", escape(next));
        assert_leads_to(&app.client().post(&asked).send().await, expected);
        let link = sign_up(&app, &app.client(), &format!("again{number}")).await;
        let form = format!("next={}", escape(next));
        let posted = app.client().post(&link).body("application/x-www-form-urlencoded", form);
        assert_leads_to(&posted.send().await, expected);
    }
}

//! Logging in by a provider with a browser: off, back, and on to a front end that exchanges its code.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rest_auth_core::hooks::{Newcomer, SocialHooks};
use rest_auth_core::messages::Message;
use rest_auth_core::model::NewUser;
use rest_auth_core::providers::{Profile, Protocol};
use rest_auth_core::store::UserLookup;
use rest_auth_core::{Context, Error, Result};
use rest_auth_formats::{percent, pkce};
use rest_auth_tests::app::{Client, Database, Response, TestApp};
use rest_auth_tests::fake_providers::{FakeProviders, SETTINGS};
use serde_json::{Value, json};

const FRONT_END: &str = "https://app.example.com/login?from=social";
const OTHER_KEY: &str = include_str!("../certificates/other.key.pem");
const OTHER: &str = "com.example.app:/login";
const VERIFIER: &str = "a-verifier-of-the-front-end-with-43-characters";
const LIST: &str = "[socialaccount]\nallowed_redirects = [\"https://app.example.com/login?from=social\", \"com.example.app:/login\"]\n";

async fn start(settings: &str) -> (TestApp, FakeProviders) {
    on(Database::Memory, settings).await
}

fn configuration(settings: &str) -> String {
    let mut table: toml::Table = toml::from_str(SETTINGS).unwrap();
    rest_auth_tests::app::merge(&mut table, toml::from_str(LIST).unwrap());
    rest_auth_tests::app::merge(&mut table, toml::from_str(settings).unwrap());
    toml::to_string(&table).unwrap()
}

async fn on(database: Database, settings: &str) -> (TestApp, FakeProviders) {
    let fake = FakeProviders::default();
    let fetch = fake.clone();
    let app = TestApp::built(database, &configuration(settings), |builder| builder.fetch(fetch)).await;
    (app, fake)
}

fn param(url: &str, name: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    percent::decode_pairs(query).into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// A path with its query, of an address on this server.
fn path(url: &str) -> &str {
    url.strip_prefix("http://testserver").unwrap_or_else(|| panic!("{url} leads elsewhere"))
}

async fn authorize(browser: &Client, provider: &str, query: &str) -> Response {
    browser.get(&format!("/rest-auth/{provider}/authorize/?{query}")).send().await
}

/// Off to the provider: its address.
async fn depart(browser: &Client, provider: &str, query: &str) -> String {
    let answer = authorize(browser, provider, query).await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    answer.header("location").to_owned()
}

/// There and back: where the browser is sent on to.
async fn travel(
    (browser, fake): (&Client, &FakeProviders),
    (provider, name): (&str, &str),
    query: &str,
) -> String {
    let there = depart(browser, provider, query).await;
    let back = fake.consent(&there, name);
    let answer = browser.get(path(&back)).send().await;
    assert_eq!(answer.status, 302, "{}", answer.text());
    answer.header("location").to_owned()
}

async fn exchange(client: &Client, body: Value) -> Response {
    client.post("/rest-auth/social/exchange/").json(&body).send().await
}

async fn redeem(app: &TestApp, location: &str) -> Response {
    let code = param(location, "code").unwrap_or_else(|| panic!("{location} has no code"));
    exchange(&app.client(), json!({ "code": code })).await
}

fn key(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["key"].as_str().unwrap().to_owned()
}

fn refused(answer: &Response, sentence: &str) {
    assert_eq!((answer.status, answer.json()), (400, json!({"non_field_errors": [sentence]})));
}

const STATE: &str = "This login was not begun in this browser, took too long, or has been answered already. Please try again.";
const CODE: &str = "This code is not valid, has expired, or has been used already.";

async fn username(app: &TestApp, key: &str) -> String {
    let answer = app.client().get("/rest-auth/user/").token(key).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["username"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_browser_goes_to_every_kind_of_provider_and_a_front_end_logs_it_in() {
    for database in Database::each().await {
        let (app, fake) = on(database, "").await;
        let cases = [
            ("github", "alice"),
            ("google", "unicode"),
            ("openid_connect", "samename"),
            ("twitter", "noemail"),
        ];
        for (provider, name) in cases {
            let browser = app.client();
            let location = travel((&browser, &fake), (provider, name), "").await;
            assert!(location.starts_with(FRONT_END), "the first of the list: {location}");
            let first = key(&redeem(&app, &location).await);
            // And once more; the id_token of the OpenID provider has a jti that is good for one login.
            if provider != "openid_connect" {
                let location = travel((&browser, &fake), (provider, name), "").await;
                assert_eq!(key(&redeem(&app, &location).await), first, "{provider}: the same account");
            }
            username(&app, &first).await;
        }
        assert_eq!(app.rows().count("rest_auth_social_code").await, 7);
        app.clock.advance(661);
        let cleared = rest_auth_core::cleaning::clear(app.app()).await.unwrap();
        assert_eq!(cleared.social_codes, 7);
    }
}

#[tokio::test]
async fn the_provider_is_asked_as_its_row_and_the_settings_say() {
    let settings = "[socialaccount]\nquery_email = true\n[socialaccount.providers.google]\nscope = [\"openid\", \"email\"]\n\
                    settings = { auth_params = { access_type = \"offline\", state = \"mine\" } }";
    let (app, _fake) = start(settings).await;
    let github = depart(&app.client(), "github", "").await;
    let (address, _) = github.split_once('?').unwrap();
    assert_eq!(address, "https://github.com/login/oauth/authorize");
    let names: Vec<String> =
        percent::decode_pairs(github.split_once('?').unwrap().1).into_iter().map(|(name, _)| name).collect();
    let expected = [
        "client_id",
        "code_challenge",
        "code_challenge_method",
        "redirect_uri",
        "response_type",
        "scope",
        "state",
    ];
    assert_eq!(names, expected);
    assert_eq!(param(&github, "redirect_uri").unwrap(), "http://testserver/rest-auth/github/callback/");
    assert_eq!(param(&github, "scope").unwrap(), "user:email");
    let google = depart(&app.client(), "google", "").await;
    assert_eq!(param(&google, "scope").unwrap(), "openid email");
    assert_eq!(param(&google, "access_type").unwrap(), "offline");
    assert_ne!(param(&google, "state").unwrap(), "mine", "what makes it safe stays");
    assert!(param(&google, "nonce").is_some());
    let company = depart(&app.client(), "openid_connect", "").await;
    assert!(company.starts_with("https://id.company.example/authorize?client_id=openid-id&"), "{company}");
    assert_eq!(
        param(&company, "redirect_uri").unwrap(),
        "http://testserver/rest-auth/openid_connect/callback/"
    );
}

#[tokio::test]
async fn s_81_every_attempt_has_a_challenge_of_its_own_and_the_code_needs_its_verifier() {
    let (app, fake) = start("").await;
    let mut challenges = std::collections::BTreeSet::new();
    for provider in ["github", "google", "facebook", "openid_connect", "gitlab"] {
        for _ in 0..3 {
            let there = depart(&app.client(), provider, "").await;
            assert_eq!(param(&there, "code_challenge_method").as_deref(), Some("S256"), "{provider}");
            let challenge = param(&there, "code_challenge").unwrap();
            assert!(pkce::is_challenge(&challenge));
            assert!(challenges.insert(challenge), "{provider}");
        }
    }
    let location = travel((&app.client(), &fake), ("github", "alice"), "").await;
    assert!(param(&location, "code").is_some());
    let sent = percent::decode_pairs(fake.last_to("/access_token").body.as_deref().unwrap());
    let verifier =
        sent.iter().find(|(name, _)| name == "code_verifier").map(|(_, value)| value.clone()).unwrap();
    assert!(pkce::is_verifier(&verifier));
    // A code that was issued for another attempt's challenge is not exchanged with this one's verifier.
    let browser = app.client();
    let there = depart(&browser, "github", "").await;
    let state = param(&there, "state").unwrap();
    fake.consent(&depart(&app.client(), "github", "").await, "alice");
    let stolen = format!("/rest-auth/github/callback/?code=code-alice&state={state}");
    let location = browser.get(&stolen).send().await.header("location").to_owned();
    assert_eq!(param(&location, "error").as_deref(), Some("login_failed"));
    // Who knows that a provider refuses the parameters says so.
    let settings = "[socialaccount.providers.github]\nsettings = { oauth_pkce_enabled = false }";
    let (app, _fake) = start(settings).await;
    assert_eq!(param(&depart(&app.client(), "github", "").await, "code_challenge"), None);
}

#[tokio::test]
async fn s_80_an_answer_counts_once_in_the_browser_and_at_the_provider_where_it_was_asked_for() {
    for database in Database::each().await {
        let (app, fake) = on(database, "").await;
        let browser = app.client();
        let there = depart(&browser, "github", "").await;
        let back = fake.consent(&there, "alice");
        let state = param(&there, "state").unwrap();
        let wrong = [
            ("/rest-auth/github/callback/".to_owned(), "no state"),
            ("/rest-auth/github/callback/?code=code-alice".to_owned(), "no state"),
            ("/rest-auth/github/callback/?code=code-alice&state=".to_owned(), "an empty state"),
            (format!("/rest-auth/github/callback/?code=code-alice&state={state}x"), "another state"),
            (format!("/rest-auth/google/callback/?code=code-alice&state={state}"), "another provider"),
        ];
        for (address, why) in wrong {
            let answer = browser.get(&address).send().await;
            assert_eq!((answer.status, answer.detail().as_str()), (400, STATE), "{why}");
        }
        let foreign = app.client().get(path(&back)).send().await;
        assert_eq!((foreign.status, foreign.detail().as_str()), (400, STATE), "another browser");
        assert_eq!(fake.count("/access_token"), 0, "nobody was asked");
        // The cookie of the other provider under this one's name, or one that was changed.
        let forged = app.client();
        let (name, value) = kept(&browser, &state);
        let (rest, last) = value.split_at(value.len() - 1);
        forged.set_cookie(&name, &format!("{rest}{}", if last == "A" { "B" } else { "A" }));
        assert_eq!(forged.get(path(&back)).send().await.status, 400, "a changed cookie");
        let copy = app.client();
        copy.set_cookie(&name, &value);
        let answer = browser.get(path(&back)).send().await;
        assert_eq!(answer.status, 302, "{}", answer.text());
        assert!(browser.cookie(&name).is_none(), "the attempt is over");
        let replayed = copy.get(path(&back)).send().await;
        assert_eq!((replayed.status, replayed.detail().as_str()), (400, STATE), "replayed");
        assert_eq!(fake.count("/access_token"), 1);
        // Too late.
        let there = depart(&browser, "github", "").await;
        let back = fake.consent(&there, "alice");
        app.clock.advance(601);
        assert_eq!(browser.get(path(&back)).send().await.status, 400, "too late");
    }
}

fn kept_name(state: &str) -> String {
    format!("social_{}", rest_auth_core::features::social_redirect::id_of(state))
}

/// The cookie of an attempt.
fn kept(browser: &Client, state: &str) -> (String, String) {
    let name = kept_name(state);
    let value = browser.cookie(&name).expect("the attempt is kept");
    (name, value)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s_80_of_fifty_answers_at_once_on_two_instances_one_counts() {
    for database in Database::each().await {
        let (app, fake) = on(database.clone(), "").await;
        let fetch = fake.clone();
        let other = TestApp::built(database, &configuration(""), |builder| builder.fetch(fetch)).await;
        let browser = app.client();
        let there = depart(&browser, "github", "").await;
        let back = fake.consent(&there, "alice");
        let (name, value) = kept(&browser, &param(&there, "state").unwrap());
        let crowd: Vec<_> = (0..50)
            .map(|number| {
                let client = if number % 2 == 0 { app.client() } else { other.client() };
                client.set_cookie(&name, &value);
                let address = path(&back).to_owned();
                tokio::spawn(async move { client.get(&address).send().await.status })
            })
            .collect();
        let mut counted = 0;
        for member in crowd {
            match member.await.unwrap() {
                302 => counted += 1,
                status => assert_eq!(status, 400),
            }
        }
        assert_eq!((counted, fake.count("/access_token")), (1, 1));
    }
}

#[tokio::test]
async fn the_cookie_of_an_attempt_is_for_this_browser_alone() {
    let (app, fake) = start("").await;
    let lines = authorize(&app.client(), "github", "").await.set_cookies();
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    for part in ["HttpOnly", "SameSite=Lax", "Max-Age=600", "Path=/"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(line.starts_with("social_") && !line.contains("Secure") && !line.contains("Domain"), "{line}");
    let settings = "[http]\nbase_url = \"https://api.example.com\"";
    let (secure, _fake) = start(settings).await;
    let browser = secure.client();
    let answer = authorize(&browser, "github", "").await;
    let line = answer.set_cookies()[0].clone();
    assert!(
        line.starts_with("__Host-social_") && line.contains("; Secure") && line.contains("Path=/;"),
        "{line}"
    );
    let there = answer.header("location").to_owned();
    assert_eq!(param(&there, "redirect_uri").unwrap(), "https://api.example.com/rest-auth/github/callback/");
    // One that a neighbour could have planted does not count.
    let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
    let planted = secure.client();
    planted.set_cookie(name.strip_prefix("__Host-").unwrap(), value);
    let back = fake.consent(&there, "alice");
    let back = back.strip_prefix("https://api.example.com").unwrap();
    assert_eq!(planted.get(back).send().await.status, 400);
    // Several windows at once, and not without end.
    let browser = app.client();
    let first = depart(&browser, "github", "").await;
    let second = depart(&browser, "google", "").await;
    for there in [&first, &second] {
        let back = fake.consent(there, "alice");
        assert_eq!(browser.get(path(&back)).send().await.status, 302);
    }
    let answers = [(); 9].map(|()| authorize(&browser, "github", ""));
    let mut kept = 0_i32;
    for answer in answers {
        for line in answer.await.set_cookies() {
            kept += if line.contains("Max-Age=0") { -1 } else { 1 };
        }
    }
    assert_eq!(kept, 5);
}

#[tokio::test]
async fn s_82_an_answer_that_another_provider_has_sent_is_refused() {
    let (app, fake) = start("").await;
    let issuer = "The answer does not come from the identity provider that was asked.";
    for (iss, good) in [
        (Some("https://id.company.example"), true),
        (Some("https://id.company.example/"), false),
        (Some("https://evil.example"), false),
        (None, false),
    ] {
        let browser = app.client();
        let there = depart(&browser, "openid_connect", "").await;
        let back = fake.consent(&there, "samename");
        let (bare, _) = back.split_once("&iss=").unwrap();
        let iss = iss.map(|iss| format!("&iss={}", percent::encode(iss))).unwrap_or_default();
        let answer = browser.get(&format!("{}{iss}", path(bare))).send().await;
        if good {
            assert!(param(answer.header("location"), "code").is_some(), "{}", answer.text());
        } else {
            assert_eq!((answer.status, answer.detail().as_str()), (400, issuer), "{iss}");
        }
    }
    // Google names itself in its id_tokens, and may in its answers.
    let browser = app.client();
    let back = fake.consent(&depart(&browser, "google", "").await, "alice");
    let evil = format!("{}&iss=https%3A%2F%2Fevil.example", path(&back));
    assert_eq!(browser.get(&evil).send().await.status, 400);
    // Every provider has an address of its own to answer to.
    let addresses: std::collections::BTreeSet<Option<String>> = [
        depart(&browser, "github", "").await,
        depart(&browser, "google", "").await,
        depart(&browser, "openid_connect", "").await,
    ]
    .iter()
    .map(|there| param(there, "redirect_uri"))
    .collect();
    assert_eq!(addresses.len(), 3);
}

#[tokio::test]
async fn s_90_a_browser_goes_on_to_listed_front_ends_only_exactly_as_they_are_written() {
    let (app, fake) = start("").await;
    for next in [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "https:evil.example",
        "https:/evil.example",
        "https://app.example.com@evil.example/login?from=social",
        "https://evil.example\\@app.example.com/login?from=social",
        "https://app.example.com.evil.example/login?from=social",
        "https://app.example.com:443/login?from=social",
        "https://app.example.com/login?from=social\r\nSet-Cookie: a=b",
        "https://app.example.com/login?from=social#",
        "https://app.example.com/login?from=social&x=y",
        "https://app.example.com/login",
        "https://app.example.com/",
        "https://app.example.com/login/../login?from=social",
        "https://app.example.com/%6cogin?from=social",
        "https%3A%2F%2Fapp.example.com%2Flogin%3Ffrom%3Dsocial",
        "HTTPS://app.example.com/login?from=social",
        "http://app.example.com/login?from=social",
        "https://app\u{ff0e}example.com/login?from=social",
        "https://app\u{3002}example.com/login?from=social",
        " https://app.example.com/login?from=social",
        "https://app.example.com/login?from=social\u{0}",
        "javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "/rest-auth/user/",
        "com.example.app:/login/x",
    ] {
        let browser = app.client();
        let answer = authorize(&browser, "github", &percent::encode_pairs([("next", next)])).await;
        assert_eq!(answer.status, 400, "{next:?}");
        assert_eq!(answer.header("location"), "", "{next:?}");
        assert_eq!(answer.json(), json!({"next": ["This is not an address that a login may lead to."]}));
        assert!(answer.set_cookies().is_empty());
    }
    for next in [FRONT_END, OTHER] {
        let query = percent::encode_pairs([("next", next)]);
        let location = travel((&app.client(), &fake), ("github", "alice"), &query).await;
        assert!(location.starts_with(next), "{location}");
    }
    let twice = percent::encode_pairs([("next", FRONT_END), ("next", "https://evil.example/")]);
    let answer = authorize(&app.client(), "github", &twice).await;
    assert_eq!(
        (answer.status, answer.detail().as_str()),
        (400, "The parameter \"next\" may be given only once.")
    );
}

#[tokio::test]
async fn a_front_end_hears_its_own_state_and_what_went_wrong() {
    let (app, fake) = start("").await;
    let mine = "a b&c=d/é";
    let answer = authorize(&app.client(), "github", &percent::encode_pairs([("state", mine)])).await;
    assert_eq!(answer.json(), json!({"state": ["Invalid value"]}), "plain characters only");
    let query = percent::encode_pairs([("state", "a b&c=d"), ("next", OTHER)]);
    let location = travel((&app.client(), &fake), ("github", "alice"), &query).await;
    assert_eq!(param(&location, "state").as_deref(), Some("a b&c=d"));

    let cancelled = "The login was cancelled at the identity provider.";
    let failed = "The identity provider reports an error.";
    for (provider, said, error, description) in [
        ("github", "error=access_denied&error_description=secret", "access_denied", cancelled),
        ("github", "error=user_cancelled_login", "access_denied", cancelled),
        ("github", "error=server_error", "server_error", failed),
        ("github", "error=%3Cscript%3E", "server_error", failed),
        ("github", "code=code-nobody", "login_failed", "Failed to exchange code for access token"),
        ("github", "", "login_failed", "Failed to exchange code for access token"),
        ("github", "code=code-then-401", "login_failed", "Incorrect value"),
    ] {
        let browser = app.client();
        let state = param(&depart(&browser, provider, &query).await, "state").unwrap();
        let answer =
            browser.get(&format!("/rest-auth/{provider}/callback/?state={state}&{said}")).send().await;
        let location = answer.header("location");
        assert!(location.starts_with(OTHER), "{said}: {}", answer.text());
        assert_eq!(param(location, "error").as_deref(), Some(error), "{said}");
        assert_eq!(param(location, "error_description").as_deref(), Some(description), "{said}");
        assert_eq!(param(location, "state").as_deref(), Some("a b&c=d"));
        assert_eq!(param(location, "code"), None);
    }
    let browser = app.client();
    let state = param(&depart(&browser, "github", "").await, "state").unwrap();
    let away = format!("/rest-auth/github/callback/?state={state}&code=code-slow");
    let location = browser.get(&away).send().await.header("location").to_owned();
    assert_eq!(param(&location, "error").as_deref(), Some("temporarily_unavailable"));
    // X has a word of its own for no.
    let browser = app.client();
    let token = param(&depart(&browser, "twitter", "").await, "oauth_token").unwrap();
    let answer = browser.get(&format!("/rest-auth/twitter/callback/?denied={token}")).send().await;
    assert_eq!(param(answer.header("location"), "error").as_deref(), Some("access_denied"));
    // What would be refused is told before anybody asks for it.
    app.register("taken").await;
    let location = travel((&app.client(), &fake), ("github", "taken"), "").await;
    let description = param(&location, "error_description").unwrap();
    assert_eq!(description, "User is already registered with this e-mail address.");
}

#[tokio::test]
async fn s_95_a_code_is_good_once_for_a_minute_and_its_second_use_takes_back_what_it_gave() {
    for database in Database::each().await {
        let settings = "[rest_auth]\nsession_login = true\nuse_jwt = true\njwt_auth_httponly = false\n[http]\nauthentication = [\"jwt\", \"session\", \"token\"]\n\
                        features = [\"social\", \"blacklist\"]\n[simple_jwt]\nrotate_refresh_tokens = true\nblacklist_after_rotation = true";
        let (app, fake) = on(database, settings).await;
        let location = travel((&app.client(), &fake), ("github", "alice"), "").await;
        let code = param(&location, "code").unwrap();
        assert!(code.len() >= 43);
        let stored = app.rows().texts("SELECT digest || content FROM rest_auth_social_code").await;
        assert!(!stored.concat().contains(&code), "only its digest is stored");
        assert!(!stored.concat().contains("alice"), "and who it is for is sealed");
        let front_end = app.client();
        let first = exchange(&front_end, json!({ "code": code })).await;
        assert_eq!(first.status, 200, "{}", first.text());
        let refresh = first.json()["refresh"].as_str().unwrap().to_owned();
        assert_eq!(front_end.get("/rest-auth/user/").send().await.status, 200, "the session");
        refused(&exchange(&app.client(), json!({ "code": code })).await, CODE);
        assert_eq!(front_end.get("/rest-auth/user/").send().await.status, 401, "the session has ended");
        let renewed =
            app.client().post("/rest-auth/token/refresh/").json(&json!({ "refresh": refresh })).send().await;
        assert_eq!(renewed.status, 401, "{}", renewed.text());

        let late = travel((&app.client(), &fake), ("github", "alice"), "").await;
        app.clock.advance(60);
        refused(&redeem(&app, &late).await, CODE);
        for nonsense in ["x", "code-alice", &"a".repeat(48)] {
            refused(&exchange(&app.client(), json!({ "code": nonsense })).await, CODE);
        }
        let missing = exchange(&app.client(), json!({})).await;
        assert_eq!(missing.json(), json!({"code": ["This field is required."]}));
    }
}

#[tokio::test]
async fn s_95_the_second_use_of_a_code_ends_the_token_too() {
    let (app, fake) = start("").await;
    let location = travel((&app.client(), &fake), ("github", "alice"), "").await;
    let first = key(&redeem(&app, &location).await);
    username(&app, &first).await;
    refused(&redeem(&app, &location).await, CODE);
    assert_eq!(app.client().get("/rest-auth/user/").token(&first).send().await.status, 401);
    // But not what comes later.
    let again = key(&redeem(&app, &travel((&app.client(), &fake), ("github", "alice"), "").await).await);
    refused(&redeem(&app, &location).await, CODE);
    username(&app, &again).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn s_95_of_fifty_uses_of_a_code_at_once_one_counts() {
    for database in Database::each().await {
        let (app, fake) = on(database, "").await;
        let location = travel((&app.client(), &fake), ("github", "alice"), "").await;
        let code = param(&location, "code").unwrap();
        let crowd: Vec<_> = (0..50)
            .map(|_| {
                let (client, code) = (app.client(), code.clone());
                tokio::spawn(async move { exchange(&client, json!({ "code": code })).await })
            })
            .collect();
        let mut keys = Vec::new();
        for member in crowd {
            let answer = member.await.unwrap();
            match answer.status {
                200 => keys.push(key(&answer)),
                _ => refused(&answer, CODE),
            }
        }
        assert_eq!(keys.len(), 1);
        let used = app.client().get("/rest-auth/user/").token(&keys[0]).send().await;
        assert_eq!(used.status, 401, "one of them was no front end");
        assert_eq!(app.rows().count("auth_user").await, 1);
    }
}

#[tokio::test]
async fn s_96_a_code_that_was_asked_for_with_a_challenge_needs_its_verifier() {
    let (app, fake) = start("").await;
    let query = percent::encode_pairs([
        ("code_challenge", pkce::challenge(VERIFIER).as_str()),
        ("code_challenge_method", "S256"),
    ]);
    let location = travel((&app.client(), &fake), ("github", "alice"), &query).await;
    let code = param(&location, "code").unwrap();
    for body in [
        json!({ "code": code }),
        json!({ "code": code, "code_verifier": "" }),
        json!({ "code": code, "code_verifier": VERIFIER.replacen('a', "b", 1) }),
        json!({ "code": code, "code_verifier": pkce::challenge(VERIFIER) }),
    ] {
        refused(&exchange(&app.client(), body).await, CODE);
    }
    let good = json!({ "code": code, "code_verifier": VERIFIER });
    let token = key(&exchange(&app.client(), good.clone()).await);
    refused(&exchange(&app.client(), json!({ "code": code })).await, CODE);
    username(&app, &token).await;
    refused(&exchange(&app.client(), good).await, CODE);
    assert_eq!(app.client().get("/rest-auth/user/").token(&token).send().await.status, 401);
    // A verifier where no challenge was sent: somebody may have taken it out on the way.
    let plain = travel((&app.client(), &fake), ("github", "alice"), "").await;
    let code = param(&plain, "code").unwrap();
    refused(&exchange(&app.client(), json!({ "code": code, "code_verifier": VERIFIER })).await, CODE);
    for wrong in [
        "code_challenge=abc",
        &format!("code_challenge={VERIFIER}"),
        &format!("code_challenge={}&code_challenge_method=plain", pkce::challenge(VERIFIER)),
    ] {
        assert_eq!(authorize(&app.client(), "github", wrong).await.status, 400, "{wrong}");
    }
    let (strict, _fake) = start("[socialaccount]\nrequire_code_challenge = true").await;
    let answer = authorize(&strict.client(), "github", "").await;
    assert_eq!((answer.status, answer.json()), (400, json!({"code_challenge": ["This field is required."]})));
    depart(&strict.client(), "github", &query).await;
}

#[tokio::test]
async fn s_99_an_account_that_is_switched_off_on_the_way_gets_nothing() {
    for database in Database::each().await {
        let (app, fake) = on(database, "").await;
        key(&redeem(&app, &travel((&app.client(), &fake), ("github", "alice"), "").await).await);
        let location = travel((&app.client(), &fake), ("github", "alice"), "").await;
        app.rows().run("UPDATE auth_user SET is_active = NOT is_active").await;
        refused(&redeem(&app, &location).await, "User account is disabled.");
        let location = travel((&app.client(), &fake), ("github", "alice"), "").await;
        assert_eq!(param(&location, "error_description").as_deref(), Some("User account is disabled."));
        assert_eq!(param(&location, "code"), None);
    }
}

async fn ticket(app: &TestApp, key: &str, provider: &str, body: Value) -> Response {
    let address = format!("/rest-auth/{provider}/connect/authorize/");
    app.client().post(&address).token(key).json(&body).send().await
}

#[tokio::test]
async fn s_89_an_account_is_connected_by_two_posts_of_the_one_who_is_logged_in() {
    let (app, fake) = start("").await;
    let (ann, bob) = (app.token_of("ann").await, app.token_of("bob").await);
    let nobody = app.client().post("/rest-auth/github/connect/authorize/").json(&json!({})).send().await;
    assert_eq!(nobody.status, 401);
    let answer = ticket(&app, &ann, "github", json!({"state": "s-1", "next": OTHER})).await;
    let address = answer.json()["authorize_url"].as_str().unwrap().to_owned();
    assert!(address.starts_with("http://testserver/rest-auth/github/authorize/?ticket="), "{address}");
    let browser = app.client();
    let there = browser.get(path(&address)).send().await.header("location").to_owned();
    let location =
        browser.get(path(&fake.consent(&there, "alice"))).send().await.header("location").to_owned();
    assert!(location.starts_with(OTHER) && param(&location, "state").as_deref() == Some("s-1"), "{location}");
    let code = param(&location, "code").unwrap();
    let post = |key: Option<String>| {
        let request = app.client().post("/rest-auth/social/exchange/").json(&json!({ "code": code }));
        async move {
            match key {
                Some(key) => request.token(&key).send().await,
                None => request.send().await,
            }
        }
    };
    assert_eq!(post(None).await.status, 401, "nobody");
    refused(&post(Some(bob.clone())).await, CODE);
    let connected = post(Some(ann.clone())).await;
    assert_eq!(connected.json(), json!({ "key": ann }), "the answer of a login, as the same account");
    let list = app.client().get("/socialaccounts/").token(&ann).send().await.json();
    assert_eq!(list[0]["provider"], "github");
    // A ticket is for one browser, one provider, one minute.
    assert_eq!(app.client().get(path(&address)).send().await.status, 400, "again");
    let fresh =
        ticket(&app, &bob, "github", json!({})).await.json()["authorize_url"].as_str().unwrap().to_owned();
    let elsewhere = path(&fresh).replace("/github/", "/google/");
    assert_eq!(app.client().get(&elsewhere).send().await.status, 400, "another provider");
    let forged = fresh.replacen("ticket=", "ticket=x", 1);
    assert_eq!(app.client().get(path(&forged)).send().await.status, 400, "forged");
    // What is somebody's stays theirs.
    let browser = app.client();
    let there = browser.get(path(&fresh)).send().await.header("location").to_owned();
    let location =
        browser.get(path(&fake.consent(&there, "alice"))).send().await.header("location").to_owned();
    let code = param(&location, "code").unwrap();
    let taken =
        app.client().post("/rest-auth/social/exchange/").token(&bob).json(&json!({ "code": code })).send();
    refused(&taken.await, "The third-party account is already connected to a different account.");
    let late =
        ticket(&app, &bob, "github", json!({})).await.json()["authorize_url"].as_str().unwrap().to_owned();
    app.clock.advance(62);
    assert_eq!(app.client().get(path(&late)).send().await.status, 400, "too late");
    let wrong = ticket(&app, &bob, "github", json!({"next": "https://evil.example/"})).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn a_provider_that_posts_its_answer_is_answered_with_another_way_to_bring_it() {
    let (app, fake) = start("[rest_framework]\ndefault_parser_classes = [\"JSONParser\"]").await;
    let browser = app.client();
    let back = fake.consent(&depart(&browser, "github", "").await, "alice");
    let (address, query) = path(&back).split_once('?').unwrap();
    let form = "application/x-www-form-urlencoded";
    let stranger = app.client();
    let hop = stranger
        .post(address)
        .header("Sec-Fetch-Site", "cross-site")
        .body(form, query.to_owned())
        .send()
        .await;
    assert_eq!(hop.status, 303, "{}", hop.text());
    let location = browser.get(path(hop.header("location"))).send().await.header("location").to_owned();
    key(&redeem(&app, &location).await);
}

#[tokio::test]
async fn there_is_no_way_in_where_no_front_end_is_listed_and_looking_changes_nothing() {
    let (app, _fake) = start("[socialaccount]\nallowed_redirects = []").await;
    for address in ["github/authorize/", "github/callback/", "social/exchange/", "github/connect/authorize/"]
    {
        assert_eq!(app.client().get(&format!("/rest-auth/{address}")).send().await.status, 404, "{address}");
    }
    let (app, fake) = start("").await;
    let browser = app.client();
    assert_eq!(browser.request("HEAD", "/rest-auth/github/authorize/").send().await.status, 405);
    let back = fake.consent(&depart(&browser, "github", "").await, "alice");
    assert_eq!(browser.request("HEAD", path(&back)).send().await.status, 405);
    let location = browser.get(path(&back)).send().await.header("location").to_owned();
    assert_eq!(app.client().get("/rest-auth/social/exchange/").send().await.status, 405);
    let described = app.client().request("OPTIONS", "/rest-auth/social/exchange/").send().await.json();
    assert_eq!(described["name"], "Social Exchange");
    assert_eq!(described["actions"]["POST"]["code"]["required"], json!(true), "{described}");
    key(&redeem(&app, &location).await);
    // People read a page, programs read JSON.
    let page =
        app.client().get("/rest-auth/github/callback/").header("Accept", "text/html,*/*;q=0.8").send().await;
    assert_eq!((page.status, page.header("content-type")), (400, "text/html; charset=utf-8"));
    assert!(page.text().contains("not begun in this browser"), "{}", page.text());
    assert!(page.header("content-security-policy").contains("default-src 'none'"));
    let script =
        app.client().get("/rest-auth/github/authorize/?next=%3Cscript%3E").header("Accept", "text/html");
    let page = script.send().await;
    assert!(!page.text().contains("<script>"), "{}", page.text());
}

#[tokio::test]
async fn a_host_may_nest_it_wherever_it_likes() {
    let fake = FakeProviders::default();
    let fetch = fake.clone();
    let app = TestApp::built(Database::Memory, &configuration(""), |builder| builder.fetch(fetch)).await;
    let site = axum::Router::new().nest("/api/accounts", app.auth.router());
    let browser = Client::new(site);
    let answer = browser.get("/api/accounts/github/authorize/").send().await;
    let there = answer.header("location").to_owned();
    assert_eq!(param(&there, "redirect_uri").unwrap(), "http://testserver/api/accounts/github/callback/");
    let back = fake.consent(&there, "alice");
    let location = browser.get(path(&back)).send().await.header("location").to_owned();
    let code = param(&location, "code").unwrap();
    let answer = browser.post("/api/accounts/social/exchange/").json(&json!({ "code": code })).send().await;
    key(&answer);
}

#[tokio::test]
async fn its_endpoints_are_throttled_with_the_other_logins() {
    let settings = "[rest_framework]\ndefault_throttle_classes = [\"ScopedRateThrottle\"]\n\
                    default_throttle_rates = { dj_rest_auth = \"3/min\" }";
    let (app, _fake) = start(settings).await;
    let address = "192.0.2.1";
    let get = |path: &str| app.client().get(&format!("/rest-auth/{path}")).from(address).send();
    assert_eq!(get("github/authorize/").await.status, 302);
    assert_eq!(get("github/callback/").await.status, 400);
    let body = json!({ "code": "x" });
    assert_eq!(
        app.client().post("/rest-auth/social/exchange/").from(address).json(&body).send().await.status,
        400
    );
    for path in ["github/authorize/", "github/callback/", "social/exchange/"] {
        assert_eq!(get(path).await.status, 429, "{path}");
    }
}

/// A club whose members come by providers, under names that it gives them.
#[derive(Clone, Default)]
struct Club(Arc<Mutex<Vec<String>>>);

#[async_trait]
impl SocialHooks for Club {
    async fn before_social_login(&self, _cx: &Context, newcomer: Newcomer<'_>) -> Result<()> {
        let known = newcomer.user.map(|user| user.display().to_owned());
        self.0.lock().unwrap().push(format!("{} {} {known:?}", newcomer.provider, newcomer.profile.username));
        if newcomer.profile.username == "una" {
            return Err(Error::non_field(Message::fixed("not_invited", "You are not invited.")));
        }
        Ok(())
    }

    async fn populate_user(&self, _cx: &Context, profile: &Profile, user: &mut NewUser) -> Result<()> {
        user.last_name = format!("{} of {}", user.last_name, profile.email);
        Ok(())
    }

    async fn after_connect(&self, _cx: &Context, newcomer: Newcomer<'_>) -> Result<()> {
        let user = newcomer.user.map(|user| user.display().to_owned()).unwrap_or_default();
        self.0.lock().unwrap().push(format!("connected {user}"));
        Ok(())
    }

    async fn after_disconnect(
        &self,
        _cx: &Context,
        user: &rest_auth_core::model::User,
        id: i64,
    ) -> Result<()> {
        self.0.lock().unwrap().push(format!("disconnected {} {id}", user.display()));
        Ok(())
    }
}

#[tokio::test]
async fn a_host_may_refuse_fill_and_observe_social_logins() {
    let (fake, club) = (FakeProviders::default(), Club::default());
    let (fetch, hooks) = (fake.clone(), club.clone());
    let app =
        TestApp::built(Database::Memory, &configuration("[socialaccount]\nquery_email = true"), |builder| {
            builder.fetch(fetch).social_hooks(hooks)
        })
        .await;
    let diary = || std::mem::take(&mut *club.0.lock().unwrap());
    let location = travel((&app.client(), &fake), ("github", "unverified"), "").await;
    refused(&redeem(&app, &location).await, "You are not invited.");
    let posted =
        app.client().post("/rest-auth/github/").json(&json!({ "code": "code-unverified" })).send().await;
    refused(&posted, "You are not invited.");
    assert_eq!(diary(), ["github una None", "github una None"]);
    let location = travel((&app.client(), &fake), ("github", "alice"), "").await;
    key(&redeem(&app, &location).await);
    let mut records = app.store.read().await.unwrap();
    let alice = records.users(UserLookup::EmailFolded("alice@social.example")).await.unwrap().remove(0);
    assert_eq!(alice.last_name, "Liddell of alice@social.example");
    let ann = app.token_of("ann").await;
    let connect =
        app.client().post("/rest-auth/google/connect/").token(&ann).json(&json!({ "code": "code-samename" }));
    assert_eq!(connect.send().await.status, 200);
    let list = app.client().get("/socialaccounts/").token(&ann).send().await.json();
    let id = list[0]["id"].as_i64().unwrap();
    let gone = app.client().post(&format!("/socialaccounts/{id}/disconnect/")).token(&ann).json(&json!({}));
    assert_eq!(gone.send().await.status, 200);
    let expected = [
        "github alice-social None".to_owned(),
        "google  Some(\"ann\")".to_owned(),
        "connected ann".to_owned(),
        format!("disconnected ann {id}"),
    ];
    assert_eq!(diary(), expected);
}

#[tokio::test]
async fn s_80_s_81_every_provider_gets_a_state_and_a_challenge_and_answers_nobody_without() {
    let catalogue = rest_auth_core::providers::Catalogue::read(&std::collections::BTreeMap::new()).unwrap();
    let own: toml::Table = toml::from_str(SETTINGS).unwrap();
    let own = own["socialaccount"]["providers"].as_table().unwrap();
    let mut settings = String::new();
    for name in catalogue.names().filter(|name| !own.contains_key(*name)) {
        let row = catalogue.row(name).unwrap();
        let needed = row.required_settings.iter().map(|name| format!("{name} = \"https://id.example.org\""));
        let needed = needed.chain([format!("certificate_key = '''{OTHER_KEY}'''")]);
        let needed: Vec<String> = needed.collect();
        write!(
            settings,
            "[socialaccount.providers.\"{name}\"]\nclient_id = \"c\"\nsecret = \"s\"\nkey = \"https://id.example.org\"\n[socialaccount.providers.\"{name}\".settings]\n{}\n",
            needed.join("\n")
        )
        .unwrap();
    }
    let (app, _fake) = start(&settings).await;
    let mut asked = 0;
    for name in catalogue.names() {
        let row = catalogue.row(name).unwrap();
        let slug = row.slug.as_deref().unwrap_or(name);
        let nobody =
            app.client().get(&format!("/rest-auth/{slug}/callback/?code=c&oauth_verifier=v")).send().await;
        if row.protocol == Protocol::Telegram {
            assert_eq!(nobody.status, 404, "{name}");
            continue;
        }
        assert_eq!((nobody.status, nobody.detail().as_str()), (400, STATE), "{name}");
        if row.protocol == Protocol::Oauth1 {
            continue;
        }
        let there = depart(&app.client(), slug, "shop=a-shop").await;
        assert!(there.starts_with("https://") && !there.contains(['{', '}']), "{name}: {there}");
        assert_eq!(param(&there, "state").map(|state| state.len()), Some(48), "{name}: {there}");
        assert_eq!(param(&there, "code_challenge").is_some(), row.pkce != Some(false), "{name}: {there}");
        assert!(param(&there, "redirect_uri").unwrap().ends_with(&format!("/{slug}/callback/")), "{name}");
        asked += 1;
    }
    assert!(asked > 100, "{asked}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_binary_sends_a_browser_off_takes_it_back_and_outlives_a_restart_between() {
    use axum::routing::{get, post};
    use rest_auth_tests::process::{Answer, Deployment, Server};

    let token = post(|body: String| async move {
        let verifier = percent::decode_pairs(&body).into_iter().find(|(name, _)| name == "code_verifier");
        assert!(
            verifier.is_some_and(|(_, verifier)| pkce::is_verifier(&verifier)),
            "the code comes with its verifier"
        );
        json!({"access_token": "token-1"}).to_string()
    });
    let me = get(|| async { json!({"id": 7, "login": "ann"}).to_string() });
    let provider = axum::Router::new().route("/token", token).route("/me", me);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let there = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, provider).await.unwrap() });
    let deployment = Deployment::new(&format!(
        "secret_key = \"kGJ4b1oQz7YwqkPZx0n2Yk1lq1cVQm8f3mYvJ6p9a5E\"\n[http]\nfeatures = [\"registration\", \"social\"]\n\
         [socialaccount]\nallowed_redirects = [\"{FRONT_END}\"]\nallow_private_addresses = true\n\
         [socialaccount.providers.inhouse]\ntitle = \"In house\"\nclient_id = \"c\"\nsecret = \"s\"\nuid = \"$1.id\"\n\
         username = \"$1.login\"\nauthorize_url = \"{there}/authorize\"\naccess_token_url = \"{there}/token\"\n\
         profile_url = \"{there}/me\"\n"
    ));
    let ask = |server: &Server, target: &str, cookie: &str| {
        let request =
            format!("GET {target} HTTP/1.1\r\nHost: localhost:8000\r\nConnection: close\r\n{cookie}\r\n");
        Answer::read(server.send(&request))
    };
    let server = deployment.serve();
    let away = ask(&server, "/rest-auth/inhouse/authorize/", "");
    assert_eq!(away.status, 302, "{}", server.errors());
    let location = away.header("location").unwrap();
    assert!(location.starts_with(&format!("{there}/authorize?")), "{location}");
    assert_eq!(param(location, "redirect_uri").unwrap(), "http://localhost:8000/rest-auth/inhouse/callback/");
    let cookie = format!("Cookie: {}\r\n", away.header("set-cookie").unwrap().split(';').next().unwrap());
    let back = format!("/rest-auth/inhouse/callback/?code=c-1&state={}", param(location, "state").unwrap());
    server.signal("TERM");
    server.wait();
    let server = deployment.serve();
    let answer = ask(&server, &back, &cookie);
    let location = answer.header("location").unwrap_or_else(|| panic!("{} {}", answer.body, server.errors()));
    assert!(location.starts_with(FRONT_END), "{location}");
    let code = param(location, "code").unwrap();
    let answer = server.post("/rest-auth/social/exchange/", &format!("code={code}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert!(answer.body.contains("\"key\""), "{}", answer.body);
    assert_eq!(ask(&server, &back, &cookie).status, 400, "once");
    for secret in [code.as_str(), "c-1", "token-1"] {
        assert!(
            !server.errors().contains(secret) && !server.output().contains(secret),
            "the log has {secret}"
        );
    }
}

#[tokio::test]
async fn s_89_the_address_that_begins_to_connect_takes_a_fresh_login_too() {
    let (app, _fake) = start("[socialaccount]\nreauthentication_required = true").await;
    let ann = app.token_of("ann").await;
    assert_eq!(ticket(&app, &ann, "github", json!({})).await.status, 403);
    let wrong = ticket(&app, &ann, "github", json!({"password": "another"})).await;
    assert_eq!((wrong.status, wrong.json()), (400, json!({"password": ["Incorrect password."]})));
    let right = json!({"password": rest_auth_tests::app::PASSWORD});
    assert!(ticket(&app, &ann, "github", right).await.json()["authorize_url"].is_string());
}

#[tokio::test]
async fn s_101_nothing_that_a_browser_brings_is_a_500() {
    let (app, fake) = start("").await;
    let long = "x".repeat(20_000);
    let nasty = [
        "",
        " ",
        "\0",
        "%",
        "\u{feff}",
        "\u{202e}\u{ff0e}",
        "'\"<>",
        "../..",
        "{shop}",
        "a\r\nb: c",
        "null",
        "[]",
        "-1",
        "é",
        &long,
    ];
    let names = [
        "next",
        "state",
        "code_challenge",
        "code_challenge_method",
        "ticket",
        "shop",
        "code",
        "error",
        "iss",
        "oauth_token",
        "oauth_verifier",
        "denied",
        "user",
        "",
    ];
    let mut requests =
        vec!["?".to_owned(), "?%".to_owned(), "?&&==&".to_owned(), "?state=%ff%fe&code=%80".to_owned()];
    for name in names {
        requests.extend(nasty.iter().map(|value| format!("?{}", percent::encode_pairs([(name, *value)]))));
    }
    for provider in ["github", "openid_connect", "twitter"] {
        for query in &requests {
            for path in ["authorize", "callback"] {
                let answer = app.client().get(&format!("/rest-auth/{provider}/{path}/{query}")).send().await;
                assert!([302, 400].contains(&answer.status), "{provider} {path} {query}: {}", answer.status);
                assert!(!answer.text().contains("<>"), "{query}");
            }
        }
    }
    // A good state with anything beside it, and anything where the attempt should be.
    for value in nasty {
        let browser = app.client();
        let there = depart(&browser, "github", "").await;
        let state = param(&there, "state").unwrap();
        for name in ["code", "error", "iss", "user", "device_id"] {
            let browser = browser.clone();
            let query = percent::encode_pairs([("state", state.as_str()), (name, value)]);
            let answer = browser.get(&format!("/rest-auth/github/callback/?{query}")).send().await;
            assert!([302, 400].contains(&answer.status), "{name} {value:?}: {}", answer.status);
        }
        let planted = app.client();
        let plain: String =
            value.chars().filter(|character| character.is_ascii_graphic() && *character != ';').collect();
        planted.set_cookie(&kept_name(&state), &plain);
        let back = fake.consent(&there, "alice");
        assert_eq!(planted.get(path(&back)).send().await.status, 400, "{value:?}");
        let body = json!({ "code": value, "code_verifier": value });
        assert_eq!(exchange(&app.client(), body).await.status, 400, "{value:?}");
    }
    for body in ["", "[]", "null", "3", "{\"code\": []}", "{\"code\": {}, \"code_verifier\": 1}", "{"] {
        let request = app.client().post("/rest-auth/social/exchange/").body("application/json", body);
        assert_eq!(request.send().await.status, 400, "{body}");
    }
}

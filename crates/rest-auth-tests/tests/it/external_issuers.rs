//! Tokens of another issuer: which are believed, whose account they open, and what happens while keys change or cannot
//! be had.

use rest_auth::RestAuth;
use rest_auth_formats::jwt::{Algorithm, SigningKey};
use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp, merge};
use rest_auth_tests::fake_issuers::{COMPANY, FakeIssuers};
use rest_auth_tests::fake_providers::signed_by;
use serde_json::{Value, json};

use crate::statements::Recorder;

const OTHER_KEY: &str = include_str!("../certificates/other.key.pem");

async fn start(settings: &str) -> (TestApp, FakeIssuers) {
    on(Database::Memory, settings).await
}

async fn on(database: Database, settings: &str) -> (TestApp, FakeIssuers) {
    let fake = FakeIssuers::default();
    let mut table: toml::Table = toml::from_str(COMPANY).unwrap();
    merge(&mut table, toml::from_str(settings).unwrap());
    let fetch = fake.clone();
    let app =
        TestApp::built(database, &toml::to_string(&table).unwrap(), |builder| builder.fetch(fetch)).await;
    (app, fake)
}

/// The issuer's row with more keys in it.
fn row(more: &str) -> String {
    format!(
        "[[external_issuers]]\nname = \"company\"\nissuer = \"https://id.example.org\"\naudience = \"api\"\n{more}\n"
    )
}

async fn ask(app: &TestApp, token: &str) -> Response {
    app.client().get("/rest-auth/user/").bearer(token).send().await
}

async fn name(app: &TestApp, token: &str) -> String {
    let answer = ask(app, token).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["username"].as_str().unwrap().to_owned()
}

fn refused(answer: &Response, message: &str) {
    let expected = json!({
        "detail": "Given token not valid for any token type", "code": "token_not_valid",
        "messages": [{"token_class": "AccessToken", "token_type": "access", "message": message}],
    });
    assert_eq!((answer.status, answer.json()), (401, expected));
    assert_eq!(answer.header("www-authenticate"), "Bearer realm=\"api\"");
}

#[tokio::test]
async fn a_token_makes_an_account_and_finds_it_again_on_every_database() {
    for database in Database::each().await {
        let (app, fake) = on(database, "").await;
        let first = ask(&app, &fake.token("ann", json!({}))).await.json();
        assert_eq!(
            first,
            json!({"pk": 1, "username": "ann", "email": "ann@company.example", "first_name": "Ann", "last_name": "Other"})
        );
        // Names and addresses may change; the subject does not.
        let changed = json!({"preferred_username": "anna", "email": "anna@company.example"});
        assert_eq!(ask(&app, &fake.token("ann", changed)).await.json(), first);
        let rows = app.store.read().await.unwrap().email_addresses("ann@company.example").await.unwrap();
        assert!(rows[0].verified && rows[0].primary);
        let user = app.store.read().await.unwrap().social_user("company", "ann").await.unwrap().unwrap();
        assert!(user.password.as_str().starts_with('!'));
    }
}

#[tokio::test]
async fn s_83_only_what_the_issuer_has_signed_for_us_and_now_is_believed() {
    let (app, fake) = start(&row("sessions = true\nrequired_claims = { tenant = 7 }")).await;
    let good = json!({"tenant": 7});
    assert_eq!(ask(&app, &fake.token("ann", good)).await.status, 200);
    for (claim, value) in [
        ("aud", json!("another-app")),
        ("aud", json!(["a", "b"])),
        ("aud", Value::Null),
        ("aud", json!({"api": true})),
        ("nbf", json!(4_000_000_000_u64)),
        ("iat", json!(4_000_000_000_u64)),
        ("exp", Value::Null),
        ("exp", json!("soon")),
        ("sub", Value::Null),
        ("sub", json!(7)),
        ("sub", json!("")),
        ("sub", json!("nul\u{0}")),
        ("sub", json!("x".repeat(192))),
        ("tenant", json!(8)),
        ("tenant", json!("7")),
        ("tenant", Value::Null),
    ] {
        let mut changes = json!({"tenant": 7});
        changes[claim] = value;
        let answer = ask(&app, &fake.token("ann", changes.clone())).await;
        assert_eq!(
            (answer.status, answer.json()["code"].as_str()),
            (401, Some("token_not_valid")),
            "{changes}"
        );
    }
    let expired = json!({"tenant": 7, "exp": 1_768_478_400 - 31});
    refused(&ask(&app, &fake.token("ann", expired)).await, "Token is expired");
    // Our clock may be half a minute ahead.
    let just_now = json!({"tenant": 7, "exp": 1_768_478_400 - 29});
    assert_eq!(ask(&app, &fake.token("ann", just_now)).await.status, 200);
}

#[tokio::test]
async fn s_83_no_algorithm_key_or_issuer_of_the_tokens_own_choice_is_taken() {
    let (app, fake) = start("").await;
    let token = fake.token("ann", json!({}));
    let claims = json!({"iss": "https://id.example.org", "aud": "api", "sub": "ann"});
    let other = SigningKey::new(Algorithm::Es256, OTHER_KEY).unwrap();
    let public = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2zRB-n0YIsMBd9LYsE9Cl05P_iwHQ8_f6cmFmW4hkAA";
    let by_secret = SigningKey::new(Algorithm::Hs256, public).unwrap();
    let elsewhere = json!({"iss": "https://evil.example"});
    for bad in [
        // Another key under a known and an unknown id, and under none.
        signed_by(claims.clone(), json!({}), &other),
        signed_by(claims.clone(), json!({}), &other.clone().with_id("key-0")),
        signed_by(claims.clone(), json!({}), &other.clone().with_id("key-9")),
        // The public key's text as a secret.
        signed_by(claims.clone(), json!({}), &by_secret.clone().with_id("key-0")),
        signed_by(claims.clone(), json!({}), &by_secret),
        // Nobody has signed.
        format!("eyJhbGciOiJub25lIn0.{}.", token.split('.').nth(1).unwrap()),
        format!("{token}x"),
        // Somebody whom nobody here knows.
        fake.token("ann", elsewhere),
        "a.b.c".to_owned(),
        "opaque".to_owned(),
    ] {
        refused(&ask(&app, &bad).await, "Token is invalid");
    }
    assert_eq!(fake.count("evil"), 0, "nobody else is asked");
    let header = app.client().get("/rest-auth/user/").header("Authorization", "Bearer a b").send().await;
    assert_eq!((header.status, &header.json()["code"]), (401, &json!("bad_authorization_header")));
    assert_eq!(app.client().get("/rest-auth/user/").send().await.status, 401);
}

#[tokio::test]
async fn a_known_subject_costs_one_query_and_no_call() {
    let (app, fake) = start("").await;
    let token = fake.token("ann", json!({}));
    ask(&app, &token).await;
    let (asked, recorder) = (fake.count(""), Recorder::default());
    {
        let _guard = recorder.start();
        assert_eq!(ask(&app, &token).await.status, 200);
    }
    assert_eq!((recorder.texts().len(), fake.count("")), (1, asked), "{:?}", recorder.texts());
}

#[tokio::test]
async fn new_keys_are_found_at_once_and_nobody_can_make_us_look_again_and_again() {
    let (app, fake) = start("").await;
    let old = fake.token("ann", json!({}));
    assert_eq!(ask(&app, &old).await.status, 200);
    app.clock.advance(60);
    fake.change_keys();
    let new = fake.token("ann", json!({}));
    let before = fake.count("/keys");
    let answers = side_by_side(&app, 20, |_| new.clone()).await;
    assert!(answers.iter().all(|answer| answer.status == 200), "{}", answers[0].text());
    assert_eq!(fake.count("/keys"), before + 1, "one request for all of them");
    refused(&ask(&app, &old).await, "Token is invalid");
    for number in 0..20 {
        let unknown = SigningKey::new(Algorithm::Es256, OTHER_KEY).unwrap().with_id(format!("new-{number}"));
        let claims = json!({"iss": "https://id.example.org", "aud": "api", "sub": "ann"});
        refused(&ask(&app, &signed_by(claims, json!({}), &unknown)).await, "Token is invalid");
    }
    assert_eq!(fake.count("/keys"), before + 1);
}

async fn side_by_side(app: &TestApp, count: usize, token: impl Fn(usize) -> String) -> Vec<Response> {
    let asking: Vec<_> = (0..count)
        .map(|number| {
            let (client, token) = (app.client(), token(number));
            tokio::spawn(async move { client.get("/rest-auth/user/").bearer(&token).send().await })
        })
        .collect();
    let mut answers = Vec::new();
    for answer in asking {
        answers.push(answer.await.unwrap());
    }
    answers
}

#[tokio::test]
async fn s_93_an_issuer_that_is_away_lets_nobody_in_until_its_keys_are_here_and_then_everybody() {
    let fake = FakeIssuers::default();
    fake.set_away(true);
    let fetch = fake.clone();
    let app = TestApp::built(Database::Memory, COMPANY, |builder| builder.fetch(fetch)).await;
    let token = fake.token("ann", json!({}));
    let answer = ask(&app, &token).await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"));
    let asked = fake.count("");
    side_by_side(&app, 10, |_| token.clone()).await;
    assert!(fake.count("") <= asked + 1, "an issuer in trouble is not asked by everybody");
    fake.set_away(false);
    app.clock.advance(4);
    assert_eq!(ask(&app, &token).await.status, 200);
    fake.set_away(true);
    app.clock.advance(3000);
    assert_eq!(ask(&app, &token).await.status, 200, "the kept keys do");
    // Whoever names a key that cannot be looked for is asked to come again.
    let unknown = SigningKey::new(Algorithm::Es256, OTHER_KEY).unwrap().with_id("new");
    let claims = json!({"iss": "https://id.example.org", "aud": "api", "sub": "ann"});
    assert_eq!(ask(&app, &signed_by(claims, json!({}), &unknown)).await.status, 503);
}

#[tokio::test]
async fn what_is_no_set_of_keys_takes_the_place_of_none() {
    let (app, fake) = start("").await;
    let token = fake.token("ann", json!({}));
    assert_eq!(ask(&app, &token).await.status, 200);
    fake.set_spoilt(true);
    for _ in 0..3 {
        app.clock.advance(400);
        assert_eq!(ask(&app, &token).await.status, 200);
        tokio::task::yield_now().await;
    }
    let spoilt = FakeIssuers::default();
    spoilt.set_spoilt(true);
    let fetch = spoilt.clone();
    let app = TestApp::built(Database::Memory, COMPANY, |builder| builder.fetch(fetch)).await;
    assert_eq!(ask(&app, &token).await.status, 503);
}

#[tokio::test]
async fn a_discovery_document_of_another_issuer_counts_as_none() {
    let settings =
        "[[external_issuers]]\nname = \"a\"\nissuer = \"https://id.example.org/\"\naudience = \"api\"";
    let (app, fake) = start(settings).await;
    let answer = ask(&app, &fake.token("ann", json!({"iss": "https://id.example.org/"}))).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
}

#[tokio::test]
async fn s_86_fifty_first_requests_at_once_make_one_account_on_every_database() {
    for database in Database::each().await {
        let (app, fake) = on(database, "").await;
        let answers = side_by_side(&app, 50, |_| fake.token("ann", json!({}))).await;
        for answer in &answers {
            assert_eq!(
                (answer.status, &answer.json()["pk"]),
                (200, &answers[0].json()["pk"]),
                "{}",
                answer.text()
            );
        }
        let rows = app.store.read().await.unwrap().email_addresses("ann@company.example").await.unwrap();
        assert_eq!(rows.len(), 1);
        // Of many subjects that want one name each gets a name of its own.
        let same = |number: usize| {
            let email = format!("s{number}@company.example");
            fake.token(&format!("s{number}"), json!({"preferred_username": "same", "email": email}))
        };
        let answers = side_by_side(&app, 10, same).await;
        let names: std::collections::BTreeSet<String> =
            answers.iter().map(|answer| answer.json()["username"].to_string()).collect();
        assert_eq!(names.len(), 10, "{names:?}");
        assert!(answers.iter().all(|answer| answer.status == 200));
    }
}

#[tokio::test]
async fn s_86_neither_a_name_nor_an_address_opens_somebody_elses_account() {
    let (app, fake) = start("").await;
    app.register("ann").await;
    let other = fake.token("s-1", json!({"preferred_username": "ann", "email": "s1@company.example"}));
    assert_ne!(name(&app, &other).await, "ann");
    let taken = fake.token("s-2", json!({"email": "ann@example.com", "email_verified": false}));
    let answer = ask(&app, &taken).await;
    let told =
        json!({"detail": "User is already registered with this e-mail address.", "code": "email_taken"});
    assert_eq!((answer.status, answer.json()), (401, told));
}

#[tokio::test]
async fn s_88_a_verified_address_leads_to_its_account_and_ends_what_a_stranger_had_left_there() {
    let (app, fake) = start(&row("match_email = true")).await;
    app.register("ann").await;
    let credentials = json!({"username": "ann", "password": PASSWORD});
    let log_in = || async { app.client().post("/rest-auth/login/").json(&credentials).send().await.status };
    assert_eq!(log_in().await, 200);
    let unverified = fake.token("s-1", json!({"email": "ann@example.com", "email_verified": false}));
    assert_eq!(ask(&app, &unverified).await.status, 401);
    for claimed in [json!("yes"), json!(1), Value::Null] {
        let token = fake.token("s-1", json!({"email": "ann@example.com", "email_verified": claimed}));
        assert_eq!(ask(&app, &token).await.status, 401);
    }
    assert_eq!(log_in().await, 200);
    let verified = fake.token("s-1", json!({"email": "Ann@Example.com"}));
    assert_eq!(name(&app, &verified).await, "ann");
    assert_eq!(log_in().await, 400, "whoever signed up had not shown that the address is theirs");
}

#[tokio::test]
async fn who_may_have_an_account_is_the_deployments_to_say() {
    let (app, fake) = start(&row("create_users = false")).await;
    let answer = ask(&app, &fake.token("ann", json!({}))).await;
    assert_eq!(
        (answer.status, answer.json()),
        (401, json!({"detail": "User not found", "code": "user_not_found"}))
    );
    let (app, fake) = start("").await;
    let token = fake.token("ann", json!({}));
    assert_eq!(ask(&app, &token).await.status, 200);
    let user = app.store.read().await.unwrap().social_user("company", "ann").await.unwrap().unwrap();
    let mut tx = app.store.write().await.unwrap();
    tx.set_active(user.id, false).await.unwrap();
    tx.commit().await.unwrap();
    let answer = ask(&app, &token).await;
    assert_eq!(
        (answer.status, answer.json()),
        (401, json!({"detail": "User is inactive", "code": "user_inactive"}))
    );
}

#[tokio::test]
async fn claims_fill_the_fields_that_the_row_names() {
    let settings = format!(
        "{}\n[user_model]\nextra_fields = [{{ name = \"company\", max_length = 20, at_signup = false }}, \
         {{ name = \"level\", kind = \"integer\", null = true, at_signup = false }}]",
        row("claims = { username = \"nick\", company = \"org\", level = \"lvl\", last_name = \"\" }")
    );
    let (app, fake) = start(&settings).await;
    let shown = ask(&app, &fake.token("ann", json!({"nick": "annie", "org": "ACME", "lvl": 3}))).await.json();
    assert_eq!(
        (&shown["username"], &shown["company"], &shown["level"], &shown["last_name"]),
        (&json!("annie"), &json!("ACME"), &json!(3), &json!(""))
    );
    let odd =
        json!({"nick": 7, "org": ["x"], "lvl": "3", "email": "no address", "given_name": "x".repeat(300)});
    let shown = ask(&app, &fake.token("bob", odd)).await.json();
    assert_eq!((&shown["company"], &shown["level"], &shown["email"]), (&json!(""), &Value::Null, &json!("")));
    assert_eq!(shown["first_name"].as_str().unwrap().len(), 150);
}

#[tokio::test]
async fn our_own_tokens_and_the_issuers_share_a_header_in_any_order() {
    for order in [
        "\"jwt\", \"external_issuers\"",
        "\"external_issuers\", \"jwt\"",
        "\"jwt_cookie\", \"external_issuers\"",
    ] {
        let settings = format!(
            "[http]\nauthentication = [{order}, \"session\"]\n[rest_auth]\nuse_jwt = true\njwt_auth_httponly = false\n\
             jwt_auth_cookie = \"access\"\nsession_login = false"
        );
        let (app, fake) = start(&settings).await;
        app.register("bob").await;
        let login = json!({"username": "bob", "password": PASSWORD});
        let tokens = app.client().post("/rest-auth/login/").json(&login).send().await.json();
        assert_eq!(name(&app, tokens["access"].as_str().unwrap()).await, "bob");
        assert_eq!(name(&app, &fake.token("ann", json!({}))).await, "ann", "{order}");
        let wrong = fake.token("ann", json!({"aud": "another"}));
        refused(&ask(&app, &wrong).await, "Token is invalid");
        refused(&ask(&app, "a.b.c").await, "Token is invalid");
        // What says that it is ours and is signed by the issuer, and the reverse.
        let forged = fake.token("bob", json!({"iss": Value::Null, "user_id": "1", "token_type": "access"}));
        refused(&ask(&app, &forged).await, "Token is invalid");
    }
}

#[tokio::test]
async fn a_token_opens_a_session_that_lives_as_long_as_the_row_says_and_ends_at_sign_out() {
    let (app, fake) = start(&row("sessions = true\nsession_age = \"1h\"\ncsrf_protect_routes = false")).await;
    let client = app.client();
    let token = fake.token("ann", json!({}));
    let opened = client.post("/company/session_authenticate").bearer(&token).send().await;
    assert_eq!(
        (opened.status, opened.text().as_str()),
        (200, r#"{"message": "Authentication successful", "should_refresh_page": true}"#)
    );
    let cookies = opened.set_cookies();
    assert!(
        cookies.iter().any(|line| line.starts_with("sessionid=") && line.contains("Max-Age=3600")),
        "{cookies:?}"
    );
    assert_eq!(client.get("/rest-auth/user/").send().await.json()["username"], "ann");
    let again = client.post("/company/session_authenticate").send().await;
    assert_eq!(again.text(), r#"{"message": "Already authenticated"}"#);
    let key = client.cookie("sessionid").unwrap();
    let ended = client.post("/company/session_sign_out").send().await;
    assert_eq!(ended.text(), r#"{"message": "Sign-out successful", "should_refresh_page": true}"#);
    client.set_cookie("sessionid", &key);
    assert_eq!(
        client.get("/rest-auth/user/").send().await.status,
        401,
        "the session is gone, not only its cookie"
    );
    client.post("/company/session_authenticate").bearer(&token).send().await;
    app.clock.advance(3601);
    assert_eq!(client.get("/rest-auth/user/").send().await.status, 401);
}

#[tokio::test]
async fn s_38_the_addresses_for_sessions_ask_for_a_proof_unless_they_are_told_not_to() {
    let (app, fake) = start("").await;
    let token = fake.token("ann", json!({}));
    let client = app.client();
    for path in ["/company/session_authenticate", "/company/session_sign_out"] {
        let missing = client.post(path).bearer(&token).send().await;
        assert_eq!(missing.status, 403, "{path}");
        assert!(missing.text().contains("CSRF verification failed"), "{}", missing.text());
    }
    assert_eq!(client.cookie("sessionid"), None);
    client.set_cookie("csrftoken", &"a".repeat(32));
    let opened = client.post("/company/session_authenticate").bearer(&token).csrf().send().await;
    assert_eq!(opened.status, 200);
    assert_ne!(client.cookie("csrftoken"), Some("a".repeat(32)), "a login changes the secret");
    assert_eq!(client.post("/company/session_sign_out").send().await.status, 403);
    assert_eq!(client.post("/company/session_sign_out").csrf().send().await.status, 200);
}

#[tokio::test]
async fn a_hosts_handler_knows_whom_a_token_means() {
    use axum::routing::get;
    use rest_auth::CurrentUser;

    async fn mine(CurrentUser(user): CurrentUser) -> String {
        user.display().to_owned()
    }
    let (app, fake) = start("").await;
    let site = axum::Router::new().route("/mine", get(mine)).with_state::<()>(app.auth.clone() as RestAuth);
    let client = Client::new(site);
    assert_eq!(client.get("/mine").bearer(&fake.token("ann", json!({}))).send().await.text(), "ann");
    assert_eq!(client.get("/mine").bearer("a.b.c").send().await.status, 401);
}

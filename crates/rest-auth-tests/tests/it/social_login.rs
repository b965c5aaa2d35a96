//! Login by identity providers: codes, tokens and statements, whose account it is, and everything that can go wrong.

use rest_auth_formats::jwt::{Algorithm, SigningKey};
use rest_auth_tests::app::{Client, Database, Response, TestApp};
use rest_auth_tests::fake_providers::{FAILURES, FakeProviders, SETTINGS, google_claims, signed, signed_by};
use serde_json::{Value, json};

const OTHER_KEY: &str = include_str!("../certificates/other.key.pem");

async fn start(settings: &str) -> (TestApp, FakeProviders) {
    on(Database::Memory, settings).await
}

async fn on(database: Database, settings: &str) -> (TestApp, FakeProviders) {
    let fake = FakeProviders::default();
    let mut table: toml::Table = toml::from_str(SETTINGS).unwrap();
    rest_auth_tests::app::merge(&mut table, toml::from_str(settings).unwrap());
    let fetch = fake.clone();
    let app =
        TestApp::built(database, &toml::to_string(&table).unwrap(), |builder| builder.fetch(fetch)).await;
    (app, fake)
}

async fn post(client: &Client, path: &str, body: Value) -> Response {
    client.post(&format!("/rest-auth/{path}")).json(&body).send().await
}

async fn log_in(app: &TestApp, provider: &str, body: Value) -> Response {
    post(&app.client(), &format!("{provider}/"), body).await
}

fn refused(answer: &Response, sentence: &str) {
    assert_eq!((answer.status, answer.json()), (400, json!({"non_field_errors": [sentence]})));
}

fn key(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["key"].as_str().unwrap().to_owned()
}

async fn user(app: &TestApp, key: &str) -> Value {
    let answer = app.client().get("/rest-auth/user/").token(key).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

async fn accounts(app: &TestApp, key: &str) -> Value {
    app.client().get("/socialaccounts/").token(key).send().await.json()
}

async fn sign_up(app: &TestApp, name: &str) -> String {
    let body = json!({
        "username": name, "email": format!("{name}@example.com"), "password1": "c0rrect-horse", "password2": "c0rrect-horse",
    });
    let answer = post(&app.client(), "registration/", body).await;
    answer.json()["key"].as_str().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_code_signs_up_and_then_logs_in_on_every_database() {
    for database in Database::each().await {
        let (app, _fake) = on(database, "[socialaccount]\nquery_email = true\nstore_tokens = true").await;
        for (provider, stored) in [("github", "github"), ("google", "google"), ("openid_connect", "company")]
        {
            if provider == "openid_connect" {
                let answer = log_in(&app, provider, json!({"code": "code-samename", "nonce": "n-1"})).await;
                let account = accounts(&app, &key(&answer)).await;
                assert_eq!(account[0]["provider"], stored);
                continue;
            }
            let name = if provider == "github" { "alice" } else { "unicode" };
            let first = key(&log_in(&app, provider, json!({"code": format!("code-{name}")})).await);
            let again = key(&log_in(&app, provider, json!({"code": format!("code-{name}")})).await);
            assert_eq!(first, again, "{provider}: the same account");
            assert_eq!(accounts(&app, &first).await[0]["provider"], stored);
        }
        let rows =
            app.store.read().await.unwrap().social_account("google", "100000000000000001007").await.unwrap();
        let row = rows.unwrap();
        assert_eq!(row.extra_data["given_name"], "Zoë");
        let tokens = app.store.read().await.unwrap().social_tokens(row.id).await.unwrap();
        assert_eq!((tokens.len(), tokens[0].token_secret.expose().as_str()), (1, "1//token-unicode"));
    }
}

#[tokio::test]
async fn a_new_account_has_the_profiles_names_and_addresses_and_no_password() {
    let (app, _fake) = start("[socialaccount]\nquery_email = true").await;
    let key = key(&log_in(&app, "github", json!({"access_token": "token-alice"})).await);
    let shown = user(&app, &key).await;
    assert_eq!(
        (&shown["username"], &shown["email"], &shown["first_name"], &shown["last_name"]),
        (&json!("alice-social"), &json!("alice@social.example"), &json!("Alice"), &json!("Liddell"))
    );
    let rows = app.store.read().await.unwrap().email_addresses("alice@social.example").await.unwrap();
    assert!(rows[0].verified && rows[0].primary);
    let rows = app.store.read().await.unwrap().email_addresses("second.alice@social.example").await.unwrap();
    assert!(!rows[0].verified && !rows[0].primary);
    let found = app.store.read().await.unwrap().user(rows[0].user_id).await.unwrap().unwrap();
    assert!(found.password.as_str().starts_with('!'));
}

#[tokio::test]
async fn a_user_name_that_is_taken_or_no_name_is_replaced() {
    let (app, _fake) = start("").await;
    sign_up(&app, "samename").await;
    let name = user(&app, &key(&log_in(&app, "github", json!({"code": "code-samename"})).await)).await;
    assert_ne!(name["username"], "samename");
    let google = user(&app, &key(&log_in(&app, "google", json!({"code": "code-alice"})).await)).await;
    assert_eq!(google["username"], "alice");
    let none = user(
        &app,
        &key(&log_in(
            &app,
            "twitter",
            json!({"access_token": "token-noemail", "token_secret": "secret-noemail"}),
        )
        .await),
    )
    .await;
    assert_eq!((&none["username"], &none["email"]), (&json!("noemail-social"), &json!("")));
}

#[tokio::test]
async fn input_that_cannot_do_is_told_so() {
    let (app, fake) = start("").await;
    let nothing = "Incorrect input. access_token or code is required.";
    for body in
        [json!({}), json!({"code": "", "access_token": ""}), json!({"id_token": "x"}), json!({"token": "x"})]
    {
        refused(&log_in(&app, "github", body).await, nothing);
    }
    assert_eq!(
        log_in(&app, "github", json!({"code": null})).await.json(),
        json!({"code": ["This field may not be null."]})
    );
    refused(&log_in(&app, "gitlab", json!({"code": "code-alice"})).await, "Define callback_url in view");
    let missing =
        json!({"access_token": ["This field is required."], "token_secret": ["This field is required."]});
    assert_eq!(log_in(&app, "twitter", json!({})).await.json(), missing);
    assert_eq!(fake.count(""), 0, "nobody was asked");
    assert_eq!(log_in(&app, "unknown", json!({})).await.status, 404);
    assert_eq!(app.client().get("/rest-auth/github/").send().await.status, 405);
}

#[tokio::test]
async fn s_93_whatever_a_provider_answers_lets_nobody_in_and_is_no_500() {
    let (app, _fake) = start("").await;
    for provider in ["github", "facebook", "google", "openid_connect"] {
        for kind in FAILURES {
            let answer = log_in(&app, provider, json!({"code": format!("code-{kind}")})).await;
            if kind == "slow" {
                assert_eq!(answer.status, 503, "{provider}: {}", answer.text());
            } else {
                refused(&answer, "Failed to exchange code for access token");
            }
            let answer = log_in(&app, provider, json!({"code": format!("code-then-{kind}")})).await;
            let expected = if kind == "slow" { 503 } else { 400 };
            // Without an id_token nothing of an OpenID provider is believed, and nothing more is asked.
            if provider == "openid_connect" {
                refused(&answer, "Incorrect value");
                continue;
            }
            assert_eq!(answer.status, expected, "{provider} {kind}: {}", answer.text());
            if expected == 400 {
                refused(&answer, "Incorrect value");
            }
        }
        refused(
            &log_in(&app, provider, json!({"code": "code-nobody"})).await,
            "Failed to exchange code for access token",
        );
        if provider != "openid_connect" {
            refused(
                &log_in(&app, provider, json!({"access_token": "token-nobody"})).await,
                "Incorrect value",
            );
        }
    }
    for kind in FAILURES {
        let body = json!({"access_token": format!("token-{kind}"), "token_secret": "x"});
        let answer = log_in(&app, "twitter", body).await;
        match kind {
            "slow" => assert_eq!(answer.status, 503),
            "500" | "404" | "403" | "401" => {
                refused(&answer, "No access to private resources at \"api.x.com\".");
            }
            _ => refused(&answer, "Incorrect value"),
        }
    }
    let forged = json!({"access_token": "token-alice", "token_secret": "wrong"});
    refused(&log_in(&app, "twitter", forged).await, "No access to private resources at \"api.x.com\".");
}

#[tokio::test]
async fn s_85_a_token_of_another_application_is_refused_where_the_provider_tells() {
    let (app, fake) = start("").await;
    for provider in ["github", "facebook", "google"] {
        refused(&log_in(&app, provider, json!({"access_token": "foreign-alice"})).await, "Incorrect value");
        key(&log_in(&app, provider, json!({"access_token": "token-noemail"})).await);
    }
    assert_eq!(fake.count("/applications/github-id/token"), 2);
    // Where nobody tells, the deployment says whether to believe it.
    key(&log_in(&app, "gitlab", json!({"access_token": "token-alice"})).await);
    let (strict, _fake) = start("[socialaccount]\nallow_unbound_access_token = false").await;
    refused(&log_in(&strict, "gitlab", json!({"access_token": "token-alice"})).await, "Incorrect value");
    key(&log_in(&strict, "google", json!({"access_token": "token-alice"})).await);
}

#[tokio::test]
async fn s_83_a_statement_is_believed_only_if_the_provider_made_it_for_us_now() {
    let (app, fake) = start("").await;
    let posted = |id_token: String| json!({"access_token": "any", "id_token": id_token});
    let good = signed(google_claims("alice"), json!({}));
    key(&log_in(&app, "google", posted(good.clone())).await);
    key(&log_in(
        &app,
        "google",
        posted(signed(google_claims("alice"), json!({"iss": "accounts.google.com"}))),
    )
    .await);
    assert_eq!(fake.count("/oauth2/v1/certs"), 1, "keys are kept");

    let other = SigningKey::new(Algorithm::Es256, OTHER_KEY).unwrap().with_id("google-key");
    let hmac = SigningKey::new(Algorithm::Hs256, "a secret of thirty-two bytes at least")
        .unwrap()
        .with_id("google-key");
    let mut bad = vec![
        signed_by(google_claims("alice"), json!({}), &other),
        signed_by(google_claims("alice"), json!({}), &hmac),
        good[..good.len() - 4].to_owned(),
        "x".to_owned(),
        "a.b.c".to_owned(),
    ];
    for change in [
        json!({"iss": "https://evil.example"}),
        json!({"iss": null}),
        json!({"aud": "another-app"}),
        json!({"aud": null}),
        json!({"aud": ["google-id", "another-app"], "azp": "another-app"}),
        json!({"exp": 1_768_478_000}),
        json!({"exp": null}),
        json!({"nbf": 1_768_488_000}),
        json!({"sub": null}),
        json!({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}),
    ] {
        bad.push(signed(google_claims("alice"), change));
    }
    let none = "eyJhbGciOiJub25lIiwia2lkIjoiZ29vZ2xlLWtleSJ9";
    bad.push(format!("{none}.{}.", good.split('.').nth(1).unwrap()));
    for id_token in bad {
        refused(&log_in(&app, "google", posted(id_token)).await, "Incorrect value");
    }
    let of_ours = signed(google_claims("alice"), json!({"nonce": "mine"}));
    let with_nonce =
        |nonce_sent: &str| json!({"access_token": "any", "id_token": of_ours, "nonce": nonce_sent});
    refused(&log_in(&app, "google", with_nonce("another")).await, "Incorrect value");
    key(&log_in(&app, "google", with_nonce("mine")).await);
}

#[tokio::test]
async fn s_84_a_statement_with_an_id_lets_in_once() {
    let (app, _fake) = start("").await;
    let once =
        json!({"access_token": "any", "id_token": signed(google_claims("alice"), json!({"jti": "one"}))});
    key(&log_in(&app, "google", once.clone()).await);
    refused(&log_in(&app, "google", once).await, "Incorrect value");
}

#[tokio::test]
async fn userinfo_of_somebody_else_is_refused() {
    let (app, fake) = start("").await;
    fake.confuse("taken");
    refused(&log_in(&app, "openid_connect", json!({"code": "code-alice"})).await, "Incorrect value");
    // And an OpenID provider's bare access token says nothing.
    refused(&log_in(&app, "openid_connect", json!({"access_token": "token-alice"})).await, "Incorrect value");
}

#[tokio::test]
async fn s_81_a_verifier_goes_along_with_the_code() {
    let (app, fake) = start("").await;
    let verifier = "v".repeat(43);
    key(&log_in(&app, "github", json!({"code": "code-alice", "code_verifier": verifier})).await);
    let sent = fake.last_to("login/oauth/access_token").body.unwrap();
    assert!(sent.contains(&format!("code_verifier={verifier}")), "{sent}");
    assert!(sent.contains("redirect_uri=https%3A%2F%2Fapp.example.com%2Fgithub"), "{sent}");
    let short = log_in(&app, "github", json!({"code": "code-alice", "code_verifier": "short"})).await;
    assert_eq!(short.json(), json!({"code_verifier": ["Invalid value"]}));
}

#[tokio::test]
async fn somebody_new_whose_address_is_somebodys_is_refused() {
    let (app, _fake) = start("").await;
    let owner = sign_up(&app, "taken").await;
    let sentence = "User is already registered with this e-mail address.";
    refused(&log_in(&app, "github", json!({"code": "code-taken"})).await, sentence);
    refused(&log_in(&app, "facebook", json!({"code": "code-taken"})).await, sentence);
    // The owner connects it instead.
    let connected = app
        .client()
        .post("/rest-auth/github/connect/")
        .token(&owner)
        .json(&json!({"code": "code-taken"}))
        .send()
        .await;
    assert_eq!(key(&connected), owner);
    assert_eq!(key(&log_in(&app, "github", json!({"code": "code-taken"})).await), owner);
}

#[tokio::test]
async fn s_88_whoever_only_claims_an_address_does_not_keep_its_owner_out() {
    let (app, _fake) = start("[socialaccount]\nquery_email = true").await;
    let squatter = sign_up(&app, "taken").await;
    let owner = key(&log_in(&app, "github", json!({"code": "code-taken"})).await);
    assert_ne!(owner, squatter);
    assert_eq!(user(&app, &owner).await["username"], "taken-social");
    let rows = app.store.read().await.unwrap().email_addresses("taken@example.com").await.unwrap();
    assert_eq!(rows.iter().filter(|row| row.verified).count(), 1);
}

#[tokio::test]
async fn s_88_an_address_that_the_provider_has_verified_logs_in_and_ends_what_a_squatter_has() {
    let settings = "[socialaccount]\nquery_email = true\nemail_authentication = true\nemail_authentication_auto_connect = true";
    let (app, _fake) = start(settings).await;
    let squatter = sign_up(&app, "taken").await;
    let owner = key(&log_in(&app, "github", json!({"code": "code-taken"})).await);
    assert_ne!(owner, squatter);
    assert_eq!(app.client().get("/rest-auth/user/").token(&squatter).send().await.status, 401);
    assert_eq!(app.log_in("taken", "c0rrect-horse").await.status, 400);
    assert_eq!(user(&app, &owner).await["username"], "taken");
    assert_eq!(accounts(&app, &owner).await[0]["uid"], "1005");
    // An address that the provider does not vouch for leads nowhere.
    sign_up(&app, "unverified").await;
    let other = key(&log_in(&app, "github", json!({"code": "code-unverified"})).await);
    assert_eq!(user(&app, &other).await["username"], "una");
}

#[tokio::test]
async fn a_matched_account_logs_in_without_being_connected() {
    let (app, _fake) = start("[socialaccount]\nquery_email = true\nemail_authentication = true").await;
    sign_up(&app, "taken").await;
    let owner = key(&log_in(&app, "github", json!({"code": "code-taken"})).await);
    assert_eq!(user(&app, &owner).await["username"], "taken");
    assert_eq!(accounts(&app, &owner).await, json!([]));
}

#[tokio::test]
async fn an_account_that_is_off_gets_nothing() {
    let (app, _fake) = start("").await;
    let owner = key(&log_in(&app, "github", json!({"code": "code-alice"})).await);
    let id = rest_auth_core::model::UserId::Int(user(&app, &owner).await["pk"].as_i64().unwrap());
    let mut tx = app.store.write().await.unwrap();
    tx.set_active(id, false).await.unwrap();
    tx.commit().await.unwrap();
    refused(&log_in(&app, "github", json!({"code": "code-alice"})).await, "User account is disabled.");
}

#[tokio::test]
async fn with_mandatory_verification_an_address_that_nobody_vouches_for_must_be_verified_first() {
    let settings =
        "[account]\nemail_verification = \"mandatory\"\nsignup_fields = [\"email*\", \"username*\"]";
    let (app, _fake) = start(settings).await;
    key(&log_in(&app, "github", json!({"code": "code-alice"})).await);
    let waits = log_in(&app, "github", json!({"code": "code-unverified"})).await;
    refused(&waits, "E-mail is not verified.");
    app.deliver().await;
    assert!(app.mailbox.last_to("unverified@social.example").is_some());
    refused(&log_in(&app, "github", json!({"code": "code-unverified"})).await, "E-mail is not verified.");
    let rows = app.store.read().await.unwrap().email_addresses("unverified@social.example").await.unwrap();
    assert_eq!(rows.len(), 1, "the account is there and waits");
    let mut tx = app.store.write().await.unwrap();
    tx.set_email_verified(rows[0].id).await.unwrap();
    tx.commit().await.unwrap();
    key(&log_in(&app, "github", json!({"code": "code-unverified"})).await);
}

#[tokio::test]
async fn nobody_new_is_let_in_where_sign_up_is_closed() {
    let (app, _fake) = start("[socialaccount]\nauto_signup = false").await;
    assert_eq!(log_in(&app, "github", json!({"code": "code-alice"})).await.status, 403);
    let owner = sign_up(&app, "ann").await;
    app.client()
        .post("/rest-auth/github/connect/")
        .token(&owner)
        .json(&json!({"code": "code-alice"}))
        .send()
        .await;
    assert_eq!(key(&log_in(&app, "github", json!({"code": "code-alice"})).await), owner);
}

#[tokio::test]
async fn s_86_a_changed_user_name_is_the_same_account_and_a_name_of_somebody_else_is_not() {
    let (app, fake) = start("").await;
    // GitLab and GitHub both know 1001; the provider is part of the key.
    let github = key(&log_in(&app, "github", json!({"code": "code-alice"})).await);
    refused(
        &log_in(&app, "gitlab", json!({"access_token": "token-alice"})).await,
        "User is already registered with this e-mail address.",
    );
    let one = app.store.read().await.unwrap().social_account("github", "1001").await.unwrap();
    assert!(one.is_some());
    assert_eq!(key(&log_in(&app, "github", json!({"access_token": "token-alice"})).await), github);
    // Alice takes another name there, and Nora takes hers.
    fake.reword(("alice-social", "liddell"));
    assert_eq!(key(&log_in(&app, "github", json!({"code": "code-alice"})).await), github);
    assert_eq!(user(&app, &github).await["username"], "alice-social");
    fake.reword(("noemail-social", "alice-social"));
    let nora = key(&log_in(&app, "github", json!({"code": "code-noemail"})).await);
    assert_ne!(nora, github);
    assert_ne!(user(&app, &nora).await["username"], "alice-social");
}

#[tokio::test]
async fn first_logins_at_once_make_one_account() {
    for database in Database::each().await {
        let (app, _fake) = on(database, "[database]\nreaders = 4").await;
        let logins: Vec<_> = (0..6)
            .map(|_| {
                let client = app.client();
                tokio::spawn(async move { post(&client, "github/", json!({"code": "code-noemail"})).await })
            })
            .collect();
        let mut keys = Vec::new();
        for login in logins {
            keys.push(key(&login.await.unwrap()));
        }
        keys.dedup();
        assert_eq!(keys.len(), 1, "{keys:?}");
    }
}

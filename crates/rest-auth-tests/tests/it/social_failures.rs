//! Every way in which a provider can fail at one address alone, and applications that it does not know.

use rest_auth_tests::app::{Database, Response, TestApp};
use rest_auth_tests::fake_providers::{FAILURES, FakeProviders, SETTINGS, google_claims, signed};
use serde_json::{Value, json};

async fn start(settings: &str) -> (TestApp, FakeProviders) {
    let fake = FakeProviders::default();
    let mut table: toml::Table = toml::from_str(SETTINGS).unwrap();
    rest_auth_tests::app::merge(&mut table, toml::from_str(settings).unwrap());
    let settings = toml::to_string(&table).unwrap();
    let fetch = fake.clone();
    (TestApp::built(Database::Memory, &settings, |builder| builder.fetch(fetch)).await, fake)
}

async fn log_in(app: &TestApp, provider: &str, body: &Value) -> Response {
    app.client().post(&format!("/rest-auth/{provider}/")).json(body).send().await
}

fn refused(answer: &Response, sentence: &str) {
    assert_eq!((answer.status, answer.json()), (400, json!({"non_field_errors": [sentence]})));
}

/// Addresses beside those that take codes and tell profiles, with a login that needs them.
fn addresses() -> [(&'static str, &'static str, Value); 7] {
    let code = json!({"code": "code-alice"});
    let token = json!({"access_token": "token-alice"});
    let openid = json!({"code": "code-alice", "nonce": "n-1"});
    [
        ("/user/emails", "github", code.clone()),
        ("/applications/", "github", token.clone()),
        ("/debug_token", "facebook", token.clone()),
        ("/tokeninfo", "google", token),
        ("/v1/certs", "google", code),
        ("/.well-known/openid-configuration", "openid_connect", openid.clone()),
        ("company.example/keys", "openid_connect", openid),
    ]
}

#[tokio::test]
async fn s_93_one_address_that_fails_lets_nobody_in_and_when_it_works_again_so_does_the_login() {
    for (part, provider, body) in addresses() {
        for kind in FAILURES {
            let (app, fake) = start("[socialaccount]\nquery_email = true").await;
            fake.fail(Some((part, kind)));
            let answer = log_in(&app, provider, &body).await;
            let shown = format!("{part} {kind}: {} {}", answer.status, answer.text());
            assert!(fake.count(part) > 0, "{shown}");
            match (part, kind) {
                // No address, or no right to see any.
                ("/user/emails", "404" | "empty" | "list") => assert_eq!(answer.status, 200, "{shown}"),
                (_, "slow") => assert_eq!(answer.status, 503, "{shown}"),
                _ => assert!(matches!(answer.status, 400 | 503), "{shown}"),
            }
            let rows = app.store.read().await.unwrap().email_addresses("alice@social.example").await.unwrap();
            if answer.status == 200 {
                assert!(!rows[0].verified, "{shown}: nobody said so");
                continue;
            }
            assert!(rows.is_empty(), "{shown}");
            fake.fail(None);
            app.clock.advance(31);
            let after = log_in(&app, provider, &body).await;
            assert_eq!(after.status, 200, "{shown}, then {}", after.text());
        }
    }
}

#[tokio::test]
async fn s_93_an_application_that_the_provider_does_not_know_lets_nobody_in() {
    let wrong = |key: &str| {
        let names = ["github", "facebook", "google", "openid_connect", "twitter"];
        let tables = names.map(|name| format!("[socialaccount.providers.{name}]\n{key} = \"wrong\"\n"));
        tables.concat()
    };
    for key in ["client_id", "secret"] {
        let (app, _fake) = start(&wrong(key)).await;
        for provider in ["github", "facebook", "google", "openid_connect"] {
            let answer = log_in(&app, provider, &json!({"code": "code-alice"})).await;
            refused(&answer, "Failed to exchange code for access token");
        }
        for provider in ["github", "facebook", "google"] {
            let answer = log_in(&app, provider, &json!({"access_token": "token-alice"})).await;
            if (provider, key) == ("google", "secret") {
                // Google is asked whose token it is without one.
                assert_eq!(answer.status, 200, "{}", answer.text());
            } else {
                refused(&answer, "Incorrect value");
            }
        }
        let body = json!({"access_token": "token-alice", "token_secret": "secret-alice"});
        refused(&log_in(&app, "twitter", &body).await, "No access to private resources at \"api.x.com\".");
    }
}

#[tokio::test]
async fn s_83_a_statement_that_lacks_a_claim_or_names_an_unknown_key_is_refused() {
    let (app, fake) = start("").await;
    for claim in ["iss", "aud", "exp", "sub"] {
        let id_token = signed(google_claims("alice"), json!({claim: null}));
        let body = json!({"access_token": "any", "id_token": id_token});
        refused(&log_in(&app, "google", &body).await, "Incorrect value");
    }
    let good = signed(google_claims("alice"), json!({}));
    let header = rest_auth_formats::base64url::encode(br#"{"typ":"JWT","alg":"ES256","kid":"unknown"}"#);
    let unknown = format!("{header}.{}", good.split_once('.').unwrap().1);
    let before = fake.count("/v1/certs");
    for _ in 0..5 {
        let body = json!({"access_token": "any", "id_token": unknown});
        refused(&log_in(&app, "google", &body).await, "Incorrect value");
    }
    assert!(
        fake.count("/v1/certs") <= before + 1,
        "whoever names unknown keys does not make us ask for each"
    );
}

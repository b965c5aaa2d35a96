//! Keys that are published elsewhere, `simple_jwt.jwk_url`: which tokens they verify, and what happens while they change
//! or cannot be had.

use rest_auth::{TokenClaims, TokenUser};
use rest_auth_formats::base64url;
use rest_auth_formats::jwt::{Algorithm, SigningKey};
use rest_auth_tests::app::{Client, Database, Response, TestApp};
use rest_auth_tests::fake_issuers::FakeIssuers;
use rest_auth_tests::fake_providers::signed_by;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::jwt::{FAMILIES, LOGOUT, USER, log_in, refresh, verify};

/// The publisher's first key and its second one.
const KEY: &str = include_str!("../certificates/server.key.pem");
const OTHER_KEY: &str = include_str!("../certificates/other.key.pem");
const KEYS: &str = "https://id.example.org/keys";

/// A deployment that signs by this key under this name, and believes what is published.
fn settings(key: &str, id: &str) -> String {
    format!(
        "{FAMILIES}algorithm = \"ES256\"\nsigning_key = \"\"\"{key}\"\"\"\nsigning_key_id = \"{id}\"\n\
         jwk_url = \"{KEYS}\"\n"
    )
}

async fn start(key: &str, id: &str) -> (TestApp, FakeIssuers) {
    let fake = FakeIssuers::default();
    (with(&fake, &settings(key, id)).await, fake)
}

async fn with(fake: &FakeIssuers, settings: &str) -> TestApp {
    let fetch = fake.clone();
    TestApp::built(Database::Memory, settings, |builder| builder.fetch(fetch)).await
}

/// What an access token of the account 1 says.
fn said() -> Value {
    json!({"token_type": "access", "user_id": "1", "jti": "0123456789abcdef0123456789abcdef", "hash_password": null})
}

/// A token by a key of the test's own.
fn made(key: &str, id: Option<&str>) -> String {
    let key = SigningKey::new(Algorithm::Es256, key).unwrap();
    signed_by(said(), json!({}), &id.map_or(key.clone(), |id| key.with_id(id)))
}

async fn ask(app: &TestApp, token: &str) -> Response {
    app.client().get(USER).bearer(token).send().await
}

/// What each of the addresses that look at tokens says.
async fn statuses(app: &TestApp, access: &str, token: &str) -> [u16; 6] {
    let (client, host) = (app.client(), host(app));
    [
        ask(app, access).await.status,
        host.get("/claims").bearer(access).send().await.status,
        host.get("/user").bearer(access).send().await.status,
        verify(&client, access).await.status,
        refresh(&client, token).await.status,
        client.post(LOGOUT).json(&json!({ "refresh": token })).send().await.status,
    ]
}

/// A host's application with handlers of its own.
fn host(app: &TestApp) -> Client {
    async fn claims(TokenClaims(claims): TokenClaims) -> String {
        claims.json()
    }
    async fn user(TokenUser { user, .. }: TokenUser) -> String {
        user.display().to_string()
    }
    let router = axum::Router::new()
        .route("/claims", axum::routing::get(claims))
        .route("/user", axum::routing::get(user))
        .with_state::<()>(app.auth.clone());
    Client::new(router)
}

/// HMAC-SHA-256 (RFC 2104), to forge with.
fn hmac_of(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    let padded = |pad: u8| (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ pad).collect::<Vec<u8>>();
    let inner = Sha256::digest([&padded(0x36)[..], message].concat());
    Sha256::digest([&padded(0x5c)[..], &inner[..]].concat()).to_vec()
}

#[tokio::test]
async fn whatever_looks_at_a_token_takes_the_published_keys_and_no_others() {
    let (app, _) = start(KEY, "key-0").await;
    let (access, token) = log_in(&app, "ann").await;
    assert_eq!(statuses(&app, &access, &token).await, [200; 6]);
    // The deployment's own key is as good as a stranger's where it is not in the set.
    for id in ["own", "key-0"] {
        let (app, _) = start(OTHER_KEY, id).await;
        let (access, token) = log_in(&app, "ann").await;
        assert_eq!(statuses(&app, &access, &token).await, [401; 6], "{id}");
    }
}

#[tokio::test]
async fn s_47_a_token_names_its_key_and_only_published_ones_can_be_named() {
    let mut kinds = settings(KEY, "key-0");
    kinds = kinds.replace("check_revoke_token = true", "check_revoke_token = false");
    let fake = FakeIssuers::default();
    let app = with(&fake, &kinds).await;
    log_in(&app, "ann").await;
    assert_eq!(ask(&app, &made(KEY, Some("key-0"))).await.status, 200);
    assert_eq!(ask(&app, &fake.token("ann", said())).await.status, 200);
    let refused = json!({
        "detail": "Given token not valid for any token type", "code": "token_not_valid",
        "messages": [{"token_class": "AccessToken", "token_type": "access", "message": "Token is invalid"}],
    });
    let asked = fake.count("/keys");
    for (token, what) in [
        (made(KEY, None), "no name"),
        (made(KEY, Some("")), "an empty one"),
        (made(KEY, Some("key-1")), "an unknown one"),
        (made(OTHER_KEY, Some("key-0")), "another's"),
        ("a.b.c".to_owned(), "no token"),
    ] {
        let answer = ask(&app, &token).await;
        assert_eq!((answer.status, answer.json()), (401, refused.clone()), "{what}");
        let answer = verify(&app.client(), &token).await;
        let told = json!({"detail": "Token is invalid", "code": "token_not_valid"});
        assert_eq!((answer.status, answer.json()), (401, told), "{what}");
    }
    assert_eq!(fake.count("/keys"), asked, "the set was just fetched: nobody makes us fetch it again");
    // Keys and addresses that a token brings along.
    let payload = made(KEY, None).split('.').nth(1).unwrap().to_owned();
    for more in [json!({"jku": "https://evil.example.org/keys"}), json!({"x5u": "https://evil.example.org/"})]
    {
        let mut header = json!({"alg": "ES256", "typ": "JWT", "kid": "key-1"});
        header.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let token = format!("{}.{payload}.AAAA", base64url::encode(header.to_string().as_bytes()));
        app.clock.advance(31);
        assert_eq!(ask(&app, &token).await.status, 401);
    }
    assert_eq!(fake.count("evil"), 0);
}

#[tokio::test]
async fn s_46_published_keys_verify_by_the_configured_algorithm_alone() {
    let (app, fake) = start(KEY, "key-0").await;
    let (access, _) = log_in(&app, "ann").await;
    let payload = access.split('.').nth(1).unwrap();
    let public = SigningKey::new(Algorithm::Es256, KEY).unwrap().with_id("key-0").verifying_key();
    let web_key = public.web_key().unwrap();
    let point = |name: &str| base64url::decode_strict(web_key[name].as_str().unwrap().as_bytes()).unwrap();
    let secrets = [
        web_key.to_string().into_bytes(),
        json!({ "keys": [&web_key] }).to_string().into_bytes(),
        [point("x"), point("y")].concat(),
        web_key["x"].as_str().unwrap().as_bytes().to_vec(),
        Vec::new(),
    ];
    app.clock.advance(31);
    let asked = fake.count("/keys");
    for alg in ["HS256", "none", "ES384", "es256"] {
        for kid in ["key-0", "key-9"] {
            let header =
                base64url::encode(json!({"alg": alg, "typ": "JWT", "kid": kid}).to_string().as_bytes());
            let unsigned = format!("{header}.{payload}");
            for secret in &secrets {
                let made = base64url::encode(&hmac_of(secret, unsigned.as_bytes()));
                assert_eq!(ask(&app, &format!("{unsigned}.{made}")).await.status, 401, "{alg} {kid}");
            }
            assert_eq!(ask(&app, &format!("{unsigned}.")).await.status, 401, "{alg} {kid}");
        }
    }
    assert_eq!(fake.count("/keys"), asked, "what is refused anyhow is no reason to ask");
    assert_eq!(ask(&app, &access).await.status, 200);
}

#[tokio::test]
async fn a_set_of_other_kinds_of_keys_verifies_nothing() {
    let fake = FakeIssuers::default();
    let settings = settings(KEY, "key-0").replace(KEYS, "https://api.rownd.io/hub/auth/keys");
    let app = with(&fake, &settings).await;
    let (access, token) = log_in(&app, "ann").await;
    assert_eq!(statuses(&app, &access, &token).await, [401; 6]);
}

#[tokio::test]
async fn keys_change_without_a_restart_and_no_token_costs_a_request() {
    let (app, fake) = start(KEY, "key-0").await;
    let (access, _) = log_in(&app, "ann").await;
    for _ in 0..20 {
        assert_eq!(ask(&app, &access).await.status, 200);
    }
    assert_eq!(fake.count("/keys"), 1, "one request, whoever made it first");
    fake.change_keys();
    let new = fake.token("ann", json!({"token_type": "access", "user_id": "1", "jti": "j"}));
    assert_eq!(verify(&app.client(), &new).await.status, 401, "the set was fetched a moment ago");
    app.clock.advance(31);
    assert_eq!(verify(&app.client(), &new).await.status, 200);
    assert_eq!(fake.count("/keys"), 2);
    assert_eq!(ask(&app, &access).await.status, 401, "its key was withdrawn");
    assert_eq!(fake.count("/keys"), 2);
}

#[tokio::test]
async fn s_93_published_keys_that_cannot_be_had_are_a_503_and_kept_ones_do() {
    let fake = FakeIssuers::default();
    fake.set_away(true);
    let app = with(&fake, &settings(KEY, "key-0")).await;
    let (access, token) = log_in(&app, "ann").await;
    assert_eq!(statuses(&app, &access, &token).await, [503; 6]);
    assert_eq!(ask(&app, &access).await.header("retry-after"), "5");
    assert_eq!(ask(&app, &made(KEY, None)).await.status, 401, "no key would make it good");
    assert!(fake.count("/keys") <= 2, "a server in trouble is not asked by everybody");
    fake.set_away(false);
    app.clock.advance(4);
    assert_eq!(ask(&app, &access).await.status, 200);
    fake.set_away(true);
    app.clock.advance(60);
    assert_eq!(ask(&app, &access).await.status, 200);
    let answer = ask(&app, &made(OTHER_KEY, Some("key-1"))).await;
    assert_eq!(answer.status, 503, "it may be a new key");
    fake.set_away(false);
    fake.set_spoilt(true);
    app.clock.advance(100);
    assert_eq!(verify(&app.client(), &access).await.status, 200, "what is no set takes the place of none");
}

#[tokio::test]
async fn the_set_is_here_before_anybody_asks() {
    let (app, fake) = start(KEY, "key-0").await;
    for _ in 0..1000 {
        if fake.count("/keys") > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    assert_eq!(fake.count("/keys"), 1);
    let (access, _) = log_in(&app, "ann").await;
    assert_eq!((ask(&app, &access).await.status, fake.count("/keys")), (200, 1));
}

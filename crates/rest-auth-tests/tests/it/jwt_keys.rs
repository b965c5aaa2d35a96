//! Keys: who may sign, which token is believed, and what others are shown.

use rest_auth::{Claims, TokenClaims, TokenUser};
use rest_auth_core::model::UserId;
use rest_auth_formats::base64url;
use rest_auth_formats::jwt::{self, Algorithm, Rules, SigningKey, TokenKind};
use rest_auth_tests::app::{BEGINNING, Client, Database, TestApp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::jwt::{FAMILIES, IN_BODIES, LOGOUT, USER, claims, log_in, refresh, text};
use crate::statements::Recorder;

const SECRET: &str = "p7v2kq9x4mz8w1trc6yh3bnf5jdg0ls-oieua4xq7";
const KEYS: &str = "/.well-known/jwks.json";

/// A key pair, for tests only: private and public PEM.
fn pair(name: &str) -> (String, String) {
    let vectors: Value =
        serde_json::from_str(include_str!("../../../rest-auth-formats/tests/vectors/jwt.json")).unwrap();
    let found = &vectors["asymmetric_keys_for_tests_only"][name];
    let text = |key: &str| found[key].as_str().unwrap_or_else(|| panic!("no {name}")).to_owned();
    (text("private_pem"), text("public_pem"))
}

/// Settings with a key pair.
fn signed_by(algorithm: &str, pair: &str, more: &str) -> String {
    let (private, _) = self::pair(pair);
    format!(
        "{IN_BODIES}[simple_jwt]\nalgorithm = \"{algorithm}\"\nsigning_key = \"\"\"{private}\"\"\"\n{more}"
    )
}

/// Good claims of the account 1 with some of them changed; null takes one away.
fn changed(changes: &Value) -> Claims {
    let now = BEGINNING.seconds();
    let mut said = json!({
        "token_type": "access", "exp": now + 300, "iat": now, "jti": "0123456789abcdef0123456789abcdef", "user_id": "1",
    });
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            said.as_object_mut().unwrap().remove(name);
        } else {
            said[name] = value.clone();
        }
    }
    said.as_object().unwrap().clone().into()
}

fn signed(changes: &Value) -> String {
    jwt::encode(&changed(changes), &SigningKey::new(Algorithm::Hs256, SECRET).unwrap())
}

/// A token with this header, signed by the secret.
fn with_header(header: &Value) -> String {
    let good = signed(&json!({}));
    let payload = good.split('.').nth(1).unwrap();
    let unsigned = format!("{}.{payload}", base64url::encode(header.to_string().as_bytes()));
    let key = hmac_of(SECRET.as_bytes(), unsigned.as_bytes());
    format!("{unsigned}.{}", base64url::encode(&key))
}

/// HMAC-SHA-256 (RFC 2104), to forge with.
fn hmac_of(key: &[u8], message: &[u8]) -> Vec<u8> {
    let key = if key.len() > 64 { Sha256::digest(key).to_vec() } else { key.to_vec() };
    let padded = |pad: u8| (0..64).map(|at| key.get(at).copied().unwrap_or(0) ^ pad).collect::<Vec<u8>>();
    let inner = Sha256::digest([&padded(0x36)[..], message].concat());
    Sha256::digest([&padded(0x5c)[..], &inner[..]].concat()).to_vec()
}

async fn status(client: &Client, token: &str) -> u16 {
    client.get(USER).bearer(token).send().await.status
}

#[tokio::test]
async fn every_algorithm_that_is_configured_signs_what_it_verifies() {
    for (algorithm, name) in
        [("RS256", "rsa1"), ("PS512", "rsa1"), ("ES256", "p256"), ("ES384", "p384"), ("EdDSA", "ed25519")]
    {
        let app = TestApp::with(&signed_by(algorithm, name, "signing_key_id = \"k1\"\n")).await;
        let (access, token) = log_in(&app, "ann").await;
        let header = base64url::decode_strict(access.split('.').next().unwrap().as_bytes()).unwrap();
        let header: Value = serde_json::from_slice(&header).unwrap();
        assert_eq!((&header["alg"], &header["kid"]), (&json!(algorithm), &json!("k1")));
        assert_eq!(status(&app.client(), &access).await, 200, "{algorithm}");
        assert_eq!(refresh(&app.client(), &token).await.status, 200);
        let set = app.client().get(KEYS).send().await;
        assert_eq!((set.status, set.header("cache-control")), (200, "public, max-age=300"));
        assert_eq!(set.json(), app.auth.key_set().unwrap());
        let found = jwt::read_key_set(&set.json(), Algorithm::named(algorithm).unwrap());
        let rules = Rules::default();
        let read = jwt::check(access.as_bytes(), Some(TokenKind::Access), &found, &rules, BEGINNING);
        assert_eq!(read.unwrap().text("user_id"), Some("1"), "whoever has the set can check our tokens");
    }
}

#[tokio::test]
async fn s_46_over_http_the_configuration_chooses_the_algorithm_and_never_the_token() {
    let app = TestApp::with(IN_BODIES).await;
    log_in(&app, "ann").await;
    assert_eq!(status(&app.client(), &signed(&json!({}))).await, 200, "a good one");
    let payload = signed(&json!({})).split('.').nth(1).unwrap().to_owned();
    let header = |alg: &str| base64url::encode(json!({ "alg": alg, "typ": "JWT" }).to_string().as_bytes());
    for alg in ["none", "None", "NONE", "nOnE", "HS256"] {
        assert_eq!(status(&app.client(), &format!("{}.{payload}.", header(alg))).await, 401, "{alg}");
    }
    let other = SigningKey::new(Algorithm::Hs512, SECRET).unwrap();
    assert_eq!(status(&app.client(), &jwt::encode(&changed(&json!({})), &other)).await, 401);
    let critical = with_header(&json!({"alg": "HS256", "typ": "JWT", "crit": ["b64x"], "b64x": true}));
    assert_eq!(status(&app.client(), &critical).await, 401);

    let app = TestApp::with(&signed_by("RS256", "rsa1", "")).await;
    log_in(&app, "ann").await;
    let (_, public) = pair("rsa1");
    let unsigned = format!("{}.{payload}", header("HS256"));
    let forged =
        format!("{unsigned}.{}", base64url::encode(&hmac_of(public.as_bytes(), unsigned.as_bytes())));
    assert_eq!(status(&app.client(), &forged).await, 401, "HMAC with the public key");

    let app = TestApp::with(&signed_by("ES256", "p256", "")).await;
    log_in(&app, "ann").await;
    for made in [vec![0; 64], vec![0; 96], Vec::new()] {
        let psychic = format!("{}.{payload}.{}", header("ES256"), base64url::encode(&made));
        assert_eq!(status(&app.client(), &psychic).await, 401, "{} bytes", made.len());
    }
}

#[tokio::test]
async fn s_47_over_http_a_key_id_only_looks_keys_up() {
    let app = TestApp::with(
        &IN_BODIES.replace("[rest_auth]", "[simple_jwt]\nsigning_key_id = \"k1\"\n[rest_auth]"),
    )
    .await;
    let (access, _) = log_in(&app, "ann").await;
    assert_eq!(status(&app.client(), &access).await, 200);
    assert_eq!(
        status(&app.client(), &with_header(&json!({"alg": "HS256", "typ": "JWT"}))).await,
        200,
        "no id at all"
    );
    for kid in ["k2", "../../k1", "k1' OR '1'='1", "/dev/null", "k1\nINFO forged line", &"k".repeat(4000)] {
        let token = with_header(&json!({"alg": "HS256", "typ": "JWT", "kid": kid}));
        assert_eq!(status(&app.client(), &token).await, 401, "{kid}");
    }
    let (private, _) = pair("rsa1");
    let foreign = SigningKey::new(Algorithm::Rs256, &private).unwrap();
    let web_key = foreign.verifying_key().web_key().unwrap();
    for member in ["jwk", "jku", "x5u", "x5c"] {
        let token = with_header(&json!({"alg": "RS256", "typ": "JWT", member: web_key}));
        assert_eq!(status(&app.client(), &token).await, 401, "{member}");
    }
}

#[tokio::test]
async fn s_48_over_http_times_issuer_audience_and_kind_are_checked() {
    let now = BEGINNING.seconds();
    let app = TestApp::with(&format!("{IN_BODIES}[simple_jwt]\nleeway = 2\n")).await;
    log_in(&app, "ann").await;
    for (changes, expected) in [
        (json!({"exp": now - 1}), 200),
        (json!({"exp": now - 2}), 401),
        (json!({"nbf": now + 2}), 200),
        (json!({"nbf": now + 3}), 401),
        (json!({"iat": now + 2}), 200),
        (json!({"iat": now + 3}), 401),
        (json!({"exp": null}), 401),
        (json!({"exp": "soon"}), 401),
        (json!({"exp": [now + 300]}), 401),
        (json!({"exp": 1e300}), 401),
        (json!({"jti": null}), 401),
        (json!({"jti": 7}), 401),
        (json!({"token_type": null}), 401),
        (json!({"token_type": "ACCESS"}), 401),
        (json!({"user_id": null}), 401),
        (json!({"user_id": "abc"}), 401),
        (json!({"user_id": "1'; --"}), 401),
        (json!({"user_id": [1]}), 401),
        (json!({"user_id": 1}), 200),
        (json!({"user_id": 2}), 401),
    ] {
        let token = signed(&changes);
        assert_eq!(status(&app.client(), &token).await, expected, "{changes}");
    }
    let app = TestApp::with(&format!("{IN_BODIES}[simple_jwt]\nissuer = \"us\"\naudience = \"app\"\n")).await;
    log_in(&app, "ann").await;
    for (changes, expected) in [
        (json!({"iss": "us", "aud": "app"}), 200),
        (json!({"iss": "us", "aud": ["other", "app"]}), 200),
        (json!({"iss": "us", "aud": "other"}), 401),
        (json!({"iss": "them", "aud": "app"}), 401),
        (json!({"iss": "us"}), 401),
        (json!({"aud": "app"}), 401),
    ] {
        assert_eq!(status(&app.client(), &signed(&changes)).await, expected, "{changes}");
    }
}

#[tokio::test]
async fn s_45_s_49_over_http_each_kind_of_token_is_good_for_its_own_purpose_only() {
    let app = TestApp::with(&FAMILIES.replace("check_revoke_token = true", "")).await;
    let (access, token) = log_in(&app, "ann").await;
    let sliding = signed(&json!({"token_type": "sliding", "refresh_exp": BEGINNING.seconds() + 900}));
    let legacy = signed(&json!({"token_type": null, "jti": null, "username": "ann"}));
    let id_token = signed(&json!({"token_type": null, "sub": "1", "nonce": "n"}));
    let mailed = rest_auth_formats::email_confirmation::make(1, &app.app().keys, "account", BEGINNING);
    for (name, token, [get, exchange, out]) in [
        ("access", &access, [200, 401, 401]),
        ("sliding", &sliding, [401, 401, 401]),
        ("legacy", &legacy, [401, 401, 401]),
        ("id token", &id_token, [401, 401, 401]),
        ("mailed", &mailed, [401, 401, 401]),
        ("refresh", &token, [401, 200, 200]),
    ] {
        let client = app.client();
        assert_eq!(status(&client, token).await, get, "{name}");
        assert_eq!(refresh(&client, token).await.status, exchange, "{name}");
        let answer = client.post(LOGOUT).json(&json!({ "refresh": token })).send().await;
        assert_eq!(answer.status, out, "{name}: {}", answer.text());
    }
}

#[tokio::test]
async fn s_50_a_former_key_verifies_until_its_end_and_the_next_one_is_listed_before_it_signs() {
    let (_, first) = pair("rsa1");
    let before = TestApp::with(&signed_by("RS256", "rsa1", "signing_key_id = \"one\"\n")).await;
    let (access, _) = log_in(&before, "ann").await;
    let until = BEGINNING.plus_seconds(120).json_text();
    let listed = format!(
        "signing_key_id = \"two\"\nverifying_keys = [{{ kid = \"one\", key = \"\"\"{first}\"\"\", until = \"{until}\" }}]\n"
    );
    let after = TestApp::with(&signed_by("RS256", "rsa2", &listed)).await;
    log_in(&after, "ann").await;
    let ids = |set: &Value| {
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(ids(&after.client().get(KEYS).send().await.json()), ["two", "one"]);
    assert_eq!(status(&after.client(), &access).await, 200);
    after.clock.advance(119);
    assert_eq!(status(&after.client(), &access).await, 200);
    after.clock.advance(1);
    assert_eq!(status(&after.client(), &access).await, 401, "its own end is three minutes away");
    assert_eq!(ids(&after.client().get(KEYS).send().await.json()), ["two"]);
    assert_eq!(before.client().get(KEYS).send().await.json()["keys"][0]["kid"], "one");
}

#[tokio::test]
async fn s_50_secrets_rotate_too_and_are_shown_to_nobody() {
    let app = TestApp::with(IN_BODIES).await;
    let (access, _) = log_in(&app, "ann").await;
    assert_eq!(app.client().get(KEYS).send().await.status, 404);
    assert!(app.auth.key_set().is_none());
    let former = format!(
        "{IN_BODIES}[simple_jwt]\nsigning_key = \"8Jf3nQ0sYv5Lk2Xw9Rb7Tc4Hm6Pd1Zg-a\"\nsigning_key_fallbacks = [\"{SECRET}\"]\n"
    );
    let app = TestApp::with(&former).await;
    let (new, _) = log_in(&app, "ann").await;
    for token in [&access, &new] {
        assert_eq!(status(&app.client(), token).await, 200);
    }
    let app = TestApp::with(&former.replace("signing_key_fallbacks", "# ")).await;
    log_in(&app, "ann").await;
    assert_eq!(status(&app.client(), &access).await, 401);
}

/// A host's application with handlers of its own.
fn host(app: &TestApp) -> Client {
    async fn claims(TokenClaims(claims): TokenClaims) -> String {
        claims.json()
    }
    async fn user(TokenUser { user, claims }: TokenUser) -> String {
        format!("{} {}", user.display(), claims.text("token_type").unwrap_or_default())
    }
    let router = axum::Router::new()
        .route("/claims", axum::routing::get(claims).post(claims))
        .route("/user", axum::routing::get(user))
        .with_state::<()>(app.auth.clone());
    Client::new(router)
}

#[tokio::test]
async fn a_hosts_handler_reads_claims_without_the_database_and_accounts_with_it() {
    let app = TestApp::with(IN_BODIES).await;
    let (access, token) = log_in(&app, "ann").await;
    let host = host(&app);
    let recorder = Recorder::default();
    let recording = recorder.start();
    let answer = host.get("/claims").bearer(&access).send().await;
    assert_eq!((answer.status, &answer.json()["user_id"]), (200, &json!("1")));
    assert_eq!(recorder.texts(), [""; 0], "no question to the database");
    let answer = host.get("/user").bearer(&access).send().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, "ann access"));
    assert_eq!(recorder.texts().len(), 1);
    drop(recording);
    for path in ["/claims", "/user"] {
        let refused = host.get(path).send().await;
        assert_eq!((refused.status, refused.header("www-authenticate")), (401, "Bearer realm=\"api\""));
        let refused = host.get(path).bearer(&token).send().await;
        assert_eq!(refused.json()["messages"][0]["message"], "Token has wrong type");
    }
    let mut tx = app.store.write().await.unwrap();
    tx.set_active(UserId::Int(1), false).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(host.get("/claims").bearer(&access).send().await.status, 200, "until the token ends");
    assert_eq!(host.get("/user").bearer(&access).send().await.status, 401);
}

#[tokio::test]
async fn a_hosts_claims_stand_in_both_tokens_and_outlive_a_refresh() {
    let add: rest_auth_core::hooks::AddClaims = std::sync::Arc::new(|user, claims| {
        claims.set("email", user.email.as_str());
    });
    let settings = format!("{IN_BODIES}[simple_jwt]\nrotate_refresh_tokens = true\n");
    let app = TestApp::built(Database::Memory, &settings, |builder| builder.add_claims(add)).await;
    let (access, token) = log_in(&app, "ann").await;
    let answer = refresh(&app.client(), &token).await;
    for token in [&access, &token, &text(&answer, "access"), &text(&answer, "refresh")] {
        assert_eq!(claims(token)["email"], "ann@example.com");
    }
}

//! Login by a real OpenID provider over real HTTP: discovery, a code with PKCE, a signed statement with a nonce, userinfo,
//! and a change of the provider's keys.

use std::collections::BTreeMap;
use std::time::Duration;

use rest_auth_core::context::Clock;
use rest_auth_formats::pkce;
use rest_auth_outbound::HttpsFetch;
use rest_auth_tests::app::{Database, Response, TestApp};
use rest_auth_tests::openid::{self, OpenIdProvider};
use serde_json::{Value, json};

const FRONT_END: &str = "https://app.example.com/login";
const VERIFIER: &str = "a-verifier-of-more-than-forty-three-characters";

struct Story {
    provider: OpenIdProvider,
    app: TestApp,
    clock: Clock,
}

impl Story {
    /// `None` where no provider can be started.
    async fn begin() -> Option<Self> {
        if !openid::is_there() {
            return None;
        }
        let provider = OpenIdProvider::start();
        let settings = format!(
            "[http]\nfeatures = [\"registration\", \"social\"]\nbase_url = \"https://api.example.com\"\n\
             [socialaccount]\nallow_private_addresses = true\nallowed_redirects = [\"{FRONT_END}\"]\n\
             [socialaccount.providers.openid_connect]\nprovider_id = \"peer\"\nclient_id = \"rest-auth\"\n\
             secret = \"a secret of the tests and of nobody else\"\ncallback_url = \"https://app.example.com/openid\"\n\
             settings = {{ server_url = \"{}\", token_auth_method = \"client_secret_basic\" }}",
            provider.issuer()
        );
        // The provider's clock is the machine's; ours begins with it and goes when it is told to.
        let clock = Clock::manual(Clock::System.now());
        let ours = clock.clone();
        let fetch = HttpsFetch::new(Duration::from_secs(5), true);
        let app =
            TestApp::built(Database::Memory, &settings, |builder| builder.clock(ours).fetch(fetch)).await;
        Some(Self { provider, app, clock })
    }

    /// What the provider's pages bring back.
    fn go(&self, name: &str, nonce: &str) -> BTreeMap<String, String> {
        let challenge = pkce::challenge(VERIFIER);
        let back = self.provider.log_in(
            name,
            &[
                ("client_id", "rest-auth"),
                ("redirect_uri", "https://app.example.com/openid"),
                ("response_type", "code"),
                ("scope", "openid email profile"),
                ("state", "s-1"),
                ("nonce", nonce),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ],
        );
        assert_eq!((back["state"].as_str(), &back["iss"]), ("s-1", &self.provider.issuer()));
        back
    }

    async fn post(&self, body: Value) -> Response {
        self.app.client().post("/rest-auth/openid_connect/").json(&body).send().await
    }
}

fn refused(answer: &Response, sentence: &str) {
    assert_eq!((answer.status, answer.json()), (400, json!({"non_field_errors": [sentence]})));
}

fn key(answer: &Response) -> String {
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["key"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_real_openid_provider_lets_in() {
    let Some(story) = Story::begin().await else { return };
    let code = story.go("ann", "n-1")["code"].clone();
    let body = json!({"code": code, "code_verifier": VERIFIER, "nonce": "n-1"});
    let key = key(&story.post(body.clone()).await);
    let user = story.app.client().get("/rest-auth/user/").token(&key).send().await.json();
    assert_eq!(
        (&user["username"], &user["email"], &user["first_name"], &user["last_name"]),
        (&json!("ann-openid"), &json!("ann@openid.example"), &json!("Ann"), &json!("van Lee"))
    );
    let mut records = story.app.store.read().await.unwrap();
    let account = records.social_account("peer", "ann").await.unwrap().unwrap();
    assert_eq!(account.extra_data["userinfo"]["email_verified"], json!(true));
    assert_eq!(account.extra_data["id_token"]["iss"], json!(story.provider.issuer()));
    // The code is used up.
    refused(&story.post(body).await, "Failed to exchange code for access token");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_81_s_83_a_real_openid_provider_insists_on_the_verifier_and_we_on_the_nonce() {
    let Some(story) = Story::begin().await else { return };
    let code = || story.go("ann", "n-1")["code"].clone();
    let other = "another-verifier-of-more-than-forty-three-characters";
    for body in [
        json!({"code": code(), "nonce": "n-1"}),
        json!({"code": code(), "code_verifier": other, "nonce": "n-1"}),
        json!({"code": "made-up", "code_verifier": VERIFIER, "nonce": "n-1"}),
    ] {
        refused(&story.post(body).await, "Failed to exchange code for access token");
    }
    let injected = json!({"code": code(), "code_verifier": VERIFIER, "nonce": "n-2"});
    refused(&story.post(injected).await, "Incorrect value");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_83_a_real_openid_provider_changes_its_keys_and_we_need_no_restart() {
    let Some(story) = Story::begin().await else { return };
    let log_in = async || {
        let code = story.go("ann", "n-1")["code"].clone();
        story.post(json!({"code": code, "code_verifier": VERIFIER, "nonce": "n-1"})).await
    };
    let first = key(&log_in().await);
    story.provider.rotate();
    story.clock.advance(31);
    assert_eq!(key(&log_in().await), first, "the same account, by the new key");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_81_s_82_a_browser_goes_to_a_real_openid_provider_and_a_front_end_logs_it_in() {
    let Some(story) = Story::begin().await else { return };
    let browser = story.app.client();
    let challenge = pkce::challenge(VERIFIER);
    let leave = format!("/rest-auth/openid_connect/authorize/?state=s-1&code_challenge={challenge}");
    let mut keys = Vec::new();
    for _ in 0..2 {
        let there = browser.get(&leave).send().await.header("location").to_owned();
        let back = story.provider.visit("ann", &there);
        let own = back.strip_prefix("https://api.example.com").expect("it comes back to us");
        // Without the issuer, which this provider says it names, the answer is somebody else's.
        let bare = own.split("&iss=").next().unwrap();
        assert_ne!(bare, own, "{back}");
        let answer = browser.get(own).send().await;
        let location = answer.header("location").to_owned();
        let code =
            location.strip_prefix(&format!("{FRONT_END}?code=")).unwrap_or_else(|| panic!("{location}"));
        let code = code.strip_suffix("&state=s-1").unwrap();
        let body = json!({"code": code, "code_verifier": VERIFIER});
        keys.push(key(&story.app.client().post("/rest-auth/social/exchange/").json(&body).send().await));
    }
    assert_eq!(keys[0], keys[1], "the same account");
    let there = browser.get(&leave).send().await.header("location").to_owned();
    let back = story.provider.visit("ann", &there);
    let bare =
        back.strip_prefix("https://api.example.com").unwrap().split("&iss=").next().unwrap().to_owned();
    assert_eq!(browser.get(&bare).send().await.status, 400);
}

//! One recorded exchange with every provider of the table. What the answers must come to, and what is asked for them,
//! are allauth 65.21's own: its adapters read the same answers, once, when the file was made.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rest_auth_core::fetch::{Fetch, FetchError, Incoming, Outgoing};
use rest_auth_core::model::{Secret, Timestamp};
use rest_auth_core::providers::path::Answers;
use rest_auth_core::providers::{
    Application, Asking, Catalogue, Documents, Given, Profile, Protocol, Provider,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Exchange {
    provider: String,
    #[serde(default)]
    settings: Map<String, Value>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    query_email: bool,
    token: Value,
    answers: Vec<Value>,
    asked: Vec<Asked>,
    expected: Value,
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    url: String,
    authorization: Option<String>,
}

/// Answers in order, and remembers what it was asked.
struct Recorded {
    answers: Mutex<Vec<Value>>,
    asked: Mutex<Vec<Outgoing>>,
}

#[async_trait]
impl Fetch for Recorded {
    async fn fetch(&self, request: Outgoing) -> Result<Incoming, FetchError> {
        self.asked.lock().unwrap().push(request);
        let mut answers = self.answers.lock().unwrap();
        let body = if answers.is_empty() {
            json!({"error": "nothing more was recorded"})
        } else {
            answers.remove(0)
        };
        let body = body.to_string().into_bytes();
        Ok(Incoming { status: 200, content_type: "application/json".to_owned(), body })
    }
}

/// Where we ask differently, on purpose: a token that a header carries does not stand in the address too; upstream's
/// row is broken, or asks twice for the same.
const ASKS_DIFFERENTLY: &[&str] =
    &["agave", "clever", "coinbase", "globus", "instagram", "lichess", "mailcow"];

fn exchanges() -> Vec<Exchange> {
    serde_json::from_str(include_str!("exchanges.json")).unwrap()
}

fn provider(catalogue: &Catalogue, exchange: &Exchange) -> Provider {
    let application = Application {
        client_id: "client-1".to_owned(),
        secret: Secret::from("secret-1"),
        key: Secret::from(exchange.key.as_str()),
        name: "n".to_owned(),
        settings: exchange.settings.clone(),
        ..Application::default()
    };
    catalogue.provider(&exchange.provider, application).unwrap().unwrap()
}

fn shown(profile: &Profile) -> Value {
    let addresses = profile.addresses.iter();
    let addresses: Vec<Value> =
        addresses.map(|a| json!({"email": a.email, "verified": a.verified, "primary": a.primary})).collect();
    json!({
        "uid": profile.uid, "username": profile.username, "first_name": profile.first_name,
        "last_name": profile.last_name, "email": profile.email, "addresses": addresses,
    })
}

#[test]
fn every_row_has_an_exchange() {
    let recorded: Vec<String> = exchanges().into_iter().map(|exchange| exchange.provider).collect();
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    // OpenID Connect has no addresses of its own; it is played against a fake provider.
    let missing: Vec<&str> = catalogue
        .names()
        .filter(|name| *name != "openid_connect" && !recorded.iter().any(|known| known == name))
        .collect();
    assert_eq!(missing, [""; 0]);
}

#[test]
fn every_providers_answers_mean_what_they_mean_to_upstream() {
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    for exchange in exchanges() {
        let provider = provider(&catalogue, &exchange);
        let mut token = exchange.token.clone();
        if let Some(root) = &provider.row.token_root {
            token = token[root].take();
        }
        let answers = Answers { profiles: exchange.answers.clone(), token, id_token: Value::Null };
        let profile =
            provider.profile(&answers).unwrap_or_else(|error| panic!("{}: {error}", exchange.provider));
        assert_eq!(shown(&profile), exchange.expected, "{}", exchange.provider);
    }
}

#[tokio::test]
async fn every_provider_is_asked_as_upstream_asks_it() {
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    for exchange in exchanges() {
        let name = &exchange.provider;
        let provider = provider(&catalogue, &exchange);
        let code = provider.row.protocol == Protocol::Oauth2;
        if !code && ["evernote", "trello"].contains(&name.as_str()) {
            continue; // Their profiles need the answer to a request token, which no client posts.
        }
        let mut answers = exchange.answers.clone();
        if code {
            answers.insert(0, exchange.token.clone());
        }
        let recorded = Arc::new(Recorded { answers: Mutex::new(answers), asked: Mutex::default() });
        let fetch: Arc<dyn Fetch> = Arc::clone(&recorded) as _;
        let documents = Arc::new(Documents::default());
        let asking = Asking {
            fetch: &fetch,
            documents: &documents,
            redirect_uri: "https://app.example.org/callback",
            query_email: exchange.query_email,
            allow_unbound: true,
            now: Timestamp::from_seconds(1_800_000_000),
            nonce: "nonce".to_owned(),
        };
        let given = if code {
            Given { code: Some(Secret::from("code-1")), ..Given::default() }
        } else {
            let (token, secret) = (Secret::from("o1-token"), Secret::from("o1-secret"));
            Given { access_token: Some(token), token_secret: Some(secret), ..Given::default() }
        };
        let identity =
            provider.identify(&asking, &given).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(shown(&identity.profile), exchange.expected, "{name}");
        assert_eq!(identity.bound, code, "{name}");
        let asked = recorded.asked.lock().unwrap();
        let profile_requests = &asked[usize::from(code)..];
        assert_eq!(profile_requests.len(), exchange.answers.len(), "{name}");
        if ASKS_DIFFERENTLY.contains(&name.as_str()) {
            continue;
        }
        for (ours, theirs) in profile_requests.iter().zip(&exchange.asked) {
            assert_eq!(ours.method.name(), theirs.method, "{name}");
            assert_eq!(parts(&ours.url), parts(&theirs.url), "{name}");
            let header =
                ours.headers.iter().find(|(header, _)| header == "Authorization").map(|(_, value)| value);
            match &theirs.authorization {
                Some(value) => {
                    assert!(header.is_some_and(|own| own.eq_ignore_ascii_case(value)), "{name}: {header:?}");
                }
                None => assert!(
                    header.is_none_or(|own| own.starts_with("OAuth oauth_nonce=")),
                    "{name}: {header:?}"
                ),
            }
        }
    }
}

/// Address and sorted parameters.
fn parts(url: &str) -> (String, Vec<(String, String)>) {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut pairs = rest_auth_formats::percent::decode_pairs(query);
    pairs.sort();
    (address.to_owned(), pairs)
}

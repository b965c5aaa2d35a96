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
    Application, Asking, Catalogue, Documents, Given, Identity, Input, Profile, Protocol, Provider,
    ProviderError,
};
use rest_auth_formats::jwt::{self, Algorithm, Claims, Rules, SigningKey};
use rest_auth_formats::{hex, percent};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Signs for Apple, both ways round: the client's secret and the id_token.
const KEY: &str = include_str!("apple.key.pem");
const NOW: i64 = 1_800_000_000;

#[derive(Deserialize)]
struct Exchange {
    provider: String,
    #[serde(default)]
    settings: Map<String, Value>,
    client_id: Option<String>,
    secret: Option<String>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    query_email: bool,
    #[serde(default)]
    inputs: BTreeMap<String, String>,
    /// Answers before that to the code.
    #[serde(default)]
    before: Vec<Value>,
    /// The answer to the code.
    token: Value,
    /// Signed, they are the answer's id_token.
    claims: Option<Value>,
    answers: Vec<Value>,
    /// What is asked until there is a token.
    exchanged: Option<Vec<Asked>>,
    asked: Vec<Asked>,
    expected: Value,
    extra_data: Option<Map<String, Value>>,
}

#[derive(Deserialize)]
struct Asked {
    method: String,
    url: String,
    authorization: Option<String>,
    body: Option<String>,
}

/// Answers in order, and remembers what it was asked. Keys are not in the order.
struct Recorded {
    answers: Mutex<Vec<Value>>,
    asked: Mutex<Vec<Outgoing>>,
}

#[async_trait]
impl Fetch for Recorded {
    async fn fetch(&self, request: Outgoing) -> Result<Incoming, FetchError> {
        if request.url.contains("oauth_verifier=") {
            self.asked.lock().unwrap().push(request);
            let token = self.answers.lock().unwrap().remove(0);
            let pairs = token
                .as_object()
                .unwrap()
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str().unwrap()));
            let body = percent::encode_pairs(pairs).into_bytes();
            return Ok(Incoming { status: 200, content_type: "text/html".to_owned(), body });
        }
        let body = if request.url.ends_with("/auth/keys") {
            jwt::key_set([&apple_key().verifying_key()])
        } else {
            self.asked.lock().unwrap().push(request);
            let mut answers = self.answers.lock().unwrap();
            if answers.is_empty() { json!({"error": "nothing more was recorded"}) } else { answers.remove(0) }
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

fn exchange(name: &str) -> Exchange {
    exchanges().into_iter().find(|exchange| exchange.provider == name).unwrap()
}

fn apple_key() -> SigningKey {
    SigningKey::new(Algorithm::Es256, KEY).unwrap().with_id("apple-key")
}

fn provider(catalogue: &Catalogue, exchange: &Exchange) -> Provider {
    let or = |text: &Option<String>, otherwise: &str| text.as_deref().unwrap_or(otherwise).to_owned();
    let mut settings = exchange.settings.clone();
    if exchange.provider == "apple" {
        settings.insert("certificate_key".to_owned(), KEY.into());
    }
    let application = Application {
        client_id: or(&exchange.client_id, "client-1"),
        secret: Secret::new(or(&exchange.secret, "secret-1")),
        key: Secret::from(exchange.key.as_str()),
        name: "n".to_owned(),
        settings,
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

/// What the provider answers, in order.
fn answers(exchange: &Exchange, protocol: Protocol) -> Vec<Value> {
    let mut answers = exchange.answers.clone();
    if protocol == Protocol::Oauth2 {
        let mut token = exchange.token.clone();
        if let Some(Value::Object(members)) = &exchange.claims {
            let mut claims = Claims::new();
            for (name, value) in members {
                claims.set(name.as_str(), value.clone());
            }
            claims.set("exp", NOW + 3600);
            token["id_token"] = jwt::encode(&claims, &apple_key()).into();
        }
        answers.insert(0, token);
        answers.splice(0..0, exchange.before.clone());
    }
    answers
}

/// What a client posts.
fn given(exchange: &Exchange, protocol: Protocol) -> Given {
    let input = |name: &str| Input::ALL.into_iter().find(|input| input.name() == name).unwrap();
    let mut inputs: BTreeMap<Input, Secret> =
        exchange.inputs.iter().map(|(name, value)| (input(name), Secret::from(value.as_str()))).collect();
    match protocol {
        Protocol::Oauth2 => Given { code: Some(Secret::from("code-1")), inputs, ..Given::default() },
        Protocol::Telegram => {
            let said = telegram(exchange.answers[0].clone(), exchange.secret.as_deref().unwrap());
            inputs.insert(Input::TgAuthResult, Secret::new(said.to_string()));
            Given { inputs, ..Given::default() }
        }
        Protocol::Oauth1 | Protocol::OpenidConnect => {
            let (token, secret) = (Secret::from("o1-token"), Secret::from("o1-secret"));
            Given { access_token: Some(token), token_secret: Some(secret), ..Given::default() }
        }
    }
}

/// What Telegram says, signed.
fn telegram(mut said: Value, bot_token: &str) -> Value {
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::{Digest, Sha256};

    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut lines: Vec<String> =
        said.as_object().unwrap().iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
    lines.sort();
    let mut mac = Hmac::<Sha256>::new_from_slice(&Sha256::digest(bot_token)).unwrap();
    mac.update(lines.join("\n").as_bytes());
    said["hash"] = hex::encode(&mac.finalize().into_bytes()).into();
    said
}

/// Plays an exchange; what was asked, too.
async fn play(
    provider: &Provider,
    given: &Given,
    answers: Vec<Value>,
    (query_email, allow_unbound): (bool, bool),
) -> (Result<Identity, ProviderError>, Vec<Outgoing>) {
    let recorded = Arc::new(Recorded { answers: Mutex::new(answers), asked: Mutex::default() });
    let fetch: Arc<dyn Fetch> = Arc::clone(&recorded) as _;
    let documents = Arc::new(Documents::default());
    let asking = Asking {
        fetch: &fetch,
        documents: &documents,
        redirect_uri: "https://app.example.org/callback",
        query_email,
        allow_unbound,
        now: Timestamp::from_seconds(NOW),
        nonce: "nonce".to_owned(),
    };
    let identity = provider.identify(&asking, given).await;
    let asked = recorded.asked.lock().unwrap().clone();
    (identity, asked)
}

#[test]
fn every_row_has_an_exchange() {
    let recorded: Vec<String> = exchanges().into_iter().map(|exchange| exchange.provider).collect();
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    // OpenID Connect has no addresses of its own; it is played against a fake provider and a real one.
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
        if provider.row.quirk.is_some() {
            continue; // Their answers alone say not enough; they are played below.
        }
        let mut token = exchange.token.clone();
        if let Some(root) = &provider.row.token_root {
            token = token[root].take();
        }
        let answers = Answers { profiles: exchange.answers.clone(), token, ..Answers::default() };
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
        let protocol = provider.row.protocol;
        if protocol == Protocol::Oauth1 && ["evernote", "trello"].contains(&name.as_str()) {
            continue; // Their profiles need the answer to a request token, which no client posts.
        }
        let answers = answers(&exchange, protocol);
        let given = given(&exchange, protocol);
        let (identity, asked) = play(&provider, &given, answers, (exchange.query_email, true)).await;
        let identity = identity.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(shown(&identity.profile), exchange.expected, "{name}");
        assert_eq!(identity.bound, protocol != Protocol::Oauth1, "{name}");
        if let Some(extra_data) = &exchange.extra_data {
            let mut kept = identity.profile.extra_data.clone();
            kept.retain(|key, _| key != "exp" || extra_data.contains_key("exp"));
            assert_eq!(&kept, extra_data, "{name}");
        }
        let before_profile = exchange.before.len() + usize::from(protocol == Protocol::Oauth2);
        let (exchanged, profile_requests) = asked.split_at(before_profile);
        if let Some(theirs) = &exchange.exchanged {
            compare(name, exchanged, theirs);
        }
        if !ASKS_DIFFERENTLY.contains(&name.as_str()) {
            compare(name, profile_requests, &exchange.asked);
        }
    }
}

#[tokio::test]
async fn every_provider_of_oauth_1_takes_the_verifier_that_a_browser_brings() {
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    let mut played = 0;
    for exchange in exchanges() {
        let name = &exchange.provider;
        let provider = provider(&catalogue, &exchange);
        if provider.row.protocol != Protocol::Oauth1 {
            continue;
        }
        let mut token = json!({"oauth_token": "o1-token", "oauth_token_secret": "o1-secret"});
        for (name, value) in exchange.token.as_object().into_iter().flatten() {
            token[name] = value.clone();
        }
        let answers: Vec<Value> = std::iter::once(token).chain(exchange.answers.clone()).collect();
        let request_token = ("request-1".to_owned(), Secret::from("secret-1"), Secret::from("verifier-1"));
        let given = Given { request_token: Some(request_token), ..Given::default() };
        let (identity, asked) = play(&provider, &given, answers, (exchange.query_email, false)).await;
        let identity = identity.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        assert_eq!(shown(&identity.profile), exchange.expected, "{name}");
        assert!(identity.bound, "{name}: the verifier is of an attempt of ours");
        assert_eq!(asked[0].method.name(), "POST", "{name}");
        assert!(asked[0].url.ends_with("?oauth_verifier=verifier-1"), "{name}: {}", asked[0].url);
        compare(name, &asked[1..], &exchange.asked);
        played += 1;
    }
    assert!(played >= 10, "{played}");
}

fn compare(name: &str, ours: &[Outgoing], theirs: &[Asked]) {
    assert_eq!(ours.len(), theirs.len(), "{name}");
    for (ours, theirs) in ours.iter().zip(theirs) {
        assert_eq!(ours.method.name(), theirs.method, "{name}");
        assert_eq!(parts(&ours.url), parts(&theirs.url), "{name}");
        if let Some(body) = &theirs.body {
            assert_eq!(sorted(ours.body.as_deref().unwrap()), sorted(body), "{name}");
        }
        let header =
            ours.headers.iter().find(|(header, _)| header == "Authorization").map(|(_, value)| value);
        match &theirs.authorization {
            Some(value) => {
                assert!(header.is_some_and(|own| own.eq_ignore_ascii_case(value)), "{name}: {header:?}");
            }
            None => {
                assert!(header.is_none_or(|own| own.starts_with("OAuth oauth_nonce=")), "{name}: {header:?}");
            }
        }
    }
}

#[tokio::test]
async fn apples_client_secret_is_signed_for_the_first_client_id_and_the_name_comes_from_the_browser() {
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    let exchange = exchange("apple");
    let provider = provider(&catalogue, &exchange);
    let answers = answers(&exchange, Protocol::Oauth2);
    let mut posted = given(&exchange, Protocol::Oauth2);
    let (identity, asked) = play(&provider, &posted, answers.clone(), (false, false)).await;
    assert_eq!(identity.unwrap().profile.first_name, "Ann");
    let form = percent::decode_pairs(asked[0].body.as_deref().unwrap());
    let value = |name: &str| form.iter().find(|(known, _)| known == name).unwrap().1.as_str();
    assert_eq!(
        (asked[0].url.as_str(), value("client_id")),
        ("https://appleid.apple.com/auth/token", "org.example.app")
    );
    let rules = Rules {
        audience: Some(jwt::Audience::One("https://appleid.apple.com".to_owned())),
        ..Rules::default()
    };
    let key = apple_key().with_id("KEYID12345").verifying_key();
    let claims =
        jwt::decode(value("client_secret").as_bytes(), &[key], &rules, Timestamp::from_seconds(NOW)).unwrap();
    assert_eq!((claims.text("iss"), claims.text("sub")), (Some("TEAM123456"), Some("org.example.app")));
    assert_eq!(claims.expires_at(), Some(Timestamp::from_seconds(NOW + 3600)));

    // What the browser posts is believed for the name, and whatever it is it breaks nothing.
    for user in ["", "x", "[]", "{}", r#"{"name": 3}"#, r#"{"sub": "x", "email": "eve@example.com"}"#] {
        posted.inputs.insert(Input::User, Secret::from(user));
        let (identity, _) = play(&provider, &posted, answers.clone(), (false, false)).await;
        let profile = identity.unwrap().profile;
        assert_eq!((profile.uid.as_str(), profile.first_name.as_str()), ("001234.5f0c.0123", ""), "{user}");
        assert_eq!(profile.addresses.len(), 1, "{user}");
    }
    // Without a statement there is nobody.
    let bare = vec![json!({"access_token": "tok-1"})];
    let (refused, _) = play(&provider, &posted, bare, (false, true)).await;
    assert!(matches!(refused, Err(ProviderError::Refused(_))), "{refused:?}");
}

#[test]
fn apples_key_is_tried_when_the_configuration_is_read() {
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    for (key, certificate_key, expected) in [
        ("", KEY, "Apple needs `key`, the team's id"),
        ("TEAM", "", "`certificate_key`: the key is empty"),
        ("TEAM", "secret-hunter2", "`certificate_key`: this algorithm takes a key"),
    ] {
        let settings = json!({"certificate_key": certificate_key});
        let application = Application {
            key: Secret::from(key),
            settings: settings.as_object().unwrap().clone(),
            ..Application::default()
        };
        let problems = catalogue.provider("apple", application).unwrap().unwrap_err();
        assert!(problems[0].message.starts_with(expected), "{problems:?}");
        assert!(!format!("{problems:?}").contains("hunter2"));
    }
}

#[tokio::test]
async fn s_83_telegrams_word_counts_only_signed_by_our_bot_and_for_a_moment() {
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    let exchange = exchange("telegram");
    let provider = provider(&catalogue, &exchange);
    let token = exchange.secret.clone().unwrap();
    let said = |auth_date: i64, token: &str| {
        telegram(json!({"id": 4242, "first_name": "Ann", "auth_date": auth_date}), token)
    };
    let result = async |text: String| {
        let inputs = BTreeMap::from([(Input::TgAuthResult, Secret::new(text))]);
        let given = Given { inputs, ..Given::default() };
        let (identity, asked) = play(&provider, &given, Vec::new(), (false, false)).await;
        assert!(asked.is_empty());
        identity
    };
    let good = said(NOW - 30, &token);
    let identity = result(good.to_string()).await.unwrap();
    assert_eq!((identity.profile.uid.as_str(), identity.bound), ("4242", true));
    let (key, end) = identity.once.unwrap();
    assert_eq!(
        (key, end),
        (format!("telegram:{}", good["hash"].as_str().unwrap()), Timestamp::from_seconds(NOW))
    );
    assert!(!identity.profile.extra_data.contains_key("hash"));
    let encoded = rest_auth_formats::base64url::encode(good.to_string().as_bytes());
    assert!(result(encoded).await.is_ok());

    let mut another = good.clone();
    another["id"] = 1.into();
    let mut more = good.clone();
    more["username"] = "root".into();
    let mut unsigned = good.clone();
    unsigned.as_object_mut().unwrap().remove("hash");
    let mut listed = good.clone();
    listed["first_name"] = json!(["Ann"]);
    let bad =
        [another, more, unsigned, listed, said(NOW - 31, &token), said(NOW + 31, &token), said(NOW, "other")];
    for text in bad.iter().map(Value::to_string).chain(["", "x", "{", "[]", "e30"].map(str::to_owned)) {
        let refused = result(text.clone()).await;
        assert!(matches!(refused, Err(ProviderError::Refused(_))), "{text}: {refused:?}");
    }
}

#[tokio::test]
async fn s_85_a_profile_that_was_made_for_another_application_is_refused() {
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    let exchange = exchange("dataporten");
    let provider = provider(&catalogue, &exchange);
    let posted = Given { access_token: Some(Secret::from("tok-1")), ..Given::default() };
    let mut answer = exchange.answers[0].clone();
    let (identity, _) = play(&provider, &posted, vec![answer.clone()], (false, false)).await;
    assert!(identity.unwrap().bound, "the profile itself says for whom it was made");
    for audience in [json!("another-app"), json!(null), json!(["client-1", "another-app"])] {
        answer["audience"] = audience;
        for allow_unbound in [false, true] {
            let (refused, _) = play(&provider, &posted, vec![answer.clone()], (false, allow_unbound)).await;
            assert!(matches!(refused, Err(ProviderError::Refused(_))), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn s_91_a_client_cannot_choose_the_host_that_is_asked() {
    let catalogue = Catalogue::read(&BTreeMap::new()).unwrap();
    let exchange = exchange("shopify");
    let provider = provider(&catalogue, &exchange);
    for shop in [
        "",
        "evil.example",
        "evil.example/annshop.myshopify.com",
        "annshop.myshopify.com.evil.example",
        "evil.example#.myshopify.com",
        "user@annshop",
        "ANNSHOP",
        "ann\nshop",
        ".myshopify.com",
        "127.0.0.1",
    ] {
        let inputs = BTreeMap::from([(Input::Shop, Secret::from(shop))]);
        let posted = Given { code: Some(Secret::from("code-1")), inputs, ..Given::default() };
        let (refused, asked) = play(&provider, &posted, Vec::new(), (false, true)).await;
        assert!(matches!(refused, Err(ProviderError::Refused(_))) && asked.is_empty(), "{shop}: {refused:?}");
    }
    let inputs = BTreeMap::from([(Input::Shop, Secret::from("annshop"))]);
    let posted = Given { access_token: Some(Secret::from("tok-1")), inputs, ..Given::default() };
    let (refused, asked) = play(&provider, &posted, Vec::new(), (false, true)).await;
    assert!(matches!(refused, Err(ProviderError::Refused(_))) && asked.is_empty(), "{refused:?}");
}

/// Address and sorted parameters.
fn parts(url: &str) -> (String, Vec<(String, String)>) {
    let (address, query) = url.split_once('?').unwrap_or((url, ""));
    let mut pairs = percent::decode_pairs(query);
    pairs.sort();
    (address.to_owned(), pairs)
}

/// JSON, or a form's parameters in order.
fn sorted(body: &str) -> Value {
    serde_json::from_str(body).unwrap_or_else(|_| {
        let mut pairs = percent::decode_pairs(body);
        pairs.sort();
        json!(pairs)
    })
}

//! The identity providers of the scenarios: what they are asked and what they answer is data, which the peer is given too.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use rest_auth::core::fetch::{Fetch, FetchError, Incoming, Method, Outgoing};
use rest_auth_formats::oauth1::{Moment, Signer};
use rest_auth_formats::percent;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::scenario::{filled, substituted};

/// A question to a provider and its answer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rule {
    /// Method and address, without what follows a `?`.
    ask: String,
    /// Parameters `name=value` of query or body, and `Authorization: …`.
    #[serde(default, rename = "with")]
    facts: Vec<String>,
    /// OAuth 1: the consumer and its secret, the token and its secret.
    signed_with: Option<[String; 4]>,
    /// It stands for one rule for each account.
    #[serde(default)]
    each: bool,
    #[serde(default = "ok")]
    status: u16,
    #[serde(default = "json", rename = "type")]
    content_type: String,
    text: Option<String>,
    json: Option<Value>,
    /// Nobody answers.
    away: Option<String>,
}

const fn ok() -> u16 {
    200
}

fn json() -> String {
    "application/json".to_owned()
}

/// Answers by the first rule that fits.
#[derive(Clone, Default)]
pub(crate) struct Providers(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    rules: Vec<Rule>,
    variables: BTreeMap<String, String>,
    asked: Vec<String>,
}

impl Providers {
    pub(crate) fn new(rules: &[Rule]) -> Self {
        Self(Arc::new(Mutex::new(State { rules: rules.to_vec(), ..State::default() })))
    }

    /// What `{name}` stands for in the rules from now on.
    pub(crate) fn set_variables(&self, variables: &BTreeMap<String, String>) {
        self.0.lock().unwrap().variables.clone_from(variables);
    }

    /// Every question so far, as a line.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }
}

#[async_trait]
impl Fetch for Providers {
    async fn fetch(&self, request: Outgoing) -> Result<Incoming, FetchError> {
        let mut state = self.0.lock().unwrap();
        let asked = Asked::new(&request);
        state.asked.push(asked.told());
        let mut rules = state.rules.iter().map(|rule| rule.filled(&state.variables));
        let Some(rule) = rules.find(|rule| asked.fits(rule)) else {
            panic!("no rule of a provider is for {} with {:?}", asked.what, asked.facts)
        };
        rule.answer()
    }
}

/// A request taken apart.
struct Asked<'a> {
    request: &'a Outgoing,
    what: String,
    facts: Vec<String>,
}

impl<'a> Asked<'a> {
    fn new(request: &'a Outgoing) -> Self {
        let (address, query) = request.url.split_once('?').unwrap_or((&request.url, ""));
        let method = if request.method == Method::Post { "POST" } else { "GET" };
        let mut parameters = percent::decode_pairs(query);
        let body = request.body.as_deref().unwrap_or_default();
        if body.starts_with('{') {
            let members: Map<String, Value> = serde_json::from_str(body).unwrap();
            parameters
                .extend(members.into_iter().map(|(name, value)| (name, value.as_str().unwrap().to_owned())));
        } else {
            parameters.extend(percent::decode_pairs(body));
        }
        let mut facts: Vec<String> =
            parameters.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let is_credential = |name: &str| name == "Authorization" || name.starts_with("x-");
        let headers = request.headers.iter().filter(|(name, _)| is_credential(name));
        facts.extend(headers.map(|(name, value)| format!("{name}: {value}")));
        Self { request, what: format!("{method} {address}"), facts }
    }

    /// The question as a line; an OAuth 1 signature is never the same twice.
    fn told(&self) -> String {
        let mut facts: Vec<&str> = self
            .facts
            .iter()
            .map(|fact| if fact.starts_with("Authorization: OAuth ") { "Authorization: OAuth" } else { fact })
            .collect();
        facts.sort_unstable();
        facts.dedup();
        std::iter::once(self.what.as_str()).chain(facts).collect::<Vec<_>>().join(" ")
    }

    fn fits(&self, rule: &Rule) -> bool {
        rule.ask == self.what
            && rule.facts.iter().all(|fact| self.facts.contains(fact))
            && rule.signed_with.as_ref().is_none_or(|keys| self.is_signed(keys))
    }

    /// RFC 5849: the same header comes of the same keys at the same moment.
    fn is_signed(&self, [consumer, secret, token, token_secret]: &[String; 4]) -> bool {
        let Some(header) = self.facts.iter().find_map(|fact| fact.strip_prefix("Authorization: ")) else {
            return false;
        };
        let value = |name: &str| {
            let rest = header.split_once(&format!("{name}=\"")).map_or("", |(_, rest)| rest);
            rest.split('"').next().unwrap_or_default()
        };
        let moment =
            Moment { nonce: value("oauth_nonce"), timestamp: value("oauth_timestamp").parse().unwrap_or(0) };
        let signer = Signer {
            consumer_key: consumer,
            consumer_secret: secret,
            token: Some((token.as_str(), token_secret.as_str())),
        };
        let method = self.what.split(' ').next().unwrap_or_default();
        signer.authorization(method, &self.request.url, moment, &[]).as_deref() == Some(header)
    }
}

impl Rule {
    fn filled(&self, variables: &BTreeMap<String, String>) -> Self {
        let text = |text: &String| substituted(text, variables);
        Self {
            ask: text(&self.ask),
            facts: self.facts.iter().map(text).collect(),
            signed_with: self.signed_with.as_ref().map(|keys| keys.each_ref().map(text)),
            text: self.text.as_ref().map(text),
            json: self.json.as_ref().map(|json| filled(json, variables)),
            ..self.clone()
        }
    }

    fn answer(&self) -> Result<Incoming, FetchError> {
        let body = match (&self.away, &self.text, &self.json) {
            (Some(why), None, None) => return Err(FetchError::Unreachable(why.clone())),
            (None, Some(text), None) => text.clone(),
            (None, None, Some(json)) => without_null(json.clone()).to_string(),
            _ => panic!("{}: a provider answers text or json, or is away", self.ask),
        };
        Ok(Incoming { status: self.status, content_type: self.content_type.clone(), body: body.into_bytes() })
    }
}

/// `<null>` is none: TOML has no word for it.
fn without_null(value: Value) -> Value {
    match value {
        Value::String(text) if text == "<null>" => Value::Null,
        Value::Array(list) => list.into_iter().map(without_null).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, without_null(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}

/// The rules, those with `each` once for every account.
pub(crate) fn for_everybody(rules: Vec<Rule>, accounts: &BTreeMap<String, Map<String, Value>>) -> Vec<Rule> {
    let mut complete = Vec::new();
    for rule in rules {
        if rule.each {
            complete.extend(accounts.iter().map(|(name, account)| of_account(&rule, name, account)));
        } else {
            complete.push(rule);
        }
    }
    complete
}

fn of_account(rule: &Rule, name: &str, account: &Map<String, Value>) -> Rule {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut variables: BTreeMap<String, String> =
        account.iter().map(|(key, value)| (format!("account.{key}"), text(value))).collect();
    variables.insert("account.name".to_owned(), name.to_owned());
    let json = rule.json.as_ref().and_then(|json| typed(json, account));
    Rule { json, ..rule.clone() }.filled(&variables)
}

/// A text that is nothing but `{account.KEY}` becomes the value itself; `None` where the account has none.
fn typed(value: &Value, account: &Map<String, Value>) -> Option<Value> {
    Some(match value {
        Value::String(text) => {
            let key = text.strip_prefix("{account.").and_then(|rest| rest.strip_suffix('}'));
            match key.filter(|key| !key.contains('{') && *key != "name") {
                Some(key) => account.get(key)?.clone(),
                None => value.clone(),
            }
        }
        Value::Array(list) => list.iter().filter_map(|value| typed(value, account)).collect(),
        Value::Object(members) => {
            let of_member = |(name, value): (&String, &Value)| Some((name.clone(), typed(value, account)?));
            members.iter().filter_map(of_member).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    })
}

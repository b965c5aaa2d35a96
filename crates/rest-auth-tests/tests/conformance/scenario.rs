//! The scenario files as types. Unknown keys are refused, so that a misspelt one does not go unnoticed.

use std::collections::BTreeMap;

use rest_auth_tests::app::merge;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::providers::{self, Rule};

/// `base.toml`
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Base {
    /// When each scenario begins.
    clock: String,
    settings: toml::Table,
    /// Settings by the name of a user model.
    user_models: BTreeMap<String, toml::Table>,
    /// Settings that a scenario takes by name.
    deployments: BTreeMap<String, toml::Table>,
    /// Key files, for settings and requests.
    keys: BTreeMap<String, String>,
    users: BTreeMap<String, toml::Table>,
    expect: BTreeMap<String, Expectation>,
    /// Accounts at providers, by name.
    accounts: BTreeMap<String, Map<String, Value>>,
    /// What providers answer.
    providers: Vec<Rule>,
}

/// A scenario with everything that `base.toml` lays under it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Scenario {
    pub(crate) name: String,
    user_model: Option<String>,
    /// Settings of `base.toml`, later ones over earlier ones.
    #[serde(default)]
    deployment: Vec<String>,
    /// The keys of `base.toml` as variables: `keys.NAME`.
    #[serde(skip)]
    pub(crate) keys: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) settings: toml::Table,
    #[serde(default, rename = "users")]
    cast: Vec<Actor>,
    #[serde(skip)]
    pub(crate) users: Vec<User>,
    /// Rows of `socialaccount_socialapp`.
    #[serde(default)]
    pub(crate) applications: Vec<Application>,
    /// What providers answer, the scenario's own first.
    #[serde(default)]
    pub(crate) providers: Vec<Rule>,
    pub(crate) requests: Vec<Request>,
    #[serde(default)]
    pub(crate) rows: Rows,
    #[serde(default)]
    pub(crate) left_behind: Option<LeftBehind>,
}

/// Somebody of the cast, by name or changed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Actor {
    Name(String),
    Changed(toml::Table),
}

/// An account that exists when a scenario begins.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct User {
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) email: String,
    /// In clear; none: unusable.
    pub(crate) password: Option<String>,
    #[serde(default)]
    pub(crate) first_name: String,
    #[serde(default)]
    pub(crate) last_name: String,
    #[serde(default = "yes")]
    pub(crate) is_active: bool,
    #[serde(default)]
    pub(crate) is_staff: bool,
    #[serde(default)]
    pub(crate) addresses: Vec<Address>,
    pub(crate) token: Option<String>,
    #[serde(default)]
    pub(crate) extra: Map<String, Value>,
    /// Accounts at providers that are connected already.
    #[serde(default)]
    pub(crate) social: Vec<SocialAccount>,
}

/// A row of `socialaccount_socialaccount`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SocialAccount {
    pub(crate) provider: String,
    pub(crate) uid: String,
}

/// A row of `socialaccount_socialapp`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Application {
    pub(crate) provider: String,
    #[serde(default)]
    pub(crate) provider_id: String,
    #[serde(default)]
    pub(crate) name: String,
    pub(crate) client_id: String,
    #[serde(default)]
    pub(crate) secret: String,
    #[serde(default)]
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) settings: Map<String, Value>,
    /// `false`: it belongs to no site.
    #[serde(default = "yes")]
    pub(crate) everywhere: bool,
}

/// A row of `account_emailaddress`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Address {
    pub(crate) email: String,
    pub(crate) verified: bool,
    pub(crate) primary: bool,
}

/// What is sent, and what happens around it.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Request {
    pub(crate) send: String,
    pub(crate) json: Option<Value>,
    pub(crate) form: Option<Map<String, Value>>,
    pub(crate) multipart: Option<Map<String, Value>>,
    pub(crate) raw: Option<String>,
    pub(crate) raw_hex: Option<String>,
    #[serde(default = "once")]
    pub(crate) raw_times: usize,
    /// Text, or `false` for none.
    pub(crate) content_type: Option<Value>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) headers_hex: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) https: bool,
    /// A name, or `false` for none.
    pub(crate) jar: Option<Value>,
    /// Texts; `false` leaves a cookie out.
    #[serde(default)]
    pub(crate) cookies: Map<String, Value>,
    #[serde(default)]
    pub(crate) save: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) before: BTreeMap<String, Change>,
    #[serde(default)]
    pub(crate) after_seconds: i64,
    /// Tokens that no server has made, by the names of variables.
    #[serde(default)]
    pub(crate) forge: BTreeMap<String, Forgery>,
    #[serde(default = "once")]
    repeat: usize,
    pub(crate) deviates: Option<String>,
    /// The name of an expectation of `base.toml`, until [`Scenario::complete`] puts that in its place.
    expect: Option<Named>,
    #[serde(skip)]
    pub(crate) expected: Option<Expectation>,
}

/// An expectation, or the name of a shared one.
#[derive(Clone, Deserialize)]
#[serde(untagged)]
enum Named {
    Name(String),
    Own(Expectation),
}

/// What rest-auth answers otherwise than upstream. The recording has the whole answer.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Expectation {
    pub(crate) status: Option<u16>,
    /// Texts; `false`: absent.
    #[serde(default)]
    pub(crate) headers: Map<String, Value>,
    pub(crate) missing_headers: Option<Vec<String>>,
    pub(crate) cookies: Option<Vec<String>>,
    pub(crate) body: Option<String>,
    pub(crate) body_starts: Option<String>,
    /// What the tokens in it say, by their numbers.
    #[serde(default)]
    pub(crate) jwts: BTreeMap<String, String>,
}

/// A token to be made by nobody's leave.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Forgery {
    /// The token that is changed; none: an empty one.
    pub(crate) like: Option<String>,
    #[serde(default)]
    pub(crate) header: Map<String, Value>,
    #[serde(default)]
    pub(crate) claims: Map<String, Value>,
    /// In the place of all claims.
    pub(crate) payload: Option<String>,
    /// The secret, or `false` to leave the signature; none: the deployment's.
    pub(crate) key: Option<Value>,
    /// In the place of any.
    pub(crate) signature: Option<String>,
}

/// What somebody does to an account.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Change {
    pub(crate) is_active: Option<bool>,
    pub(crate) password: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) username: Option<String>,
    #[serde(default)]
    pub(crate) delete: bool,
}

/// What is looked at in the end.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rows {
    #[serde(default)]
    pub(crate) users: Vec<String>,
    #[serde(default)]
    pub(crate) addresses: Vec<String>,
    #[serde(default)]
    pub(crate) outstanding: Vec<String>,
    #[serde(default)]
    pub(crate) social_accounts: Vec<String>,
    #[serde(default)]
    pub(crate) social_tokens: Vec<String>,
    #[serde(default)]
    pub(crate) tokens: bool,
    #[serde(default)]
    pub(crate) sessions: bool,
}

/// What rest-auth leaves behind otherwise than upstream, and why. The recording repeats the rest.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeftBehind {
    pub(crate) deviates: String,
    pub(crate) mails: Option<Vec<Map<String, Value>>>,
    pub(crate) rows: Option<Value>,
}

const fn yes() -> bool {
    true
}

const fn once() -> usize {
    1
}

impl Base {
    /// When each scenario begins, as RFC 3339.
    pub(crate) fn clock(&self) -> &str {
        &self.clock
    }

    fn actor(&self, actor: &Actor) -> Result<User, String> {
        let (like, changes) = match actor {
            Actor::Name(name) => (Some(name.clone()), toml::Table::new()),
            Actor::Changed(table) => {
                let mut changes = table.clone();
                let like = changes.remove("like");
                (like.and_then(|name| name.as_str().map(str::to_owned)), changes)
            }
        };
        let mut user = match like {
            Some(name) => self.users.get(&name).ok_or(format!("base.toml has no user {name}"))?.clone(),
            None => toml::Table::new(),
        };
        user.extend(changes);
        user.try_into().map_err(|error: toml::de::Error| error.to_string())
    }

    fn expectation(&self, request: &Request) -> Result<Option<Expectation>, String> {
        if request.expect.is_some() != request.deviates.is_some() {
            return Err("deviates and expect belong together".to_owned());
        }
        match &request.expect {
            None => Ok(None),
            Some(Named::Own(expectation)) => Ok(Some(expectation.clone())),
            Some(Named::Name(name)) => {
                let shared = self.expect.get(name).ok_or(format!("base.toml has no expectation {name}"))?;
                Ok(Some(shared.clone()))
            }
        }
    }
}

impl Scenario {
    /// Reads a scenario and lays it over what `base.toml` says.
    pub(crate) fn complete(base: &Base, scenario: toml::Value) -> Result<Self, String> {
        let name = scenario.get("name").and_then(toml::Value::as_str).unwrap_or("?").to_owned();
        Self::resolved(base, scenario).map_err(|error| format!("{name}: {error}"))
    }

    fn resolved(base: &Base, scenario: toml::Value) -> Result<Self, String> {
        let mut scenario: Self = scenario.try_into().map_err(|error: toml::de::Error| error.to_string())?;
        scenario.keys = base.keys.iter().map(|(name, key)| (format!("keys.{name}"), key.clone())).collect();
        let mut settings = base.settings.clone();
        if let Some(model) = &scenario.user_model {
            let model = base.user_models.get(model).ok_or(format!("base.toml has no user model {model}"))?;
            merge(&mut settings, model.clone());
        }
        for name in &scenario.deployment {
            let deployment =
                base.deployments.get(name).ok_or(format!("base.toml has no deployment {name}"))?;
            merge(&mut settings, deployment.clone());
        }
        merge(&mut settings, std::mem::take(&mut scenario.settings));
        scenario.settings = with_keys(settings, &scenario.keys);
        scenario.users =
            scenario.cast.iter().map(|actor| base.actor(actor)).collect::<Result<_, String>>()?;
        let rules = scenario.providers.iter().chain(&base.providers).cloned().collect();
        scenario.providers = providers::for_everybody(rules, &base.accounts);
        for request in &mut scenario.requests {
            request.expected = base.expectation(request)?;
        }
        scenario.requests = std::mem::take(&mut scenario.requests)
            .into_iter()
            .flat_map(|request| std::iter::repeat_n(request.clone(), request.repeat))
            .collect();
        Ok(scenario)
    }

    /// Why anything in it deviates: the marks of its requests, and of what it leaves behind.
    pub(crate) fn marks(&self) -> impl Iterator<Item = &str> {
        let of_requests = self.requests.iter().filter_map(|request| request.deviates.as_deref());
        of_requests.chain(self.left_behind.iter().map(|left| left.deviates.as_str()))
    }
}

impl Request {
    /// The request with saved values and cookies in the place of `{name}` and `{cookie.NAME}`.
    pub(crate) fn filled(&self, variables: &BTreeMap<String, String>) -> Self {
        let text = |text: &String| substituted(text, variables);
        let map = |map: &Map<String, Value>| {
            map.iter().map(|(key, value)| (key.clone(), filled(value, variables))).collect::<Map<_, _>>()
        };
        Self {
            send: text(&self.send),
            json: self.json.as_ref().map(|value| filled(value, variables)),
            form: self.form.as_ref().map(map),
            multipart: self.multipart.as_ref().map(map),
            raw: self.raw.as_ref().map(text),
            headers: self.headers.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
            cookies: map(&self.cookies),
            ..self.clone()
        }
    }
}

impl Forgery {
    /// The same with saved values in the place of `{name}`.
    pub(crate) fn filled(&self, variables: &BTreeMap<String, String>) -> Self {
        let text = |text: &Option<String>| text.as_ref().map(|text| substituted(text, variables));
        let map = |map: &Map<String, Value>| {
            map.iter().map(|(key, value)| (key.clone(), filled(value, variables))).collect::<Map<_, _>>()
        };
        Self {
            like: text(&self.like),
            header: map(&self.header),
            claims: map(&self.claims),
            payload: text(&self.payload),
            key: self.key.as_ref().map(|key| filled(key, variables)),
            signature: text(&self.signature),
        }
    }
}

/// Settings with the keys of `base.toml` in the place of `{keys.NAME}`.
fn with_keys(settings: toml::Table, keys: &BTreeMap<String, String>) -> toml::Table {
    let value = |value| match value {
        toml::Value::String(text) => substituted(&text, keys).into(),
        toml::Value::Table(table) => with_keys(table, keys).into(),
        other => other,
    };
    settings.into_iter().map(|(name, setting)| (name, value(setting))).collect()
}

pub(crate) fn filled(value: &Value, variables: &BTreeMap<String, String>) -> Value {
    match value {
        Value::String(text) => substituted(text, variables).into(),
        Value::Array(list) => list.iter().map(|value| filled(value, variables)).collect(),
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), filled(value, variables)))
            .collect::<Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// Braces around anything that is no variable are only braces.
pub(crate) fn substituted(text: &str, variables: &BTreeMap<String, String>) -> String {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        out += before;
        let known =
            after.split_once('}').and_then(|(name, after)| Some((variables.get(name)?.as_str(), after)));
        let (value, after) = known.unwrap_or(("{", after));
        out += value;
        rest = after;
    }
    out + rest
}

//! A row of the provider table as it is written, and reading it so that a mistake is reported under its row and key.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::identity::Input;
use super::quirks::QuirkName;
use crate::settings::Problem;

/// Which protocol a provider speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// OAuth 2 with the provider's own profile address.
    #[default]
    Oauth2,
    /// OAuth 1.0a: requests are signed.
    Oauth1,
    /// Addresses and keys come from a discovery document.
    OpenidConnect,
    /// The bot's token signs who somebody is.
    Telegram,
}

/// How a profile request shows the access token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Auth {
    /// `Authorization: SCHEME token`; the scheme is `Bearer` unless the row says otherwise. OAuth 1: a signature.
    #[default]
    Header,
    /// A parameter in the address: `access_token` unless the row says otherwise.
    Query,
    /// Not at all, or as the row's own headers and parameters say.
    None,
}

/// How the client shows at `access_token_url` who it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ClientAuth {
    /// `client_id` and `client_secret` among the parameters.
    #[default]
    Body,
    /// HTTP Basic.
    Basic,
}

/// How parameters are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BodyFormat {
    /// As a posted form.
    #[default]
    Form,
    /// As JSON.
    Json,
}

/// The method of a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    #[default]
    Get,
    /// POST
    Post,
}

/// One path, or several of which the first with a value wins.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Texts {
    /// One.
    One(String),
    /// Several, the preferred first.
    Many(Vec<String>),
}

impl Texts {
    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        match self {
            Self::One(text) => std::slice::from_ref(text).iter(),
            Self::Many(texts) => texts.iter(),
        }
        .map(String::as_str)
    }
}

/// Whether a provider vouches for an address.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Flag {
    /// Always, or never.
    Constant(bool),
    /// A path, or several. The word `assumed`: upstream takes the address for verified without the provider saying so.
    Paths(Texts),
    /// If a path leads to this text.
    Equals {
        /// Where the text stands.
        path: String,
        /// What it must be.
        equals: String,
    },
}

/// One list of addresses in an answer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AddressRow {
    /// Where the address stands.
    pub email: Texts,
    /// Whether it is verified.
    pub verified: Flag,
    /// Whether it is the main one.
    pub primary: Flag,
}

/// How a provider tells which application an access token was made for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct IntrospectionRow {
    /// GET unless said otherwise.
    pub method: Method,
    /// Whether the client shows itself by HTTP Basic.
    pub basic: bool,
    /// Parameters in the address.
    pub params: BTreeMap<String, String>,
    /// A JSON body.
    pub json: Option<toml::Value>,
    /// A path that must lead to something true.
    pub valid: Option<String>,
    /// Where the application's client id stands.
    pub audience: Option<Texts>,
}

/// Other addresses for a deployment that has a setting, or has it at a value.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Variant {
    /// The setting.
    pub setting: String,
    /// The value; any if it is left out.
    pub value: Option<toml::Value>,
    /// Instead of the row's.
    pub authorize_url: Option<String>,
    /// Instead of the row's.
    pub access_token_url: Option<String>,
    /// Instead of the row's.
    pub profile_url: Option<String>,
    /// Instead of the row's.
    pub emails_url: Option<String>,
}

macro_rules! row {
    ($( $(#[doc = $doc:literal])+ $key:ident: $ty:ty, )*) => {
        /// A row as it is written.
        #[derive(Clone, Debug, Default, PartialEq, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct Row {
            $( $(#[doc = $doc])+ pub $key: $ty, )*
        }

        /// Every key of a row and what it means, for the documentation.
        pub const KEYS: &[(&str, &[&str])] = &[$( (stringify!($key), &[$($doc),+]), )*];
    };
}

row! {
    /// The name that people know.
    title: String,
    /// The part of a path that names the provider, where that is not the row's name.
    slug: Option<String>,
    /// "oauth2", "oauth1", "openid_connect" or "telegram".
    protocol: Protocol,
    /// Where a browser is sent.
    authorize_url: Option<String>,
    /// Where a code is exchanged.
    access_token_url: Option<String>,
    /// OAuth 1: where a request token comes from.
    request_token_url: Option<String>,
    /// Where the profile is asked for: the first answer, `$1`.
    profile_url: Option<String>,
    /// What is asked for next, always: the second answer, `$2`.
    details_url: Option<String>,
    /// A path: where it leads to something, `details_url` is not asked.
    details_unless: Option<String>,
    /// What is asked for next where socialaccount.query_email is on: the second answer, `$2`.
    emails_url: Option<String>,
    /// Whether a login goes on where `emails_url` is refused.
    emails_optional: bool,
    /// "POST", or "GET" as nearly all.
    token_method: Option<Method>,
    /// "body" or "basic".
    token_auth: ClientAuth,
    /// "form" or "json".
    token_body: BodyFormat,
    /// Headers of the code exchange.
    token_headers: BTreeMap<String, String>,
    /// All parameters of the code exchange, where they are not the usual ones.
    token_params: Option<BTreeMap<String, String>>,
    /// The member of the answer that holds the token.
    token_root: Option<String>,
    /// The provider's names for access_token, refresh_token, expires_in.
    token_names: BTreeMap<String, String>,
    /// How the profile requests show the token: "header", "query" or "none".
    auth: Auth,
    /// The scheme of the header, where that is not Bearer.
    scheme: Option<String>,
    /// The parameter of the address, where that is not access_token.
    token_param: Option<String>,
    /// "POST", or "GET" as nearly all.
    profile_method: Method,
    /// Headers of the profile requests.
    profile_headers: BTreeMap<String, String>,
    /// Parameters in the address of the profile requests.
    profile_params: BTreeMap<String, String>,
    /// More of them, where socialaccount.query_email is on.
    profile_params_with_email: BTreeMap<String, String>,
    /// The JSON body of the profile requests.
    profile_json: Option<toml::Value>,
    /// The form that the profile requests post.
    profile_form: BTreeMap<String, String>,
    /// What of the answers is kept as the profile.
    root: Option<Texts>,
    /// What tells the account: it must never change hands.
    uid: Option<Texts>,
    /// The user name.
    username: Option<Texts>,
    /// The given name.
    first_name: Option<Texts>,
    /// The family name.
    last_name: Option<Texts>,
    /// The whole name.
    name: Option<Texts>,
    /// The address.
    email: Option<Texts>,
    /// Whether `email` is verified: a path, true, false, "assumed" or { path, equals }.
    email_verified: Option<Flag>,
    /// A path that must lead to something true for `email` to count at all.
    email_requires: Option<String>,
    /// Addresses, where they are not simply `email`.
    addresses: Vec<AddressRow>,
    /// Who may issue id_tokens.
    id_token_issuer: Option<Texts>,
    /// Where the keys of id_tokens are: a JWK set, or certificates by key id.
    certs_url: Option<String>,
    /// Where a profile says for which application its token was made: it must be ours.
    audience: Option<String>,
    /// Where the provider tells which application a token was made for.
    introspection_url: Option<String>,
    /// How it is asked, and what it answers.
    introspection: Option<IntrospectionRow>,
    /// The scopes that are asked for.
    scopes: Vec<String>,
    /// More of them, where socialaccount.query_email is on.
    scopes_with_email: Vec<String>,
    /// What stands between scopes, where that is not a blank.
    scope_delimiter: Option<String>,
    /// Whether authorization requests use PKCE. They do; false is for a provider that refuses it, and the deployment's
    /// setting oauth_pkce_enabled goes before it.
    pkce: Option<bool>,
    /// The provider's names for the parameters of the authorization request: client_id, redirect_uri, scope, state.
    authorize_names: BTreeMap<String, String>,
    /// More parameters of the authorization request.
    auth_params: BTreeMap<String, String>,
    /// Settings without which the provider cannot be used.
    required_settings: Vec<String>,
    /// Settings and their values where the deployment has none.
    defaults: BTreeMap<String, String>,
    /// Other addresses for deployments with a setting.
    variants: Vec<Variant>,
    /// What a client posts beside the code: "device_id", "region", "shop", "tgAuthResult", "user".
    inputs: Vec<Input>,
    /// What the row cannot say: "apple", "battlenet", "dataporten", "feishu", "line", "linkedin", "mailru",
    /// "odnoklassniki" or "shopify".
    quirk: Option<QuirkName>,
    /// Why a deployment should think twice.
    caution: Option<String>,
}

/// Reads one row. `place` is where it stands, for messages: `socialaccount.providers.github`.
pub(super) fn read(place: &str, table: &toml::Table) -> Result<Row, Vec<Problem>> {
    let problems: Vec<Problem> = table
        .iter()
        .filter_map(|(key, value)| {
            let alone = toml::Table::from_iter([(key.clone(), value.clone())]);
            let error = Row::deserialize(toml::Value::Table(alone)).err()?;
            Some(problem(place, key, error.message().trim()))
        })
        .collect();
    if !problems.is_empty() {
        return Err(problems);
    }
    Row::deserialize(toml::Value::Table(table.clone()))
        .map_err(|error| vec![problem(place, "", error.message().trim())])
}

/// A mistake at a key of a row.
pub(super) fn problem(place: &str, key: &str, message: impl Into<String>) -> Problem {
    let key = if key.is_empty() { place.to_owned() } else { format!("{place}.{key}") };
    Problem { key, message: message.into(), hint: None }
}

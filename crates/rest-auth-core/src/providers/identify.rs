//! The whole exchange with a provider: from the code or token that a client posted to who that is.

use std::sync::Arc;

use rest_auth_formats::jwt::Algorithm;
use rest_auth_formats::oauth1::Moment;
use rest_auth_formats::percent;
use serde_json::{Map, Value};

use super::discovery::Discovery;
use super::documents::Documents;
use super::id_token::{self, Expected};
use super::mapping::{Profile, openid_connect_extra_data};
use super::path::{Answers, is_true};
use super::provider::{Provider, Values};
use super::requests::{Login, Question};
use super::row::{Protocol, Texts};
use crate::fetch::{Fetch, FetchError, Incoming, Outgoing, host};
use crate::model::{Secret, Timestamp};

/// What a client posted.
#[derive(Clone, Debug, Default)]
pub struct Given {
    /// A code, to be exchanged.
    pub code: Option<Secret>,
    /// An access token; it counts before a code.
    pub access_token: Option<Secret>,
    /// OAuth 1's second half of the token.
    pub token_secret: Option<Secret>,
    /// A signed statement that came with the access token.
    pub id_token: Option<Secret>,
    /// PKCE's verifier, to be sent with the code.
    pub code_verifier: Option<Secret>,
    /// The nonce that the client sent the browser off with.
    pub nonce: Option<Secret>,
}

/// What asking takes.
pub struct Asking<'a> {
    /// How to reach the provider.
    pub fetch: &'a Arc<dyn Fetch>,
    /// Keys and discovery documents.
    pub documents: &'a Arc<Documents>,
    /// The address that the code was sent to.
    pub redirect_uri: &'a str,
    /// Whether addresses are asked for that a profile does not hold.
    pub query_email: bool,
    /// Whether an access token is believed though nobody says which application it was made for (W-27).
    pub allow_unbound: bool,
    /// The time.
    pub now: Timestamp,
    /// Never used before: for OAuth 1.
    pub nonce: String,
}

/// Who somebody is at a provider, and what the provider gave for later.
#[derive(Clone, Debug, PartialEq)]
pub struct Identity {
    /// Who.
    pub profile: Profile,
    /// With which token.
    pub token: ProviderToken,
    /// Whether the provider binds the login to our application: by a code, a statement, or its word.
    pub bound: bool,
    /// The id of a statement that may be used once, and until when it could be used again.
    pub once: Option<(String, Timestamp)>,
}

/// A provider's token, for deployments that keep it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProviderToken {
    /// The access token.
    pub token: Secret,
    /// The refresh token, or OAuth 1's secret; empty for none.
    pub token_secret: Secret,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

/// Why nobody was identified. The texts are for the log: no secret, nothing that a client sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderError {
    /// The code was not taken.
    Exchange(String),
    /// The token was not taken, or the answer says nothing usable.
    Refused(String),
    /// OAuth 1: the provider refused the signed request; with the host that upstream names.
    NoAccess(String),
    /// The provider is away.
    Unreachable(String),
    /// The configuration cannot work.
    Misconfigured(String),
}

impl std::fmt::Display for ProviderError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Exchange(why) | Self::Refused(why) | Self::Unreachable(why) | Self::Misconfigured(why) => {
                f.write_str(why)
            }
            Self::NoAccess(host) => write!(f, "{host} refused a signed request"),
        }
    }
}

impl std::error::Error for ProviderError {}

impl From<FetchError> for ProviderError {
    fn from(error: FetchError) -> Self {
        match error {
            FetchError::Forbidden(why) => Self::Misconfigured(why),
            FetchError::Unreachable(why) | FetchError::Malformed(why) => Self::Unreachable(why),
        }
    }
}

impl Provider {
    /// Asks the provider who somebody is.
    pub async fn identify(&self, asking: &Asking<'_>, given: &Given) -> Result<Identity, ProviderError> {
        let discovery = match self.row.protocol {
            Protocol::OpenidConnect => Some(self.discover(asking).await?),
            Protocol::Oauth1 | Protocol::Oauth2 => None,
        };
        Exchange { provider: self, asking, given, discovery }.run().await
    }
}

/// One login at one provider.
struct Exchange<'a> {
    provider: &'a Provider,
    asking: &'a Asking<'a>,
    given: &'a Given,
    discovery: Option<Discovery>,
}

impl Exchange<'_> {
    async fn run(&self) -> Result<Identity, ProviderError> {
        let (asking, given) = (self.asking, self.given);
        let mut answers = Answers::default();
        let exchanged = given.access_token.is_none();
        if exchanged {
            answers.token = self.exchange().await?;
        }
        let token = token_of(&answers.token, given, asking.now);
        let id_token = match answers.token.get("id_token").and_then(Value::as_str) {
            Some(id_token) => Some(Secret::from(id_token)),
            None => given.id_token.clone().filter(|_| !exchanged),
        };
        if let Some(id_token) = &id_token {
            let claims = self.believe(&token, id_token).await?;
            answers.id_token = claims.map_or(Value::Null, Value::Object);
        }
        let stated = answers.id_token.is_object();
        let mut bound = exchanged || stated;
        if !bound {
            bound = self.introspect(&token).await?;
        }
        if !bound && !asking.allow_unbound {
            let why = format!(
                "{} does not say which application an access token was made for",
                self.provider.row.title
            );
            return Err(ProviderError::Refused(why));
        }
        self.ask(&token, &mut answers).await?;
        let profile = self.read_profile(&answers)?;
        let once = once(&answers.id_token);
        Ok(Identity { profile, token, bound, once })
    }

    fn read_profile(&self, answers: &Answers) -> Result<Profile, ProviderError> {
        let refused = |error| ProviderError::Refused(format!("{}: {error}", self.provider.row.title));
        let mut profile = self.provider.profile(answers).map_err(refused)?;
        if self.discovery.is_some() {
            let sub = |value: &Value| value.get("sub").cloned();
            let userinfo = answers.profiles.first().filter(|profile| **profile != answers.id_token);
            // OpenID Connect Core, section 5.3.2: userinfo of somebody else is not to be used.
            if let Some(userinfo) = userinfo
                && answers.id_token.is_object()
                && sub(userinfo) != sub(&answers.id_token)
            {
                return Err(ProviderError::Refused(
                    "userinfo and id_token are about different people".to_owned(),
                ));
            }
            profile.extra_data = openid_connect_extra_data(userinfo, &answers.id_token);
        }
        Ok(profile)
    }

    /// The answer to a code, under allauth's names.
    async fn exchange(&self) -> Result<Value, ProviderError> {
        let (asking, given) = (self.asking, self.given);
        let login = Login {
            code: text(given.code.as_ref()),
            code_verifier: text(given.code_verifier.as_ref()),
            redirect_uri: asking.redirect_uri,
            access_token: "",
            token_secret: "",
            moment: self.moment(),
            userinfo: None,
            query_email: asking.query_email,
        };
        let endpoint = self.discovery.as_ref().map(|found| (found.token_endpoint.as_str(), found.auth));
        let request = self.provider.token_request(endpoint, &login).ok_or_else(|| {
            ProviderError::Misconfigured(format!(
                "{} has no address that takes codes",
                self.provider.row.title
            ))
        })?;
        let answer = asking.fetch.fetch(request).await?;
        let refused = |why: &str| ProviderError::Exchange(format!("{}: {why}", self.provider.row.title));
        if !matches!(answer.status, 200 | 201) {
            return Err(refused(&format!("the code was answered with {}", answer.status)));
        }
        let mut token =
            token_answer(&answer).ok_or_else(|| refused("the answer to the code cannot be read"))?;
        if let Some(root) = &self.provider.row.token_root {
            token = token.get_mut(root).map(Value::take).unwrap_or_default();
        }
        if let Value::Object(members) = &mut token {
            for (ours, theirs) in &self.provider.row.token_names {
                if let Some(value) = members.get(theirs).cloned() {
                    members.insert(ours.clone(), value);
                }
            }
        }
        match token.get("access_token").and_then(Value::as_str) {
            Some(access_token) if !access_token.is_empty() => Ok(token),
            _ => Err(refused("the answer to the code holds no access token")),
        }
    }

    /// The claims of a statement, where the provider's are believed; `None` where the row knows of none.
    async fn believe(
        &self,
        token: &ProviderToken,
        id_token: &Secret,
    ) -> Result<Option<Map<String, Value>>, ProviderError> {
        let (asking, given) = (self.asking, self.given);
        let Some((issuers, keys_url, algorithms)) = self.believable() else { return Ok(None) };
        let expected = Expected {
            issuers,
            client_ids: self.provider.application.client_id.split(',').map(str::trim).collect(),
            keys_url: &keys_url,
            algorithms,
            access_token: Some(token.token.expose().as_str()),
            nonce: given.nonce.as_ref().map(|nonce| nonce.expose().as_str()),
        };
        let claims =
            id_token::verify(id_token.expose(), &expected, asking.fetch, asking.documents, asking.now)
                .await?;
        Ok(Some(claims))
    }

    /// Whose statements are believed: spellings of the issuer, where its keys are, what may sign.
    fn believable(&self) -> Option<(Vec<&str>, String, Vec<Algorithm>)> {
        if let Some(found) = &self.discovery {
            return Some((vec![&found.issuer], found.jwks_uri.clone(), found.algorithms.clone()));
        }
        let issuers: Vec<&str> = self.provider.row.id_token_issuer.iter().flat_map(Texts::iter).collect();
        let answers = Answers::default();
        let values = Values { provider: self.provider, answers: &answers, login: &[] };
        let url = self.provider.patterns.certs_url.as_ref()?.address(&values)?;
        (!issuers.is_empty()).then(|| (issuers, url, id_token::USUAL.to_vec()))
    }

    /// Whether the provider says that an access token was made for us. An error: it says that it was not.
    async fn introspect(&self, token: &ProviderToken) -> Result<bool, ProviderError> {
        let asking = self.asking;
        let login = self.login(token);
        let Some(request) = self.provider.introspection_request(&login) else { return Ok(false) };
        let refused = |why: &str| ProviderError::Refused(format!("{}: {why}", self.provider.row.title));
        let answer = asking.fetch.fetch(request).await?;
        if !answer.is_success() {
            return Err(refused(&format!("the token was not recognized ({})", answer.status)));
        }
        let body: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| refused("the token's description is no JSON"))?;
        let answers = Answers { profiles: vec![body], ..Answers::default() };
        let patterns = &self.provider.patterns;
        let valid = patterns
            .introspection_valid
            .as_ref()
            .is_none_or(|path| path.values(&answers).into_iter().flatten().next().is_some_and(is_true));
        let ours: Vec<&str> = self.provider.application.client_id.split(',').map(str::trim).collect();
        let for_us = patterns
            .introspection_audience
            .iter()
            .any(|path| path.text(&answers).is_some_and(|audience| ours.contains(&audience.as_str())));
        if valid && for_us { Ok(true) } else { Err(refused("the token was made for another application")) }
    }

    /// Puts the profile requests, one after the other.
    async fn ask(&self, token: &ProviderToken, answers: &mut Answers) -> Result<(), ProviderError> {
        let (asking, discovery) = (self.asking, self.discovery.as_ref());
        let stated = answers.id_token.is_object();
        let wants_userinfo = self.provider.setting("fetch_userinfo") != Some("false");
        let userinfo = discovery.and_then(|found| found.userinfo_endpoint.as_deref());
        let statement_is_profile = stated && (discovery.is_none() || !wants_userinfo || userinfo.is_none());
        if statement_is_profile {
            answers.profiles = vec![answers.id_token.clone()];
            return Ok(());
        }
        if discovery.is_some() && !stated {
            return Err(ProviderError::Refused(format!("{} sent no id_token", self.provider.row.title)));
        }
        let login = Login { userinfo, ..self.login(token) };
        let questions = match discovery {
            Some(_) => vec![Question::Profile],
            None => self.provider.questions(asking.query_email),
        };
        for question in questions {
            let request = self
                .provider
                .profile_request(question, &login, answers)
                .ok_or_else(|| ProviderError::Refused(format!("{} needs a code", self.provider.row.title)))?;
            let answer = self.put_question(question, request).await?;
            answers.profiles.push(answer);
        }
        Ok(())
    }

    async fn put_question(&self, question: Question, request: Outgoing) -> Result<Value, ProviderError> {
        let answer = self.asking.fetch.fetch(request).await?;
        // An account without addresses, or a token without the scope: there are then none.
        if question == Question::Emails && answer.status == 404 {
            return Ok(Value::Null);
        }
        if !answer.is_success() {
            return Err(match self.provider.row.protocol {
                Protocol::Oauth1 => {
                    let url = self.provider.row.request_token_url.as_deref().unwrap_or_default();
                    ProviderError::NoAccess(host(url).to_owned())
                }
                _ => {
                    ProviderError::Refused(format!("{} answered {}", self.provider.row.title, answer.status))
                }
            });
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| ProviderError::Refused(format!("{} answered no JSON", self.provider.row.title)))
    }

    fn moment(&self) -> Moment<'_> {
        Moment { nonce: &self.asking.nonce, timestamp: self.asking.now.seconds() }
    }

    fn login<'a>(&'a self, token: &'a ProviderToken) -> Login<'a> {
        Login {
            code: text(self.given.code.as_ref()),
            code_verifier: "",
            redirect_uri: self.asking.redirect_uri,
            access_token: token.token.expose(),
            token_secret: token.token_secret.expose(),
            moment: self.moment(),
            userinfo: None,
            query_email: self.asking.query_email,
        }
    }
}

fn text(secret: Option<&Secret>) -> &str {
    secret.map_or("", |secret| secret.expose().as_str())
}

/// JSON if it says so or looks like it, else a form: GitHub's default.
fn token_answer(answer: &Incoming) -> Option<Value> {
    let body = std::str::from_utf8(&answer.body).ok()?;
    let kind = answer.content_type.split(';').next().unwrap_or_default().trim();
    let value = if kind.eq_ignore_ascii_case("application/json") || body.starts_with("{\"") {
        serde_json::from_str(body).ok()?
    } else {
        let pairs = percent::decode_pairs(body.trim());
        Value::Object(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect())
    };
    Some(value).filter(Value::is_object)
}

fn token_of(answer: &Value, given: &Given, now: Timestamp) -> ProviderToken {
    let member = |name: &str| answer.get(name).and_then(Value::as_str).map(Secret::from);
    if !answer.is_object() {
        return ProviderToken {
            token: given.access_token.clone().unwrap_or_default(),
            token_secret: given.token_secret.clone().unwrap_or_default(),
            expires_at: None,
        };
    }
    let seconds = answer.get("expires_in").and_then(|value| match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    });
    #[expect(clippy::cast_possible_truncation, reason = "a lifetime of more seconds than that is none")]
    let expires_at =
        seconds.filter(|s| (1.0..1e11).contains(s)).map(|seconds| now.plus_seconds(seconds as i64));
    ProviderToken {
        token: member("access_token").unwrap_or_default(),
        token_secret: member("refresh_token").unwrap_or_default(),
        expires_at,
    }
}

/// allauth's cache entry for a statement that may be used once, and when it ends.
fn once(claims: &Value) -> Option<(String, Timestamp)> {
    let issuer = claims.get("iss")?.as_str()?;
    let id = claims.get("jti")?.as_str()?;
    let end = claims.get("exp")?.as_i64()?;
    Some((format!("jwt:iss={issuer},jti={id}"), Timestamp::from_seconds(end)))
}

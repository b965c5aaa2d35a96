//! What a provider is sent: the exchange of a code, the profile requests, and the question whose token this is.

use rest_auth_formats::oauth1::{Moment, Signer};
use rest_auth_formats::{appsecret_proof, basic_auth, percent};
use serde_json::Value;

use super::identity::{Asking, Given};
use super::path::Answers;
use super::pattern::Pattern;
use super::provider::{Provider, Values};
use super::row::{Auth, BodyFormat, ClientAuth, Method, Protocol};
use crate::fetch::Outgoing;

/// The parts of a login that requests are made of.
#[derive(Clone, Copy)]
pub(super) struct Login<'a> {
    pub(super) code: &'a str,
    pub(super) code_verifier: &'a str,
    pub(super) redirect_uri: &'a str,
    pub(super) access_token: &'a str,
    /// OAuth 1's second half.
    pub(super) token_secret: &'a str,
    /// OpenID Connect: where the profile is, in place of the row's address.
    pub(super) userinfo: Option<&'a str>,
    /// Whether addresses are asked for that a profile does not hold.
    pub(super) query_email: bool,
    /// Makes signatures differ.
    pub(super) moment: Moment<'a>,
    /// Values of placeholders that a quirk gave: they go before all others.
    pub(super) extra: &'a [(&'static str, String)],
    /// What the client posted.
    pub(super) given: &'a Given,
}

/// Which profile request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Profile,
    Details,
    Emails,
}

impl Provider {
    /// The questions that are asked for a profile, in order.
    pub(super) fn questions(&self, query_email: bool) -> Vec<Question> {
        let patterns = &self.patterns;
        let mut questions = Vec::new();
        questions.extend(patterns.profile_url.as_ref().map(|_| Question::Profile));
        questions.extend(patterns.details_url.as_ref().map(|_| Question::Details));
        questions.extend(patterns.emails_url.as_ref().filter(|_| query_email).map(|_| Question::Emails));
        questions
    }

    /// The exchange of a code. `None`: the row has no address for it, or a value is missing. `endpoint` stands in for
    /// what the row says.
    pub(super) fn token_request(
        &self,
        endpoint: Option<(&str, ClientAuth)>,
        login: &Login<'_>,
    ) -> Option<Outgoing> {
        let answers = Answers::default();
        let login_values = login.values(self);
        let values = Values { provider: self, answers: &answers, login: &login_values };
        let mut url = match endpoint {
            Some((address, _)) => address.to_owned(),
            None => self.patterns.access_token_url.as_ref()?.address(&values)?,
        };
        let mut params = self.token_params(&values)?;
        let mut headers = filled(&self.patterns.token_headers, &values)?;
        if endpoint.map_or(self.row.token_auth, |(_, auth)| auth) == ClientAuth::Basic {
            params.retain(|(name, _)| name != "client_id" && name != "client_secret");
            headers.push(self.basic());
        }
        if login.code_verifier.is_empty() {
            params.retain(|(name, _)| name != "code_verifier");
        } else if params.iter().all(|(name, _)| name != "code_verifier") {
            params.push(("code_verifier".to_owned(), login.code_verifier.to_owned()));
        }
        params.retain(|(_, value)| !value.is_empty());
        headers.push(("Accept".to_owned(), "*/*".to_owned()));
        let method = self.row.token_method.unwrap_or(Method::Post);
        let body = match (method, self.row.token_body) {
            (Method::Get, _) => {
                url = with_query(&url, &params);
                None
            }
            (Method::Post, BodyFormat::Form) => {
                headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
                Some(query(&params))
            }
            (Method::Post, BodyFormat::Json) => {
                headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
                let members = params.into_iter().map(|(name, value)| (name, Value::String(value)));
                Some(Value::Object(members.collect()).to_string())
            }
        };
        Some(Outgoing { method, url, headers, body })
    }

    fn token_params(&self, values: &Values<'_>) -> Option<Vec<(String, String)>> {
        if let Some(params) = &self.patterns.token_params {
            return filled(params, values);
        }
        let usual = ["redirect_uri", "grant_type", "code", "client_id", "client_secret"];
        let pairs = usual.into_iter().map(|name| {
            let value = match name {
                "grant_type" => "authorization_code".to_owned(),
                _ => super::pattern::Placeholders::named(values, name)?,
            };
            Some((name.to_owned(), value))
        });
        pairs.collect()
    }

    /// A profile request. `None`: it needs something that only the answer to a code brings, or that is missing there.
    pub(super) fn profile_request(
        &self,
        question: Question,
        login: &Login<'_>,
        answers: &Answers,
    ) -> Option<Outgoing> {
        let login_values = login.values(self);
        let values = Values { provider: self, answers, login: &login_values };
        let patterns = &self.patterns;
        let pattern = match question {
            Question::Profile => &patterns.profile_url,
            Question::Details => &patterns.details_url,
            Question::Emails => &patterns.emails_url,
        };
        let mut url = match login.userinfo {
            Some(address) => address.to_owned(),
            None => pattern.as_ref()?.address(&values)?,
        };
        let mut headers = filled(&patterns.profile_headers, &values)?;
        let mut params = Vec::new();
        if self.row.auth == Auth::Query {
            let name = self.row.token_param.as_deref().unwrap_or("access_token");
            params.push((name.to_owned(), login.access_token.to_owned()));
        }
        if question == Question::Profile {
            params.extend(filled(&patterns.profile_params, &values)?);
            if login.query_email {
                params.extend(filled(&patterns.profile_params_with_email, &values)?);
            }
        }
        params.retain(|(_, value)| !value.is_empty());
        let signature = self.quirk().and_then(|quirk| quirk.signature(self, login.access_token, &params));
        params.extend(signature.map(|signature| ("sig".to_owned(), signature)));
        url = with_query(&url, &params);
        let method = self.row.profile_method;
        if self.row.auth == Auth::Header {
            let authorization = match (self.row.protocol, &patterns.scheme) {
                (Protocol::Oauth1, _) => self.signature(method, &url, login)?,
                (_, Some(scheme)) => format!("{} {}", scheme.text(&values)?, login.access_token),
                (_, None) => format!("Bearer {}", login.access_token),
            };
            headers.push(("Authorization".to_owned(), authorization));
        }
        if !patterns.profile_form.is_empty() {
            headers.push(("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned()));
            let body = Some(query(&filled(&patterns.profile_form, &values)?));
            return Some(Outgoing { method, url, headers, body });
        }
        let body = self.row.profile_json.as_ref().map(|json| serde_json::json!(json).to_string());
        if body.is_some() && headers.iter().all(|(name, _)| !name.eq_ignore_ascii_case("content-type")) {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
        }
        Some(Outgoing { method, url, headers, body })
    }

    /// A POST that is signed with the client's secret, and with a token's where there is one.
    pub(super) fn signed_request(
        &self,
        asking: &Asking<'_>,
        url: &str,
        token: Option<(&str, &str)>,
    ) -> Option<Outgoing> {
        let signer = Signer {
            consumer_key: &self.application.client_id,
            consumer_secret: self.application.secret.expose(),
            token,
        };
        let moment = Moment { nonce: &asking.nonce, timestamp: asking.now.seconds() };
        let header = signer.authorization(Method::Post.name(), url, moment, &[])?;
        let headers = vec![("Accept".to_owned(), "*/*".to_owned()), ("Authorization".to_owned(), header)];
        Some(Outgoing { method: Method::Post, url: url.to_owned(), headers, body: None })
    }

    fn signature(&self, method: Method, url: &str, login: &Login<'_>) -> Option<String> {
        let signer = Signer {
            consumer_key: &self.application.client_id,
            consumer_secret: self.application.secret.expose(),
            token: Some((login.access_token, login.token_secret)),
        };
        signer.authorization(method.name(), url, login.moment, &[])
    }

    /// The question which application an access token was made for; `None` where the provider has no answer to it.
    pub(super) fn introspection_request(&self, login: &Login<'_>) -> Option<Outgoing> {
        let introspection = self.row.introspection.as_ref()?;
        let answers = Answers::default();
        let login_values = login.values(self);
        let values = Values { provider: self, answers: &answers, login: &login_values };
        let url = self.patterns.introspection_url.as_ref()?.address(&values)?;
        let url = with_query(&url, &filled(&self.patterns.introspection_params, &values)?);
        let mut headers = vec![("Accept".to_owned(), "application/json".to_owned())];
        if introspection.basic {
            headers.push(self.basic());
        }
        let body = introspection.json.as_ref().map(|json| {
            headers.push(("Content-Type".to_owned(), "application/json".to_owned()));
            put_in(&serde_json::json!(json), &values).to_string()
        });
        Some(Outgoing { method: introspection.method, url, headers, body })
    }

    /// HTTP Basic as allauth's client writes it: the two are not encoded first.
    fn basic(&self) -> (String, String) {
        let header = basic_auth::header(&self.application.client_id, self.application.secret.expose());
        ("Authorization".to_owned(), header)
    }
}

impl Login<'_> {
    fn values(&self, provider: &Provider) -> Vec<(&'static str, String)> {
        let proof = appsecret_proof(provider.application.secret.expose(), self.access_token);
        let inputs =
            provider.row.inputs.iter().map(|input| (input.name(), self.given.input(*input).to_owned()));
        let of_a_login = [
            ("code", self.code.to_owned()),
            ("code_verifier", self.code_verifier.to_owned()),
            ("redirect_uri", self.redirect_uri.to_owned()),
            ("access_token", self.access_token.to_owned()),
            ("appsecret_proof", proof),
            ("random", self.moment.nonce.to_owned()),
        ];
        self.extra.iter().cloned().chain(of_a_login).chain(inputs).collect()
    }
}

impl Method {
    /// As HTTP spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

fn filled(patterns: &[(String, Pattern)], values: &Values<'_>) -> Option<Vec<(String, String)>> {
    patterns.iter().map(|(name, pattern)| Some((name.clone(), pattern.text(values)?))).collect()
}

/// Fills the placeholders in the texts of a JSON body.
fn put_in(json: &Value, values: &Values<'_>) -> Value {
    match json {
        Value::String(text) => {
            Value::String(Pattern::parse(text).ok().and_then(|p| p.text(values)).unwrap_or_default())
        }
        Value::Object(members) => {
            Value::Object(members.iter().map(|(name, value)| (name.clone(), put_in(value, values))).collect())
        }
        other => other.clone(),
    }
}

fn query(params: &[(String, String)]) -> String {
    percent::encode_pairs(params.iter().map(|(name, value)| (name.as_str(), value.as_str())))
}

pub(crate) fn with_query(url: &str, params: &[(String, String)]) -> String {
    if params.is_empty() {
        return url.to_owned();
    }
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{}", query(params))
}

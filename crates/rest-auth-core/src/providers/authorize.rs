//! Sending a browser off to a provider: the address with everything that an authorization request says, and for OAuth 1
//! the request token that must be fetched before.

use rest_auth_formats::{percent, pkce};
use serde_json::Value;

use super::identity::{Asking, Given, ProviderError};
use super::path::{Answers, text_of};
use super::pattern::Pattern;
use super::provider::{Provider, Values};
use super::quirks::Situation;
use super::requests::with_query;
use super::row::{Protocol, Texts};
use crate::model::Secret;

/// What makes an attempt different from every other. All of it was drawn for this one.
#[derive(Clone, Debug)]
pub struct AuthorizationParts<'a> {
    /// Comes back with the answer.
    pub state: &'a str,
    /// PKCE's verifier, of which the browser sees the digest.
    pub verifier: &'a Secret,
    /// Comes back in the id_token.
    pub nonce: &'a str,
    /// Scopes instead of the row's; none: the row's.
    pub scope: &'a [String],
    /// What the row asks for beside a code, as far as it is known by now.
    pub given: &'a Given,
}

/// Where a browser goes, and what must be kept until it comes back.
#[derive(Clone, Debug, PartialEq)]
pub struct SendOff {
    /// The provider's address with the request. It holds the state, so it belongs in no log.
    pub url: Secret,
    /// Whether the code's exchange needs the verifier.
    pub uses_pkce: bool,
    /// Whether the id_token must repeat the nonce.
    pub uses_nonce: bool,
    /// OAuth 1: the request token and its secret.
    pub request_token: Option<(String, Secret)>,
    /// Who is going to answer, where the provider says so of itself (RFC 9207).
    pub issuers: Vec<String>,
    /// Whether the answer must name who sends it.
    pub names_issuer: bool,
}

impl Provider {
    /// The authorization request of an attempt. `asking.redirect_uri` is where the answer is to come.
    pub async fn send_off(
        &self,
        asking: &Asking<'_>,
        attempt: &AuthorizationParts<'_>,
    ) -> Result<SendOff, ProviderError> {
        match self.row.protocol {
            Protocol::Telegram => Err(self.no_address("that browsers could be sent to")),
            Protocol::Oauth1 => self.send_off_oauth1(asking).await,
            Protocol::Oauth2 => {
                let values = self.values_of(asking, attempt.given).await?;
                let url = self.address(self.patterns.authorize_url.as_ref(), &values);
                let url = url.ok_or_else(|| self.no_address("that browsers could be sent to"))?;
                let issuers = self.row.id_token_issuer.iter().flat_map(Texts::iter);
                let issuers = issuers.map(str::to_owned).collect();
                self.request(asking, attempt, &url, &values).map(|sent| SendOff { issuers, ..sent })
            }
            Protocol::OpenidConnect => {
                let found = self.discover(asking).await?;
                let url = found
                    .authorization_endpoint
                    .ok_or_else(|| self.no_address("that browsers could be sent to"))?;
                let (issuers, names_issuer) = (vec![found.issuer], found.names_issuer);
                let values = redirect_uri(asking);
                let sent = self.request(asking, attempt, &url, &values)?;
                Ok(SendOff { issuers, names_issuer, ..sent })
            }
        }
    }

    /// Values of placeholders: where the answer is to come, what the row asks for, and what a quirk makes of it where the
    /// address needs that.
    async fn values_of(&self, asking: &Asking<'_>, given: &Given) -> Result<LoginValues, ProviderError> {
        let mut values = redirect_uri(asking);
        let needed = |name: &&'static str| {
            let url = self.patterns.authorize_url.as_ref();
            url.is_some_and(|url| url.settings().any(|setting| setting == *name))
        };
        if let Some(quirk) = self.quirk().filter(|quirk| quirk.names().iter().any(needed)) {
            values.extend(quirk.values(&Situation { provider: self, asking, given }).await?);
        }
        values.extend(self.row.inputs.iter().map(|input| (input.name(), given.input(*input).to_owned())));
        Ok(values)
    }

    fn request(
        &self,
        asking: &Asking<'_>,
        attempt: &AuthorizationParts<'_>,
        url: &str,
        values: &LoginValues,
    ) -> Result<SendOff, ProviderError> {
        let scopes = self.scopes(attempt.scope, asking.query_email);
        let uses_nonce = scopes.iter().any(|scope| scope == "openid");
        let uses_pkce = self.uses_pkce();
        let mut params = vec![
            ("client_id", self.client_id().to_owned()),
            ("redirect_uri", asking.redirect_uri.to_owned()),
            ("scope", scopes.join(self.row.scope_delimiter.as_deref().unwrap_or(" "))),
            ("response_type", "code".to_owned()),
            ("state", attempt.state.to_owned()),
        ];
        if uses_pkce {
            params.push(("code_challenge", pkce::challenge(attempt.verifier.expose())));
            params.push(("code_challenge_method", "S256".to_owned()));
        }
        if uses_nonce {
            params.push(("nonce", attempt.nonce.to_owned()));
        }
        params.retain(|(name, value)| *name != "scope" || !value.is_empty());
        let theirs = |name: &str| self.row.authorize_names.get(name).map_or(name, String::as_str).to_owned();
        let mut params: Vec<(String, String)> =
            params.into_iter().map(|(name, value)| (theirs(name), value)).collect();
        // What makes the attempt safe is not for anybody to replace.
        for (name, value) in self.auth_params(values)? {
            if params.iter().all(|(known, _)| *known != name) {
                params.push((name, value));
            }
        }
        // Some providers insist on the order of the alphabet.
        params.sort();
        Ok(SendOff {
            url: Secret::new(with_query(url, &params)),
            uses_pkce,
            uses_nonce,
            request_token: None,
            issuers: Vec::new(),
            names_issuer: false,
        })
    }

    /// The row's parameters, those of the provider's settings, and those of the application, which win.
    fn auth_params(&self, values: &LoginValues) -> Result<Vec<(String, String)>, ProviderError> {
        let mut params = Vec::new();
        for (name, pattern) in &self.patterns.auth_params {
            let value = self.text(pattern, values);
            params.push((name.clone(), value.ok_or_else(|| self.no_address("for all of auth_params"))?));
        }
        let settings = &self.application.settings;
        for own in ["AUTH_PARAMS", "auth_params"].iter().filter_map(|name| settings.get(*name)) {
            for (name, value) in own.as_object().into_iter().flatten() {
                let Some(value) = text_of(value) else { continue };
                params.retain(|(known, _)| known != name);
                params.push((name.clone(), value));
            }
        }
        Ok(params)
    }

    /// What is asked for: the application's own scopes, else the provider's settings, else the row's.
    fn scopes(&self, configured: &[String], query_email: bool) -> Vec<String> {
        let settings = &self.application.settings;
        let list = |name: &str| -> Option<Vec<String>> {
            let texts = settings.get(name)?.as_array()?;
            Some(texts.iter().filter_map(Value::as_str).map(str::to_owned).collect())
        };
        if let Some(own) = list("scope").or_else(|| list("SCOPE")) {
            return own;
        }
        if !configured.is_empty() {
            return configured.to_vec();
        }
        let more = if query_email { self.row.scopes_with_email.as_slice() } else { &[] };
        self.row.scopes.iter().chain(more).cloned().collect()
    }

    /// PKCE always, unless the row or the deployment says that the provider refuses it.
    fn uses_pkce(&self) -> bool {
        let settings = &self.application.settings;
        let own = ["oauth_pkce_enabled", "OAUTH_PKCE_ENABLED"].iter().find_map(|name| settings.get(*name));
        own.and_then(Value::as_bool).or(self.row.pkce).unwrap_or(true)
    }

    /// The first of the application's ids.
    fn client_id(&self) -> &str {
        self.application.client_id.split(',').next().unwrap_or_default().trim()
    }

    fn address(&self, pattern: Option<&Pattern>, login: &LoginValues) -> Option<String> {
        pattern?.address(&Values { provider: self, answers: &Answers::default(), login })
    }

    fn text(&self, pattern: &Pattern, login: &LoginValues) -> Option<String> {
        pattern.text(&Values { provider: self, answers: &Answers::default(), login })
    }

    fn no_address(&self, what: &str) -> ProviderError {
        ProviderError::Misconfigured(format!("{} has no address or setting {what}", self.row.title))
    }

    /// RFC 5849, section 2.1: a request token, then the browser goes with it.
    async fn send_off_oauth1(&self, asking: &Asking<'_>) -> Result<SendOff, ProviderError> {
        let values = redirect_uri(asking);
        let url = self.address(self.patterns.request_token_url.as_ref(), &values);
        let url = url.ok_or_else(|| self.no_address("that gives request tokens"))?;
        let browsers = self.address(self.patterns.authorize_url.as_ref(), &values);
        let browsers = browsers.ok_or_else(|| self.no_address("that browsers could be sent to"))?;
        let callback = [("oauth_callback".to_owned(), asking.redirect_uri.to_owned())];
        let answer = self.signed_post(asking, &with_query(&url, &callback), None).await?;
        let member = |name: &str| answer.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let (Some(token), Some(secret)) = (member("oauth_token"), member("oauth_token_secret")) else {
            return Err(ProviderError::Exchange(format!("{} gave no request token", self.row.title)));
        };
        let mut params = self.auth_params(&values)?;
        params.retain(|(name, _)| name != "oauth_token");
        params.push(("oauth_token".to_owned(), token.to_owned()));
        if !self.row.scopes.is_empty() {
            let delimiter = self.row.scope_delimiter.as_deref().unwrap_or(" ");
            params.push(("scope".to_owned(), self.row.scopes.join(delimiter)));
        }
        Ok(SendOff {
            url: Secret::new(with_query(&browsers, &params)),
            uses_pkce: false,
            uses_nonce: false,
            request_token: Some((token.to_owned(), Secret::from(secret))),
            issuers: Vec::new(),
            names_issuer: false,
        })
    }

    /// RFC 5849, section 2.3: the access token for a request token and the verifier that the browser brought. Under its
    /// own names and those that an OAuth 2 answer has.
    pub(super) async fn oauth1_token(
        &self,
        asking: &Asking<'_>,
        (token, secret): (&str, &Secret),
        verifier: &Secret,
    ) -> Result<Value, ProviderError> {
        let url = self.address(self.patterns.access_token_url.as_ref(), &redirect_uri(asking));
        let url = url.ok_or_else(|| self.no_address("that takes verifiers"))?;
        let params = [("oauth_verifier".to_owned(), verifier.expose().clone())];
        let signed_with = Some((token, secret.expose().as_str()));
        let mut answer = self.signed_post(asking, &with_query(&url, &params), signed_with).await?;
        let member = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        // Evernote's tokens have no secret.
        let (token, secret) = (member("oauth_token"), member("oauth_token_secret"));
        if token.is_empty() {
            return Err(ProviderError::Exchange(format!("{} gave no access token", self.row.title)));
        }
        (answer["access_token"], answer["refresh_token"]) = (token.into(), secret.into());
        Ok(answer)
    }

    async fn signed_post(
        &self,
        asking: &Asking<'_>,
        url: &str,
        token: Option<(&str, &str)>,
    ) -> Result<Value, ProviderError> {
        let request = self.signed_request(asking, url, token);
        let request = request.ok_or_else(|| self.no_address("that could be signed"))?;
        let answer = asking.fetch.fetch(request).await?;
        let refused = |why: String| ProviderError::Exchange(format!("{}: {why}", self.row.title));
        if !matches!(answer.status, 200 | 201) {
            return Err(refused(format!("a signed request was answered with {}", answer.status)));
        }
        let body = std::str::from_utf8(&answer.body)
            .map_err(|_| refused("the answer to a signed request is no text".to_owned()))?;
        let pairs = percent::decode_pairs(body.trim());
        Ok(Value::Object(pairs.into_iter().map(|(name, value)| (name, Value::String(value))).collect()))
    }
}

/// Names of placeholders and their values.
type LoginValues = Vec<(&'static str, String)>;

fn redirect_uri(asking: &Asking<'_>) -> LoginValues {
    vec![("redirect_uri", asking.redirect_uri.to_owned())]
}

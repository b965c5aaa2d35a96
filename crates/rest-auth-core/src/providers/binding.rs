//! What binds a login to our application: a statement that names us, or the provider's word about whose an access token
//! is.

use rest_auth_formats::jwt::Algorithm;
use serde_json::{Map, Value};

use super::id_token::{self, Expected};
use super::identify::Exchange;
use super::identity::{ProviderError, ProviderToken};
use super::path::{Answers, is_true};
use super::provider::Values;
use super::row::Texts;
use crate::model::{Secret, Timestamp};

impl Exchange<'_> {
    /// The claims of a statement, where the provider's are believed; `None` where the row knows of none.
    pub(super) async fn believe(
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
    pub(super) async fn introspect(&self, token: &ProviderToken) -> Result<bool, ProviderError> {
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

    /// A profile that says for which application its token was made is believed only if that is ours.
    pub(super) fn check_audience(&self, answers: &Answers) -> Result<(), ProviderError> {
        let Some(path) = &self.provider.patterns.audience else { return Ok(()) };
        if path.text(answers).as_deref() == Some(self.provider.application.client_id.as_str()) {
            return Ok(());
        }
        let why = format!("{}: the token was made for another application", self.provider.row.title);
        Err(ProviderError::Refused(why))
    }
}

/// allauth's cache entry for a statement that may be used once, and when it ends.
pub(super) fn once(claims: &Value) -> Option<(String, Timestamp)> {
    let issuer = claims.get("iss")?.as_str()?;
    let id = claims.get("jti")?.as_str()?;
    let end = claims.get("exp")?.as_i64()?;
    Some((format!("jwt:iss={issuer},jti={id}"), Timestamp::from_seconds(end)))
}

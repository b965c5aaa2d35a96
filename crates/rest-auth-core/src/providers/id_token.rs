//! Which signed statements of a provider are believed: signed by a key that the provider publishes at its configured
//! address, for one of our client ids, by the issuer that the configuration names, in time, and about this very login.
//! What the token itself says of keys and issuers chooses nothing (S-83).

use std::sync::Arc;

use rest_auth_formats::jwt::{self, Algorithm, Audience, Claims, Rules, VerifyingKey};
use serde_json::{Map, Value};

use super::documents::Documents;
use super::identity::ProviderError;
use crate::fetch::{Fetch, Outgoing};
use crate::model::Timestamp;

/// What a statement is compared with.
pub(super) struct Expected<'a> {
    /// Spellings of the issuer.
    pub(super) issuers: Vec<&'a str>,
    /// Our ids at the provider.
    pub(super) client_ids: Vec<&'a str>,
    /// Where the keys are.
    pub(super) keys_url: &'a str,
    /// What may sign.
    pub(super) algorithms: Vec<Algorithm>,
    /// The access token that came with it, if one did.
    pub(super) access_token: Option<&'a str>,
    /// The nonce that the client says it sent.
    pub(super) nonce: Option<&'a str>,
}

/// What any provider may sign with.
pub(super) const USUAL: [Algorithm; 2] = [Algorithm::Rs256, Algorithm::Es256];

/// The claims of a statement, verified.
pub(super) async fn verify(
    token: &str,
    expected: &Expected<'_>,
    fetch: &Arc<dyn Fetch>,
    documents: &Arc<Documents>,
    now: Timestamp,
) -> Result<Map<String, Value>, ProviderError> {
    let set = documents.get(fetch, Outgoing::get(expected.keys_url), now).await?;
    let mut read_with = read(token, &keys(&set, &expected.algorithms), expected, now);
    if read_with.is_err() {
        // Providers change their keys: look again before refusing.
        let set = documents.renewed(fetch, Outgoing::get(expected.keys_url), now).await?;
        read_with = read(token, &keys(&set, &expected.algorithms), expected, now);
    }
    let claims = read_with?;
    Ok(claims.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect())
}

fn read(
    token: &str,
    keys: &[VerifyingKey],
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<Claims, ProviderError> {
    let refuse = |why: String| ProviderError::Refused(format!("the id_token is refused: {why}"));
    let audience = expected.client_ids.iter().map(|id| (*id).to_owned()).collect();
    let rules = Rules { audience: Some(Audience::Several(audience)), leeway: LEEWAY, ..Rules::default() };
    let claims =
        jwt::decode(token.as_bytes(), keys, &rules, now).map_err(|error| refuse(error.to_string()))?;
    if claims.expires_at().is_none() {
        return Err(refuse("it has no exp".to_owned()));
    }
    if !claims.text("iss").is_some_and(|issuer| expected.issuers.contains(&issuer)) {
        return Err(refuse("another issuer made it".to_owned()));
    }
    if claims.get("aud").is_some_and(|aud| aud.as_array().is_some_and(|names| names.len() > 1))
        && !claims.text("azp").is_some_and(|azp| expected.client_ids.contains(&azp))
    {
        return Err(refuse("it is for several audiences, and was not made for us".to_owned()));
    }
    if let Some(nonce) = expected.nonce
        && claims.text("nonce") != Some(nonce)
    {
        return Err(refuse("its nonce is another login's".to_owned()));
    }
    if let (Some(hash), Some(access_token)) = (claims.text("at_hash"), expected.access_token)
        && !jwt::is_at_hash(token, hash, access_token)
    {
        return Err(refuse("it came with another access token".to_owned()));
    }
    Ok(claims)
}

/// Seconds by which the provider's clock may differ from ours.
const LEEWAY: i64 = 30;

/// The keys in a document: a JWK set, or Google's object of certificates by key id.
fn keys(document: &Value, algorithms: &[Algorithm]) -> Vec<VerifyingKey> {
    let mut keys = Vec::new();
    for algorithm in algorithms.iter().copied().filter(|algorithm| !algorithm.is_symmetric()) {
        if document.get("keys").is_some() {
            keys.extend(jwt::read_key_set(document, algorithm));
            continue;
        }
        for (id, certificate) in document.as_object().into_iter().flatten() {
            let text = certificate.as_str().unwrap_or_default();
            keys.extend(VerifyingKey::from_certificate(algorithm, text).ok().map(|key| key.with_id(id)));
        }
    }
    keys
}

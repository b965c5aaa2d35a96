//! Keys that somebody publishes: simplejwt's `JWK_URL`. Where it is set nothing else verifies a token: a token names its
//! key by `kid`, and the key is looked up in the set at that address, never in the token.
//!
//! The set is kept as those of other issuers are: fetched again in the background, and at once, but rarely, for a key that
//! is not in it.

use std::sync::Arc;

use rest_auth_formats::jwt::{self, VerifyingKey};

use crate::context::{App, Context};
use crate::error::{Error, Result};
use crate::features::external_issuers::{Keyring, key_set};
use crate::providers::ProviderError;
use crate::settings::{AlgorithmName, SimpleJwt};

/// The set at an address, and what its keys may sign with.
#[derive(Debug)]
pub(super) struct Published {
    url: String,
    algorithm: AlgorithmName,
    keyring: Keyring,
}

impl Published {
    /// The one of the settings. A shared secret is nobody's to publish, and has none.
    pub(super) fn of(own: &SimpleJwt) -> Option<Self> {
        let url = own.jwk_url.0.clone().filter(|_| !own.algorithm.0.is_symmetric())?;
        Some(Self { url, algorithm: own.algorithm, keyring: Keyring::default() })
    }

    /// The keys that may have signed a token; none for one that names no key or no known one, or that names another
    /// algorithm. 503 where they cannot be had: a token that nobody could look at is not wrong.
    pub(super) async fn keys_for(&self, cx: &Context, token: &[u8]) -> Result<Arc<[VerifyingKey]>> {
        let said = jwt::peek(token).filter(|said| {
            // Whoever is refused anyhow is no reason to ask.
            said.algorithm.as_deref() == Some(self.algorithm.0.name())
        });
        let Some(id) = said.and_then(|said| said.key_id) else { return Ok(Arc::default()) };
        let (documents, fetch) = (&cx.social.documents, &cx.social.fetch);
        let away = |error: ProviderError| away(cx, &self.url, &error);
        let kept = documents.get(fetch, key_set(&self.url), cx.now).await.map_err(away)?;
        let known = self.keyring.keys(&kept, &[self.algorithm]);
        if known.iter().any(|key| key.id() == Some(&id)) {
            return Ok(named(known));
        }
        let renewed = documents.renewed(fetch, key_set(&self.url), cx.now).await.map_err(away)?;
        Ok(named(self.keyring.keys(&renewed, &[self.algorithm])))
    }

    /// Fetches the set, so that no request has to.
    pub(super) async fn keep(&self, app: &App) -> Result<(), ProviderError> {
        let (documents, fetch) = (&app.social.documents, &app.social.fetch);
        documents.keep(fetch, key_set(&self.url), app.clock.now()).await.map(drop)
    }
}

/// Those with an id. One without would stand for any id, and upstream takes none such.
fn named(keys: Arc<[VerifyingKey]>) -> Arc<[VerifyingKey]> {
    let is_named = |key: &&VerifyingKey| key.id().is_some_and(|id| !id.is_empty());
    if keys.iter().all(|key| is_named(&key)) {
        return keys;
    }
    keys.iter().filter(is_named).cloned().collect()
}

/// Upstream refuses the token then, and whoever holds a good one logs in again for nothing.
fn away(cx: &Context, url: &str, error: &ProviderError) -> Error {
    tracing::warn!(url, request = cx.meta.request_id, %error, "the keys of simple_jwt.jwk_url cannot be had");
    Error::Unavailable { retry_after: 5, what: "the set of keys" }
}

#[cfg(test)]
mod tests {
    use rest_auth_formats::jwt::Algorithm;
    use serde_json::{Value, json};

    use super::*;

    /// The key of RFC 7517, appendix A.1.
    fn web_key(id: &Value) -> Value {
        json!({
            "kty": "EC", "crv": "P-256", "kid": id,
            "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
            "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        })
    }

    #[test]
    fn a_published_key_without_an_id_stands_for_none() {
        let ids = [json!("one"), json!(""), json!(7), json!(null)];
        let set = json!({ "keys": ids.iter().map(web_key).collect::<Vec<_>>() });
        let read = jwt::read_key_set(&set, Algorithm::Es256);
        assert_eq!(read.len(), 4);
        let keys = named(read.into());
        assert_eq!(keys.iter().map(VerifyingKey::id).collect::<Vec<_>>(), [Some("one")]);
    }
}

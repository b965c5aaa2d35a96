//! Keys and discovery documents of providers, kept for a while, so that a login waits for its provider once and not
//! twice. What is five minutes old is fetched again beside the login that asks for it; a key that is not among the kept
//! ones is looked for at once, though not again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::identity::ProviderError;
use crate::fetch::{Fetch, Outgoing};
use crate::model::Timestamp;

/// Seconds after which a document is fetched again in the background.
const STALE: i64 = 300;
/// Seconds after which it counts no more: a provider's keys may be withdrawn.
const DEAD: i64 = 86_400;
/// Seconds for which nobody can make us ask again by naming keys that do not exist.
const PATIENCE: i64 = 30;

/// Documents by address.
#[derive(Debug, Default)]
pub struct Documents {
    kept: Mutex<HashMap<String, Kept>>,
}

#[derive(Clone, Debug)]
struct Kept {
    at: Timestamp,
    document: Arc<Value>,
    refreshing: bool,
}

impl Documents {
    /// The document at an address that the configuration names.
    pub(super) async fn get(
        self: &Arc<Self>,
        fetch: &Arc<dyn Fetch>,
        url: &str,
        now: Timestamp,
    ) -> Result<Arc<Value>, ProviderError> {
        let kept = self.kept(url);
        match kept {
            Some(kept) if now < kept.at.plus_seconds(STALE) => Ok(kept.document),
            Some(kept) if now < kept.at.plus_seconds(DEAD) => {
                self.refresh(fetch, url, now);
                Ok(kept.document)
            }
            _ => self.fetch(fetch, url, now).await,
        }
    }

    /// The document anew, because something was missing in it; the kept one if that is only seconds old.
    pub(super) async fn renewed(
        self: &Arc<Self>,
        fetch: &Arc<dyn Fetch>,
        url: &str,
        now: Timestamp,
    ) -> Result<Arc<Value>, ProviderError> {
        match self.kept(url) {
            Some(kept) if now < kept.at.plus_seconds(PATIENCE) => Ok(kept.document),
            _ => self.fetch(fetch, url, now).await,
        }
    }

    /// Fetches beside whoever asks; one fetch at a time for each address. A failure leaves the kept one as it is.
    fn refresh(self: &Arc<Self>, fetch: &Arc<dyn Fetch>, url: &str, now: Timestamp) {
        if let Some(kept) = self.lock().get_mut(url) {
            if kept.refreshing {
                return;
            }
            kept.refreshing = true;
        }
        let (own, fetch, url) = (Arc::clone(self), Arc::clone(fetch), url.to_owned());
        tokio::spawn(async move {
            if let Err(error) = own.fetch(&fetch, &url, now).await {
                tracing::warn!(%error, "a provider's keys could not be fetched again; the old ones stay");
            }
            if let Some(kept) = own.lock().get_mut(&url) {
                kept.refreshing = false;
            }
        });
    }

    async fn fetch(
        &self,
        fetch: &Arc<dyn Fetch>,
        url: &str,
        now: Timestamp,
    ) -> Result<Arc<Value>, ProviderError> {
        let answer = fetch.fetch(Outgoing::get(url)).await?;
        if !answer.is_success() {
            let host = crate::fetch::host(url);
            return Err(ProviderError::Unreachable(format!(
                "{host} answered {} for its keys",
                answer.status
            )));
        }
        let document: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| ProviderError::Unreachable(format!("{} sent no JSON", crate::fetch::host(url))))?;
        let document = Arc::new(document);
        let kept = Kept { at: now, document: Arc::clone(&document), refreshing: false };
        self.lock().insert(url.to_owned(), kept);
        Ok(document)
    }

    fn kept(&self, url: &str) -> Option<Kept> {
        self.lock().get(url).cloned()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

//! Keys, discovery documents and the like of providers, kept for a while, so that a login waits for its provider once and
//! not twice. What is five minutes old is fetched again beside the request that asks for it; a key that is not among the
//! kept ones is looked for at once. However many ask, one request at a time is on its way to an address, and nobody can
//! make us ask again and again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use super::identity::ProviderError;
use crate::fetch::{Fetch, Outgoing, host};
use crate::model::Timestamp;

/// Seconds after which a document is fetched again in the background.
const STALE: i64 = 300;
/// Seconds after which it counts no more: a provider's keys may be withdrawn.
const DEAD: i64 = 86_400;
/// Seconds for which nobody can make us ask again by naming keys that do not exist.
const PATIENCE: i64 = 30;
/// Seconds for which a failure is the answer to all who come without there being anything kept.
const BACK_OFF: i64 = 3;

/// Documents by address.
#[derive(Debug, Default)]
pub struct Documents {
    entries: Mutex<HashMap<String, Entry>>,
}

/// What is known of an address.
#[derive(Debug, Default)]
struct Entry {
    kept: Option<Kept>,
    /// When it was asked last, and what went wrong if something did.
    tried: Option<(Timestamp, Option<ProviderError>)>,
    /// How often it was asked.
    tries: u64,
    /// Held while a request is on its way.
    flight: Arc<tokio::sync::Mutex<()>>,
    refreshing: bool,
}

#[derive(Clone, Debug)]
struct Kept {
    at: Timestamp,
    document: Arc<Value>,
}

type Outcome = Result<Arc<Value>, ProviderError>;

/// A document that the configuration names.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    /// How to get it.
    request: Outgoing,
    /// Whether it is what it should be. What is not takes the place of none that was.
    fits: fn(&Value) -> bool,
}

impl Wanted {
    /// One that must be of some kind.
    pub(crate) fn fitting(request: Outgoing, fits: fn(&Value) -> bool) -> Self {
        Self { request, fits }
    }
}

impl From<Outgoing> for Wanted {
    /// Any JSON.
    fn from(request: Outgoing) -> Self {
        Self { request, fits: |_| true }
    }
}

impl Documents {
    /// The document that a request of the configuration's gets: the kept one, unless it is a day old. A stale one is
    /// fetched again beside.
    pub(crate) async fn get(
        self: &Arc<Self>,
        fetch: &Arc<dyn Fetch>,
        wanted: impl Into<Wanted>,
        now: Timestamp,
    ) -> Outcome {
        let wanted = wanted.into();
        match self.with(&wanted.request.url, |entry| entry.living(now)) {
            Some(kept) if now < kept.at.plus_seconds(STALE) => Ok(kept.document),
            Some(kept) => {
                self.refresh(fetch, wanted, now);
                Ok(kept.document)
            }
            None => match self.with(&wanted.request.url, |entry| entry.failure_within(BACK_OFF, now)) {
                Some(failure) => Err(failure),
                None => self.fetch(fetch, wanted, now).await,
            },
        }
    }

    /// The document anew, because something was missing in it; what the last request got if that is only seconds old.
    pub(crate) async fn renewed(
        self: &Arc<Self>,
        fetch: &Arc<dyn Fetch>,
        wanted: impl Into<Wanted>,
        now: Timestamp,
    ) -> Outcome {
        let wanted = wanted.into();
        let recent = self.with(&wanted.request.url, |entry| {
            let (_, failure) = entry.tried.clone().filter(|(tried, _)| now < tried.plus_seconds(PATIENCE))?;
            Some(failure.map_or_else(|| entry.living(now).ok_or_else(vanished), Err))
        });
        match recent {
            Some(outcome) => outcome.map(|kept| kept.document),
            None => self.fetch(fetch, wanted, now).await,
        }
    }

    /// Fetches whatever is kept, for whoever sees to it that no request has to.
    pub(crate) async fn keep(&self, fetch: &Arc<dyn Fetch>, wanted: Wanted, now: Timestamp) -> Outcome {
        self.fetch(fetch, wanted, now).await
    }

    /// Fetches beside whoever asks. A failure leaves the kept one as it is.
    fn refresh(self: &Arc<Self>, fetch: &Arc<dyn Fetch>, wanted: Wanted, now: Timestamp) {
        let goes_on = self.with(&wanted.request.url, |entry| {
            let waits = entry.failure_within(PATIENCE, now).is_some();
            waits || std::mem::replace(&mut entry.refreshing, true)
        });
        if goes_on {
            return;
        }
        let (own, fetch) = (Arc::clone(self), Arc::clone(fetch));
        tokio::spawn(async move {
            let url = wanted.request.url.clone();
            if let Err(error) = own.fetch(&fetch, wanted, now).await {
                tracing::warn!(%error, "a provider's document could not be fetched again; the old one stays");
            }
            own.with(&url, |entry| entry.refreshing = false);
        });
    }

    /// Fetches, or waits for whoever does already and takes what came of that.
    async fn fetch(&self, fetch: &Arc<dyn Fetch>, wanted: Wanted, now: Timestamp) -> Outcome {
        let url = wanted.request.url.clone();
        let (flight, seen) = self.with(&url, |entry| (Arc::clone(&entry.flight), entry.tries));
        let _alone = flight.lock().await;
        let meanwhile = self.with(&url, |entry| {
            let failure = entry.tried.clone().and_then(|(_, failure)| failure);
            (entry.tries != seen)
                .then(|| failure.map_or_else(|| entry.kept.clone().ok_or_else(vanished), Err))
        });
        if let Some(outcome) = meanwhile {
            return outcome.map(|kept| kept.document);
        }
        let outcome = ask(fetch, wanted).await;
        self.with(&url, |entry| {
            entry.tries += 1;
            entry.tried = Some((now, outcome.clone().err()));
            if let Ok(document) = &outcome {
                entry.kept = Some(Kept { at: now, document: Arc::clone(document) });
            }
        });
        outcome
    }

    fn with<T>(&self, url: &str, look: impl FnOnce(&mut Entry) -> T) -> T {
        let mut entries: MutexGuard<'_, HashMap<String, Entry>> =
            self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if !entries.contains_key(url) {
            entries.insert(url.to_owned(), Entry::default());
        }
        look(entries.get_mut(url).expect("it was just put there"))
    }
}

impl Entry {
    /// What is kept, if it counts still.
    fn living(&self, now: Timestamp) -> Option<Kept> {
        self.kept.clone().filter(|kept| now < kept.at.plus_seconds(DEAD))
    }

    /// What went wrong so few seconds ago.
    fn failure_within(&self, seconds: i64, now: Timestamp) -> Option<ProviderError> {
        let (tried, failure) = self.tried.as_ref()?;
        failure.clone().filter(|_| now < tried.plus_seconds(seconds))
    }
}

/// Nothing was kept and nothing went wrong: cannot be, and is no reason to panic.
fn vanished() -> ProviderError {
    ProviderError::Unreachable("the document is gone".to_owned())
}

async fn ask(fetch: &Arc<dyn Fetch>, Wanted { request, fits }: Wanted) -> Outcome {
    let host = host(&request.url).to_owned();
    let answer = fetch.fetch(request).await?;
    let wrong = |what: String| Err(ProviderError::Unreachable(format!("{host} {what}")));
    if !answer.is_success() {
        return wrong(format!("answered {} for its document", answer.status));
    }
    match serde_json::from_slice(&answer.body) {
        Ok(document) if fits(&document) => Ok(Arc::new(document)),
        Ok(_) => wrong("sent another document than it should".to_owned()),
        Err(_) => wrong("sent no JSON".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

    use async_trait::async_trait;

    use super::*;
    use crate::fetch::{FetchError, Incoming};

    const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

    /// Counts, and is away at times.
    #[derive(Default)]
    struct Counting {
        asked: AtomicUsize,
        away: AtomicBool,
    }

    #[async_trait]
    impl Fetch for Counting {
        async fn fetch(&self, _request: Outgoing) -> Result<Incoming, FetchError> {
            let number = self.asked.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            if self.away.load(Ordering::SeqCst) {
                return Err(FetchError::Unreachable("away".to_owned()));
            }
            let body = format!("{{\"number\":{number}}}").into_bytes();
            Ok(Incoming { status: 200, content_type: String::new(), body })
        }
    }

    struct Story {
        counting: Arc<Counting>,
        fetch: Arc<dyn Fetch>,
        documents: Arc<Documents>,
    }

    impl Story {
        fn begin() -> Self {
            let counting = Arc::new(Counting::default());
            Self { fetch: Arc::clone(&counting) as Arc<dyn Fetch>, counting, documents: Arc::default() }
        }

        async fn get(&self, after: i64) -> Option<Value> {
            let request = Outgoing::get("https://id.example.org/keys");
            let got = self.documents.get(&self.fetch, request, NOW.plus_seconds(after)).await;
            got.ok().map(|document| document["number"].clone())
        }

        async fn renewed(&self, after: i64) -> Option<Value> {
            let request = Outgoing::get("https://id.example.org/keys");
            let got = self.documents.renewed(&self.fetch, request, NOW.plus_seconds(after)).await;
            got.ok().map(|document| document["number"].clone())
        }

        fn asked(&self) -> usize {
            self.counting.asked.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn however_many_ask_there_is_one_request() {
        let story = Story::begin();
        let asking = (0..50).map(|_| story.get(0));
        let all = futures_of(asking).await;
        assert!(all.iter().all(|got| *got == Some(0.into())), "{all:?}");
        assert_eq!(story.asked(), 1);
        let all = futures_of((0..50).map(|_| story.renewed(60))).await;
        assert!(all.iter().all(|got| *got == Some(1.into())), "{all:?}");
        assert_eq!(story.asked(), 2);
    }

    /// All of them, side by side.
    async fn futures_of<T>(futures: impl Iterator<Item = impl Future<Output = T>>) -> Vec<T> {
        let mut waiting: Vec<_> = futures.map(|future| (Box::pin(future), None)).collect();
        std::future::poll_fn(|context| {
            for (future, done) in &mut waiting {
                if done.is_none()
                    && let std::task::Poll::Ready(value) = future.as_mut().poll(context)
                {
                    *done = Some(value);
                }
            }
            let all = waiting.iter().all(|(_, done)| done.is_some());
            if all { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        })
        .await;
        waiting.into_iter().filter_map(|(_, done)| done).collect()
    }

    #[tokio::test]
    async fn a_stale_document_is_answered_at_once_and_fetched_beside() {
        let story = Story::begin();
        assert_eq!(story.get(0).await, Some(0.into()));
        assert_eq!((story.get(299).await, story.asked()), (Some(0.into()), 1));
        assert_eq!(story.get(300).await, Some(0.into()), "nobody waits");
        while story.asked() < 2 {
            tokio::task::yield_now().await;
        }
        tokio::task::yield_now().await;
        assert_eq!(story.get(301).await, Some(1.into()));
    }

    #[tokio::test]
    async fn what_is_kept_outlives_its_source_by_a_day() {
        let story = Story::begin();
        story.get(0).await;
        story.counting.away.store(true, Ordering::SeqCst);
        assert_eq!(story.get(86_399).await, Some(0.into()));
        assert_eq!(story.get(86_400).await, None);
    }

    #[tokio::test]
    async fn missing_keys_are_looked_for_at_once_but_not_again_and_again() {
        let story = Story::begin();
        story.get(0).await;
        assert_eq!((story.renewed(29).await, story.asked()), (Some(0.into()), 1));
        assert_eq!((story.renewed(30).await, story.asked()), (Some(1.into()), 2));
        story.counting.away.store(true, Ordering::SeqCst);
        assert_eq!((story.renewed(60).await, story.asked()), (None, 3));
        assert_eq!((story.renewed(61).await, story.asked()), (None, 3), "nor by whoever asks next");
    }

    #[tokio::test]
    async fn a_source_that_is_away_is_not_asked_by_everybody() {
        let story = Story::begin();
        story.counting.away.store(true, Ordering::SeqCst);
        assert_eq!((story.get(0).await, story.get(2).await, story.asked()), (None, None, 1));
        story.counting.away.store(false, Ordering::SeqCst);
        assert_eq!(story.get(3).await, Some(1.into()));
    }
}

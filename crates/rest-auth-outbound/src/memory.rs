//! A mailer that keeps what it is given and fails on demand: for tests, ours and a host's.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use rest_auth_core::mail::{Mail, MailError, Mailer};
use rest_auth_core::store::QueuedMail;

/// What becomes of a mail.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// It is kept.
    #[default]
    Accept,
    /// It is refused for now, as by a server that is down.
    Refuse,
    /// It is refused for good, as an address that does not exist.
    Reject,
    /// Nothing happens, ever, as with a server that does not answer.
    Hang,
    /// It is kept, but whoever sends it does not learn so: the connection broke before the answer.
    LoseAnswer,
    /// The sending panics.
    Panic,
}

/// Keeps mails. Clones share what they keep.
#[derive(Clone, Debug)]
pub struct MemoryMailer {
    state: Arc<Mutex<State>>,
    concurrency: usize,
    under_way: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct State {
    behaviour: Behaviour,
    /// After so many mails, another behaviour.
    then: Option<(usize, Behaviour)>,
    sent: Vec<QueuedMail>,
    tries: usize,
}

impl MemoryMailer {
    /// Takes one mail after the other.
    pub fn new() -> Self {
        Self::concurrent(1)
    }

    /// Takes so many mails at once.
    pub fn concurrent(concurrency: usize) -> Self {
        Self { state: Arc::default(), concurrency, under_way: Arc::default() }
    }

    /// What becomes of mails from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        let mut state = self.state();
        (state.behaviour, state.then) = (behaviour, None);
    }

    /// Keeps mails until it has so many of them; what becomes of the others.
    pub fn accept_until(&self, count: usize, then: Behaviour) {
        let mut state = self.state();
        (state.behaviour, state.then) = (Behaviour::Accept, Some((count, then)));
    }

    /// What it was given, oldest first.
    pub fn sent(&self) -> Vec<QueuedMail> {
        self.state().sent.clone()
    }

    /// How often somebody tried to send, with success or without.
    pub fn tries(&self) -> usize {
        self.state().tries
    }

    /// The newest mail to an address.
    pub fn last_to(&self, address: &str) -> Option<Mail> {
        self.state().sent.iter().rev().map(|queued| &queued.mail).find(|mail| mail.to == address).cloned()
    }

    /// How many sendings are under way now.
    pub fn under_way(&self) -> usize {
        self.under_way.load(Ordering::SeqCst)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self, mail: &QueuedMail) -> Behaviour {
        let mut state = self.state();
        state.tries += 1;
        if let Some((count, then)) = state.then
            && state.sent.len() >= count
        {
            state.behaviour = then;
        }
        if matches!(state.behaviour, Behaviour::Accept | Behaviour::LoseAnswer) {
            state.sent.push(mail.clone());
        }
        state.behaviour
    }
}

impl Default for MemoryMailer {
    fn default() -> Self {
        Self::new()
    }
}

/// Counts a sending for as long as it lives.
struct UnderWay<'a>(&'a AtomicUsize);

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

#[async_trait]
impl Mailer for MemoryMailer {
    async fn send(&self, mail: &QueuedMail) -> Result<(), MailError> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let _counted = UnderWay(&self.under_way);
        // As a real one, it lets others run while it sends.
        tokio::task::yield_now().await;
        match self.take(mail) {
            Behaviour::Accept => Ok(()),
            Behaviour::Refuse => Err(MailError::Temporary("not now".to_owned())),
            Behaviour::Reject => Err(MailError::Permanent("no such mailbox".to_owned())),
            Behaviour::LoseAnswer => Err(MailError::Temporary("the connection broke".to_owned())),
            Behaviour::Hang => std::future::pending().await,
            Behaviour::Panic => panic!("the mailer was told to"),
        }
    }

    fn concurrency(&self) -> usize {
        self.concurrency
    }
}

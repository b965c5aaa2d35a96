//! All that a flow may touch: the [`App`] that everybody shares, and one request's [`Context`] of it.

use std::cell::RefCell;
use std::ops::Deref;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};

use rest_auth_formats::{SecretKeys, random_text};
use tokio::sync::Notify;

use crate::features::external_issuers::Issuers;
use crate::features::jwt::Jwt;
use crate::features::legacy_jwt::LegacyJwt;
use crate::fetch::{Fetch, Nobody};
use crate::hooks::Hooks;
use crate::mail::{self, MailTemplates};
use crate::model::{Secret, Timestamp};
use crate::passwords::{self, PasswordValidators, Passwords, Pool};
use crate::settings::{Problem, Settings};
use crate::social::Social;
use crate::store::Store;

/// Shared by all requests; built once.
pub struct App {
    /// The configuration, checked.
    pub settings: Settings,
    /// The keys that sign.
    pub keys: SecretKeys,
    /// What makes and reads JSON web tokens, where the deployment has such.
    pub jwt: Option<Arc<Jwt>>,
    /// The same for those of simplejwt's predecessors.
    pub legacy_jwt: Option<Arc<LegacyJwt>>,
    /// Whose tokens let people in beside ours.
    pub issuers: Issuers,
    /// The database.
    pub store: Arc<dyn Store>,
    /// The words of mails.
    pub templates: MailTemplates,
    /// Hashing and rules for passwords.
    pub passwords: Passwords,
    /// What a host adds.
    pub hooks: Hooks,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// Identity providers.
    pub social: Social,
    /// Rings when a commit has queued a mail.
    pub outbox_bell: Arc<Notify>,
}

/// What an [`App`] is made of, beside its settings.
pub struct AppParts {
    /// The database.
    pub store: Arc<dyn Store>,
    /// What a host adds.
    pub hooks: Hooks,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub entropy: Entropy,
    /// How identity providers are reached.
    pub fetch: Arc<dyn Fetch>,
}

impl AppParts {
    /// Nothing but a database: no hooks, the machine's clock and generator, nobody to ask over HTTP.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            hooks: Hooks::default(),
            clock: Clock::System,
            entropy: Entropy::System,
            fetch: Arc::new(Nobody),
        }
    }
}

impl App {
    /// Puts it together: compiles the templates, builds the chain of hashers, starts the hashing threads.
    /// Refuses a configuration that cannot work, with everything that is wrong.
    pub fn build(mut settings: Settings, parts: AppParts) -> std::result::Result<Arc<Self>, Vec<Problem>> {
        let folder = settings.templates.folder.as_deref().map(std::path::Path::new);
        let templates = MailTemplates::load(folder)?;
        let chain = passwords::chain(&settings.password.hashers).map_err(|problem| vec![problem])?;
        let pool = Pool::start(settings.password.threads, settings.password.max_wait.duration());
        let validators =
            PasswordValidators::new(&settings.password.validators, settings.account.password_min_length)
                .map_err(|problem| vec![problem])?
                .at_site(&mail::site_of_links(&settings).domain);
        // Without a secret, one for this run: nobody can know it. The checks say where that is allowed.
        if settings.top.secret_key.expose().is_empty() {
            settings.top.secret_key = parts.entropy.secret_key();
        }
        let jwt = settings.uses_jwt().then(|| Jwt::of(&settings)).transpose()?;
        let legacy_jwt = settings.uses_legacy_jwt().then(|| LegacyJwt::of(&settings)).transpose()?;
        let keys = SecretKeys::new(settings.top.secret_key.expose().clone())
            .with_fallbacks(settings.top.secret_key_fallbacks.iter().map(|key| key.expose().clone()));
        let AppParts { store, hooks, clock, entropy, fetch } = parts;
        let social = Social::new(&settings, fetch)?;
        let issuers = Issuers::of(&settings);
        Ok(Arc::new(Self {
            keys,
            jwt,
            legacy_jwt,
            issuers,
            store,
            templates,
            passwords: Passwords::new(chain, pool, validators, entropy.clone()),
            hooks,
            clock,
            entropy,
            social,
            outbox_bell: Arc::new(Notify::new()),
            settings,
        }))
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").finish_non_exhaustive()
    }
}

/// What a flow may know of the request that called it: data, no HTTP type.
#[derive(Clone, Debug, Default)]
pub struct Meta {
    /// The client's address; only from proxies that are declared is a header believed.
    pub address: Option<std::net::IpAddr>,
    /// The `User-Agent` header, as sent.
    pub user_agent: Option<String>,
    /// The request's id, as in the log and in the answer.
    pub request_id: String,
}

/// One request's view: cheap to clone. `now` is read once, so that a request happens at one time.
#[derive(Clone, Debug)]
pub struct Context {
    app: Arc<App>,
    /// Who asks.
    pub meta: Arc<Meta>,
    /// The time of the request.
    pub now: Timestamp,
}

impl Context {
    /// A request at the time that the app's clock shows.
    pub fn new(app: Arc<App>, meta: Meta) -> Self {
        let now = app.clock.now();
        Self { app, meta: Arc::new(meta), now }
    }
}

impl Deref for Context {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

/// The time: the machine's, or one that tests move.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's clock.
    #[default]
    System,
    /// A clock that stands until it is moved; clones share it.
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands.
    pub fn manual(at: Timestamp) -> Self {
        Self::Manual(Arc::new(AtomicI64::new(at.micros())))
    }

    /// What it shows.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    pub fn now(&self) -> Timestamp {
        match self {
            Self::System => {
                let since =
                    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
                Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
            }
            Self::Manual(micros) => Timestamp::from_micros(micros.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock on; the machine's takes no orders.
    pub fn advance(&self, seconds: i64) {
        if let Self::Manual(micros) = self {
            micros.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
        }
    }
}

/// Names that are drawn together.
const NAMES_AT_ONCE: usize = 64;

/// Randomness: the operating system's, or a sequence that tests know.
#[derive(Clone, Debug, Default)]
pub enum Entropy {
    /// The operating system's generator.
    #[default]
    System,
    /// A sequence that repeats from run to run. For tests only.
    Seeded(Arc<Mutex<u64>>),
}

impl Entropy {
    /// A sequence that repeats from run to run. For tests only.
    pub fn seeded(seed: u64) -> Self {
        Self::Seeded(Arc::new(Mutex::new(seed)))
    }

    /// Fills a slice with random bytes. Without the operating system's generator nothing is safe, so its
    /// failure ends the process.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the generator")]
    pub fn fill(&self, bytes: &mut [u8]) {
        match self {
            Self::System => getrandom::fill(bytes).expect("the operating system has a random generator"),
            Self::Seeded(state) => {
                // SplitMix64: a few lines, good enough to make keys differ in a test.
                let mut state = state.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                for chunk in bytes.chunks_mut(8) {
                    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
                    let mut z = *state;
                    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
                    chunk.copy_from_slice(&(z ^ (z >> 31)).to_le_bytes()[..chunk.len()]);
                }
            }
        }
    }

    /// A new SECRET_KEY: 50 letters and digits, which need no quoting anywhere.
    pub fn secret_key(&self) -> Secret {
        Secret::new(random_text::draw(random_text::LETTERS_AND_DIGITS, 50, &mut |bytes| self.fill(bytes)))
    }

    /// A name that nothing else has, and that is no secret: the operating system is asked for many at once.
    pub fn name(&self) -> [u8; 16] {
        thread_local! {
            static NAMES: RefCell<Vec<[u8; 16]>> = const { RefCell::new(Vec::new()) };
        }
        match self {
            Self::System => NAMES.with_borrow_mut(|names| {
                if names.is_empty() {
                    names.resize_with(NAMES_AT_ONCE, Default::default);
                    self.fill(names.as_flattened_mut());
                }
                names.pop().unwrap_or_else(|| self.bytes())
            }),
            Self::Seeded(_) => self.bytes(),
        }
    }

    /// So many random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_told() {
        let clock = Clock::manual(Timestamp::from_seconds(100));
        let other = clock.clone();
        assert_eq!(clock.now(), Timestamp::from_seconds(100));
        other.advance(3);
        assert_eq!(clock.now(), Timestamp::from_seconds(103));
    }

    #[test]
    fn a_seed_gives_the_same_bytes_and_never_twice_in_a_row() {
        let (one, two) = (Entropy::seeded(7), Entropy::seeded(7));
        let first: [u8; 20] = one.bytes();
        assert_eq!(first, two.bytes::<20>());
        assert_ne!(first, one.bytes::<20>());
    }

    #[test]
    fn a_name_comes_once() {
        let drawn: std::collections::HashSet<_> = (0..1000).map(|_| Entropy::System.name()).collect();
        assert_eq!(drawn.len(), 1000);
        let seeded = Entropy::seeded(7);
        assert_eq!(seeded.name(), Entropy::seeded(7).bytes());
    }
}

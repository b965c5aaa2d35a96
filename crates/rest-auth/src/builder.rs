//! Building a [`RestAuth`]: settings and ports in, a checked and ready one out.

use std::sync::Arc;

use rest_auth_core::checks::{self, Finding, Level};
use rest_auth_core::features::external_issuers;
use rest_auth_core::fetch::{Fetch, Nobody};
use rest_auth_core::hooks::{
    AddClaims, Hooks, LoginHooks, PasswordHooks, RegistrationHooks, RepresentUser, SocialHooks,
};
use rest_auth_core::mail::Mailer;
use rest_auth_core::settings::{Problem, Settings};
use rest_auth_core::store::{Store, StoreError};
use rest_auth_core::{App, AppParts, Clock, Entropy, cleaning};

use crate::RestAuth;
use crate::authenticators::Authenticator;
use crate::background::Background;
use crate::outbox::Outbox;
use crate::site::Site;

/// Collects what a [`RestAuth`] is made of; see [`RestAuth::builder`].
#[derive(Default)]
pub struct Builder {
    settings: Settings,
    store: Option<Arc<dyn Store>>,
    mailer: Option<Arc<dyn Mailer>>,
    hooks: Hooks,
    clock: Clock,
    entropy: Entropy,
    authenticators: Vec<Arc<dyn Authenticator>>,
    fetch: Option<Arc<dyn Fetch>>,
}

/// Why no [`RestAuth`] could be built.
#[derive(Debug)]
pub enum BuildError {
    /// No store was given.
    NoStore,
    /// System checks found errors in the configuration.
    Checks(Vec<Finding>),
    /// The configuration cannot work: everything that is wrong with it.
    Settings(Vec<Problem>),
    /// The database does not answer, or its tables are not those that are needed.
    Store(StoreError),
}

impl Builder {
    /// The configuration; by default everything is at upstream's defaults.
    #[must_use]
    pub fn settings(self, settings: Settings) -> Self {
        Self { settings, ..self }
    }

    /// The database.
    #[must_use]
    pub fn store(self, store: impl Store) -> Self {
        self.shared_store(Arc::new(store))
    }

    /// The database, where somebody else uses it too.
    #[must_use]
    pub fn shared_store(self, store: Arc<dyn Store>) -> Self {
        Self { store: Some(store), ..self }
    }

    /// The way out for mails: a task sends what flows have queued. Without one they wait in the database, for
    /// another process that has.
    #[must_use]
    pub fn mailer(self, mailer: impl Mailer) -> Self {
        self.shared_mailer(Arc::new(mailer))
    }

    /// The way out for mails, where somebody else uses it too.
    #[must_use]
    pub fn shared_mailer(self, mailer: Arc<dyn Mailer>) -> Self {
        Self { mailer: Some(mailer), ..self }
    }

    /// Hooks around sign-up.
    #[must_use]
    pub fn registration_hooks(mut self, hooks: impl RegistrationHooks + 'static) -> Self {
        self.hooks.registration.push(Arc::new(hooks));
        self
    }

    /// Hooks around login and logout.
    #[must_use]
    pub fn login_hooks(mut self, hooks: impl LoginHooks + 'static) -> Self {
        self.hooks.login.push(Arc::new(hooks));
        self
    }

    /// Hooks around new passwords.
    #[must_use]
    pub fn password_hooks(mut self, hooks: impl PasswordHooks + 'static) -> Self {
        self.hooks.password.push(Arc::new(hooks));
        self
    }

    /// Hooks around logins by identity providers.
    #[must_use]
    pub fn social_hooks(mut self, hooks: impl SocialHooks + 'static) -> Self {
        self.hooks.social.push(Arc::new(hooks));
        self
    }

    /// Changes how accounts are shown.
    #[must_use]
    pub fn represent_user(mut self, change: RepresentUser) -> Self {
        self.hooks.represent_user.push(change);
        self
    }

    /// Adds to what new tokens say.
    #[must_use]
    pub fn add_claims(mut self, add: AddClaims) -> Self {
        self.hooks.add_claims.push(add);
        self
    }

    /// An authenticator of the host's own, asked after those of the settings.
    #[must_use]
    pub fn authenticator(mut self, authenticator: impl Authenticator + 'static) -> Self {
        self.authenticators.push(Arc::new(authenticator));
        self
    }

    /// The way to identity providers. Without one nobody can log in by them.
    #[must_use]
    pub fn fetch(self, fetch: impl Fetch + 'static) -> Self {
        Self { fetch: Some(Arc::new(fetch)), ..self }
    }

    /// Another clock, for tests.
    #[must_use]
    pub fn clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    /// Another source of randomness, for tests.
    #[must_use]
    pub fn entropy(self, entropy: Entropy) -> Self {
        Self { entropy, ..self }
    }

    /// Checks the configuration and the database, starts the hashing threads and the tasks that send mails and
    /// delete expired rows.
    pub async fn build(self) -> Result<RestAuth, BuildError> {
        let Self { settings, store, mailer, hooks, clock, entropy, authenticators, fetch } = self;
        let store = store.ok_or(BuildError::NoStore)?;
        let findings = checks::run(&settings);
        let errors: Vec<Finding> =
            findings.into_iter().filter(|finding| finding.level == Level::Error).collect();
        if !errors.is_empty() {
            return Err(BuildError::Checks(errors));
        }
        store.ready().await.map_err(BuildError::Store)?;
        let fetch = fetch.unwrap_or_else(|| Arc::new(Nobody));
        let parts = AppParts { store, hooks, clock, entropy, fetch };
        let app = App::build(settings, parts).map_err(BuildError::Settings)?;
        let outbox = mailer.map(|mailer| Arc::new(Outbox::start(Arc::clone(&app), mailer)));
        let background = Arc::new([
            Background::start(cleaning::run(Arc::clone(&app))),
            Background::start(external_issuers::run(Arc::clone(&app))),
        ]);
        Ok(RestAuth { site: Arc::new(Site::new(app, authenticators)), outbox, background })
    }
}

impl std::fmt::Debug for Builder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Builder").field("hooks", &self.hooks).finish_non_exhaustive()
    }
}

impl std::fmt::Display for BuildError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoStore => f.write_str("a store is missing: call Builder::store"),
            Self::Checks(findings) => {
                f.write_str("the configuration cannot work")?;
                findings.iter().try_for_each(|finding| write!(f, "\n{finding}"))
            }
            Self::Settings(problems) => {
                f.write_str("the configuration cannot work")?;
                problems.iter().try_for_each(|problem| write!(f, "\n{}: {}", problem.key, problem.message))
            }
            Self::Store(error) => write!(f, "the database cannot be used: {error}"),
        }
    }
}

impl std::error::Error for BuildError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Store(error) => Some(error),
            Self::NoStore | Self::Checks(_) | Self::Settings(_) => None,
        }
    }
}

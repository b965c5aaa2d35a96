//! A whole rest-auth in this process, for stories: `app.register("ann")`, `app.last_mail_to("ann")`, `app.clock.advance(…)`.
//!
//! Every app has a database, a clock and a mailbox of its own. Passwords are hashed cheaply unless a story is about them.

mod client;
mod rows;

use std::sync::Arc;

use axum::Router;
use rest_auth::core::mail::Mail;
use rest_auth::core::model::Timestamp;
use rest_auth::core::outbox::Worker;
use rest_auth::core::settings::Settings;
use rest_auth::core::store::Store;
use rest_auth::core::{App, Clock, Context, Meta};
use rest_auth::{Builder, RestAuth};
use rest_auth_outbound::MemoryMailer;
use rest_auth_sql::SqlStore;

pub use client::{Client, Request, Response};
pub use rows::{Dump, Rows};

use crate::postgres;
use crate::sqlite::SqliteFile;

/// When every story begins: 2026-01-15T12:00:00Z.
pub const BEGINNING: Timestamp = Timestamp::from_seconds(1_768_478_400);

/// A password that no validator speaks against.
pub const PASSWORD: &str = "c0rrect-horse";

/// What every story's configuration has unless it says otherwise. The limits on waiting are wide, so that a busy machine
/// refuses nobody by accident.
const SETTINGS: &str = r#"
secret_key = "p7v2kq9x4mz8w1trc6yh3bnf5jdg0ls-oieua4xq7"
[http]
base_url = "http://testserver"
[password]
hashers = [{ algorithm = "pbkdf2_sha256", iterations = 100 }, "argon2", "bcrypt_sha256", "scrypt"]
max_wait = "1m"
[database]
acquire_timeout = "1m"
"#;

/// A whole rest-auth.
pub struct TestApp {
    /// What a host would use.
    pub auth: RestAuth,
    /// The whole site, as the server serves it.
    pub site: Router,
    /// Stands until a story moves it.
    pub clock: Clock,
    /// Where sent mails end.
    pub mailbox: MemoryMailer,
    /// The database.
    pub store: Arc<dyn Store>,
    database: Database,
}

/// A database for a story. Its tables are made if they are not there.
#[derive(Clone, Debug)]
pub enum Database {
    /// `sqlite::memory:`, one for each app.
    Memory,
    /// An SQLite file that goes with the last clone.
    File(Arc<SqliteFile>),
    /// By its URL.
    Url(String),
}

impl Database {
    /// Each database that stories run on: a new SQLite file always, a new PostgreSQL database where there is a server.
    pub async fn each() -> Vec<Self> {
        let postgres = postgres::database().await.map(Self::Url);
        std::iter::once(Self::file()).chain(postgres).collect()
    }

    /// A new SQLite file.
    pub fn file() -> Self {
        Self::File(Arc::new(SqliteFile::quick()))
    }

    /// As `[database] url` takes it.
    pub fn url(&self) -> String {
        match self {
            Self::Memory => "sqlite::memory:".to_owned(),
            Self::File(file) => file.url(),
            Self::Url(url) => url.clone(),
        }
    }

    /// A look at the rows behind the server's back. Memory cannot be looked into.
    pub fn rows(&self) -> Rows {
        Rows::of(&self.url())
    }
}

impl TestApp {
    /// On SQLite in memory, with upstream's defaults.
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// On SQLite in memory, with some settings, as TOML.
    pub async fn with(settings: &str) -> Self {
        Self::on(Database::Memory, settings).await
    }

    /// On a database, with some settings, as TOML.
    pub async fn on(database: Database, overrides: &str) -> Self {
        Self::built(database, overrides, |builder| builder).await
    }

    /// On a database, with some settings, and with what a host adds: hooks, authenticators, another clock.
    ///
    /// # Panics
    ///
    /// If the settings are wrong or the database cannot be used.
    pub async fn built(database: Database, overrides: &str, add: impl FnOnce(Builder) -> Builder) -> Self {
        Self::configured(database, self::settings(overrides), add).await
    }

    /// The same with these settings and no others.
    ///
    /// # Panics
    ///
    /// If the settings are wrong or the database cannot be used.
    pub async fn configured(
        database: Database,
        settings: Settings,
        add: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        // Boxed: every story's future would be as large.
        Box::pin(async move {
            let store = open(&database, &settings);
            store.migrate(BEGINNING).await.expect("the tables can be made");
            Self::build(settings, database, Arc::new(store), Clock::manual(BEGINNING), add).await
        })
        .await
    }

    /// On a store that is open already, with these settings and no others.
    ///
    /// # Panics
    ///
    /// If the settings are wrong.
    pub async fn over(
        database: Database,
        store: Arc<dyn Store>,
        settings: Settings,
        add: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        Self::build(settings, database, store, Clock::manual(BEGINNING), add).await
    }

    /// Another instance: its own connections, its own threads, the same database, mailbox and time.
    ///
    /// # Panics
    ///
    /// If the database cannot be used any more.
    pub async fn another(&self) -> Self {
        let settings = self.app().settings.clone();
        let store: Arc<dyn Store> = match &self.database {
            Database::Memory => Arc::clone(&self.store),
            shared => Arc::new(open(shared, &settings)),
        };
        let database = self.database.clone();
        let mut other = Self::build(settings, database, store, self.clock.clone(), |builder| builder).await;
        other.mailbox = self.mailbox.clone();
        other
    }

    async fn build(
        mut settings: Settings,
        database: Database,
        store: Arc<dyn Store>,
        clock: Clock,
        add: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        settings.database.url = database.url();
        let builder =
            RestAuth::builder().settings(settings).shared_store(Arc::clone(&store)).clock(clock.clone());
        let auth = add(builder).build().await.expect("the configuration can work");
        Self { site: auth.site(), auth, clock, mailbox: MemoryMailer::new(), store, database }
    }

    /// A look at the rows behind the server's back.
    pub fn rows(&self) -> Rows {
        self.database.rows()
    }

    /// What the flows work on.
    pub fn app(&self) -> &Arc<App> {
        self.auth.app()
    }

    /// For calling a flow outside of a request.
    pub fn context(&self) -> Context {
        Context::new(Arc::clone(self.app()), Meta::default())
    }

    /// A client with a jar for cookies.
    pub fn client(&self) -> Client {
        Client::new(self.site.clone())
    }

    /// Signs somebody up by name, with the address `NAME@example.com` and [`PASSWORD`]: the answer.
    pub async fn register(&self, name: &str) -> Response {
        let body = serde_json::json!({
            "username": name, "email": format!("{name}@example.com"), "password1": PASSWORD, "password2": PASSWORD,
        });
        self.client().post("/rest-auth/registration/").json(&body).send().await
    }

    /// Signs somebody up and hands out their token.
    ///
    /// # Panics
    ///
    /// If that is refused.
    pub async fn token_of(&self, name: &str) -> String {
        let answer = self.register(name).await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        answer.json()["key"].as_str().expect("there is a key").to_owned()
    }

    /// Logs in with a name and a password, without cookies: the answer.
    pub async fn log_in(&self, name: &str, password: &str) -> Response {
        let body = serde_json::json!({ "username": name, "password": password });
        self.client().post("/rest-auth/login/").json(&body).send().await
    }

    /// Sends what waits in the outbox.
    pub async fn deliver(&self) {
        let worker = Worker::new(Arc::clone(self.app()), Arc::new(self.mailbox.clone()));
        worker.run(async { std::time::Duration::from_secs(5) }).await;
    }

    /// Delivers, and hands out the last mail to `NAME@example.com`.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub async fn last_mail_to(&self, name: &str) -> Mail {
        self.deliver().await;
        self.mailbox.last_to(&format!("{name}@example.com")).unwrap_or_else(|| panic!("{name} got no mail"))
    }
}

fn open(database: &Database, settings: &Settings) -> SqlStore {
    let mut settings = settings.clone();
    settings.database.url = database.url();
    SqlStore::configured(&settings.database, &settings.user_model).expect("the database opens")
}

/// The configuration of a story: the common one with some keys changed.
///
/// # Panics
///
/// If a key or a value is wrong.
pub fn settings(overrides: &str) -> Settings {
    let mut table: toml::Table = toml::from_str(SETTINGS).expect("the common settings are TOML");
    let changes: toml::Table = toml::from_str(overrides).expect("the settings of a story are TOML");
    merge(&mut table, changes);
    Settings::from_table(table).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Lays some keys over others; tables are merged, everything else is replaced.
pub fn merge(base: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (base.get_mut(&key), value) {
            (Some(toml::Value::Table(base)), toml::Value::Table(over)) => merge(base, over),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

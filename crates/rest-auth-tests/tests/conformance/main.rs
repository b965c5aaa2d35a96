//! Replays the scenarios in `conformance/` against rest-auth in this process and compares its answers with the
//! recordings of a real dj-rest-auth. `conformance/README.md` explains the files; nothing here needs Python.
//!
//! Each scenario file is a test, and each scenario in it is played on a database of its own. A failing test
//! shows every scenario of its file that differs, and in what.

#![expect(clippy::unwrap_used, reason = "tests")]

mod compare;
mod files;
mod forgery;
mod placeholders;
mod play;
mod providers;
mod quirks;
mod recording;
mod scenario;
mod stage;
mod wire;

use std::sync::Arc;

use rest_auth::Builder;
use rest_auth::core::settings::{Settings, UserModel};
use rest_auth::core::store::Store;
use rest_auth_tests::app::{Database, TestApp};
use rest_auth_tests::postgres;

use providers::Providers;
use recording::Recording;
use scenario::Scenario;

/// A test for each scenario file, and their list. A macro, so that neither can be forgotten without the other.
macro_rules! replayed {
    ($($feature:ident),* $(,)?) => {
        /// Every scenario file, in alphabetical order.
        const FEATURES: &[&str] = &[$(stringify!($feature)),*];

        mod sqlite {
            $(
                #[tokio::test]
                async fn $feature() {
                    crate::replay(stringify!($feature), Some(crate::House::Sqlite)).await;
                }
            )*
        }

        mod postgres_too {
            $(
                #[tokio::test]
                async fn $feature() {
                    crate::replay(stringify!($feature), crate::House::postgres().await).await;
                }
            )*
        }
    };
}

replayed![
    basic_authentication,
    bodies,
    confirm_email,
    custom_user,
    deployment,
    email_verification,
    jwt_authentication,
    jwt_login,
    jwt_logout,
    jwt_refresh,
    jwt_settings,
    jwt_verify,
    login,
    logout,
    negotiation,
    password_change,
    password_reset,
    registration,
    routing,
    rownd,
    session_authentication,
    sessions,
    social_accounts,
    social_connect,
    social_login,
    throttling,
    token_authentication,
    user,
];

/// Where the scenarios of a file are played.
enum House {
    /// A database in memory for each.
    Sqlite,
    /// One database, emptied before each, and the store on it as soon as there is one. Another user model has another
    /// database.
    Postgres { url: String, store: Option<Arc<dyn Store>> },
}

impl House {
    /// On PostgreSQL; `None` where there is no such server.
    async fn postgres() -> Option<Self> {
        Some(Self::Postgres { url: postgres::database().await?, store: None })
    }

    /// An app for the next scenario: nobody is there. Only some databases can be looked into.
    async fn app(&mut self, settings: Settings, providers: Providers, is_looked_into: bool) -> TestApp {
        let add = |builder: Builder| builder.fetch(providers);
        let Self::Postgres { url, store } = self else {
            let database = if is_looked_into { Database::file() } else { Database::Memory };
            return TestApp::configured(database, settings, add).await;
        };
        if settings.user_model != UserModel::default() {
            let own = postgres::database().await.map(Database::Url);
            return TestApp::configured(own.expect("there is a server"), settings, add).await;
        }
        let database = Database::Url(url.clone());
        if let Some(store) = store {
            postgres::empty(url).await;
            return TestApp::over(database, Arc::clone(store), settings, add).await;
        }
        let app = TestApp::configured(database, settings, add).await;
        *store = Some(Arc::clone(&app.store));
        app
    }
}

/// Plays every scenario of a file and fails with all that differ.
async fn replay(feature: &str, house: Option<House>) {
    let Some(mut house) = house else { return };
    let scenarios = files::scenarios(feature);
    let recordings = files::recordings(feature);
    let mut report = files::unpaired(&scenarios, &recordings);
    for scenario in &scenarios {
        let Some(recording) = recordings.get(&scenario.name) else { continue };
        report.extend(differences(scenario, recording, &mut house).await);
    }
    assert!(
        report.is_empty(),
        "{feature}: {} of {} scenarios differ\n\n{}",
        report.len(),
        scenarios.len(),
        report.join("\n")
    );
}

/// Everything in which one scenario differs, as text; `None` if nothing does.
async fn differences(scenario: &Scenario, recording: &Recording, house: &mut House) -> Option<String> {
    let settings = Settings::from_table(scenario.settings.clone())
        .unwrap_or_else(|problems| panic!("{}: {problems:?}", scenario.name));
    let providers = Providers::new(&scenario.providers);
    let app = Box::pin(house.app(settings, providers.clone(), !scenario.rows.outstanding.is_empty())).await;
    let played = play::play(scenario, app, providers).await;
    let found = compare::differences(scenario, recording, &played);
    (!found.is_empty()).then(|| format!("== {}\n{}", scenario.name, found.join("\n")))
}

#[test]
fn every_scenario_file_is_replayed_and_there_are_many_scenarios() {
    assert_eq!(files::names(), FEATURES);
    let count: usize = FEATURES.iter().map(|feature| files::scenarios(feature).len()).sum();
    assert!(count >= 770, "only {count} scenarios");
}

//! Replays the scenarios in `conformance/` against rest-auth in this process and compares its answers with the
//! recordings of a real dj-rest-auth. `conformance/README.md` explains the files; nothing here needs Python.
//!
//! Each scenario file is a test, and each scenario in it is played on a database of its own. A failing test
//! shows every scenario of its file that differs, and in what.

#![expect(clippy::unwrap_used, reason = "tests")]

mod compare;
mod files;
mod placeholders;
mod play;
mod quirks;
mod recording;
mod scenario;
mod stage;
mod wire;

use rest_auth_tests::app::Database;
use rest_auth_tests::postgres;

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
                    crate::replay(stringify!($feature), crate::Databases::Sqlite).await;
                }
            )*
        }

        mod postgres_too {
            $(
                #[tokio::test]
                async fn $feature() {
                    crate::replay(stringify!($feature), crate::Databases::postgres().await).await;
                }
            )*
        }
    };
}

replayed![
    basic_authentication,
    bodies,
    email_verification,
    login,
    logout,
    negotiation,
    password_change,
    password_reset,
    registration,
    routing,
    session_authentication,
    sessions,
    throttling,
    token_authentication,
    user,
];

/// Where the scenarios of a file find their databases.
enum Databases {
    Sqlite,
    /// One, emptied before each scenario; `None` where there is no such server.
    Postgres(Option<String>),
}

impl Databases {
    async fn postgres() -> Self {
        Self::Postgres(postgres::database().await)
    }

    async fn next(&self) -> Option<Database> {
        match self {
            Self::Sqlite => Some(Database::Memory),
            Self::Postgres(url) => {
                postgres::empty(url.as_ref()?).await;
                url.clone().map(Database::Url)
            }
        }
    }
}

/// Plays every scenario of a file and fails with all that differ.
async fn replay(feature: &str, databases: Databases) {
    let scenarios = files::scenarios(feature);
    let recordings = files::recordings(feature);
    let mut report = files::unpaired(&scenarios, &recordings);
    for scenario in &scenarios {
        let Some(recording) = recordings.get(&scenario.name) else { continue };
        let Some(database) = databases.next().await else { return };
        report.extend(differences(scenario, recording, database).await);
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
async fn differences(scenario: &Scenario, recording: &Recording, database: Database) -> Option<String> {
    let played = play::play(scenario, database).await;
    let found = compare::differences(scenario, recording, &played);
    (!found.is_empty()).then(|| format!("== {}\n{}", scenario.name, found.join("\n")))
}

#[test]
fn every_scenario_file_is_replayed_and_there_are_many_scenarios() {
    assert_eq!(files::names(), FEATURES);
    let count: usize = FEATURES.iter().map(|feature| files::scenarios(feature).len()).sum();
    assert!(count >= 350, "only {count} scenarios");
}

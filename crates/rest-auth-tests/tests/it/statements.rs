//! Every statement is run by some case of the contract. SQL is checked when it runs and not when it is compiled, so one
//! that never runs may be wrong.

use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

use rest_auth_core::model::Timestamp;
use rest_auth_core::settings;
use rest_auth_core::store::{Store, contract};
use rest_auth_sql::{Options, SqlStore, UserModel};
use rest_auth_tests::sqlite::SqliteFile;
use tracing::field::{Field, Visit};
use tracing::subscriber::NoSubscriber;
use tracing::{Dispatch, span};

/// Keeps the text of each statement that this thread runs, and each line about a database that goes or comes back.
#[derive(Clone, Default)]
pub(crate) struct Recorder {
    texts: Arc<Mutex<Vec<String>>>,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// Records until the guard is dropped.
    pub(crate) fn start(&self) -> tracing::subscriber::DefaultGuard {
        listen(self.clone())
    }

    pub(crate) fn texts(&self) -> Vec<String> {
        self.texts.lock().unwrap().clone()
    }

    pub(crate) fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }
}

/// Lets a subscriber hear what this thread does, until the guard is dropped. A second one, that hears nothing, stays for
/// good: while there is one only, `tracing` asks the thread that comes to a line first whether anybody wants it, and
/// that may be another test's.
pub(crate) fn listen(subscriber: impl Into<Dispatch>) -> tracing::subscriber::DefaultGuard {
    static SILENT: OnceLock<Dispatch> = OnceLock::new();
    SILENT.get_or_init(|| Dispatch::new(NoSubscriber::new()));
    tracing::dispatcher::set_default(&subscriber.into())
}

impl tracing::Subscriber for Recorder {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        matches!(metadata.target(), "rest_auth_sql::statement" | "rest_auth_sql::driver::availability")
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        struct Fields<'a>(&'a Recorder);
        impl Visit for Fields<'_> {
            fn record_str(&mut self, field: &Field, value: &str) {
                if field.name() == "sql" {
                    self.0.texts.lock().unwrap().push(value.to_owned());
                }
            }

            fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
                if field.name() == "message" {
                    self.0.lines.lock().unwrap().push(format!("{value:?}"));
                }
            }
        }
        event.record(&mut Fields(self));
    }

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

/// The texts in a source file that begin as a statement does. Placeholders of `format!` are kept.
fn statements_in(source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = source;
    while let Some(at) = rest.find(['"', '/', '\'']) {
        let (before, here) = rest.split_at(at);
        if here.starts_with("//") {
            rest = here.split_once('\n').map_or("", |(_, rest)| rest);
        } else if let Some(after) = here.strip_prefix("'\"'") {
            rest = after;
        } else if let Some(body) = here.strip_prefix('"') {
            let raw = before.ends_with("r#");
            let end = if raw { body.find("\"#") } else { end_of_string(body) };
            let text = &body[..end.expect("a text ends")];
            rest = &body[text.len() + 1..];
            let text = if raw { text.to_owned() } else { text.replace("\\\"", "\"") };
            if ["SELECT ", "INSERT ", "UPDATE ", "DELETE "]
                .iter()
                .any(|verb| text.trim_start().starts_with(verb))
            {
                found.push(text);
            }
        } else {
            rest = &here[1..];
        }
    }
    found
}

fn end_of_string(body: &str) -> Option<usize> {
    let mut escaped = false;
    body.char_indices().find_map(|(at, character)| {
        if character == '"' && !escaped {
            return Some(at);
        }
        escaped = character == '\\' && !escaped;
        None
    })
}

/// Whether a statement that ran came from this text: its constant parts follow one another.
fn comes_from(ran: &str, text: &str) -> bool {
    let mut rest = ran;
    let mut parts = text.split('{').filter_map(|part| part.rsplit('}').next());
    parts.all(|part| match rest.find(part) {
        Some(at) => {
            rest = &rest[at + part.len()..];
            true
        }
        None => false,
    })
}

fn sources(folder: &Path, texts: &mut Vec<(String, String)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            // The driver's own questions to the catalogue differ between databases.
            if path.file_name().is_some_and(|name| name != "driver") {
                sources(&path, texts);
            }
        } else {
            let source = std::fs::read_to_string(&path).unwrap();
            texts.extend(statements_in(&source).into_iter().map(|text| (path.display().to_string(), text)));
        }
    }
}

#[tokio::test]
async fn every_statement_is_run_by_the_contract() {
    let mut texts = Vec::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rest-auth-sql/src");
    sources(&folder, &mut texts);
    assert!(texts.len() > 50, "{} statements were found", texts.len());

    let recorder = Recorder::default();
    let recording = recorder.start();
    let fresh = async |model: settings::UserModel| {
        let model = UserModel::new(&model).unwrap();
        let store = SqlStore::open("sqlite::memory:", Options::default(), model).unwrap();
        store.migrate(Timestamp::from_seconds(1_795_312_800)).await.unwrap();
        Arc::new(store) as Arc<dyn Store>
    };
    assert_eq!(contract::failures(|| fresh(settings::UserModel::default())).await, [""; 0]);
    assert_eq!(contract::failures_with_own_fields(|| fresh(contract::own_fields_model())).await, [""; 0]);
    refused_by_a_database_of_djangos().await;
    drop(recording);
    let ran = recorder.texts();
    let missing: Vec<_> =
        texts.iter().filter(|(_, text)| !ran.iter().any(|ran| comes_from(ran, text))).collect();
    assert!(missing.is_empty(), "no case of the contract runs these: {missing:#?}");
}

/// One more question is asked where the user table is not the one that was configured.
async fn refused_by_a_database_of_djangos() {
    let file = SqliteFile::new();
    for (table, is_made) in [("auth_user", true), ("users_user", false)] {
        let model = settings::UserModel { table: table.to_owned(), ..settings::UserModel::default() };
        let store = SqlStore::open(&file.url(), Options::default(), UserModel::new(&model).unwrap()).unwrap();
        assert_eq!(store.migrate(Timestamp::from_seconds(0)).await.is_ok(), is_made);
    }
}

#[test]
fn statements_are_found_in_a_source() {
    let source = r##"
        // "SELECT 1" in a comment
        const A: &str = "SELECT \"a\" FROM t";
        let quote = '"';
        let b = format!(r#"UPDATE "{table}" SET a = $1"#);
    "##;
    assert_eq!(statements_in(source), ["SELECT \"a\" FROM t", "UPDATE \"{table}\" SET a = $1"]);
    assert!(comes_from("UPDATE \"auth_user\" SET a = $1", "UPDATE \"{table}\" SET a = $1"));
    assert!(!comes_from("UPDATE \"auth_user\" SET b = $1", "UPDATE \"{table}\" SET a = $1"));
}

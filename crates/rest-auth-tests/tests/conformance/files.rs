//! Where scenarios and recordings are, and that each has its counterpart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::recording::Recording;
use crate::scenario::{Base, Scenario};

/// The scenarios of a file, complete: defaults are laid under them, requests that repeat stand as often as they are sent.
pub(crate) fn scenarios(feature: &str) -> Vec<Scenario> {
    let base: Base = toml(&folder().join("base.toml"));
    let mut file: toml::Table = toml(&folder().join(format!("{feature}.toml")));
    let Some(toml::Value::Array(list)) = file.remove("scenario") else {
        panic!("{feature}.toml has no scenarios")
    };
    assert!(file.is_empty(), "{feature}.toml has more than scenarios: {file}");
    list.into_iter()
        .map(|scenario| {
            Scenario::complete(&base, scenario).unwrap_or_else(|error| panic!("{feature}.toml: {error}"))
        })
        .collect()
}

/// When every scenario begins, as `base.toml` says.
pub(crate) fn clock() -> String {
    toml::<Base>(&folder().join("base.toml")).clock().to_owned()
}

/// The recordings of a file, by the names of their scenarios.
pub(crate) fn recordings(feature: &str) -> BTreeMap<String, Recording> {
    let path = folder().join("recordings").join(format!("{feature}.json"));
    serde_json::from_str(&read(&path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Scenarios without a recording, recordings without a scenario, and names that two scenarios have.
pub(crate) fn unpaired(scenarios: &[Scenario], recordings: &BTreeMap<String, Recording>) -> Vec<String> {
    let count = |name: &str| scenarios.iter().filter(|scenario| scenario.name == name).count();
    let missing = scenarios.iter().filter(|scenario| !recordings.contains_key(&scenario.name));
    let stale = recordings.keys().filter(|name| count(name) == 0);
    let double = recordings.keys().filter(|name| count(name) > 1);
    missing
        .map(|scenario| format!("== {}\n   has no recording: run peer/peer record", scenario.name))
        .chain(stale.map(|name| format!("== {name}\n   is recorded and no scenario")))
        .chain(double.map(|name| format!("== {name}\n   is the name of several scenarios")))
        .collect()
}

/// The names of the scenario files, in alphabetical order.
pub(crate) fn names() -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "toml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "base")
        .collect();
    names.sort();
    names
}

/// `crates/rest-auth-tests/conformance`.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance")
}

/// A file as text.
pub(crate) fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn toml<T: serde::de::DeserializeOwned>(path: &Path) -> T {
    toml::from_str(&read(path)).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

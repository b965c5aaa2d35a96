//! What can be proven of the architecture: the dependency arrow, a file for each feature and layer, the length of
//! files, documentation against code in both directions.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use rest_auth_core::settings::{NOT_TAKEN, Settings};
use serde_json::Value;

/// Which of our crates each of our crates may depend on, as ARCHITECTURE.md says.
const ARROW: [(&str, &[&str]); 7] = [
    ("rest-auth-formats", &[]),
    ("rest-auth-core", &["rest-auth-formats"]),
    ("rest-auth-sql", &["rest-auth-formats", "rest-auth-core"]),
    ("rest-auth-outbound", &["rest-auth-formats", "rest-auth-core"]),
    ("rest-auth", &["rest-auth-formats", "rest-auth-core", "rest-auth-sql", "rest-auth-outbound"]),
    ("rest-auth-server", &["rest-auth-core", "rest-auth"]),
    (
        "rest-auth-tests",
        &[
            "rest-auth-formats",
            "rest-auth-core",
            "rest-auth-sql",
            "rest-auth-outbound",
            "rest-auth",
            "rest-auth-server",
        ],
    ),
];

/// What a crate must never see: libraries that would put its knowledge into a second home.
const NEVER: [(&str, &[&str]); 5] = [
    (
        "rest-auth-formats",
        &["tokio", "axum", "http", "async-trait", "getrandom", "rusqlite", "sqlx", "lettre"],
    ),
    ("rest-auth-core", &["axum", "http", "hyper", "rusqlite", "sqlx", "lettre", "rustls"]),
    ("rest-auth-sql", &["axum", "http", "hyper", "lettre"]),
    ("rest-auth-outbound", &["axum", "rusqlite", "sqlx"]),
    ("rest-auth", &["rusqlite", "sqlx", "lettre"]),
];

/// Features with a form or a flow that a client calls; each has its name in every layer.
const FEATURES: [&str; 14] = [
    "confirm_email",
    "email_verification",
    "external_issuers",
    "jwt",
    "legacy_jwt",
    "login",
    "logout",
    "password_change",
    "password_reset",
    "registration",
    "social_accounts",
    "social_login",
    "social_redirect",
    "user",
];

/// Those whose scenarios have not been recorded; what upstream does not have cannot be.
const NOT_RECORDED: [&str; 3] = ["external_issuers", "legacy_jwt", "social_redirect"];

/// Where a feature has its scenarios: in one file, or in several, `FEATURE_PART.toml`.
const SCENARIOS: &str = "crates/rest-auth-tests/conformance/{}.toml";

/// Where a feature has its file: or, of the first layer, a folder.
const LAYERS: [&str; 4] = [
    "crates/rest-auth-core/src/features/{}.rs",
    "crates/rest-auth/src/endpoints/{}.rs",
    SCENARIOS,
    "docs/features/{}.md",
];

/// Lines that a source file may have, tests in files of their own not counted.
const LONGEST_FILE: usize = 600;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().expect("the workspace is there")
}

fn read(path: impl AsRef<Path>) -> String {
    let path = path.as_ref();
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every file below a folder with this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The ordinary dependencies of each of our crates.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata is JSON");
    let packages = metadata["packages"].as_array().expect("there are packages");
    let names = |package: &Value| {
        let all = package["dependencies"].as_array().into_iter().flatten();
        all.filter(|dependency| dependency["kind"].is_null())
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect()
    };
    packages.iter().map(|package| (package["name"].as_str().unwrap().to_owned(), names(package))).collect()
}

#[test]
fn dependencies_point_one_way() {
    let found = dependencies();
    assert_eq!(found.len(), ARROW.len(), "every crate stands in the table");
    for (name, allowed) in ARROW {
        for dependency in found[name].iter().filter(|dependency| dependency.starts_with("rest-auth")) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn no_crate_sees_what_belongs_to_another() {
    let found = dependencies();
    for (name, never) in NEVER {
        for library in never {
            assert!(
                !found[name].iter().any(|dependency| dependency == library),
                "{name} must not see {library}"
            );
        }
    }
}

/// Whether a feature's scenarios are in several files.
fn has_parts(feature: &str) -> bool {
    let (folder, start) = (root().join(SCENARIOS), format!("{feature}_"));
    let names = files(folder.parent().expect("it is in a folder"), "toml");
    names.iter().any(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(&start)))
}

#[test]
fn every_feature_has_its_file_in_every_layer() {
    for feature in FEATURES {
        for layer in LAYERS {
            let path = root().join(layer.replace("{}", feature));
            let is_folder = path.with_extension("").join("mod.rs").is_file();
            let is_elsewhere = layer == SCENARIOS && (NOT_RECORDED.contains(&feature) || has_parts(feature));
            assert!(path.is_file() || is_folder || is_elsewhere, "{} is missing", path.display());
        }
    }
    let known = ["mod", "basic_authentication", "rownd", "sessions"];
    let folder = root().join("crates/rest-auth-core/src/features");
    for path in files(&folder, "rs") {
        let place = path.strip_prefix(&folder).unwrap().with_extension("");
        let name = place.iter().next().unwrap().to_str().unwrap();
        assert!(FEATURES.contains(&name) || known.contains(&name), "{name} is no known feature");
    }
}

#[test]
fn no_file_is_too_long_and_every_module_says_what_it_knows() {
    for path in files(&root().join("crates"), "rs") {
        let text = read(&path);
        let in_tests =
            path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
        let lines = text.lines().count();
        assert!(in_tests || lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
        let first = text.lines().find(|line| !line.is_empty()).unwrap_or_default();
        let opens = first.starts_with("//!") || first.starts_with("#![");
        assert!(in_tests || opens, "{} does not open with //!", path.display());
    }
}

#[test]
fn unfinished_work_is_not_left_behind() {
    let signs = ["todo!(", "unimplemented!(", concat!("TO", "DO"), concat!("FIX", "ME")];
    for path in files(&root().join("crates"), "rs") {
        let text = read(&path);
        let own = path.ends_with("architecture.rs");
        for sign in signs {
            assert!(own || !text.contains(sign), "{} contains {sign}", path.display());
        }
    }
}

#[test]
fn only_one_module_is_unsafe() {
    for path in files(&root().join("crates"), "rs") {
        let lifts = read(&path).contains(concat!("unsafe", "_code"));
        assert!(!lifts || path.ends_with("passwords/sha_ni.rs"), "{} lifts the ban", path.display());
    }
}

/// The words between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

#[test]
fn every_setting_that_the_documentation_names_exists() {
    let sections = Settings::sections();
    let exists = |section: &str, key: &str| {
        let found = sections.iter().find(|found| found.name == section);
        found.is_some_and(|found| key == "*" || found.keys.iter().any(|known| known.name == key))
    };
    for path in files(&root().join("docs"), "md") {
        if path.to_string_lossy().contains("/docs/decisions/") {
            continue;
        }
        let text = read(&path);
        for word in quoted(&text) {
            let Some((section, key)) = word.split_once('.') else { continue };
            let name =
                |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
            // Keys that stand above all sections have no dot before them.
            let is_section = !section.is_empty() && sections.iter().any(|known| known.name == section);
            // `simple_jwt.toml` is a file of scenarios.
            if is_section && key != "toml" && (name(key) || key == "*") {
                let told = NOT_TAKEN.iter().any(|group| group.keys.contains(&word));
                assert!(exists(section, key) || told, "{} names {word}, which is no setting", path.display());
            }
        }
    }
}

#[test]
fn every_feature_page_names_the_settings_that_its_code_reads() {
    let sections = Settings::sections();
    for feature in FEATURES {
        let page = read(root().join(format!("docs/features/{feature}.md")));
        let folder = root().join(format!("crates/rest-auth-core/src/features/{feature}"));
        let mut sources = files(&folder, "rs");
        sources.extend(Some(folder.with_extension("rs")).filter(|file| file.is_file()));
        let code: String = sources.iter().map(read).collect();
        for section in sections.iter().filter(|section| !section.name.is_empty()) {
            for key in &section.keys {
                let reads = code.contains(&format!("{}.{}", section.name, key.name))
                    || (code.contains(&format!("settings.{};", section.name))
                        && code.contains(&format!(".{}", key.name)));
                let named = page.contains(&format!("{}.{}", section.name, key.name))
                    || (page.contains(&format!("`{}.", section.name))
                        && page.contains(&format!("`{}`", key.name)))
                    || page.contains(&format!("`{}.*`", section.name));
                assert!(
                    !reads || named,
                    "docs/features/{feature}.md does not name {}.{}",
                    section.name,
                    key.name
                );
            }
        }
    }
}

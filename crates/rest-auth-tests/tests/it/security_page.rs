//! The page of security statements against the tests: every statement stands there once, with each test that carries
//! its id and no other. `UPDATE=1` writes the column of tests.

use std::collections::BTreeMap;

use rest_auth_tests::sources::{functions, root};

const PAGE: &str = "docs/internals/security.md";
/// The ids go from 1 to this one.
const LAST: u32 = 108;

/// The ids that a test's name begins with: `s_16_s_17_…` carries two.
fn ids(mut name: &str) -> Vec<u32> {
    let mut found = Vec::new();
    while let Some((number, rest)) = name.strip_prefix("s_").and_then(|rest| rest.split_once('_')) {
        let Ok(id) = number.parse() else { break };
        found.push(id);
        name = rest;
    }
    found
}

/// Every test by the ids that it carries.
fn tests_by_id() -> BTreeMap<u32, Vec<String>> {
    let mut by_id: BTreeMap<u32, Vec<String>> = BTreeMap::new();
    for name in functions() {
        for id in ids(&name) {
            by_id.entry(id).or_default().push(name.clone());
        }
    }
    by_id
}

/// A line of the page with its last cell filled in; anything else stays.
fn filled(line: &str, tests: &BTreeMap<u32, Vec<String>>) -> String {
    let Some(id) = id_of(line) else { return line.to_owned() };
    let cells: Vec<&str> = line.split(" | ").collect();
    assert_eq!(cells.len(), 4, "{line}");
    let names = tests.get(&id).map(|names| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>());
    let names = names.unwrap_or_default().join(", ");
    let apart = ["later", "open"].iter().any(|word| cells[2].starts_with(word));
    assert!(
        apart || !names.is_empty() || cells[2].contains('`') || cells[2].contains("see S-"),
        "{line} has no test"
    );
    assert!(!cells[2].starts_with("later") || names.is_empty(), "S-{id:02} is there by now: {names}");
    format!("{} | {} | {} | {names} |", cells[0], cells[1], cells[2])
}

fn id_of(line: &str) -> Option<u32> {
    line.strip_prefix("| S-")?.split(' ').next()?.parse().ok()
}

#[test]
fn every_security_statement_stands_on_its_page_with_its_tests() {
    let page = std::fs::read_to_string(root().join(PAGE)).unwrap();
    let listed: Vec<u32> = page.lines().filter_map(id_of).collect();
    assert_eq!(listed, (1..=LAST).collect::<Vec<_>>(), "each id stands there once, in order");
    let tests = tests_by_id();
    assert_eq!(tests.keys().find(|id| **id > LAST || **id == 0), None, "a test carries an id that is none");
    let lines: Vec<String> = page.lines().map(|line| filled(line, &tests)).collect();
    let expected = lines.join("\n") + "\n";
    if std::env::var_os("UPDATE").is_some_and(|update| update == "1") {
        std::fs::write(root().join(PAGE), &expected).unwrap();
    } else {
        assert!(
            page == expected,
            "{PAGE} is out of date: run this test with UPDATE=1 and commit what changes"
        );
    }
}

#[test]
fn the_tests_that_the_page_names_in_its_text_exist() {
    let names = functions();
    let page = std::fs::read_to_string(root().join(PAGE)).unwrap();
    for line in page.lines().filter(|line| id_of(line).is_some()) {
        let words = line.split('`').skip(1).step_by(2).filter(|word| word.matches('_').count() > 3);
        for word in words.filter(|word| !word.contains('.')) {
            assert!(names.iter().any(|name| name == word), "{word} is no test");
        }
    }
}

#[test]
fn a_name_may_carry_several_ids() {
    assert_eq!(ids("s_16_s_17_whoever_cannot_log_in"), [16, 17]);
    assert_eq!(ids("s_100_a_body"), [100]);
    assert_eq!(ids("sessions_end"), Vec::<u32>::new());
    assert_eq!(ids("s_x_y"), Vec::<u32>::new());
}

//! `docs/internals/quirks.md` against scenarios and tests: every mark is explained there, with what shows it.

use std::collections::{BTreeMap, BTreeSet};

use rest_auth_tests::sources::{functions, root};

use crate::{FEATURES, files};

/// The scenario files that carry each mark.
fn marked() -> BTreeMap<String, BTreeSet<String>> {
    let mut marks: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for feature in FEATURES {
        for scenario in files::scenarios(feature) {
            for mark in scenario.marks() {
                marks.entry(mark.to_owned()).or_default().insert(format!("{feature}.toml"));
            }
        }
    }
    marks
}

fn page() -> String {
    files::read(&root().join("docs/internals/quirks.md"))
}

/// What the table of deviations says that shows each mark: scenario files and tests.
fn shown() -> BTreeMap<String, BTreeSet<String>> {
    let page = page();
    let (_, deviations) = page.split_once("\n# Deviations\n").expect("the page has a section on deviations");
    let rows = deviations.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    let mut shown = BTreeMap::new();
    for (mark, row) in rows.skip(2) {
        let shown_by = row.rsplit(" | ").next().unwrap();
        let words = shown_by.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(shown.insert(mark.to_owned(), words).is_none(), "{mark} has two rows");
    }
    shown
}

fn is_scenario_file(word: &str) -> bool {
    word.strip_suffix(".toml").is_some_and(|name| FEATURES.contains(&name))
}

/// The marks with a number in a text: `W-07`.
fn numbered(text: &str) -> BTreeSet<String> {
    let is_mark = |word: &&str| {
        let number = ["W-", "A-", "E-"].iter().find_map(|letter| word.strip_prefix(letter));
        number.is_some_and(|number| number.len() == 2 && number.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '-');
    words.filter(is_mark).map(str::to_owned).collect()
}

#[test]
fn every_deviation_of_a_scenario_is_explained_with_its_files() {
    let (marked, shown) = (marked(), shown());
    for (mark, files) in &marked {
        assert!(shown.contains_key(mark), "{mark} is not explained in quirks.md; {files:?} carry it");
    }
    for (mark, words) in &shown {
        let named: BTreeSet<String> = words.iter().filter(|word| is_scenario_file(word)).cloned().collect();
        assert_eq!(marked.get(mark).cloned().unwrap_or_default(), named, "the scenario files for {mark}");
    }
}

#[test]
fn every_deviation_is_shown_by_a_scenario_or_a_test_that_exists() {
    let tests = functions();
    for (mark, words) in shown() {
        assert!(!words.is_empty(), "nothing shows {mark}");
        for word in words.iter().filter(|word| !is_scenario_file(word)) {
            assert!(tests.contains(word), "`{word}`, which is to show {mark}, is no test");
        }
    }
}

#[test]
fn tests_that_carry_a_mark_stand_at_its_row() {
    let shown = shown();
    for test in functions() {
        let mut words = test.splitn(3, '_');
        let (Some(letter), Some(number), Some(_)) = (words.next(), words.next(), words.next()) else {
            continue;
        };
        let mark = format!("{}-{number}", letter.to_uppercase());
        if numbered(&mark).contains(&mark) {
            assert!(
                shown.get(&mark).is_some_and(|words| words.contains(&test)),
                "{test} is not named at {mark}"
            );
        }
    }
}

#[test]
fn a_mark_has_a_letter_and_two_digits() {
    let found: Vec<String> =
        numbered("W-02, (E-05) and S-01; rest_auth.E057, A-1, W-123, x-W-04").into_iter().collect();
    assert_eq!(found, ["E-05", "W-02"]);
}

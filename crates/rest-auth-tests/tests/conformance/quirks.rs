//! `docs/internals/quirks.md` against the scenarios: every mark is explained there, with the files that carry it.

use std::collections::{BTreeMap, BTreeSet};

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

/// The scenario files that the table of deviations names for each mark; marks that none shows have none.
fn explained() -> BTreeMap<String, BTreeSet<String>> {
    let page = files::read(&files::folder().join("../../../docs/internals/quirks.md"));
    let (_, deviations) = page.split_once("\n# Deviations\n").expect("the page has a section on deviations");
    let rows = deviations.lines().filter_map(|line| line.strip_prefix("| ")?.split_once(" | "));
    rows.skip(2)
        .map(|(mark, row)| {
            let shown_by = row.rsplit(" | ").next().unwrap();
            let words = shown_by.split('`').map(str::to_owned);
            (
                mark.to_owned(),
                words.filter(|word| FEATURES.iter().any(|name| *word == format!("{name}.toml"))).collect(),
            )
        })
        .collect()
}

#[test]
fn every_deviation_is_explained_and_every_explanation_is_shown() {
    let (marked, explained) = (marked(), explained());
    for (mark, files) in &marked {
        let named = explained.get(mark).unwrap_or_else(|| panic!("{mark} is not explained in quirks.md"));
        assert!(files.is_subset(named), "quirks.md does not name all of {files:?} for {mark}");
    }
    for (mark, named) in explained.iter().filter(|(mark, _)| marked.contains_key(*mark)) {
        assert_eq!(&marked[mark], named, "the files for {mark}");
    }
}

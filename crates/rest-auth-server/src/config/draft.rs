//! A configuration under way: values, where they came from, and what is wrong so far.

use std::collections::BTreeMap;

use super::{Mistake, Origin};

/// Where each key was given: `http`, `http.listen`.
pub(super) type Origins = BTreeMap<String, Origin>;

/// What the sources said so far; a later one replaces the words of an earlier one.
#[derive(Debug, Default)]
pub(super) struct Draft {
    /// The values.
    pub(super) table: toml::Table,
    /// Where they were given.
    pub(super) origins: Origins,
    /// What is wrong.
    pub(super) mistakes: Vec<Mistake>,
    /// What is unwise.
    pub(super) warnings: Vec<Mistake>,
}

impl Draft {
    /// Gives a key its value; the section is `""` for the top level.
    pub(super) fn set(&mut self, section: &str, key: &str, value: toml::Value, origin: Origin) {
        let table = if section.is_empty() {
            &mut self.table
        } else {
            let section = self.table.entry(section).or_insert_with(|| toml::Table::new().into());
            // A section that was given a value is reported when the settings are read.
            let Some(section) = section.as_table_mut() else { return };
            section
        };
        table.insert(key.to_owned(), value);
        self.origins.insert(path(section, key), origin.clone());
        self.origins.entry(section.to_owned()).or_insert(origin);
    }

    /// The value of a key.
    pub(super) fn get(&self, section: &str, key: &str) -> Option<&toml::Value> {
        if section.is_empty() { self.table.get(key) } else { self.table.get(section)?.get(key) }
    }
}

/// `section.key`, or the key alone at the top level.
pub(super) fn path(section: &str, key: &str) -> String {
    if section.is_empty() { key.to_owned() } else { format!("{section}.{key}") }
}

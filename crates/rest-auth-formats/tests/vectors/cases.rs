//! Reads a vector file and hands each case to the function that checks its kind.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rest_auth_formats::{SecretKeys, TimeZone, Timestamp};
use serde_json::{Map, Value};

/// One file: shared inputs at the top level, and the cases.
pub(crate) struct VectorFile {
    name: &'static str,
    content: Map<String, Value>,
}

/// What is done with the cases of one kind.
pub(crate) type Check = fn(&Case<'_>);

impl VectorFile {
    pub(crate) fn parse(name: &'static str, text: &str) -> Self {
        let Ok(Value::Object(content)) = serde_json::from_str(text) else {
            panic!("{name} is no JSON object")
        };
        Self { name, content }
    }

    /// Runs every case of the file. Fails if a case does, with its id; and if a kind is neither checked nor
    /// listed as checked elsewhere, or if one that is checked or listed does not occur.
    pub(crate) fn run(&self, checks: &[(&str, Check)]) {
        let listed = crate::checked_elsewhere(self.name);
        let cases = self.content["cases"].as_array().expect("cases");
        let found: BTreeSet<&str> = cases.iter().map(|case| case["kind"].as_str().expect("a kind")).collect();
        let known: BTreeSet<&str> = checks.iter().map(|(kind, _)| *kind).chain(listed).collect();
        assert_eq!(found, known, "kinds in {} against those that are checked or listed", self.name);

        let mut failed = Vec::new();
        for case in cases {
            let case = Case { file: &self.content, content: case };
            for (_, check) in checks.iter().filter(|(kind, _)| *kind == case.text("kind")) {
                if catch_unwind(AssertUnwindSafe(|| check(&case))).is_err() {
                    failed.push(case.text("id"));
                }
            }
        }
        assert!(failed.is_empty(), "{} of {} cases failed: {failed:#?}", failed.len(), cases.len());
    }
}

/// One case.
pub(crate) struct Case<'f> {
    file: &'f Map<String, Value>,
    content: &'f Value,
}

impl<'f> Case<'f> {
    /// A field of the case; it must be there.
    pub(crate) fn value(&self, field: &str) -> &'f Value {
        self.content.get(field).unwrap_or_else(|| panic!("{} has no {field}", self.content["id"]))
    }

    /// A field that not every case of the kind has.
    pub(crate) fn field(&self, field: &str) -> Option<&'f Value> {
        self.content.get(field)
    }

    /// A field at the top level of the file.
    pub(crate) fn shared(&self, field: &str) -> &'f Value {
        &self.file[field]
    }

    pub(crate) fn text(&self, field: &str) -> &'f str {
        self.value(field).as_str().unwrap_or_else(|| panic!("{field} is no text"))
    }

    /// A text or null.
    pub(crate) fn optional_text(&self, field: &str) -> Option<&'f str> {
        (!self.value(field).is_null()).then(|| self.text(field))
    }

    pub(crate) fn texts(&self, field: &str) -> Vec<&'f str> {
        let items = self.value(field).as_array().unwrap_or_else(|| panic!("{field} is no list"));
        items.iter().map(|item| item.as_str().expect("a list of texts")).collect()
    }

    pub(crate) fn integer(&self, field: &str) -> i64 {
        self.value(field).as_i64().unwrap_or_else(|| panic!("{field} is no integer"))
    }

    pub(crate) fn flag(&self, field: &str) -> bool {
        self.value(field).as_bool().unwrap_or_else(|| panic!("{field} is no boolean"))
    }

    /// The value of a case with `ok`, `None` where the reference failed.
    pub(crate) fn outcome(&self) -> Option<&'f Value> {
        self.flag("ok").then(|| self.value("value"))
    }

    /// The value of a case with `ok`, which is a text.
    pub(crate) fn text_outcome(&self) -> Option<&'f str> {
        self.outcome().map(|value| value.as_str().expect("the value is a text"))
    }

    /// Unix seconds, perhaps with a fraction.
    pub(crate) fn time(&self, field: &str) -> Timestamp {
        Timestamp::from_fractional_seconds(self.value(field).as_f64().expect("a number"))
    }

    pub(crate) fn time_zone(&self) -> TimeZone {
        TimeZone::named(self.text("time_zone")).expect("a time zone")
    }

    /// `secret_key` with `secret_key_fallbacks`, if the case has any.
    pub(crate) fn secret_keys(&self) -> SecretKeys {
        let keys = SecretKeys::new(self.text("secret_key"));
        match self.content.get("secret_key_fallbacks") {
            Some(_) => keys.with_fallbacks(self.texts("secret_key_fallbacks")),
            None => keys,
        }
    }
}

/// The bytes behind hex.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    rest_auth_formats::hex::decode(text).expect("hex")
}

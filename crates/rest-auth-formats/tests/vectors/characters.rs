//! Classes of characters, which the files give as ranges of code points.

use std::collections::HashSet;

use serde_json::Value;

use crate::cases::Case;

/// Every character. A surrogate is none.
pub(crate) fn all() -> impl Iterator<Item = char> {
    '\0'..=char::MAX
}

/// The `ranges` of a case, both ends included.
pub(crate) fn class(case: &Case<'_>) -> HashSet<char> {
    let end = |value: &Value| u32::try_from(value.as_u64().expect("a code point")).expect("a code point");
    let ranges = case.value("ranges").as_array().expect("ranges");
    ranges.iter().flat_map(|range| end(&range[0])..=end(&range[1])).filter_map(char::from_u32).collect()
}

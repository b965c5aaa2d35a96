//! Runs the cases in `tests/vectors/*.json`, which the real Django, Django REST framework, simplejwt and
//! allauth made, against this crate: one module for each file.

mod cases;

mod authtoken;
mod signing;

/// The kinds, by file, of which some or all cases describe what a database holds or what a whole request
/// does, and not a format. The store contract and the stories of `rest-auth-tests` cover them.
const NEEDS_A_STORE: &[(&str, &str)] = &[
    ("authtoken", "stored_row"), // the columns; the text of the time is checked here
    ("authtoken", "stored_ddl"),
    ("authtoken", "get_or_create"),
    ("authtoken", "rendered"), // the body of a reply
];

/// The kinds of one file in [`NEEDS_A_STORE`].
fn needs_a_store(file: &str) -> Vec<&'static str> {
    NEEDS_A_STORE.iter().filter(|(name, _)| *name == file).map(|(_, kind)| *kind).collect()
}

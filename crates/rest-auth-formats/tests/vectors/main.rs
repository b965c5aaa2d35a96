//! Runs the cases in `tests/vectors/*.json`, which the real Django, Django REST framework, simplejwt and
//! allauth made, against this crate: one module for each file.

mod cases;
mod characters;

mod authtoken;
mod password_validators;
mod signing;
mod username_email_validators;

/// The kinds, by file, of which some or all cases describe what a database holds or what a whole request
/// does, and not a format. The store contract and the stories of `rest-auth-tests` cover them; forms, rules and
/// their sentences are core's, whose tests read the same files.
const CHECKED_ELSEWHERE: &[(&str, &str)] = &[
    ("authtoken", "stored_row"), // the columns; the text of the time is checked here
    ("authtoken", "stored_ddl"),
    ("authtoken", "get_or_create"),
    ("authtoken", "rendered"),                               // the body of a reply
    ("password_validators", "similarity_no_user"),           // core: the list of validators
    ("password_validators", "default_setting"),              // core: no validators, no faults
    ("password_validators", "help_texts"), // nowhere: Django's admin shows them, the API does not
    ("username_email_validators", "allauth_clean_username"), // core: `Username`
    ("username_email_validators", "drf_charfield_max5"), // core: `Form`
    ("username_email_validators", "email_json"), // core: `Form`
];

/// The kinds of one file in [`CHECKED_ELSEWHERE`].
fn checked_elsewhere(file: &str) -> Vec<&'static str> {
    CHECKED_ELSEWHERE.iter().filter(|(name, _)| *name == file).map(|(_, kind)| *kind).collect()
}

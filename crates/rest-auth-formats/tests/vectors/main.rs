//! Runs the cases in `tests/vectors/*.json`, which the real Django, Django REST framework, simplejwt and
//! allauth made, against this crate: one module for each file.

mod cases;
mod characters;

mod authtoken;
mod csrf;
mod datetimes;
mod email_confirmation_keys;
mod jwt;
mod password_reset_tokens;
mod password_validators;
mod sessions;
mod signing;
mod username_email_validators;

/// The kinds, by file, of which some or all cases describe what a database holds or what a whole request
/// does, and not a format. The store contract and the stories of `rest-auth-tests` cover them; forms, rules and
/// their sentences are core's, whose tests read the same files.
const CHECKED_ELSEWHERE: &[(&str, &str)] = &[
    // The table, and one row for each user. The text of its time is checked here.
    ("authtoken", "stored_ddl"),
    ("authtoken", "stored_row"),
    ("authtoken", "get_or_create"),
    // The body of the reply to a login.
    ("authtoken", "rendered"),
    // The types of the columns, and the zone of the connection.
    ("datetimes", "column_types"),
    ("datetimes", "postgresql_session"),
    // What PostgreSQL itself prints for booleans, JSON and UUIDs. What SQLite holds is checked here.
    ("datetimes", "stored_other"),
    // The rows of outstanding and blacklisted tokens. The tokens and times in them are checked here.
    ("jwt", "mint"),
    ("jwt", "rotation"),
    ("jwt", "blacklist"),
    // core: fields that are missing, empty or of the wrong form, and that body goes before cookie.
    ("jwt", "body"),
    ("jwt", "cookie_refresh"),
    // core: the settings that no format depends on.
    ("jwt", "defaults"),
    // core: the list of validators, which is empty by default.
    ("password_validators", "similarity_no_user"),
    ("password_validators", "default_setting"),
    // Nowhere: Django's admin shows them, the API does not.
    ("password_validators", "help_texts"),
    // That a key is looked up as it is. The rule of the expiry is checked here.
    ("sessions", "load"),
    ("sessions", "clear_expired"),
    // That rows go, and when the cookie goes with them. Its line is checked here.
    ("sessions", "login_over_anonymous"),
    ("sessions", "logout"),
    // core: `Username` and `Form`.
    ("username_email_validators", "allauth_clean_username"),
    ("username_email_validators", "drf_charfield_max5"),
    ("username_email_validators", "email_json"),
];

/// The kinds of one file in [`CHECKED_ELSEWHERE`].
fn checked_elsewhere(file: &str) -> Vec<&'static str> {
    CHECKED_ELSEWHERE.iter().filter(|(name, _)| *name == file).map(|(_, kind)| *kind).collect()
}

//! The look at start-up: whether every table and column that a statement names is there.

use rest_auth_core::store::{StoreError, StoreResult};

use super::{own_columns, profiles};
use crate::driver::Catalogue;
use crate::user_model::{Profile, UserModel};

/// What our statements name, beside the user table.
const NEEDED: [(&str, &[&str]); 14] = [
    ("account_emailaddress", &["id", "user_id", "email", "verified", "primary"]),
    ("account_emailconfirmation", &["id", "created", "sent", "key", "email_address_id"]),
    ("authtoken_token", &["key", "created", "user_id"]),
    ("django_session", &["session_key", "session_data", "expire_date"]),
    (
        "rest_auth_outbox",
        &[
            "id",
            "created_at",
            "recipient",
            "mail",
            "attempts",
            "next_attempt_at",
            "locked_until",
            "given_up",
            "last_error",
        ],
    ),
    ("rest_auth_throttle", &["id", "key", "taken_at", "expires_at"]),
    ("rest_auth_refresh_token", &["jti", "family", "started_at", "parent", "expires_at"]),
    ("rest_auth_social_code", &["digest", "content", "expires_at", "used_at"]),
    (
        "socialaccount_socialaccount",
        &["id", "provider", "uid", "last_login", "date_joined", "user_id", "extra_data"],
    ),
    (
        "socialaccount_socialapp",
        &["id", "provider", "name", "client_id", "secret", "key", "provider_id", "settings"],
    ),
    ("socialaccount_socialapp_sites", &["id", "socialapp_id", "site_id"]),
    ("socialaccount_socialtoken", &["id", "token", "token_secret", "expires_at", "account_id", "app_id"]),
    ("token_blacklist_outstandingtoken", &["id", "jti", "token", "user_id", "created_at", "expires_at"]),
    ("token_blacklist_blacklistedtoken", &["id", "token_id", "blacklisted_at"]),
];

/// Columns of the user table without which nobody can log in. Others of Django's may be absent.
const NEEDED_OF_USERS: [&str; 3] = ["id", "password", "email"];

/// The tables of the relations, where everything is there and what is written fits.
pub(crate) fn fit(there: &Catalogue, model: &UserModel) -> StoreResult<Vec<Profile>> {
    if let Some(missing) = missing_of_users(there, model) {
        return Err(StoreError::Backend(missing.into()));
    }
    let profiles = profiles::find(there, model).map_err(StoreError::Settings)?;
    let columns = profiles.iter().enumerate().flat_map(|(place, profile)| {
        let needed = model.extra_of(Some(place)).map(|extra| (profile.table.as_str(), extra.name.as_str()));
        needed.filter(|(table, column)| !there.has_column(table, column))
    });
    let missing: Vec<String> = columns.map(|(table, column)| format!("{table}.{column}")).collect();
    if !missing.is_empty() {
        return Err(StoreError::Backend(no_columns(&missing).into()));
    }
    let faults = own_columns::faults(there, model, &profiles);
    if faults.is_empty() { Ok(profiles) } else { Err(StoreError::Settings(faults)) }
}

/// What is missing but for relations, in a sentence that tells what to do; `None` if nothing is.
fn missing_of_users(there: &Catalogue, model: &UserModel) -> Option<String> {
    let extra = model.extra_of(None).map(|column| column.name.as_str());
    let of_users: Vec<&str> =
        NEEDED_OF_USERS.into_iter().chain(model.username.as_deref()).chain(extra).collect();
    let mut tables = Vec::new();
    let mut columns = Vec::new();
    for (table, needed) in std::iter::once((model.table.as_str(), of_users.as_slice())).chain(NEEDED) {
        if there.has_table(table) {
            let missing = needed.iter().filter(|column| !there.has_column(table, column));
            columns.extend(missing.map(|column| format!("{table}.{column}")));
        } else {
            tables.push(table);
        }
    }
    let mut sentences = Vec::new();
    if !tables.is_empty() {
        sentences
            .push(format!("these tables are missing: {}; `rest-auth migrate` makes them", tables.join(", ")));
    }
    if !columns.is_empty() {
        sentences.push(no_columns(&columns));
    }
    (!sentences.is_empty()).then(|| sentences.join("; "))
}

fn no_columns(columns: &[String]) -> String {
    format!(
        "these columns are missing: {}; run the Django project's own migrations, or correct [user_model]",
        columns.join(", ")
    )
}

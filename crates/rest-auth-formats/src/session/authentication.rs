//! Who is logged in by a session (`django.contrib.auth`: `login`, `get_user`).

use std::borrow::Cow;

use serde_json::Value;

use super::SessionData;
use crate::salted_hmac::{constant_time_equal, salted_hmac};
use crate::{SecretKeys, hex, user_id_text};

const HASH_SALT: &str = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";
const USER_ID: &str = "_auth_user_id";
const BACKEND: &str = "_auth_user_backend";
const HASH: &str = "_auth_user_hash";

/// What a session says about the user who logged in. Nothing of it is believed yet.
#[derive(Clone, PartialEq, Eq)]
pub struct Authenticated<'d> {
    /// The text of the primary key.
    pub user_id: Cow<'d, str>,
    /// The dotted path of the backend. A path that is not configured makes the request anonymous.
    pub backend: &'d str,
    /// The hash to hand to [`check_auth_hash`].
    pub hash: Option<&'d str>,
}

/// The user that a session names, `None` for an anonymous one.
pub fn authenticated(data: &SessionData) -> Option<Authenticated<'_>> {
    Some(Authenticated {
        user_id: user_id(data)?,
        backend: data.get(BACKEND)?.as_str()?,
        hash: data.get(HASH).and_then(Value::as_str),
    })
}

/// Some programs store the number itself; Django reads it all the same.
fn user_id(data: &SessionData) -> Option<Cow<'_, str>> {
    match data.get(USER_ID)? {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        _ => None,
    }
}

/// What logging in over an existing session does to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogInOver {
    /// Nobody was logged in: the data stays under a new key, and the old row goes.
    Anonymous,
    /// The same user with the same password: key and data stay.
    SameUser,
    /// Another user, or the same one from before a change of password: a new, empty session.
    Another,
}

/// Decides that from the session, the text of the user's id and the user's present hash.
pub fn log_in_over(data: &SessionData, user: &str, auth_hash: &str) -> LogInOver {
    if !data.contains_key(USER_ID) {
        return LogInOver::Anonymous;
    }
    let is_same_user = user_id(data).is_some_and(|stored| user_id_text::is_same(&stored, user));
    let hash = data.get(HASH).and_then(Value::as_str).unwrap_or_default();
    if is_same_user && constant_time_equal(hash, auth_hash) {
        LogInOver::SameUser
    } else {
        LogInOver::Another
    }
}

/// Writes the three entries of a login. The backend must be one that Django knows as well, such as
/// `django.contrib.auth.backends.ModelBackend`.
pub fn log_in(data: &mut SessionData, user_id: &str, backend: &str, auth_hash: &str) {
    data.insert(USER_ID.into(), user_id.into());
    data.insert(BACKEND.into(), backend.into());
    data.insert(HASH.into(), auth_hash.into());
}

/// Puts the hash of the current secret in the place of one that a fallback gave.
pub fn renew_auth_hash(data: &mut SessionData, auth_hash: &str) {
    data.insert(HASH.into(), auth_hash.into());
}

/// The value of `_auth_user_hash` that a password column and a secret give (`get_session_auth_hash`).
pub fn auth_hash(password_column: &str, key: &str) -> String {
    hex::encode(&salted_hmac(HASH_SALT, password_column, key))
}

/// What the hash in a session says about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthHash {
    /// The user's password and the current secret give it.
    Current,
    /// A fallback gives it: the session stays, but gets a new key and the current hash.
    Fallback,
    /// It is missing, empty or wrong: the row is deleted and the request anonymous.
    Wrong,
}

/// Compares the hash in a session with the user's password column.
pub fn check_auth_hash(session_hash: Option<&str>, password_column: &str, keys: &SecretKeys) -> AuthHash {
    let Some(hash) = session_hash else { return AuthHash::Wrong };
    let is_from = |key: &str| constant_time_equal(hash, &auth_hash(password_column, key));
    if is_from(keys.current()) {
        AuthHash::Current
    } else if keys.fallbacks().any(is_from) {
        AuthHash::Fallback
    } else {
        AuthHash::Wrong
    }
}

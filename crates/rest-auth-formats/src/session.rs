//! The rows of `django_session`: their text, their keys, when they end and whom they authenticate.

use serde_json::{Map, Value};

use crate::random_text::{self, LOWER_CASE_AND_DIGITS};
use crate::salted_hmac::{constant_time_equal, salted_hmac};
use crate::signing::{self, Compression};
use crate::{SecretKeys, Timestamp, hex};

/// What a session holds; the order of the keys is kept.
pub type SessionData = Map<String, Value>;

const DATA_SALT: &str = "django.contrib.sessions.SessionStore";
const AUTH_HASH_SALT: &str = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash";

/// The text for `session_data` (`SessionStore.encode`).
pub fn encode(data: &SessionData, keys: &SecretKeys, now: Timestamp) -> String {
    signing::dumps(&Value::Object(data.clone()), keys, DATA_SALT, now, Compression::IfShorter)
}

/// What `session_data` holds (`SessionStore.decode`); empty for what no secret signed and for what is no
/// object. The time in it is not looked at.
pub fn decode(session_data: &str, keys: &SecretKeys) -> SessionData {
    match signing::loads(session_data, keys, DATA_SALT, None) {
        Ok(Value::Object(data)) => data,
        _ => SessionData::new(),
    }
}

/// A new session key: 32 letters in lower case and digits. `fill` is as in [`random_text::draw`].
pub fn draw_key(fill: &mut dyn FnMut(&mut [u8])) -> String {
    random_text::draw(LOWER_CASE_AND_DIGITS, 32, fill)
}

/// The key in a cookie, to be looked up as it is; `None` below eight characters.
pub fn key_from_cookie(value: &str) -> Option<&str> {
    (value.chars().count() >= 8).then_some(value)
}

/// Whether a row still counts: it ends later than now.
pub fn is_live(expire_date: Timestamp, now: Timestamp) -> bool {
    expire_date > now
}

/// Whether `clearsessions` deletes a row: it ended before now. In its last moment it is neither live nor this.
pub fn is_cleared(expire_date: Timestamp, now: Timestamp) -> bool {
    expire_date < now
}

/// The value of `_auth_user_hash` that a password column and a secret give (`get_session_auth_hash`).
pub fn auth_hash(password_column: &str, key: &str) -> String {
    hex::encode(&salted_hmac(AUTH_HASH_SALT, password_column, key))
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

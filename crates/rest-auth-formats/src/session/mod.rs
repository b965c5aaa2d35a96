//! The rows of `django_session`: their text, their keys, when they end and whom they authenticate.

mod authentication;
mod expiry;

use serde_json::{Map, Value};

use crate::random_text::{self, LOWER_CASE_AND_DIGITS};
use crate::signing::{self, Compression};
use crate::{SecretKeys, Timestamp};

pub use authentication::{
    AuthHash, Authenticated, LogInOver, auth_hash, authenticated, check_auth_hash, log_in, log_in_over,
    renew_auth_hash,
};
pub use expiry::{Expiry, ExpirySettings, NewExpiry, set_expiry};

/// What a session holds; the order of the keys is kept.
pub type SessionData = Map<String, Value>;

const SALT: &str = "django.contrib.sessions.SessionStore";

/// The text for `session_data` (`SessionStore.encode`).
pub fn encode(data: &SessionData, keys: &SecretKeys, now: Timestamp) -> String {
    signing::dumps(&Value::Object(data.clone()), keys, SALT, now, Compression::IfShorter)
}

/// What `session_data` holds (`SessionStore.decode`); empty for what no secret signed and for what is no
/// object. The time in it is not looked at.
pub fn decode(session_data: &str, keys: &SecretKeys) -> SessionData {
    match signing::loads(session_data, keys, SALT, None) {
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

//! When a session ends, which is the row's business and the cookie's.

use serde_json::Value;

use super::SessionData;
use crate::Timestamp;
use crate::cookie::Lifetime;

const KEY: &str = "_session_expiry";

/// The settings that sessions without an expiry of their own follow.
#[derive(Clone, Copy, Debug)]
pub struct ExpirySettings {
    /// `SESSION_COOKIE_AGE` in seconds, 1,209,600 by default.
    pub cookie_age: i64,
    /// `SESSION_EXPIRE_AT_BROWSER_CLOSE`.
    pub at_browser_close: bool,
}

/// When a session that is saved now ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Seconds from now, rounded down; negative for the past (`get_expiry_age`). The cookie's `Max-Age`.
    pub age: i64,
    /// The row's `expire_date` (`get_expiry_date`).
    pub date: Timestamp,
    /// Whether the cookie ends with the browser instead (`get_expire_at_browser_close`).
    pub at_browser_close: bool,
}

impl Expiry {
    /// Reads `_session_expiry`: a number of seconds, of which zero means the setting, or a time in ISO 8601,
    /// without an offset in UTC. What is neither means the setting.
    pub fn of(data: &SessionData, settings: &ExpirySettings, now: Timestamp) -> Self {
        let own = data.get(KEY).filter(|expiry| !expiry.is_null());
        let at_browser_close = match own {
            None => settings.at_browser_close,
            Some(expiry) => expiry.as_f64() == Some(0.0),
        };
        if let Some(date) = own.and_then(Value::as_str).and_then(Timestamp::parse) {
            return Self { age: date.seconds_since(now), date, at_browser_close };
        }
        let age = own.and_then(seconds).filter(|age| *age != 0).unwrap_or(settings.cookie_age);
        Self { age, date: now.plus_seconds(age), at_browser_close }
    }

    /// How long the cookie of the session lives that is sent now.
    pub fn cookie_lifetime(&self, now: Timestamp) -> Lifetime {
        if self.at_browser_close { Lifetime::BrowserSession } else { Lifetime::Seconds(self.age, now) }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a number beyond 64 bits saturates")]
fn seconds(expiry: &Value) -> Option<i64> {
    expiry.as_i64().or_else(|| expiry.as_f64().map(|seconds| seconds.floor() as i64))
}

/// An expiry that a session gets for itself (`set_expiry`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NewExpiry {
    /// So many seconds after the last change; zero: when the browser closes.
    Seconds(i64),
    /// At this time, however often the session changes.
    At(Timestamp),
    /// As the settings say.
    Default,
}

/// Writes `_session_expiry`.
pub fn set_expiry(data: &mut SessionData, expiry: NewExpiry) {
    match expiry {
        NewExpiry::Seconds(seconds) => data.insert(KEY.into(), seconds.into()),
        NewExpiry::At(time) => data.insert(KEY.into(), time.iso_text().into()),
        // The other entries keep their places, as in Python's dictionaries.
        NewExpiry::Default => data.shift_remove(KEY),
    };
}

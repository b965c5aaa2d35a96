//! allauth's rate limits, "10/m/ip,5/300s/key".

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::OrFalse;
use super::throttle_rate::unit_seconds;
use crate::store::Window;

/// Whose hits count together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Per {
    /// Those of one address.
    Ip,
    /// Those of one account that has logged in.
    User,
    /// Those that aim at one account.
    Key,
}

/// One part of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LimitPart {
    /// How much room there is.
    pub window: Window,
    /// For whom.
    pub per: Per,
}

/// How often something may be done: every part must have room. No part: as often as anybody likes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimit {
    text: String,
    /// In the order in which they are asked.
    pub parts: Vec<LimitPart>,
}

/// ACCOUNT_RATE_LIMITS: a limit for each action, or false.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct RateLimits {
    /// Logins.
    pub login: OrFalse<RateLimit>,
    /// Wrong passwords.
    pub login_failed: OrFalse<RateLimit>,
    /// New accounts.
    pub signup: OrFalse<RateLimit>,
    /// Mails that set a new password.
    pub reset_password: OrFalse<RateLimit>,
    /// Passwords set by a mailed link.
    pub reset_password_from_key: OrFalse<RateLimit>,
    /// Changed passwords.
    pub change_password: OrFalse<RateLimit>,
}

impl Default for RateLimits {
    fn default() -> Self {
        let limit = |text| RateLimit::parse(text).map_or_else(OrFalse::off, OrFalse::of);
        Self {
            login: limit("30/m/ip"),
            login_failed: limit("10/m/ip,5/300s/key"),
            signup: limit("20/m/ip"),
            reset_password: limit("20/m/ip,5/m/key"),
            reset_password_from_key: limit("20/m/ip"),
            change_password: limit("5/m/user"),
        }
    }
}

impl RateLimit {
    /// `allauth.core.ratelimit.parse_rates`
    pub fn parse(text: &str) -> Option<Self> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(parse_part);
        Some(Self { text: text.to_owned(), parts: parts.collect::<Option<_>>()? })
    }
}

/// `amount/duration[/per]`
fn parse_part(text: &str) -> Option<LimitPart> {
    let mut words = text.split('/');
    let limit = words.next()?.trim().parse().ok()?;
    let micros = parse_duration(words.next()?)?;
    let per = match words.next() {
        None | Some("ip") => Per::Ip,
        Some("user") => Per::User,
        Some("key") => Per::Key,
        Some(_) => return None,
    };
    words.next().is_none().then_some(LimitPart { window: Window { limit, micros }, per })
}

/// A number, which may have a fraction and may be missing, and its unit. In microseconds.
fn parse_duration(text: &str) -> Option<i64> {
    let unit = unit_seconds(text.chars().next_back()?)?;
    let number = &text[..text.len() - 1];
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let is_number = |digits: &str| digits.len() <= 6 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) || number == "." {
        return None;
    }
    let millionths: i64 = match number {
        "" => 1_000_000,
        _ => format!("{whole}{fraction:0<6}").parse().ok()?,
    };
    (millionths > 0).then_some(millionths * unit)
}

impl std::fmt::Display for Per {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Ip => "ip",
            Self::User => "user",
            Self::Key => "key",
        })
    }
}

impl<'de> Deserialize<'de> for RateLimit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Limit;
        impl Visitor<'_> for Limit {
            type Value = RateLimit;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a limit such as \"20/m/ip\", \"10/m/ip,5/300s/key\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<RateLimit, E> {
                RateLimit::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Limit)
    }
}

impl Serialize for RateLimit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<(u32, i64, Per)>> {
        let limit = RateLimit::parse(text)?;
        Some(limit.parts.iter().map(|part| (part.window.limit, part.window.micros, part.per)).collect())
    }

    #[test]
    fn a_limit_is_read_as_allauth_reads_it() {
        assert_eq!(read("30/m"), Some(vec![(30, 60_000_000, Per::Ip)]));
        assert_eq!(
            read("10/m/ip,5/300s/key"),
            Some(vec![(10, 60_000_000, Per::Ip), (5, 300_000_000, Per::Key)])
        );
        assert_eq!(read("1/0.5h/user"), Some(vec![(1, 1_800_000_000, Per::User)]));
        assert_eq!(read("1/2.25d"), Some(vec![(1, 194_400_000_000, Per::Ip)]));
        assert_eq!(read(""), Some(vec![]));
        for bad in
            ["5", "5/", "5/300", "5/x", "5/m/host", "5/m/ip/key", "-5/m", "5/-1s", "5/1.s.", "5/.s", "5/0s"]
        {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn what_a_table_does_not_name_is_at_allauths_default() {
        let limits: RateLimits = toml::from_str("login = false\nsignup = \"1/d/ip\"").unwrap();
        assert_eq!(limits.login, OrFalse::off());
        assert_eq!(limits.login_failed, RateLimits::default().login_failed);
        assert_ne!(limits.signup, RateLimits::default().signup);
        assert!(toml::from_str::<RateLimits>("logins = false").is_err());
    }
}

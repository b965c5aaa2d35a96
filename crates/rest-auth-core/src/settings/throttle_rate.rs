//! DRF's rates, "5/min".

use serde::de::{Error, Unexpected, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::store::Window;

/// A class that throttles requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum ThrottleName {
    /// By address, whoever has not logged in; the rate is `anon`.
    AnonRateThrottle,
    /// By account, or by address; the rate is `user`.
    UserRateThrottle,
    /// As `user`, the endpoints of one scope together; the rate has the scope's name.
    ScopedRateThrottle,
}

/// A number of requests and a period, of which only the first letter counts: s, m, h or d.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ThrottleRate {
    text: String,
    /// What it allows.
    pub window: Window,
}

impl ThrottleRate {
    /// `SimpleRateThrottle.parse_rate`
    pub fn parse(text: &str) -> Option<Self> {
        let (number, period) = text.split_once('/')?;
        let limit = number.trim().parse().ok()?;
        let seconds = unit_seconds(period.chars().next()?)?;
        let whole_word = !period.contains('/');
        let window = Window { limit, micros: seconds * 1_000_000 };
        whole_word.then(|| Self { text: text.to_owned(), window })
    }
}

/// s, m, h and d, in seconds.
pub(super) const fn unit_seconds(unit: char) -> Option<i64> {
    match unit {
        's' => Some(1),
        'm' => Some(60),
        'h' => Some(3600),
        'd' => Some(86400),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for ThrottleRate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Rate;
        impl Visitor<'_> for Rate {
            type Value = ThrottleRate;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a rate such as \"5/min\", \"100/hour\", \"1000/day\"")
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<ThrottleRate, E> {
                ThrottleRate::parse(text).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
            }
        }
        deserializer.deserialize_str(Rate)
    }
}

impl Serialize for ThrottleRate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_and_the_first_letter_of_a_period() {
        let read = |text| ThrottleRate::parse(text).map(|rate| (rate.window.limit, rate.window.micros));
        assert_eq!(read("5/min"), Some((5, 60_000_000)));
        assert_eq!(read("1/s"), Some((1, 1_000_000)));
        assert_eq!(read("0/hour"), Some((0, 3_600_000_000)));
        assert_eq!(read("1000/day"), Some((1000, 86_400_000_000)));
        for bad in ["", "5", "5/", "/m", "5/week", "5/Min", "-1/m", "5/m/m", "many/m"] {
            assert_eq!(read(bad), None, "{bad:?}");
        }
    }
}

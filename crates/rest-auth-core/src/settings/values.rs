//! Kinds of values that several sections share.

use std::marker::PhantomData;

use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A value, or `false` where Python says `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrFalse<T>(pub Option<T>);

impl<T> OrFalse<T> {
    /// `false`.
    pub const fn off() -> Self {
        Self(None)
    }

    /// A value.
    pub const fn of(value: T) -> Self {
        Self(Some(value))
    }

    /// The value, if it is not `false`.
    pub const fn get(&self) -> Option<&T> {
        self.0.as_ref()
    }
}

impl<T: std::ops::Deref> OrFalse<T> {
    /// The value, if it is not `false`.
    pub fn as_deref(&self) -> Option<&T::Target> {
        self.0.as_deref()
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OrFalse<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OrFalseVisitor(PhantomData))
    }
}

/// Hands everything but truth values on to `T`, so that its own words say what would be right.
struct OrFalseVisitor<T>(PhantomData<T>);

impl<T> OrFalseVisitor<T> {
    fn hand_on<'de, D: Deserializer<'de>>(deserializer: D) -> Result<OrFalse<T>, D::Error>
    where
        T: Deserialize<'de>,
    {
        // toml's errors end in a line break when they are shown.
        let or_false =
            |error: D::Error| D::Error::custom(format!("{}, or `false`", error.to_string().trim_end()));
        T::deserialize(deserializer).map(OrFalse::of).map_err(or_false)
    }
}

impl<'de, T: Deserialize<'de>> Visitor<'de> for OrFalseVisitor<T> {
    type Value = OrFalse<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a value, or `false`")
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<OrFalse<T>, E> {
        if value {
            Err(E::custom("`true` is no value here: give one, or `false`"))
        } else {
            Ok(OrFalse::off())
        }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<OrFalse<T>, E> {
        Self::hand_on(value.into_deserializer())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<OrFalse<T>, E> {
        Self::hand_on(value.into_deserializer())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<OrFalse<T>, E> {
        Self::hand_on(value.into_deserializer())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, values: A) -> Result<OrFalse<T>, A::Error> {
        Self::hand_on(SeqAccessDeserializer::new(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, entries: A) -> Result<OrFalse<T>, A::Error> {
        Self::hand_on(MapAccessDeserializer::new(entries))
    }
}

impl<T: Serialize> Serialize for OrFalse<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            Some(value) => value.serialize(serializer),
            None => serializer.serialize_bool(false),
        }
    }
}

/// A duration in whole seconds, written as a number or as "15m", "2h", "1d", "30s".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u64);

impl Seconds {
    /// For arithmetic with time stamps.
    pub fn signed(self) -> i64 {
        i64::try_from(self.0).unwrap_or(i64::MAX)
    }

    /// For timers.
    pub const fn duration(self) -> std::time::Duration {
        std::time::Duration::from_secs(self.0)
    }

    fn parse(text: &str) -> Option<Self> {
        let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
        let factor = match unit.trim() {
            "" | "s" => 1,
            "m" => 60,
            "h" => 3600,
            "d" => 86400,
            "w" => 604_800,
            _ => return None,
        };
        number.parse::<u64>().ok()?.checked_mul(factor).map(Self)
    }
}

impl<'de> Deserialize<'de> for Seconds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Duration;
        impl Visitor<'_> for Duration {
            type Value = Seconds;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a duration: whole seconds, or text such as \"15m\", \"2h\", \"1d\"")
            }
            fn visit_i64<E: Error>(self, value: i64) -> Result<Seconds, E> {
                u64::try_from(value).map(Seconds).map_err(|_| E::custom("a duration cannot be negative"))
            }
            fn visit_u64<E: Error>(self, value: u64) -> Result<Seconds, E> {
                Ok(Seconds(value))
            }
            fn visit_str<E: Error>(self, value: &str) -> Result<Seconds, E> {
                Seconds::parse(value)
                    .ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(value), &self))
            }
        }
        deserializer.deserialize_any(Duration)
    }
}

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(self.0)
    }
}

/// The `SameSite` attribute of a cookie; `false` leaves it out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum SameSite {
    /// Sent with top-level navigation.
    Lax,
    /// Never sent from elsewhere.
    Strict,
    /// Always sent; browsers ask for `Secure` then.
    None,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Debug)]
    struct Sample {
        age: Seconds,
        name: OrFalse<String>,
    }

    #[derive(Deserialize, Debug)]
    #[expect(dead_code, reason = "only its refusals are looked at")]
    struct Cookie {
        same_site: OrFalse<SameSite>,
    }

    #[test]
    fn durations_are_numbers_or_words_and_false_is_none() {
        let sample: Sample = toml::from_str("age = \"15m\"\nname = false").unwrap();
        assert_eq!((sample.age, sample.name), (Seconds(900), OrFalse::off()));
        let sample: Sample = toml::from_str("age = 7\nname = \"x\"").unwrap();
        assert_eq!((sample.age, sample.name), (Seconds(7), OrFalse::of("x".to_owned())));
    }

    #[test]
    fn what_would_be_right_is_said_by_the_kind_of_the_value() {
        let refusal = |text| toml::from_str::<Cookie>(text).unwrap_err().message().to_owned();
        let expected = "unknown variant `Lux`, expected one of `Lax`, `Strict`, `None`, or `false`";
        assert_eq!(refusal("same_site = \"Lux\""), expected);
        assert_eq!(refusal("same_site = true"), "`true` is no value here: give one, or `false`");
    }

    #[test]
    fn nonsense_is_refused_with_what_would_be_right() {
        for text in ["age = \"soon\"\nname = false", "age = -1\nname = false", "age = 1\nname = true"] {
            assert!(toml::from_str::<Sample>(text).is_err(), "{text}");
        }
    }
}

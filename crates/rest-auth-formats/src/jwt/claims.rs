//! The claims of a token: a JSON object whose order is kept, since it decides the bytes.

use std::borrow::Cow;
use std::fmt;

use serde_json::{Map, Value};

use super::mint::password_claim;
use super::rules::ClaimNames;
use crate::salted_hmac::constant_time_equal;
use crate::{Timestamp, json};

/// The claims of a token, in order. `Debug` prints their names only.
#[derive(Clone, Default, PartialEq)]
pub struct Claims(Map<String, Value>);

/// Whom a token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserIdClaim<'c> {
    /// There is no such claim.
    Missing,
    /// It is null, a truth value, a fraction, a list or an object: no user has such an id.
    Unusable,
    /// The text of an id. It may be anything, also empty: whoever looks the user up parses it.
    Text(Cow<'c, str>),
}

impl Claims {
    /// No claims.
    pub fn new() -> Self {
        Self::default()
    }

    /// A claim.
    pub fn get(&self, name: &str) -> Option<&Value> {
        // So few are sooner looked through than one name is hashed.
        const FEW: usize = 16;
        if self.0.len() <= FEW {
            self.0.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
        } else {
            self.0.get(name)
        }
    }

    /// Sets a claim: in its place if there is one of this name, else at the end.
    pub fn set(&mut self, name: impl Into<String>, value: impl Into<Value>) {
        self.0.insert(name.into(), value.into());
    }

    /// The claims in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// A claim that is a text.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_str()
    }

    /// A claim that is a point in time: a number of seconds, perhaps with a fraction, within the years 1 to
    /// 9999. Truth values count as 1 and 0, as everywhere in Python. Numbers in text do not.
    pub fn time(&self, name: &str) -> Option<Timestamp> {
        const FIRST: f64 = -62_135_596_800.0;
        const BEYOND: f64 = 253_402_300_800.0;
        match self.get(name)? {
            Value::Bool(truth) => Some(Timestamp::from_seconds((*truth).into())),
            Value::Number(number) => {
                let seconds = number.as_f64().filter(|seconds| (FIRST..BEYOND).contains(seconds))?;
                Some(
                    number
                        .as_i64()
                        .map_or_else(|| Timestamp::from_fractional_seconds(seconds), Timestamp::from_seconds),
                )
            }
            _ => None,
        }
    }

    /// When the token ends (`exp`): what is recorded with an outstanding token.
    pub fn expires_at(&self) -> Option<Timestamp> {
        self.time("exp")
    }

    /// The token's own id (`jti`), by which the blacklist knows it.
    pub fn token_id(&self, names: &ClaimNames) -> Option<&str> {
        self.text(names.token_id.as_deref()?)
    }

    /// The user that the token is about. Whole numbers are as good as text: simplejwt wrote them before
    /// version 5.5.
    pub fn user_id(&self, names: &ClaimNames) -> UserIdClaim<'_> {
        match self.get(&names.user_id) {
            None => UserIdClaim::Missing,
            Some(Value::String(id)) => UserIdClaim::Text(Cow::Borrowed(id)),
            Some(Value::Number(id)) if !id.is_f64() => UserIdClaim::Text(Cow::Owned(id.to_string())),
            Some(_) => UserIdClaim::Unusable,
        }
    }

    /// Whether the token is tied to the password that is stored now (`CHECK_REVOKE_TOKEN`). One that is tied to
    /// none is not.
    pub fn is_of_password(&self, names: &ClaimNames, password_column: &str) -> bool {
        let own = self.text(&names.password);
        own.is_some_and(|own| constant_time_equal(own, &password_claim(password_column)))
    }

    /// The JSON that is signed (`json.dumps` without spaces).
    pub fn json(&self) -> String {
        json::compact_object(&self.0)
    }
}

impl From<Map<String, Value>> for Claims {
    fn from(claims: Map<String, Value>) -> Self {
        Self(claims)
    }
}

impl From<Claims> for Map<String, Value> {
    fn from(claims: Claims) -> Self {
        claims.0
    }
}

impl fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Claims").field(&self.0.keys().collect::<Vec<_>>()).finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims(value: &Value) -> Claims {
        Claims::from(value.as_object().expect("an object").clone())
    }

    #[test]
    fn times_are_numbers_within_the_years_of_python() {
        let claims = claims(&json!({
            "whole": 1_700_000_000, "fraction": 1_700_000_000.25, "true": true, "last": 253_402_300_799_i64,
            "before": -62_135_596_801_i64, "beyond": 253_402_300_800_i64, "huge": u64::MAX, "float": 1e300,
            "text": "1700000000", "null": null, "list": [1],
        }));
        assert_eq!(claims.time("whole"), Some(Timestamp::from_seconds(1_700_000_000)));
        assert_eq!(claims.time("fraction"), Some(Timestamp::from_micros(1_700_000_000_250_000)));
        assert_eq!(claims.time("true"), Some(Timestamp::from_seconds(1)));
        assert_eq!(claims.time("last"), Some(Timestamp::from_seconds(253_402_300_799)));
        for name in ["before", "beyond", "huge", "float", "text", "null", "list", "missing"] {
            assert_eq!(claims.time(name), None, "{name}");
        }
    }

    #[test]
    fn only_texts_and_whole_numbers_name_a_user() {
        let names = ClaimNames::default();
        let text = |id: &str| UserIdClaim::Text(Cow::Owned(id.to_owned()));
        for (id, expected) in [
            (json!("42"), text("42")),
            (json!(42), text("42")),
            (json!(-1), text("-1")),
            (json!(""), text("")),
            (json!(null), UserIdClaim::Unusable),
            (json!(true), UserIdClaim::Unusable),
            (json!(42.0), UserIdClaim::Unusable),
            (json!(["42"]), UserIdClaim::Unusable),
            (json!({"id": 42}), UserIdClaim::Unusable),
        ] {
            assert_eq!(claims(&json!({ "user_id": id })).user_id(&names), expected, "{id}");
        }
        assert_eq!(Claims::new().user_id(&names), UserIdClaim::Missing);
    }

    #[test]
    fn debug_prints_names_only() {
        let claims = claims(&json!({"user_id": "42", "hash_password": "5472A21B876372741427A99C9B4B92BB"}));
        assert_eq!(format!("{claims:?}"), r#"Claims(["user_id", "hash_password"])"#);
    }
}

//! The claims that every JSON web token knows (RFC 7519, section 4.1), checked in the order and with the
//! leniency of PyJWT: numbers may stand in text, fractions are cut off.

use serde_json::Value;

use super::check::Refusal;
use super::claims::Claims;
use super::rules::Audience;
use crate::{Timestamp, python_int};

/// What the claims are compared with.
pub(super) struct Expected<'r> {
    pub(super) issuer: Option<&'r str>,
    pub(super) audience: Option<&'r Audience>,
    /// Whether a token that names an audience is refused where none is configured, as PyJWT does unless it is
    /// told otherwise (simplejwt tells it).
    pub(super) refuses_unasked_audience: bool,
    /// Seconds.
    pub(super) leeway: i64,
    /// Whether `exp` is looked at.
    pub(super) verifies_expiry: bool,
}

/// The checks of PyJWT 2.
pub(super) fn check(claims: &Claims, expected: &Expected<'_>, now: Timestamp) -> Result<(), Refusal> {
    let (now, leeway) = (i128::from(now.micros()), i128::from(expected.leeway) * MICROS);
    if let Some(issued) = claims.get("iat") {
        not_after(issued, now + leeway).map_err(|_| Refusal::Invalid)?;
    }
    if let Some(start) = claims.get("nbf") {
        not_after(start, now + leeway)?;
    }
    if let Some(end) = claims.get("exp").filter(|_| expected.verifies_expiry) {
        let end = whole_seconds(end).ok_or(Refusal::Undecodable)?;
        if end.saturating_mul(MICROS) <= now - leeway {
            return Err(Refusal::Expired);
        }
    }
    check_issuer_and_audience(claims, expected)?;
    let is_text = |name| claims.get(name).is_none_or(Value::is_string);
    if is_text("sub") && is_text("jti") { Ok(()) } else { Err(Refusal::Invalid) }
}

/// The checks of PyJWT 1.7: its clock has whole seconds, a token is still good in the second of its `exp`, and
/// `iat` may lie in the future.
pub(super) fn check_as_pyjwt_1(
    claims: &Claims,
    expected: &Expected<'_>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let (now, leeway) = (i128::from(now.seconds()) * MICROS, i128::from(expected.leeway) * MICROS);
    if claims.get("iat").is_some_and(|issued| whole_seconds(issued).is_none()) {
        return Err(Refusal::Invalid);
    }
    if let Some(start) = claims.get("nbf") {
        not_after(start, now + leeway)?;
    }
    if let Some(end) = claims.get("exp").filter(|_| expected.verifies_expiry) {
        let end = whole_seconds(end).ok_or(Refusal::Undecodable)?;
        if end.saturating_mul(MICROS) < now - leeway {
            return Err(Refusal::Expired);
        }
    }
    check_issuer_and_audience(claims, expected)
}

const MICROS: i128 = 1_000_000;

fn not_after(claim: &Value, latest: i128) -> Result<(), Refusal> {
    let seconds = whole_seconds(claim).ok_or(Refusal::Undecodable)?;
    if seconds.saturating_mul(MICROS) <= latest { Ok(()) } else { Err(Refusal::Invalid) }
}

fn check_issuer_and_audience(claims: &Claims, expected: &Expected<'_>) -> Result<(), Refusal> {
    let is_issuer = expected.issuer.is_none_or(|issuer| claims.text("iss") == Some(issuer));
    let claim = claims.get("aud").filter(|claim| !is_empty(claim));
    let is_audience = match (expected.audience, claim) {
        (None, claim) => claim.is_none() || !expected.refuses_unasked_audience,
        (Some(audience), Some(Value::String(name))) => audience.contains(name),
        (Some(audience), Some(Value::Array(names))) => {
            names.iter().all(Value::is_string)
                && names.iter().filter_map(Value::as_str).any(|name| audience.contains(name))
        }
        (Some(_), _) => false,
    };
    if is_issuer && is_audience { Ok(()) } else { Err(Refusal::Invalid) }
}

/// What counts as no value in Python.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(truth) => !truth,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
    }
}

/// Python's `int(value)`; `None` for what it refuses, and for numbers in text beyond 127 bits.
fn whole_seconds(value: &Value) -> Option<i128> {
    match value {
        Value::Bool(truth) => Some((*truth).into()),
        Value::String(text) => python_int::parse(text, 10),
        Value::Number(number) => {
            let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
            whole.or_else(|| number.as_f64().map(cut))
        }
        _ => None,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the fraction is to be cut off, and the cast saturates")]
fn cut(number: f64) -> i128 {
    number as i128
}

//! Password reset tokens: Django's `PasswordResetTokenGenerator` and allauth's
//! `EmailAwarePasswordResetTokenGenerator`, which dj-rest-auth uses when allauth is installed.
//!
//! A token is a second and an HMAC over the user's row, so nothing is stored, and it dies when the password,
//! the e-mail or the last login changes. The second is counted on wall clocks, so whoever makes and whoever
//! checks must agree on the time zone.

use std::collections::BTreeSet;

use crate::salted_hmac::{constant_time_equal, salted_hmac};
use crate::{SecretKeys, TimeZone, Timestamp, base36, hex};

const KEY_SALT: &str = "django.contrib.auth.tokens.PasswordResetTokenGenerator";

/// 2001-01-01T00:00:00 in seconds since 1970-01-01T00:00:00 on the same clock.
const FIRST_SECOND: i64 = 978_307_200;

/// What a token is made from: the state of one user's rows. Not to be printed.
#[derive(Clone, Copy)]
pub struct ResetSubject<'a> {
    /// The primary key: decimal, or a UUID with dashes in lower case.
    pub user_id: &'a str,
    /// The password column.
    pub password: &'a str,
    /// The last login, if there was one.
    pub last_login: Option<Timestamp>,
    /// The user's e-mail as stored, case kept; empty when there is none.
    pub email: &'a str,
    /// With allauth, the addresses of the user's `account_emailaddress` rows as stored, in any order; `None`
    /// for Django's own generator. The user's e-mail in lower case counts as one of them, row or not.
    pub addresses: Option<&'a [&'a str]>,
}

/// When a token is checked.
#[derive(Clone, Copy, Debug)]
pub struct ResetClock<'a> {
    /// `TIME_ZONE`.
    pub zone: &'a TimeZone,
    /// The present.
    pub now: Timestamp,
    /// `PASSWORD_RESET_TIMEOUT` in seconds, 259,200 by default; the last second still counts.
    pub timeout: i64,
}

/// The token for a link mailed now: base 36 of the second, a dash and 32 hex digits (`make_token`).
pub fn make(subject: &ResetSubject<'_>, keys: &SecretKeys, zone: &TimeZone, now: Timestamp) -> String {
    let second = u64::try_from(wall_second(zone, now)).unwrap_or(0);
    token(subject, keys.current(), second)
}

/// Whether the token was made for this state of the user and is not too old (`check_token`).
///
/// Only the spelling that [`make`] produces passes. A token from the future is accepted.
pub fn check(token: &str, subject: &ResetSubject<'_>, keys: &SecretKeys, clock: &ResetClock<'_>) -> bool {
    let Some(second) = read_second(token) else { return false };
    if !keys.all().any(|key| constant_time_equal(&self::token(subject, key, second), token)) {
        return false;
    }
    let age = i128::from(wall_second(clock.zone, clock.now)) - i128::from(second);
    age <= i128::from(clock.timeout)
}

/// The text that is signed (`_make_hash_value`).
fn hash_value(subject: &ResetSubject<'_>, second: u64) -> String {
    let login = subject.last_login.map(Timestamp::whole_second_text).unwrap_or_default();
    let mut value = [subject.user_id, subject.password, &login, &second.to_string(), subject.email].concat();
    if let Some(addresses) = subject.addresses {
        let own = subject.email.to_lowercase();
        let mut all: BTreeSet<&str> = addresses.iter().copied().collect();
        if !own.is_empty() {
            all.insert(&own);
        }
        value.push_str(&all.into_iter().collect::<Vec<_>>().join("|"));
    }
    value
}

fn token(subject: &ResetSubject<'_>, key: &str, second: u64) -> String {
    let digest = hex::encode(&salted_hmac(KEY_SALT, &hash_value(subject, second), key));
    let every_second_digit: String = digest.chars().step_by(2).collect();
    format!("{}-{every_second_digit}", base36::encode(second))
}

/// The second that a token names: what stands before its only dash.
fn read_second(token: &str) -> Option<u64> {
    let (second, digest) = token.split_once('-')?;
    if digest.contains('-') {
        return None;
    }
    base36::decode(second).and_then(|second| u64::try_from(second).ok())
}

fn wall_second(zone: &TimeZone, now: Timestamp) -> i64 {
    zone.wall_seconds(now) - FIRST_SECOND
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_own_address_counts_once_whether_its_row_exists_or_not() {
        let subject = |addresses| ResetSubject {
            user_id: "1",
            password: "!",
            last_login: None,
            email: "Ann@example.org",
            addresses: Some(addresses),
        };
        let with_row = hash_value(&subject(&["zoe@example.org", "ann@example.org"]), 7);
        assert_eq!(with_row, "1!7Ann@example.organn@example.org|zoe@example.org");
        assert_eq!(hash_value(&subject(&["zoe@example.org"]), 7), with_row);
    }
}

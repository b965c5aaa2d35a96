//! The keys in allauth's confirmation mails: signed ones, which are not stored, and those of the table
//! `account_emailconfirmation`, used with `EMAIL_CONFIRMATION_HMAC = False`.
//!
//! That the row exists and is not verified yet is for the caller to find out.

use serde_json::Value;

use crate::random_text::{self, LETTERS_AND_DIGITS};
use crate::signing::{self, Compression, MaxAge};
use crate::{SecretKeys, Timestamp};

/// `ACCOUNT_SALT` when it is not set.
pub const DEFAULT_SALT: &str = "account";

const SECONDS_A_DAY: i64 = 86_400;

/// The signed key for an `account_emailaddress` row (`EmailConfirmationHMAC.key`).
pub fn make(address_id: i64, keys: &SecretKeys, salt: &str, now: Timestamp) -> String {
    signing::dumps(&address_id.into(), keys, salt, now, Compression::Never)
}

/// The id of the row that a signed key names (`EmailConfirmationHMAC.from_key`). `None` for a key that is
/// wrong, too old or names no integer.
pub fn read(key: &str, keys: &SecretKeys, salt: &str, max_age: MaxAge) -> Option<i64> {
    signing::loads(key, keys, salt, Some(max_age)).ok().as_ref().and_then(Value::as_i64)
}

/// A new key for the table: 64 letters and digits in lower case.
///
/// They are drawn from both cases first, as allauth does, so a letter is twice as likely as a digit. That
/// leaves 5.1 bits in each. `fill` is as in [`random_text::draw`].
pub fn draw_database_key(fill: &mut dyn FnMut(&mut [u8])) -> String {
    random_text::draw(LETTERS_AND_DIGITS, 64, fill).to_lowercase()
}

/// The key to look up in the table for the one that was given.
pub fn database_key(given: &str) -> String {
    given.to_lowercase()
}

/// Whether a row of the table still counts as found: `sent` lies no more than `days` back.
pub fn is_found(sent: Timestamp, days: i64, now: Timestamp) -> bool {
    sent >= now.minus_seconds(days.saturating_mul(SECONDS_A_DAY))
}

/// Whether a found row has expired (`EmailConfirmation.key_expired`), which it has in its last moment.
pub fn is_expired(sent: Timestamp, days: i64, now: Timestamp) -> bool {
    sent.plus_seconds(days.saturating_mul(SECONDS_A_DAY)) <= now
}

//! User ids as text: the `uid` of password reset links, the id in a session, UUIDs in both databases.
//!
//! Writers know one form each. Readers are as lenient as upstream's, since a link is looked up and its token
//! checked afterwards. UUIDs are 128-bit numbers here.

use crate::{base36, base64url, python_int};

/// The `uid` of an integer id with allauth installed: base 36 (`user_pk_to_url_str`). Ids are never negative;
/// one that is becomes that of zero, which no row has.
pub fn uid_from_integer(id: i64) -> String {
    base36::encode(u64::try_from(id).unwrap_or(0))
}

/// The integer behind a `uid` of allauth, in any case, with blanks around, a sign, `_` between digits or digits
/// of other scripts, up to 13 characters. `None` also for what no 64-bit column can hold.
pub fn integer_from_uid(uid: &str) -> Option<i64> {
    base36::decode(uid).and_then(|id| i64::try_from(id).ok())
}

/// The `uid` of a UUID with allauth installed: 32 hex digits. SQLite's `char(32)` columns hold the same text.
pub fn uid_from_uuid(id: u128) -> String {
    format!("{id:032x}")
}

/// The UUID behind a text of 32 hex digits in any case, with dashes anywhere, in braces or after `urn:uuid:`,
/// as Python's `uuid.UUID` reads it.
pub fn uuid_from_text(text: &str) -> Option<u128> {
    let text = text.replace("urn:", "").replace("uuid:", "");
    let digits = text.trim_matches(['{', '}']).replace('-', "");
    if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    u128::from_str_radix(&digits, 16).ok()
}

/// A UUID with dashes in lower case: what stands in sessions, reset tokens and JSON.
pub fn uuid_text(id: u128) -> String {
    let hex = uid_from_uuid(id);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

/// The integer behind the text of an id, as Python's `int` reads it: a session may hold `" 42"`.
pub fn integer_from_text(text: &str) -> Option<i64> {
    python_int::parse(text, 10).and_then(|id| i64::try_from(id).ok())
}

/// Whether two texts name the same row: they are equal, or spellings of one integer or one UUID.
pub fn is_same(left: &str, right: &str) -> bool {
    let same_integer = || integer_from_text(left).is_some_and(|id| integer_from_text(right) == Some(id));
    let same_uuid = || uuid_from_text(left).is_some_and(|id| uuid_from_text(right) == Some(id));
    left == right || same_uuid() || same_integer()
}

/// The `uid` of Django's own reset links, without allauth: the id's text in URL-safe base 64.
pub fn django_uid_from_text(id: &str) -> String {
    base64url::encode(id.as_bytes())
}

/// The text behind a `uid` of Django's own links; characters outside the alphabet are skipped.
pub fn text_from_django_uid(uid: &str) -> Option<String> {
    String::from_utf8(base64url::decode_uid(uid)?).ok()
}

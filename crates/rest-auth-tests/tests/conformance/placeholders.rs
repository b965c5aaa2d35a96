//! Placeholders in the place of values that differ from run to run: `<token:1>`, `<csrf:2>`, `<now+60>`.
//!
//! Within a scenario equal numbers are equal values and different numbers different values. So a value gets the
//! number that is expected where it first appears; from then on it has no other, and nothing else has this one.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rest_auth::core::model::Timestamp;

/// The values of one scenario that have a number by now.
pub(crate) struct Placeholders {
    /// Values that the scenario states itself; they stay as they are.
    stated: Vec<String>,
    /// By kind and value.
    numbers: BTreeMap<(&'static str, String), u32>,
    /// Tokens of which nobody has read the claims yet.
    unread: Vec<(String, u32)>,
}

/// A kind of value that is known by its look.
struct Kind {
    name: &'static str,
    /// The characters that such a value never stands beside.
    around: fn(char) -> bool,
    is: fn(&str) -> bool,
}

const KINDS: [Kind; 4] = [
    Kind {
        name: "token",
        around: |c| c.is_ascii_alphanumeric(),
        is: |text| text.len() == 40 && is_hex(text),
    },
    Kind { name: "jwt", around: |c| is_base64(c) || c == '.', is: is_jwt },
    Kind { name: "reset", around: |c| c.is_ascii_alphanumeric() || c == '-', is: is_reset_token },
    Kind { name: "key", around: |c| is_base64(c) || c == ':', is: is_confirmation_key },
];

impl Placeholders {
    pub(crate) fn new(stated: Vec<String>) -> Self {
        Self { stated, numbers: BTreeMap::new(), unread: Vec::new() }
    }

    /// Our text with placeholders, for comparison with what is expected.
    pub(crate) fn in_text(&mut self, text: &str, expected: &str) -> String {
        KINDS.iter().fold(text.to_owned(), |text, kind| {
            let mut wanted = numbers(expected, kind.name).into_iter();
            runs(&text, kind.around)
                .map(|(run, is_run)| {
                    if is_run && (kind.is)(run) {
                        self.put(kind.name, run, wanted.next())
                    } else {
                        run.to_owned()
                    }
                })
                .collect()
        })
    }

    /// Our `Set-Cookie` line with placeholders. `kind` is what its value is known to be.
    pub(crate) fn in_set_cookie(&mut self, line: &str, kind: Option<&'static str>, expected: &str) -> String {
        let (pair, attributes) = line.split_once(';').unwrap_or((line, ""));
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = match kind {
            Some(kind) if !["", "\"\""].contains(&value) => {
                self.put(kind, value, numbers(expected, kind).first().copied())
            }
            _ => self.in_text(value, expected),
        };
        format!("{name}={value};{attributes}")
    }

    fn put(&mut self, kind: &'static str, value: &str, wanted: Option<u32>) -> String {
        if self.stated.iter().any(|stated| stated == value) {
            return value.to_owned();
        }
        let taken: Vec<u32> =
            self.numbers.iter().filter(|((known, _), _)| *known == kind).map(|(_, number)| *number).collect();
        let free = wanted.filter(|number| !taken.contains(number));
        let next = taken.iter().max().map_or(1, |last| last + 1);
        let key = (kind, value.to_owned());
        let is_new = !self.numbers.contains_key(&key);
        let number = *self.numbers.entry(key).or_insert(free.unwrap_or(next));
        if kind == "jwt" && is_new {
            self.unread.push((value.to_owned(), number));
        }
        format!("<{kind}:{number}>")
    }

    /// What the tokens say that have come since this was asked the last time, by their numbers.
    pub(crate) fn new_jwts(
        &mut self,
        now: Timestamp,
        expected: &BTreeMap<String, String>,
    ) -> BTreeMap<String, String> {
        let unread = std::mem::take(&mut self.unread);
        let told = unread.into_iter().map(|(token, number)| {
            let number = number.to_string();
            let expected = expected.get(&number).map_or("", |told| told);
            let told = self.in_jwt(&token, now, expected);
            (number, told)
        });
        told.collect()
    }

    /// The header and the claims of a token, byte by byte but for its times and its random values.
    fn in_jwt(&mut self, token: &str, now: Timestamp, expected: &str) -> String {
        let decoded = token.split('.').take(2).map(|part| {
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
            String::from_utf8(bytes).ok()
        });
        let Some(parts) = decoded.collect::<Option<Vec<_>>>() else {
            return "nothing that can be read".to_owned();
        };
        let text = parts.join(" ");
        let (mut ids, mut stamps) =
            (numbers(expected, "jti").into_iter(), numbers(expected, "stamp").into_iter());
        let (mut out, mut rest) = (String::new(), text.as_str());
        for (run, is_run) in runs(&text, |c| c.is_ascii_alphanumeric()) {
            rest = &rest[run.len()..];
            let is_text = out.ends_with('"') && rest.starts_with('"');
            let is_number = out.ends_with(':') && rest.starts_with([',', '}']);
            match run {
                _ if !is_run => out += run,
                id if is_text && is_id(id) => out += &self.put("jti", id, ids.next()),
                stamp if is_text && is_stamp(stamp) => out += &self.put("stamp", stamp, stamps.next()),
                time if is_number && is_time(time) => {
                    let seconds = time.parse::<i64>().unwrap() - now.seconds();
                    out.extend(["<now", &format!("{seconds:+}"), ">"]);
                }
                other => out += other,
            }
        }
        out
    }

    /// A cell of a row of tokens. A token that no answer had is told in full.
    pub(crate) fn in_row(&mut self, cell: &str, now: Timestamp, expected: &str) -> String {
        if is_jwt(cell) && !self.numbers.contains_key(&("jwt", cell.to_owned())) {
            return self.in_jwt(cell, now, expected);
        }
        if is_id(cell) {
            return self.put("jti", cell, numbers(expected, "jti").first().copied());
        }
        self.in_text(cell, expected)
    }
}

/// An expected text with its dates filled in.
pub(crate) fn with_dates(expected: &str, now: Timestamp) -> String {
    let mut out = String::new();
    let mut rest = expected;
    while let Some((before, after)) = rest.split_once("<now") {
        let (seconds, after) = after.split_once('>').unwrap();
        out += before;
        out += &now.plus_seconds(seconds.parse().unwrap()).http_date();
        rest = after;
    }
    out + rest
}

/// The numbers of the placeholders of a kind, in order.
fn numbers(expected: &str, kind: &str) -> Vec<u32> {
    let start = format!("<{kind}:");
    let after = expected.split(&start).skip(1);
    after.filter_map(|rest| rest.split_once('>')?.0.parse().ok()).collect()
}

/// The text in pieces: longest runs of such characters, and what is between them.
fn runs(text: &str, belongs: fn(char) -> bool) -> impl Iterator<Item = (&str, bool)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_run = belongs(rest.chars().next()?);
        let end = rest.find(|c| belongs(c) != is_run).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some((piece, is_run))
    })
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// As `jti`: a UUID without dashes.
fn is_id(text: &str) -> bool {
    text.len() == 32 && is_hex(text)
}

/// The MD5 of a password column, as simplejwt writes it.
fn is_stamp(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
}

/// Seconds since 1970, in this decade and the next two.
fn is_time(text: &str) -> bool {
    text.len() == 10 && text.starts_with('1') && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_lower_base36(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'z'))
}

fn is_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

fn is_jwt(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    matches!(&parts[..], [head, body, _] if head.starts_with("eyJ") && body.starts_with("eyJ"))
}

fn is_reset_token(text: &str) -> bool {
    text.split_once('-')
        .is_some_and(|(time, mac)| time.len() == 6 && is_lower_base36(time) && mac.len() == 32 && is_hex(mac))
}

/// A signed one, or one that is a row.
fn is_confirmation_key(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let signed = matches!(&parts[..], [id, time, mac] if id.len() >= 2 && time.len() == 6 && mac.len() == 43);
    signed || (text.len() == 64 && is_lower_base36(text))
}

#[test]
fn a_value_keeps_its_number_and_shares_it_with_no_other() {
    let (one, two) = ("a".repeat(40), "b".repeat(40));
    let mut placeholders = Placeholders::new(vec!["c".repeat(40)]);
    assert_eq!(placeholders.in_text(&format!("\"{one}\""), "\"<token:3>\""), "\"<token:3>\"");
    assert_eq!(placeholders.in_text(&one, "<token:1>"), "<token:3>");
    assert_eq!(placeholders.in_text(&two, "<token:3>"), "<token:4>");
    assert_eq!(placeholders.in_text(&"c".repeat(40), "<token:3>"), "c".repeat(40));
    assert_eq!(placeholders.in_text(&"a".repeat(41), "<token:3>"), "a".repeat(41));
}

#[test]
fn dates_count_from_now() {
    let now = Timestamp::from_seconds(1_768_478_400);
    assert_eq!(
        with_dates("a <now+60>; b <now-1>", now),
        "a Thu, 15 Jan 2026 12:01:00 GMT; b Thu, 15 Jan 2026 11:59:59 GMT"
    );
}

#[test]
fn a_token_is_told_by_its_claims() {
    let token = |claims: &str| {
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.x", part(r#"{"alg":"HS256"}"#), part(claims))
    };
    let now = Timestamp::from_seconds(1_768_478_400);
    let (id, stamp) = ("0123456789abcdef".repeat(2), "0123456789ABCDEF".repeat(2));
    let claims =
        format!(r#"{{"exp":1768478460,"jti":"{id}","pw":"{stamp}","n":1768478460.5,"user_id":"1"}}"#);
    let mut placeholders = Placeholders::new(Vec::new());
    assert_eq!(placeholders.in_text(&token(&claims), "<jwt:4>"), "<jwt:4>");
    let expected = BTreeMap::from([("4".to_owned(), r#"{"jti":"<jti:7>"}"#.to_owned())]);
    let told = placeholders.new_jwts(now, &expected);
    let all =
        r#"{"alg":"HS256"} {"exp":<now+60>,"jti":"<jti:7>","pw":"<stamp:1>","n":1768478460.5,"user_id":"1"}"#;
    assert_eq!(told, BTreeMap::from([("4".to_owned(), all.to_owned())]));
    assert_eq!(placeholders.new_jwts(now, &expected), BTreeMap::new(), "each is told once");
    assert_eq!(placeholders.in_row(&token(&claims), now, ""), "<jwt:4>");
    assert_eq!(placeholders.in_row(&id, now, ""), "<jti:7>");
    let other = token(r#"{"exp":1768478399}"#);
    assert_eq!(placeholders.in_row(&other, now, ""), r#"{"alg":"HS256"} {"exp":<now-1>}"#);
}

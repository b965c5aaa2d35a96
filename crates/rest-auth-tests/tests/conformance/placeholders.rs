//! Placeholders in the place of values that differ from run to run: `<token:1>`, `<csrf:2>`, `<now+60>`.
//!
//! Within a scenario equal numbers are equal values and different numbers different values. So a value gets the
//! number that is expected where it first appears; from then on it has no other, and nothing else has this one.

use std::collections::BTreeMap;

use rest_auth::core::model::Timestamp;

/// The values of one scenario that have a number by now.
pub(crate) struct Placeholders {
    /// Values that the scenario states itself; they stay as they are.
    stated: Vec<String>,
    /// By kind and value.
    numbers: BTreeMap<(&'static str, String), u32>,
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
        Self { stated, numbers: BTreeMap::new() }
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
        let number = *self.numbers.entry((kind, value.to_owned())).or_insert(free.unwrap_or(next));
        format!("<{kind}:{number}>")
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

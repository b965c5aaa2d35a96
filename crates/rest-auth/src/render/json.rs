//! DRF's JSON: compact unless a client asks for indentation, raw UTF-8, keys in the order they were put in.

use std::fmt::Write as _;
use std::io;

use rest_auth_core::settings::RestFramework;
use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, PrettyFormatter, Serializer};

/// More bytes than most answers have.
const USUAL: usize = 256;

/// How JSON is written: DRF's `UNICODE_JSON` and `COMPACT_JSON`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Style {
    /// Letters beyond ASCII as they are.
    pub(crate) unicode: bool,
    /// No blanks after commas and colons.
    pub(crate) compact: bool,
}

impl Style {
    pub(crate) fn of(settings: &RestFramework) -> Self {
        Self { unicode: settings.unicode_json, compact: settings.compact_json }
    }
}

/// The bytes of a value. U+2028 and U+2029 are escaped, so that the text is a script as well.
pub(crate) fn encode(value: &Value, indent: Option<u8>, style: Style) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL);
    match indent {
        None if style.compact => value.serialize(&mut Serializer::new(&mut out)),
        None => value.serialize(&mut Serializer::with_formatter(&mut out, Spaced)),
        Some(spaces) => {
            let space = vec![b' '; usize::from(spaces)];
            value.serialize(&mut Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(&space)))
        }
    }
    .expect("a value without foreign types always serializes");
    if style.unicode { escape_separators(out) } else { escape_beyond_ascii(out) }
}

/// Python's own separators: a blank after each comma and colon.
struct Spaced;

impl Formatter for Spaced {
    fn begin_array_value<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_key<W: io::Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        if first { Ok(()) } else { writer.write_all(b", ") }
    }

    fn begin_object_value<W: io::Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// Everything but printable ASCII as `\uXXXX`, in two halves where one is too short: Python's `ensure_ascii`.
fn escape_beyond_ascii(plain: Vec<u8>) -> Vec<u8> {
    // Line breaks of an indented text stand outside of strings, and inside of them are escaped already.
    let stays = |byte: &u8| matches!(byte, b' '..=b'~' | b'\n');
    if plain.iter().all(stays) {
        return plain;
    }
    let text = String::from_utf8_lossy(&plain);
    let mut out = String::with_capacity(plain.len() * 2);
    for character in text.chars() {
        if character.is_ascii() && stays(&(character as u8)) {
            out.push(character);
        } else {
            let mut halves = [0; 2];
            for unit in character.encode_utf16(&mut halves) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.into_bytes()
}

/// The two separators are three bytes each and differ in the last one.
fn escape_separators(plain: Vec<u8>) -> Vec<u8> {
    const PREFIX: [u8; 2] = [0xe2, 0x80];
    if memchr::memchr(PREFIX[0], &plain).is_none()
        || !plain.windows(3).any(|bytes| bytes.starts_with(&PREFIX) && matches!(bytes[2], 0xa8 | 0xa9))
    {
        return plain;
    }
    let (mut out, mut rest) = (Vec::with_capacity(plain.len() + 16), plain.as_slice());
    while let Some(byte) = rest.first() {
        if let [0xe2, 0x80, last @ (0xa8 | 0xa9), after @ ..] = rest {
            out.extend_from_slice(if *last == 0xa8 { b"\\u2028" } else { b"\\u2029" });
            rest = after;
        } else {
            out.push(*byte);
            rest = &rest[1..];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Style = Style { unicode: true, compact: true };

    #[test]
    fn values_are_written_as_drf_writes_them() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/vectors/rendered.json")).unwrap();
        for case in cases {
            let indent = case["indent"].as_u64().map(|spaces| u8::try_from(spaces).unwrap());
            let text = String::from_utf8(encode(&case["value"], indent, PLAIN)).unwrap();
            assert_eq!(Some(text.as_str()), case["text"].as_str(), "{case}");
        }
    }

    #[test]
    fn pythons_own_style_has_blanks_and_ascii_only() {
        let value: Value = serde_json::from_str(r#"{"a":"é\u2028😀\u007f\n","b":[1,2],"c":{}}"#).unwrap();
        let text = |style| String::from_utf8(encode(&value, None, style)).unwrap();
        assert_eq!(
            text(Style { unicode: false, compact: false }),
            r#"{"a": "\u00e9\u2028\ud83d\ude00\u007f\n", "b": [1, 2], "c": {}}"#
        );
        assert_eq!(
            text(Style { unicode: true, compact: false }),
            "{\"a\": \"é\\u2028😀\u{7f}\\n\", \"b\": [1, 2], \"c\": {}}"
        );
        let indented =
            String::from_utf8(encode(&value, Some(2), Style { unicode: false, compact: true })).unwrap();
        assert!(indented.starts_with("{\n  \"a\": \"\\u00e9"), "{indented}");
    }
}

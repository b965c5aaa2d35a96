//! DRF's JSON: compact unless a client asks for indentation, raw UTF-8, keys in the order they were put in.

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{PrettyFormatter, Serializer};

/// More bytes than most answers have.
const USUAL: usize = 256;

/// The bytes of a value. U+2028 and U+2029 are escaped, so that the text is a script as well.
pub(crate) fn encode(value: &Value, indent: Option<u8>) -> Vec<u8> {
    let mut out = Vec::with_capacity(USUAL);
    match indent {
        None => value.serialize(&mut Serializer::new(&mut out)),
        Some(spaces) => {
            let space = vec![b' '; usize::from(spaces)];
            value.serialize(&mut Serializer::with_formatter(&mut out, PrettyFormatter::with_indent(&space)))
        }
    }
    .expect("a value without foreign types always serializes");
    escape_separators(out)
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

    #[test]
    fn values_are_written_as_drf_writes_them() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../../tests/vectors/rendered.json")).unwrap();
        for case in cases {
            let indent = case["indent"].as_u64().map(|spaces| u8::try_from(spaces).unwrap());
            let text = String::from_utf8(encode(&case["value"], indent)).unwrap();
            assert_eq!(Some(text.as_str()), case["text"].as_str(), "{case}");
        }
    }
}

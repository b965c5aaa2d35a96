//! JSON byte for byte as Python writes it into signed values and JSON columns, and as Django reads it back.
//!
//! Object keys keep their order. What Python can put into JSON and has no place here: integers beyond 64 bits
//! become floating point numbers, some of the latter with 17 digits lose their last bit when they are read, and
//! text with `NaN`, `Infinity` or half a surrogate pair is refused.

use std::fmt::Write;

use serde_json::{Map, Value};

/// The value as `json.dumps(value, separators=(",", ":"))` writes it: what goes into signed payloads.
///
/// Every character outside U+0020 to U+007E is escaped, so that the text is ASCII.
pub fn compact(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, ",", ":");
    text
}

/// [`compact`] for the members of an object.
pub fn compact_object(members: &Map<String, Value>) -> String {
    let mut text = String::new();
    write_object(&mut text, members, ",", ":");
    text
}

/// The value as `json.dumps(value)` writes it, with a space after each comma and colon: what stands in JSON
/// columns of SQLite.
pub fn spaced(value: &Value) -> String {
    let mut text = String::new();
    write(&mut text, value, ", ", ": ");
    text
}

/// The value behind the bytes of a signed payload (`django.core.signing.JSONSerializer`): they are taken as
/// Latin-1 before they are parsed, so raw UTF-8 comes out as one character per byte.
///
/// `None` for what is no JSON and for more than 127 levels of nesting.
pub fn from_latin1(bytes: &[u8]) -> Option<Value> {
    let text: String = bytes.iter().copied().map(char::from).collect();
    serde_json::from_str(&text).ok()
}

fn write(text: &mut String, value: &Value, comma: &str, colon: &str) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Bool(true) => text.push_str("true"),
        Value::Bool(false) => text.push_str("false"),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => text.push_str(&float_text(float)),
            _ => text.push_str(&number.to_string()),
        },
        Value::String(string) => write_string(text, string),
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                text.push_str(if index == 0 { "" } else { comma });
                write(text, item, comma, colon);
            }
            text.push(']');
        }
        Value::Object(members) => write_object(text, members, comma, colon),
    }
}

fn write_object(text: &mut String, members: &Map<String, Value>, comma: &str, colon: &str) {
    text.push('{');
    for (index, (key, member)) in members.iter().enumerate() {
        text.push_str(if index == 0 { "" } else { comma });
        write_string(text, key);
        text.push_str(colon);
        write(text, member, comma, colon);
    }
    text.push('}');
}

fn write_string(text: &mut String, string: &str) {
    text.push('"');
    for character in string.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\u{8}' => text.push_str("\\b"),
            '\u{c}' => text.push_str("\\f"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            ' '..='~' => text.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    write!(text, "\\u{unit:04x}").expect("a String takes everything");
                }
            }
        }
    }
    text.push('"');
}

/// A number as Python's `repr(float)` has it: the fewest digits that read back, with an exponent below `1e-4` and from
/// `1e16`; or `inf`, `-inf`, `nan`, which are no JSON.
pub fn float_text(number: f64) -> String {
    if !number.is_finite() {
        return number.to_string().to_lowercase();
    }
    let shortest = format!("{number:e}");
    // Where two numbers of so few digits are equally near, Python takes the even one and Rust the greater.
    let digits = shortest.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let nearest = format!("{number:.*e}", digits.saturating_sub(1));
    let scientific = if nearest.parse() == Ok(number) { nearest } else { shortest };
    let (digits, exponent) = scientific.split_once('e').expect("the form has an exponent");
    let exponent: i32 = exponent.parse().expect("the exponent is a number");
    if number != 0.0 && !(-4..16).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{digits}e{sign}{:02}", exponent.unsigned_abs());
    }
    let fraction = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    let places = i32::try_from(fraction).map_or(1, |fraction| (fraction - exponent).max(1));
    format!("{number:.*}", usize::try_from(places).unwrap_or(1))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_are_written_as_python_prints_them() {
        for (number, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (2.0, "2.0"),
            (0.1, "0.1"),
            (1e-4, "0.0001"),
            (1.5e-5, "1.5e-05"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (123_456_789_012_345_680.0, "1.2345678901234568e+17"),
            (9_007_199_254_740_993.0, "9007199254740992.0"),
            (-1.25e-7, "-1.25e-07"),
            (5e-324, "5e-324"),
            (841_827_027_492_284.2, "841827027492284.2"),
            (264_718_527_503_127.62, "264718527503127.62"),
            (1e-3, "0.001"),
            (123.456, "123.456"),
            (1.797_693_134_862_315_7e308, "1.7976931348623157e+308"),
        ] {
            assert_eq!(compact(&json!(number)), text);
        }
    }

    #[test]
    fn what_is_no_number_has_pythons_name() {
        let names = [f64::INFINITY, f64::NEG_INFINITY, f64::NAN].map(float_text);
        assert_eq!(names, ["inf", "-inf", "nan"]);
    }

    #[test]
    fn deep_nesting_is_refused_and_not_a_stack_overflow() {
        let deep = [vec![b'['; 100_000], vec![b']'; 100_000]].concat();
        assert_eq!(from_latin1(&deep), None);
    }
}

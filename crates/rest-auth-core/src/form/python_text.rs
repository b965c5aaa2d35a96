//! A body's value as Python's `str` prints it: what `ChoiceField` looks up and puts into its message.

use std::fmt::Write as _;

use super::{Input, Text};

/// `str(value)`: text as it is, everything else as Python source would have it.
pub(super) fn str(input: &Input) -> String {
    if let Input::Text(Text { value, .. }) = input {
        return value.clone();
    }
    let mut written = String::new();
    write_repr(&mut written, input);
    written
}

/// `repr(value)`. A file has no text of its own.
fn write_repr(written: &mut String, input: &Input) {
    match input {
        Input::Null => written.push_str("None"),
        Input::Bool(truth) => written.push_str(if *truth { "True" } else { "False" }),
        Input::Int(digits) | Input::Float(digits) => written.push_str(digits),
        Input::Text(Text { value, .. }) => write_quoted(written, value),
        Input::File => {}
        Input::List(items) => {
            written.push('[');
            for (place, item) in items.iter().enumerate() {
                written.push_str(if place == 0 { "" } else { ", " });
                write_repr(written, item);
            }
            written.push(']');
        }
        Input::Object(entries) => {
            written.push('{');
            for (place, (key, value)) in entries.iter().enumerate() {
                written.push_str(if place == 0 { "" } else { ", " });
                write_quoted(written, key);
                written.push_str(": ");
                write_repr(written, value);
            }
            written.push('}');
        }
    }
}

/// Text between single quotes, or double ones where it has single ones only.
fn write_quoted(written: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    written.push(quote);
    for character in text.chars() {
        match character {
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            '\\' => written.push_str("\\\\"),
            it if it == quote => written.extend(['\\', it]),
            it if is_printable(it) => written.push(it),
            it => {
                let escaped = match u32::from(it) {
                    code @ ..=0xff => write!(written, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(written, "\\u{code:04x}"),
                    code => write!(written, "\\U{code:08x}"),
                };
                escaped.expect("a String takes all text");
            }
        }
    }
    written.push(quote);
}

/// `str.isprintable`, which Rust knows in `escape_debug` only; there a combining mark counts as unprintable at the
/// beginning alone, hence the letter in front.
fn is_printable(character: char) -> bool {
    String::from_iter(['a', character]).escape_debug().nth(2).is_none() || matches!(character, '"' | '\'')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_print_as_python_prints_them() {
        let list = Input::List(vec![
            Input::text("it's"),
            Input::text("a\"'\\\n\u{1}é\u{200b}\u{a0}\u{ad}\u{1f600}\u{e0001}"),
            Input::Null,
            Input::Bool(true),
            Input::Float("1.0".into()),
            Input::Object(vec![("k".into(), Input::List(vec![])), ("l".into(), Input::Int("2".into()))]),
        ]);
        assert_eq!(
            str(&list),
            r#"["it's", 'a"\'\\\n\x01é\u200b\xa0\xad😀\U000e0001', None, True, 1.0, {'k': [], 'l': 2}]"#
        );
        assert_eq!(str(&Input::List(vec![Input::text("e\u{301}")])), "['e\u{301}']");
        assert_eq!(str(&Input::text("it's")), "it's");
    }
}

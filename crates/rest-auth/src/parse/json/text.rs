//! JSON strings: escapes, surrogate pairs and halves of them.

use rest_auth_core::form::Text;
use rest_auth_core::messages;

use super::{Fault, Reader};

impl Reader<'_> {
    /// Reads a string; the reader stands on its opening quote.
    pub(super) fn string(&mut self) -> Result<Text, Fault> {
        let begin = self.at;
        self.at += 1;
        let mut text = Text { value: String::new(), lone_surrogate: None };
        loop {
            self.plain_run(&mut text, begin)?;
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(text);
                }
                _ => self.escape(&mut text, begin)?,
            }
        }
    }

    /// Copies everything up to a quote or a backslash.
    fn plain_run(&mut self, text: &mut Text, begin: usize) -> Result<(), Fault> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | ..=0x1f));
        match length {
            Some(length) if rest[length] > 0x1f => {
                text.value.push_str(&self.text[self.at..self.at + length]);
                self.at += length;
                Ok(())
            }
            Some(length) => Err(Fault::At(messages::json::INVALID_CONTROL_CHARACTER, self.at + length)),
            None => Err(Fault::At(messages::json::UNTERMINATED_STRING, begin)),
        }
    }

    fn escape(&mut self, text: &mut Text, begin: usize) -> Result<(), Fault> {
        let backslash = self.at;
        self.at += 1;
        let letter = match self.peek() {
            None => return Err(Fault::At(messages::json::UNTERMINATED_STRING, begin)),
            Some(b'u') => return self.unicode_escape(text),
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(_) => return Err(Fault::At(messages::json::INVALID_ESCAPE, backslash)),
        };
        self.at += 1;
        text.value.push(letter);
        Ok(())
    }

    /// `\uXXXX`, or two of them that are one character; the reader stands on the `u`.
    fn unicode_escape(&mut self, text: &mut Text) -> Result<(), Fault> {
        let invalid = |at| Fault::At(messages::json::INVALID_UNICODE_ESCAPE, at);
        // Python wants a character after the digits, if only the closing quote.
        if !self.has_characters(5) {
            return Err(invalid(self.at));
        }
        let first = self.four_digits(self.at + 1).ok_or_else(|| invalid(self.at))?;
        self.at += 5;
        let mut units = [first, 0];
        let mut length = 1;
        let high = (0xd800..0xdc00).contains(&first);
        if high && self.text[self.at..].starts_with("\\u") && self.has_characters(6) {
            let second = self.four_digits(self.at + 2).ok_or_else(|| invalid(self.at + 1))?;
            if (0xdc00..0xe000).contains(&second) {
                units[1] = second;
                length = 2;
                self.at += 6;
            }
        }
        for unit in char::decode_utf16(units[..length].iter().copied()) {
            match unit {
                Ok(letter) => text.value.push(letter),
                Err(lone) => {
                    text.value.push(char::REPLACEMENT_CHARACTER);
                    text.lone_surrogate.get_or_insert(lone.unpaired_surrogate());
                }
            }
        }
        Ok(())
    }

    /// Whether more than so many characters are left.
    fn has_characters(&self, count: usize) -> bool {
        self.text[self.at..].chars().nth(count).is_some()
    }

    fn four_digits(&self, from: usize) -> Option<u16> {
        let digits = self.text.as_bytes().get(from..from + 4)?;
        digits.iter().try_fold(0_u16, |value, byte| {
            let digit = char::from(*byte).to_digit(16).and_then(|digit| u16::try_from(digit).ok())?;
            Some(value * 16 + digit)
        })
    }
}

//! JSON as Python's `json` module reads it, to the letter of its complaints.
//!
//! `serde_json` cannot stand in: it has other messages and positions, keeps no number's spelling, refuses half
//! surrogate pairs and takes no last-of-repeated keys in order. Linear in time, bounded in depth (E-01).

mod number;
mod text;

use rest_auth_core::form::Input;
use rest_auth_core::messages;

use super::entries::Entries;
use crate::error::ApiError;

/// How deep arrays and objects may nest. Python gives up at about a thousand, with a server error.
const MAX_DEPTH: usize = 128;

/// Reads a document.
pub(super) fn parse(text: &str) -> Result<Input, ApiError> {
    read(text).map_err(|fault| ApiError::ParseError(messages::json_parse_error(&fault.reason(text))))
}

fn read(text: &str) -> Result<Input, Fault> {
    if text.starts_with('\u{feff}') {
        return Err(Fault::At(messages::json::UNEXPECTED_BOM, 0));
    }
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.skip_space();
    let value = reader.value()?;
    reader.skip_space();
    if reader.at == text.len() { Ok(value) } else { Err(Fault::At(messages::json::EXTRA_DATA, reader.at)) }
}

/// Why a text is no JSON.
enum Fault {
    /// A reason, and the byte it is about.
    At(&'static str, usize),
    /// A reason without a place.
    Whole(String),
}

impl Fault {
    /// Python's sentence. Lines and columns count characters from 1, `char` from 0.
    fn reason(&self, text: &str) -> String {
        match self {
            Self::Whole(reason) => reason.clone(),
            Self::At(reason, at) => {
                let before = &text[..*at];
                let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
                let column = before.chars().rev().take_while(|letter| *letter != '\n').count() + 1;
                messages::json::reason_at(reason, line, column, before.chars().count())
            }
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    /// The next byte; always at the start of a character.
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// Whether `word` stands here; if so, steps over it.
    fn take(&mut self, word: &str) -> bool {
        let there = self.text.as_bytes()[self.at..].starts_with(word.as_bytes());
        if there {
            self.at += word.len();
        }
        there
    }

    fn value(&mut self) -> Result<Input, Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(Input::Text),
            Some(b'{') => self.nested(Self::object),
            Some(b'[') => self.nested(Self::array),
            _ if self.take("null") => Ok(Input::Null),
            _ if self.take("true") => Ok(Input::Bool(true)),
            _ if self.take("false") => Ok(Input::Bool(false)),
            _ => self.number_or_constant(),
        }
    }

    fn number_or_constant(&mut self) -> Result<Input, Fault> {
        let rest = &self.text[self.at..];
        if let Some((input, length)) = number::read(rest).map_err(Fault::Whole)? {
            self.at += length;
            return Ok(input);
        }
        match ["NaN", "Infinity", "-Infinity"].into_iter().find(|constant| rest.starts_with(constant)) {
            Some(constant) => Err(Fault::Whole(messages::json::out_of_range(constant))),
            None => Err(Fault::At(messages::json::EXPECTING_VALUE, self.at)),
        }
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Input, Fault>) -> Result<Input, Fault> {
        if self.depth == MAX_DEPTH {
            return Err(Fault::At(messages::json::TOO_DEEP, self.at));
        }
        self.depth += 1;
        self.at += 1;
        self.skip_space();
        let value = read(self);
        self.depth -= 1;
        value
    }

    fn array(&mut self) -> Result<Input, Fault> {
        let mut values = Vec::new();
        if self.take("]") {
            return Ok(Input::List(values));
        }
        loop {
            values.push(self.value()?);
            self.skip_space();
            if self.take("]") {
                return Ok(Input::List(values));
            }
            self.comma()?;
        }
    }

    fn object(&mut self) -> Result<Input, Fault> {
        let mut entries = Entries::default();
        if self.take("}") {
            return Ok(entries.into_input());
        }
        loop {
            if self.peek() != Some(b'"') {
                return Err(Fault::At(messages::json::EXPECTING_PROPERTY_NAME, self.at));
            }
            let key = self.string()?.value;
            self.skip_space();
            if !self.take(":") {
                return Err(Fault::At(messages::json::EXPECTING_COLON, self.at));
            }
            self.skip_space();
            entries.put(key, self.value()?);
            self.skip_space();
            if self.take("}") {
                return Ok(entries.into_input());
            }
            self.comma()?;
        }
    }

    fn comma(&mut self) -> Result<(), Fault> {
        if !self.take(",") {
            return Err(Fault::At(messages::json::EXPECTING_COMMA, self.at));
        }
        self.skip_space();
        Ok(())
    }
}

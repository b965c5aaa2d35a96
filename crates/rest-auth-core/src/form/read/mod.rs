//! From a body to values, with DRF's checks in DRF's order.
//!
//! For each field: is the key there, is it null, is it blank, has it the right type (the first of these that fails
//! is the only message), and then all validators, whose messages pile up. Fields do not hide each other's errors.

use rest_auth_formats::validators::{email, text, username};

use super::{Body, Field, FieldKind, Form, Input, Reading, Text, Value, integer, python_text};
use crate::error::{Error, Result};
use crate::messages::{self, Message};
use crate::model::Date;

/// What a field made of its part of the body.
type Outcome<T> = Result<T, Vec<Message>>;

impl Form {
    /// Reads a whole body, as `POST` and `PUT` do.
    ///
    /// `Err` if the body is no object at all. Otherwise look at [`Reading::errors`], which may be there beside values:
    /// checks that need the database add theirs first. [`Reading::into_values`] then decides.
    pub fn read(&self, input: &Input, body: Body) -> Result<Reading> {
        self.read_fields(input, body, Absent::Fails)
    }

    /// Reads a body that names only what is to change, as `PATCH` does: no field is required.
    pub fn read_partial(&self, input: &Input, body: Body) -> Result<Reading> {
        self.read_fields(input, body, Absent::Skips)
    }

    fn read_fields(&self, input: &Input, body: Body, absent: Absent) -> Result<Reading> {
        match input {
            Input::Object(_) => {}
            Input::Null => return Err(Error::non_field(messages::NO_DATA)),
            other => return Err(Error::non_field(messages::not_a_dictionary(other.kind()))),
        }
        let mut reading = Reading::of(self.fields.iter().map(|field| field.name.as_str()));
        for field in self.writable() {
            match field.read(input.get(&field.name), body, absent) {
                Ok(Some(value)) => reading.values.set(&field.name, value),
                Ok(None) => {}
                Err(found) => found.into_iter().for_each(|message| reading.errors.add(&field.name, message)),
            }
        }
        Ok(reading)
    }
}

/// What the absence of a required key means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Absent {
    Fails,
    Skips,
}

impl Field {
    /// The field's value; `None` if it is left out and may be.
    fn read(&self, input: Option<&Input>, body: Body, absent: Absent) -> Outcome<Option<Value>> {
        let input = match (input, body) {
            (given, Body::Json) => given,
            (given, Body::Form) => match self.in_html(given, absent) {
                InHtml::Given(input) => Some(input),
                InHtml::Null => Some(&Input::Null),
                InHtml::Absent => None,
                InHtml::False => return Ok(Some(Value::Bool(false))),
            },
        };
        let Some(input) = input else {
            let fails = self.required && absent == Absent::Fails;
            return if fails { Err(vec![messages::REQUIRED]) } else { Ok(None) };
        };
        if *input == Input::Null {
            return if self.allow_null { Ok(Some(Value::Null)) } else { Err(vec![messages::NULL]) };
        }
        self.check(input).map(Some)
    }

    /// What a form's key says: HTML has no null, and an empty input may mean that nobody filled it in.
    fn in_html<'a>(&self, given: Option<&'a Input>, absent: Absent) -> InHtml<'a> {
        let Some(input) = given else {
            return match (&self.kind, absent) {
                (FieldKind::Boolean, Absent::Fails) if self.allow_null => InHtml::Null,
                (FieldKind::Boolean, Absent::Fails) => InHtml::False,
                _ => InHtml::Absent,
            };
        };
        let is_blank = matches!(input, Input::Text(text) if text.value.is_empty());
        if !is_blank || (self.allow_blank && self.kind.is_text()) {
            InHtml::Given(input)
        } else if self.allow_null {
            InHtml::Null
        } else if self.required {
            InHtml::Given(input)
        } else {
            InHtml::Absent
        }
    }

    /// The checks of the field's kind on something that is not null.
    fn check(&self, input: &Input) -> Outcome<Value> {
        match &self.kind {
            FieldKind::Char | FieldKind::Password | FieldKind::Email | FieldKind::Username => {
                self.check_text(input)
            }
            FieldKind::Integer => self.check_integer(input),
            FieldKind::Boolean => self.check_boolean(input),
            FieldKind::Date => check_date(input),
            FieldKind::Choice(choices) => {
                let words = choices.iter().map(|(value, _)| (value, Value::Text(value.clone())));
                self.check_choice(input, words)
            }
            FieldKind::IntegerChoice(choices) => {
                let numbers = choices.iter().map(|(value, _)| (value.to_string(), Value::Int(*value)));
                self.check_choice(input, numbers)
            }
            // `Form::writable` leaves lists out.
            FieldKind::List => Err(vec![messages::NOT_A_STRING]),
        }
    }

    fn check_text(&self, input: &Input) -> Outcome<Value> {
        let number;
        let given = match input {
            Input::Text(given) => given,
            Input::Int(digits) | Input::Float(digits) => {
                number = Text { value: digits.clone(), lone_surrogate: None };
                &number
            }
            _ => return Err(vec![self.wrong_type()]),
        };
        let trimmed = text::trim(&given.value);
        if trimmed.is_empty() && (self.trim || self.kind == FieldKind::Password || given.value.is_empty()) {
            return if self.allow_blank {
                Ok(Value::Text(String::new()))
            } else {
                Err(vec![messages::BLANK])
            };
        }
        let value = if self.trim { trimmed } else { given.value.as_str() };
        let found = self.text_faults(value, given.lone_surrogate);
        if found.is_empty() { Ok(Value::Text(value.to_owned())) } else { Err(found) }
    }

    fn wrong_type(&self) -> Message {
        if self.kind == FieldKind::Email { messages::INVALID_EMAIL } else { messages::NOT_A_STRING }
    }

    /// All validators of text, in DRF's order: those of a model's field come first, those of `EmailField` last.
    fn text_faults(&self, value: &str, lone_surrogate: Option<u16>) -> Vec<Message> {
        let is_bad_name =
            self.kind == FieldKind::Username && !username::is_username(value, username::Alphabet::Unicode);
        let is_bad_email = self.kind == FieldKind::Email && !email::is_email(value);
        let length = text::length(value);
        [
            is_bad_name.then_some(messages::INVALID_USERNAME),
            self.max_length.filter(|limit| length > *limit).map(messages::max_length),
            self.min_length.filter(|limit| length < *limit).map(messages::min_length),
            value.contains('\0').then_some(messages::NULL_CHARACTERS),
            lone_surrogate.map(messages::surrogate),
            is_bad_email.then_some(messages::INVALID_EMAIL),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    fn check_integer(&self, input: &Input) -> Outcome<Value> {
        let digits = match input {
            Input::Text(given) if text::length(&given.value) > integer::LONGEST_TEXT => {
                return Err(vec![messages::INTEGER_TOO_LONG]);
            }
            Input::Text(given) => given.value.as_str(),
            Input::Int(digits) | Input::Float(digits) => digits.as_str(),
            _ => return Err(vec![messages::INVALID_INTEGER]),
        };
        // A number that no column holds is too large or too small, which Django's own integer fields say, too.
        let smallest = self.min_value.unwrap_or(i64::MIN);
        let largest = self.max_value.unwrap_or(i64::MAX);
        match integer::parse(digits) {
            Some(number) if number > i128::from(largest) => Err(vec![messages::max_value(largest)]),
            Some(number) if number < i128::from(smallest) => Err(vec![messages::min_value(smallest)]),
            Some(number) => {
                i64::try_from(number).map(Value::Int).map_err(|_| vec![messages::INVALID_INTEGER])
            }
            None => Err(vec![messages::INVALID_INTEGER]),
        }
    }

    fn check_boolean(&self, input: &Input) -> Outcome<Value> {
        let word = match input {
            Input::Bool(truth) => return Ok(Value::Bool(*truth)),
            Input::Text(given) => given.value.to_lowercase(),
            Input::Int(digits) => digits.clone(),
            Input::Float(digits) if digits == "1.0" => return Ok(Value::Bool(true)),
            Input::Float(digits) if digits == "0.0" || digits == "-0.0" => return Ok(Value::Bool(false)),
            _ => return Err(vec![messages::INVALID_BOOLEAN]),
        };
        match word.as_str() {
            "t" | "y" | "yes" | "true" | "on" | "1" => Ok(Value::Bool(true)),
            "f" | "n" | "no" | "false" | "off" | "0" => Ok(Value::Bool(false)),
            "null" | "" if self.allow_null => Ok(Value::Null),
            _ => Err(vec![messages::INVALID_BOOLEAN]),
        }
    }

    /// The value whose text was chosen; none of them where nothing was and that is allowed.
    fn check_choice(
        &self,
        input: &Input,
        mut choices: impl Iterator<Item = (impl AsRef<str>, Value)>,
    ) -> Outcome<Value> {
        if self.allow_blank && *input == Input::text("") {
            return Ok(Value::Text(String::new()));
        }
        let chosen = python_text::str(input);
        let found = choices.find(|(text, _)| text.as_ref() == chosen).map(|(_, value)| value);
        found.ok_or_else(|| vec![messages::invalid_choice(&chosen)])
    }
}

fn check_date(input: &Input) -> Outcome<Value> {
    let date = match input {
        Input::Text(given) => Date::parse(&given.value),
        _ => None,
    };
    date.map(Value::Date).ok_or_else(|| vec![messages::INVALID_DATE])
}

/// What one key of an HTML form says.
enum InHtml<'a> {
    Given(&'a Input),
    Null,
    Absent,
    /// An unticked box is not sent.
    False,
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vectors;

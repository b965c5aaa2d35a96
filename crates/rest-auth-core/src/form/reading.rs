//! What a form made of a body: typed values, and all field errors together.

use crate::error::{FieldErrors, Result};
use crate::messages::Message;
use crate::model::Date;

/// A value that passed its field. `Debug` does not print text, which may be a password.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// JSON `null`, where the field allows it.
    Null,
    /// Text, trimmed if the field says so.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A truth value.
    Bool(bool),
    /// A day.
    Date(Date),
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Text(_) => f.write_str("Text(…)"),
            Self::Int(number) => write!(f, "Int({number})"),
            Self::Bool(truth) => write!(f, "Bool({truth})"),
            Self::Date(_) => f.write_str("Date(…)"),
        }
    }
}

/// The values that passed, by field name. A field that was left out is not here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Values {
    entries: Vec<(String, Value)>,
}

impl Values {
    /// Notes the value of a field.
    pub fn set(&mut self, name: impl Into<String>, value: Value) {
        let name = name.into();
        self.entries.retain(|(known, _)| *known != name);
        self.entries.push((name, value));
    }

    /// The value of a field.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.entries.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The text of a field; `None` where it is absent or no text.
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// The whole number of a field; `None` where it is absent or no number.
    pub fn int(&self, name: &str) -> Option<i64> {
        match self.get(name) {
            Some(Value::Int(number)) => Some(*number),
            _ => None,
        }
    }

    /// The truth value of a field; `None` where it is absent or null.
    pub fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name) {
            Some(Value::Bool(truth)) => Some(*truth),
            _ => None,
        }
    }

    /// Takes the value of a field out, so that `from_values` can own it.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        let place = self.entries.iter().position(|(known, _)| known == name)?;
        Some(self.entries.remove(place).1)
    }

    /// Takes the text of a field out; `None` where it is absent or no text.
    pub fn take_text(&mut self, name: &str) -> Option<String> {
        match self.take(name) {
            Some(Value::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// All of them, in the order of the form.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.entries.iter().map(|(name, value)| (name.as_str(), value))
    }
}

/// A form's reading of a body. Checks that need the database add to `errors` before anybody decides,
/// so that a client sees everything that is wrong with its fields at once, as DRF shows it.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// What passed.
    pub values: Values,
    /// What did not, by field.
    pub errors: FieldErrors,
    order: Vec<String>,
}

impl Reading {
    /// An empty reading of a form with these fields.
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        Self { order: names.map(str::to_owned).collect(), ..Self::default() }
    }

    /// Refuses a value that had passed: as DRF's `validate_<field>`, which only sees those.
    pub fn refuse(&mut self, name: &str, message: Message) {
        self.values.take(name);
        self.errors.add(name, message);
    }

    /// The values if nothing is wrong; otherwise all errors, in the order of declaration.
    pub fn into_values(mut self) -> Result<Values> {
        self.errors.sort_by_names(self.order.iter().map(String::as_str));
        self.errors.into_result()?;
        Ok(self.values)
    }
}

//! What a form made of a body: typed values, and all field errors together.

use crate::error::FieldErrors;

/// A value that passed its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// JSON `null`, where the field allows it.
    Null,
    /// Text, trimmed if the field says so.
    Text(String),
    /// A whole number.
    Int(i64),
    /// A truth value.
    Bool(bool),
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
    /// What did not, by field, in the order of declaration.
    pub errors: FieldErrors,
}

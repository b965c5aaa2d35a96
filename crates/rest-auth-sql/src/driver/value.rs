//! Values on their way into a statement and out of a row, in one shape for both databases.

use std::borrow::Cow;

use rest_auth_core::model::{Date, Timestamp};

use super::{Error, Result};

/// A value for a `$n` of a statement. Each kind carries an `Option`, since PostgreSQL wants to know the type of a
/// NULL. It has no `Debug`: parameters are passwords, keys and addresses.
#[derive(Clone)]
pub(crate) enum Param<'a> {
    /// An integer of any width.
    Int(Option<i64>),
    /// Text.
    Text(Option<Cow<'a, str>>),
    /// A truth value.
    Bool(Option<bool>),
    /// A point in time.
    Time(Option<Timestamp>),
    /// A day.
    Date(Option<Date>),
    /// A JSON document.
    Json(Option<Cow<'a, serde_json::Value>>),
    /// A UUID.
    Uuid(Option<[u8; 16]>),
}

impl From<i64> for Param<'_> {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<Option<i64>> for Param<'_> {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<bool> for Param<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(Some(value))
    }
}

impl<'a> From<&'a str> for Param<'a> {
    fn from(value: &'a str) -> Self {
        Self::Text(Some(Cow::Borrowed(value)))
    }
}

impl<'a> From<&'a String> for Param<'a> {
    fn from(value: &'a String) -> Self {
        Self::Text(Some(Cow::Borrowed(value)))
    }
}

impl<'a> From<Option<&'a str>> for Param<'a> {
    fn from(value: Option<&'a str>) -> Self {
        Self::Text(value.map(Cow::Borrowed))
    }
}

impl From<Timestamp> for Param<'_> {
    fn from(value: Timestamp) -> Self {
        Self::Time(Some(value))
    }
}

impl<'a> From<&'a serde_json::Value> for Param<'a> {
    fn from(value: &'a serde_json::Value) -> Self {
        Self::Json(Some(Cow::Borrowed(value)))
    }
}

/// A value as a database gave it. SQLite knows fewer kinds, so [`Row`] converts when it reads.
#[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "SQLite has fewer kinds of values"))]
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Real(f64),
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
    Time(Timestamp),
    Date(Date),
    /// The document's text.
    Json(String),
    Uuid([u8; 16]),
}

impl Value {
    /// The kind, for messages: never the value.
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NULL",
            Self::Int(_) => "an integer",
            Self::Real(_) => "a real number",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Bool(_) => "a truth value",
            Self::Time(_) => "a time",
            Self::Date(_) => "a day",
            Self::Json(_) => "JSON",
            Self::Uuid(_) => "a UUID",
        }
    }
}

/// One row of an answer. Each call reads the next column, in the order of the statement's list.
pub(crate) struct Row {
    values: std::vec::IntoIter<Value>,
    column: usize,
}

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self { values: values.into_iter(), column: 0 }
    }

    /// An integer.
    pub(crate) fn int(&mut self) -> Result<i64> {
        self.opt_int()?.ok_or_else(|| self.missing())
    }

    /// An integer or NULL.
    pub(crate) fn opt_int(&mut self) -> Result<Option<i64>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Int(number) => Ok(Some(number)),
            Value::Bool(truth) => Ok(Some(i64::from(truth))),
            other => Err(self.unexpected(&other, "an integer")),
        }
    }

    /// Text.
    pub(crate) fn text(&mut self) -> Result<String> {
        self.opt_text()?.ok_or_else(|| self.missing())
    }

    /// Text or NULL. A number that SQLite stored in a text column reads as its digits.
    pub(crate) fn opt_text(&mut self) -> Result<Option<String>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Text(text) | Value::Json(text) => Ok(Some(text)),
            Value::Int(number) => Ok(Some(number.to_string())),
            other => Err(self.unexpected(&other, "text")),
        }
    }

    /// A truth value.
    pub(crate) fn bool(&mut self) -> Result<bool> {
        self.opt_bool()?.ok_or_else(|| self.missing())
    }

    /// A truth value or NULL.
    pub(crate) fn opt_bool(&mut self) -> Result<Option<bool>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Bool(truth) => Ok(Some(truth)),
            Value::Int(number) => Ok(Some(number != 0)),
            other => Err(self.unexpected(&other, "a truth value")),
        }
    }

    /// A point in time.
    pub(crate) fn time(&mut self) -> Result<Timestamp> {
        self.opt_time()?.ok_or_else(|| self.missing())
    }

    /// A time or NULL.
    pub(crate) fn opt_time(&mut self) -> Result<Option<Timestamp>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Time(time) => Ok(Some(time)),
            Value::Text(text) => match Timestamp::parse(&text) {
                Some(time) => Ok(Some(time)),
                None => Err(self.unexpected(&Value::Text(text), "a time")),
            },
            other => Err(self.unexpected(&other, "a time")),
        }
    }

    /// A day or NULL.
    pub(crate) fn opt_date(&mut self) -> Result<Option<Date>> {
        match self.next()? {
            Value::Null => Ok(None),
            Value::Date(date) => Ok(Some(date)),
            Value::Text(text) => match Date::parse(&text) {
                Some(date) => Ok(Some(date)),
                None => Err(self.unexpected(&Value::Text(text), "a day")),
            },
            other => Err(self.unexpected(&other, "a day")),
        }
    }

    /// A JSON document.
    pub(crate) fn json(&mut self) -> Result<serde_json::Value> {
        match self.next()? {
            Value::Text(text) | Value::Json(text) => serde_json::from_str(&text).map_err(Error::backend),
            other => Err(self.unexpected(&other, "JSON")),
        }
    }

    /// A UUID: SQLite has 32 hexadecimal digits.
    pub(crate) fn uuid(&mut self) -> Result<uuid::Uuid> {
        match self.next()? {
            Value::Uuid(bytes) => Ok(uuid::Uuid::from_bytes(bytes)),
            Value::Text(text) => uuid::Uuid::try_parse(&text).map_err(Error::backend),
            other => Err(self.unexpected(&other, "a UUID")),
        }
    }

    fn next(&mut self) -> Result<Value> {
        self.column += 1;
        self.values.next().ok_or_else(|| Error::backend(format!("the row has no column {}", self.column)))
    }

    fn unexpected(&self, found: &Value, wanted: &str) -> Error {
        Error::backend(format!("column {} holds {}, not {wanted}", self.column, found.kind()))
    }

    fn missing(&self) -> Error {
        Error::backend(format!("column {} is NULL", self.column))
    }
}

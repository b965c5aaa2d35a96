//! A parsed body before any field has looked at it.
//!
//! JSON as Python's parser reads it does not fit `serde_json::Value`: numbers become text by Python's rules, strings may
//! hold half a surrogate pair, forms and JSON treat blanks differently. The parsers of the HTTP layer make these.

/// Where the values come from; forms and JSON treat absent and blank values differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Body {
    /// `application/json`, or no body at all.
    Json,
    /// `application/x-www-form-urlencoded` or `multipart/form-data`.
    Form,
}

/// Text as a client sent it. `Debug` does not print it, since it may be a password.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// The characters; a lone surrogate stands as U+FFFD.
    pub value: String,
    /// The first lone surrogate, which Rust's strings cannot hold and DRF refuses by name.
    pub lone_surrogate: Option<u16>,
}

impl std::fmt::Debug for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

/// A value as a client sent it.
#[derive(Clone, Debug, PartialEq)]
pub enum Input {
    /// JSON `null`.
    Null,
    /// JSON `true` or `false`.
    Bool(bool),
    /// A JSON number without fraction and exponent, as Python prints it.
    Int(String),
    /// A JSON number with fraction or exponent, as Python prints it: `1e3` is `1000.0`.
    Float(String),
    /// A JSON string, or a field of a form.
    Text(Text),
    /// JSON `[…]`.
    List(Vec<Input>),
    /// JSON `{…}`, or a whole form: in order, the last of repeated keys only.
    Object(Vec<(String, Input)>),
    /// A file in a multipart form.
    File,
}

impl Input {
    /// Plain text.
    pub fn text(value: impl Into<String>) -> Self {
        Self::Text(Text { value: value.into(), lone_surrogate: None })
    }

    /// The empty object, which is what an empty body counts as.
    pub fn empty() -> Self {
        Self::Object(Vec::new())
    }

    /// The value under `key`, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Input> {
        match self {
            Self::Object(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The source language's name of the kind, for `Expected a dictionary, but got …`.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Null => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Text(_) => "str",
            Self::List(_) => "list",
            Self::Object(_) => "dict",
            Self::File => "InMemoryUploadedFile",
        }
    }
}

//! An entry of `user_model.extra_fields`: a field of a deployment's own, in the words of Django's model fields.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{Date, ExtraValue};

/// What a field of the deployment's own holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ExtraFieldKind {
    /// Text.
    #[default]
    Char,
    /// Whole numbers.
    Integer,
    /// Truth values.
    Boolean,
    /// Days.
    Date,
}

/// A field of the deployment's own: a column of the user table, or of a table with one row for each account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExtraField {
    /// The key in bodies, and the column unless `source` names another.
    pub name: String,
    /// What it holds.
    pub kind: ExtraFieldKind,
    /// The column: `column`, or `relation.column` for one in the table of a one-to-one relation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Code points, of text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// The smallest whole number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min_value: Option<i64>,
    /// The largest whole number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_value: Option<i64>,
    /// The values that are allowed; none given: all.
    pub choices: Vec<Choice>,
    /// Whether the key must be there.
    pub required: bool,
    /// Whether `user/` only shows it.
    pub read_only: bool,
    /// Whether registration takes it.
    pub at_signup: bool,
    /// Whether no two accounts may have the same value, in a table that `migrate` makes. In one of Django's the column
    /// itself decides.
    pub unique: bool,
    /// Whether the column may be NULL.
    pub null: bool,
    /// Whether text may be empty; by default where it is not required.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub blank: Option<bool>,
    /// What an account has for which nothing was given; by default NULL where that is allowed, else the empty value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<Scalar>,
    /// The words beside it, in OPTIONS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The words below it, in OPTIONS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help_text: Option<String>,
}

impl Default for ExtraField {
    fn default() -> Self {
        Self {
            name: String::new(),
            kind: ExtraFieldKind::Char,
            source: None,
            max_length: None,
            min_value: None,
            max_value: None,
            choices: Vec::new(),
            required: false,
            read_only: false,
            at_signup: true,
            unique: false,
            null: false,
            blank: None,
            default: None,
            label: None,
            help_text: None,
        }
    }
}

impl ExtraField {
    /// The relation and the column that hold it; no relation for a column of the user table.
    pub fn place(&self) -> (Option<&str>, &str) {
        match self.source.as_deref().unwrap_or(&self.name).split_once('.') {
            Some((relation, column)) => (Some(relation), column),
            None => (None, self.source.as_deref().unwrap_or(&self.name)),
        }
    }

    /// Whether it is one of the names that every user has, which it describes anew.
    pub fn is_djangos_own(&self) -> bool {
        ["first_name", "last_name"].contains(&self.name.as_str())
    }

    /// Whether text may be empty.
    pub fn allows_blank(&self) -> bool {
        self.kind == ExtraFieldKind::Char && self.blank.unwrap_or(!self.required)
    }

    /// The range of whole numbers; Django's `IntegerField` by default, which has 32 bits on PostgreSQL.
    pub fn range(&self) -> (i64, i64) {
        (self.min_value.unwrap_or(i32::MIN.into()), self.max_value.unwrap_or(i32::MAX.into()))
    }

    /// What a row holds for which nothing was given: the default, else NULL, else the empty value. `None` where there
    /// is none of them: there is no empty day.
    pub fn default_value(&self) -> Option<ExtraValue> {
        if let Some(default) = &self.default {
            return default.of_kind(self.kind);
        }
        match self.kind {
            _ if self.null => Some(ExtraValue::Null),
            ExtraFieldKind::Char => Some(ExtraValue::Text(String::new())),
            ExtraFieldKind::Integer => Some(ExtraValue::Int(0)),
            ExtraFieldKind::Boolean => Some(ExtraValue::Bool(false)),
            ExtraFieldKind::Date => None,
        }
    }
}

/// A value that is allowed, and the words for it: `"M"`, `1`, or Django's pair `["M", "Male"]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is stored and sent; a number's digits.
    pub value: String,
    /// What people read, in OPTIONS.
    pub words: String,
}

impl<'de> Deserialize<'de> for Choice {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a text, a number, or a pair of value and words: [\"M\", \"Male\"]")]
        enum Written {
            Value(Scalar),
            Pair(Scalar, String),
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Value(value) => Self { value: value.to_string(), words: value.to_string() },
            Written::Pair(value, words) => Self { value: value.to_string(), words },
        })
    }
}

impl Serialize for Choice {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        [&self.value, &self.words].serialize(serializer)
    }
}

/// A value as TOML has it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "a text, a whole number, `true` or `false`")]
pub enum Scalar {
    /// `true`
    Bool(bool),
    /// `1`
    Int(i64),
    /// `"one"`, and days as `"2026-01-15"`.
    Text(String),
}

impl Scalar {
    /// The value of a field of this kind; `None` if it does not fit.
    fn of_kind(&self, kind: ExtraFieldKind) -> Option<ExtraValue> {
        match (self, kind) {
            (Self::Text(text), ExtraFieldKind::Char) => Some(ExtraValue::Text(text.clone())),
            (Self::Int(number), ExtraFieldKind::Integer) => Some(ExtraValue::Int(*number)),
            (Self::Bool(truth), ExtraFieldKind::Boolean) => Some(ExtraValue::Bool(*truth)),
            (Self::Text(text), ExtraFieldKind::Date) => Date::parse(text).map(ExtraValue::Date),
            _ => None,
        }
    }
}

impl std::fmt::Display for Scalar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Int(number) => write!(f, "{number}"),
            Self::Text(text) => f.write_str(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> ExtraField {
        toml::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn choices_are_values_or_pairs() {
        let field = read("name = \"size\"\nchoices = [\"S\", [\"M\", \"Medium\"], 3, [4, \"Four\"]]");
        let pairs: Vec<_> =
            field.choices.iter().map(|choice| (choice.value.as_str(), choice.words.as_str())).collect();
        assert_eq!(pairs, [("S", "S"), ("M", "Medium"), ("3", "3"), ("4", "Four")]);
        assert_eq!(read(&toml::to_string(&field).unwrap()), field);
    }

    #[test]
    fn a_source_is_a_column_here_or_in_a_related_table() {
        assert_eq!(read("name = \"a\"").place(), (None, "a"));
        assert_eq!(read("name = \"a\"\nsource = \"b\"").place(), (None, "b"));
        assert_eq!(read("name = \"a\"\nsource = \"profile.b\"").place(), (Some("profile"), "b"));
    }

    #[test]
    fn what_is_not_given_is_the_default_or_null_or_empty() {
        let value = |text: &str| read(&format!("name = \"x\"\n{text}")).default_value();
        assert_eq!(value(""), Some(ExtraValue::Text(String::new())));
        assert_eq!(value("null = true"), Some(ExtraValue::Null));
        assert_eq!(value("kind = \"integer\"\nnull = true\ndefault = 7"), Some(ExtraValue::Int(7)));
        assert_eq!(value("kind = \"boolean\""), Some(ExtraValue::Bool(false)));
        assert_eq!(value("kind = \"date\""), None);
        let day = Date::parse("2026-01-15").map(ExtraValue::Date);
        assert_eq!(value("kind = \"date\"\ndefault = \"2026-01-15\""), day);
        assert_eq!(value("kind = \"integer\"\ndefault = \"7\""), None, "of another kind");
    }
}

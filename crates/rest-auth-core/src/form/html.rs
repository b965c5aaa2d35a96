//! What a page needs to draw a form, without markup: one [`HtmlInput`] for each field that a body may have.

use serde_json::{Map, Value};

use super::{Field, FieldKind, Form};

/// One labelled input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HtmlInput {
    /// The `name` attribute.
    pub name: String,
    /// The words beside it.
    pub label: String,
    /// The words below it.
    pub help_text: Option<String>,
    /// What is drawn.
    pub control: Control,
    /// Whether the browser may insist on it. A ticked box is never insisted on.
    pub required: bool,
    /// In characters.
    pub min_length: Option<usize>,
    /// In characters.
    pub max_length: Option<usize>,
    /// Of a number.
    pub min_value: Option<i64>,
    /// Of a number.
    pub max_value: Option<i64>,
    /// Whether what was typed may be shown again after an error: never for passwords (E-04).
    pub may_echo: bool,
}

/// What kind of input is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Control {
    /// `<input type="text">`
    Text,
    /// `<input type="email">`
    Email,
    /// `<input type="password">`
    Password,
    /// `<input type="number">`
    Number,
    /// `<input type="checkbox">`
    Checkbox,
    /// `<input type="date">`
    Date,
    /// `<select>` with pairs of value and words; the empty value stands first where the field may be empty.
    Select(Vec<(String, String)>),
}

impl Form {
    /// The inputs, in order.
    pub fn inputs(&self) -> Vec<HtmlInput> {
        self.writable().filter_map(Field::html_input).collect()
    }

    /// The body that a page offers for editing: each field with its empty value, as DRF prefills it.
    pub fn blank_body(&self) -> Map<String, Value> {
        self.writable().map(|field| (field.name.clone(), field.blank_value())).collect()
    }
}

impl Field {
    fn html_input(&self) -> Option<HtmlInput> {
        let control = match &self.kind {
            FieldKind::Char | FieldKind::Username => Control::Text,
            FieldKind::Email => Control::Email,
            FieldKind::Password => Control::Password,
            FieldKind::Integer => Control::Number,
            FieldKind::Boolean => Control::Checkbox,
            FieldKind::Date => Control::Date,
            FieldKind::Choice(choices) => Control::Select(self.with_empty_choice(choices.iter().cloned())),
            FieldKind::IntegerChoice(choices) => {
                let choices = choices.iter().map(|(value, words)| (value.to_string(), words.clone()));
                Control::Select(self.with_empty_choice(choices))
            }
            FieldKind::List => return None,
        };
        let may_be_empty = self.allow_blank || self.allow_null || self.kind == FieldKind::Boolean;
        Some(HtmlInput {
            name: self.name.clone(),
            label: self.shown_label(),
            help_text: self.help_text.clone(),
            control,
            required: self.required && !may_be_empty,
            min_length: self.min_length,
            max_length: self.max_length,
            min_value: self.min_value,
            max_value: self.max_value,
            may_echo: !self.write_only,
        })
    }

    fn with_empty_choice(&self, choices: impl Iterator<Item = (String, String)>) -> Vec<(String, String)> {
        let may_be_empty = self.allow_blank || self.allow_null || !self.required;
        let empty = may_be_empty.then(|| (String::new(), String::new()));
        empty.into_iter().chain(choices).collect()
    }

    fn blank_value(&self) -> Value {
        match &self.kind {
            FieldKind::Char | FieldKind::Password | FieldKind::Email | FieldKind::Username => "".into(),
            FieldKind::Boolean if !self.allow_null => false.into(),
            FieldKind::Integer
            | FieldKind::Boolean
            | FieldKind::Date
            | FieldKind::Choice(_)
            | FieldKind::IntegerChoice(_) => Value::Null,
            FieldKind::List => Value::Array(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form() -> Form {
        Form::new("Login")
            .field(Field::char("username").optional().allow_blank())
            .field(Field::email("email").optional().allow_blank())
            .field(Field::password("password"))
            .field(Field::integer("pk").read_only())
            .field(Field::boolean("remember"))
            .field(Field::choice("gender", vec![("M".into(), "Male".into())]).optional())
    }

    #[test]
    fn a_page_draws_what_a_body_may_have_and_never_echoes_a_password() {
        let inputs = form().inputs();
        let drawn: Vec<_> = inputs.iter().map(|it| (it.name.as_str(), it.required, it.may_echo)).collect();
        assert_eq!(
            drawn,
            [
                ("username", false, true),
                ("email", false, true),
                ("password", true, false),
                ("remember", false, true),
                ("gender", false, true)
            ]
        );
        assert_eq!(inputs[2].control, Control::Password);
        let choices = vec![(String::new(), String::new()), ("M".into(), "Male".into())];
        assert_eq!(inputs[4].control, Control::Select(choices));
    }

    #[test]
    fn the_blank_body_has_the_empty_value_of_each_kind() {
        assert_eq!(
            serde_json::to_string(&form().blank_body()).unwrap(),
            r#"{"username":"","email":"","password":"","remember":false,"gender":null}"#
        );
    }
}

//! One field of a form.

/// A field, with DRF's options under DRF's names.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key in the body.
    pub name: String,
    /// What values it takes.
    pub kind: FieldKind,
    /// Whether the key must be there.
    pub required: bool,
    /// Shown, and ignored in bodies.
    pub read_only: bool,
    /// Never shown again: passwords.
    pub write_only: bool,
    /// Whether text may be empty.
    pub allow_blank: bool,
    /// Whether JSON `null` is a value.
    pub allow_null: bool,
    /// Whether surrounding white space is cut off; never for passwords (W-02).
    pub trim: bool,
    /// In code points.
    pub min_length: Option<usize>,
    /// In code points.
    pub max_length: Option<usize>,
    /// The smallest whole number.
    pub min_value: Option<i64>,
    /// The largest whole number.
    pub max_value: Option<i64>,
    /// The label of metadata and pages; by default the name, capitalised, with spaces.
    pub label: Option<String>,
    /// The help text of metadata and pages.
    pub help_text: Option<String>,
}

/// What values a field takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FieldKind {
    /// `CharField`.
    Char,
    /// `CharField` that pages draw as a password and nobody echoes.
    Password,
    /// `EmailField`.
    Email,
    /// `ModelField` for a user name: text in the user name's alphabet.
    Username,
    /// `IntegerField`.
    Integer,
    /// `BooleanField`.
    Boolean,
    /// `DateField`.
    Date,
    /// `ChoiceField`: pairs of value and words.
    Choice(Vec<(String, String)>),
    /// `ChoiceField` of whole numbers.
    IntegerChoice(Vec<(i64, String)>),
    /// `ListField` of text, for answers only: bodies cannot fill it.
    List,
}

impl FieldKind {
    /// Whether the empty text can be a value: of text and of choices, not of numbers and truth values.
    pub fn is_text(&self) -> bool {
        match self {
            Self::Char | Self::Password | Self::Email | Self::Username | Self::Choice(_) => true,
            Self::Integer | Self::Boolean | Self::Date | Self::IntegerChoice(_) | Self::List => false,
        }
    }
}

/// Fields as DRF declares them: required, not blank, not null, trimmed, unless told otherwise.
impl Field {
    fn new(name: impl Into<String>, kind: FieldKind) -> Self {
        Self {
            name: name.into(),
            kind,
            required: true,
            read_only: false,
            write_only: false,
            allow_blank: false,
            allow_null: false,
            trim: true,
            min_length: None,
            max_length: None,
            min_value: None,
            max_value: None,
            label: None,
            help_text: None,
        }
    }

    /// Text.
    pub fn char(name: impl Into<String>) -> Self {
        Self::new(name, FieldKind::Char)
    }

    /// A password: kept as typed, and blank if there is nothing but white space (W-02).
    pub fn password(name: impl Into<String>) -> Self {
        Self { trim: false, write_only: true, ..Self::new(name, FieldKind::Password) }
    }

    /// An e-mail address.
    pub fn email(name: impl Into<String>) -> Self {
        Self::new(name, FieldKind::Email)
    }

    /// A user name, with the characters that Django's user model allows.
    pub fn username(name: impl Into<String>) -> Self {
        Self::new(name, FieldKind::Username)
    }

    /// A whole number.
    pub fn integer(name: impl Into<String>) -> Self {
        Self::new(name, FieldKind::Integer)
    }

    /// A truth value; absent from an HTML form it is false, which is how forms say so.
    pub fn boolean(name: impl Into<String>) -> Self {
        Self::new(name, FieldKind::Boolean)
    }

    /// A day.
    pub fn date(name: impl Into<String>) -> Self {
        Self::new(name, FieldKind::Date)
    }

    /// One of several numbers, each with the words that people read.
    pub fn integer_choice(name: impl Into<String>, choices: Vec<(i64, String)>) -> Self {
        Self::new(name, FieldKind::IntegerChoice(choices))
    }

    /// One of several values, each with the words that people read.
    pub fn choice(name: impl Into<String>, choices: Vec<(String, String)>) -> Self {
        Self::new(name, FieldKind::Choice(choices))
    }

    /// A list of texts in an answer.
    pub fn list(name: impl Into<String>) -> Self {
        Self::new(name, FieldKind::List).read_only()
    }

    /// The key may be absent.
    #[must_use]
    pub fn optional(self) -> Self {
        self.required(false)
    }

    /// Whether the key must be there, where a setting decides.
    #[must_use]
    pub fn required(self, required: bool) -> Self {
        Self { required: required && !self.read_only, ..self }
    }

    /// Text may be empty.
    #[must_use]
    pub fn allow_blank(self) -> Self {
        Self { allow_blank: true, ..self }
    }

    /// JSON `null` is a value.
    #[must_use]
    pub fn allow_null(self) -> Self {
        Self { allow_null: true, ..self }
    }

    /// Shown, and ignored in bodies.
    #[must_use]
    pub fn read_only(self) -> Self {
        Self { read_only: true, required: false, ..self }
    }

    /// Text of this many code points at least.
    #[must_use]
    pub fn min(self, length: usize) -> Self {
        Self { min_length: Some(length), ..self }
    }

    /// Text of this many code points at most.
    #[must_use]
    pub fn max(self, length: usize) -> Self {
        Self { max_length: Some(length), ..self }
    }

    /// Whole numbers from the first to the second, both included.
    #[must_use]
    pub fn between(self, smallest: i64, largest: i64) -> Self {
        Self { min_value: Some(smallest), max_value: Some(largest), ..self }
    }

    /// The label, where it is not made from the name.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        Self { label: Some(label.into()), ..self }
    }

    /// The help text.
    #[must_use]
    pub fn help(self, text: impl Into<String>) -> Self {
        Self { help_text: Some(text.into()), ..self }
    }

    /// The label of metadata and pages: the given one, or `new_password1` as `New password1`.
    pub fn shown_label(&self) -> String {
        if let Some(label) = &self.label {
            return label.clone();
        }
        let words = self.name.replace('_', " ");
        let mut characters = words.chars();
        match characters.next() {
            Some(first) => first.to_uppercase().chain(characters.flat_map(char::to_lowercase)).collect(),
            None => words,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_is_made_from_the_name() {
        assert_eq!(Field::char("new_password1").shown_label(), "New password1");
        assert_eq!(Field::char("accessToken").shown_label(), "Accesstoken");
        assert_eq!(Field::integer("pk").label("ID").shown_label(), "ID");
    }

    #[test]
    fn a_field_that_is_only_shown_is_never_required() {
        assert!(!Field::char("email").read_only().required(true).required);
        assert!(Field::list("codes").read_only);
    }
}

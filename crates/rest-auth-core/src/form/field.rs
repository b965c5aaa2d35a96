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
    /// `ChoiceField`: pairs of value and words.
    Choice(Vec<(String, String)>),
}

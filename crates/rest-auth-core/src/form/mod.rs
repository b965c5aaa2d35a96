//! What a client may send, as data: DRF's serializers without classes.
//!
//! A [`Form`] is a list of [`Field`]s. From it come parsing with DRF's words ([`Form::read`]), the metadata of
//! `OPTIONS` ([`Form::metadata`]), the HTML form of a browsable page ([`Form::inputs`]) and the schema of the API
//! document; and a deployment can add a field to it at start-up. [`Values`] never pass beyond a flow's
//! `from_values`: inside a flow everything is typed.

mod field;
mod html;
mod input;
mod integer;
mod metadata;
mod python_text;
mod read;
mod reading;

pub use field::{Field, FieldKind};
pub use html::{Control, HtmlInput};
pub use input::{Body, Input, Text};
pub use reading::{Reading, Value, Values};

/// The fields of one endpoint's body, in the order of declaration.
#[derive(Clone, Debug)]
pub struct Form {
    /// Upstream's word for it, `Login` for `LoginSerializer`.
    pub name: &'static str,
    /// In the order in which errors and metadata list them.
    pub fields: Vec<Field>,
}

impl Form {
    /// A form without fields.
    pub const fn new(name: &'static str) -> Self {
        Self { name, fields: Vec::new() }
    }

    /// Adds a field at the end; one of the same name is replaced where it stands, as a subclass of a serializer
    /// redeclares it.
    #[must_use]
    pub fn field(mut self, field: Field) -> Self {
        match self.fields.iter_mut().find(|known| known.name == field.name) {
            Some(known) => *known = field,
            None => self.fields.push(field),
        }
        self
    }

    /// Adds fields at the end, as [`Form::field`] does.
    #[must_use]
    pub fn fields(self, fields: impl IntoIterator<Item = Field>) -> Self {
        fields.into_iter().fold(self, Self::field)
    }

    /// The fields that a body may have.
    pub fn writable(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().filter(|field| !field.read_only && field.kind != FieldKind::List)
    }
}

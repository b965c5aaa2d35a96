//! What a client may send, as data: DRF's serializers without classes.
//!
//! A [`Form`] is a list of [`Field`]s. From it come parsing with DRF's words ([`Form::read`]), the metadata of
//! `OPTIONS`, the HTML form of a browsable page and the schema of the API document; and a deployment can add
//! a field to it at start-up. [`Values`] never pass beyond a flow's `from_values`: inside a flow everything is typed.

mod field;
mod input;
mod reading;

pub use field::{Field, FieldKind};
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

//! From data to bytes: JSON as DRF encodes it, and Django's plain pages for what no endpoint answers.

pub(crate) mod json;
pub(crate) mod page;

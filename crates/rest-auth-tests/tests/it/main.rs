//! Tests that need more than one crate: one binary, a module for each subject.

mod architecture;
mod schema;
mod smtp;

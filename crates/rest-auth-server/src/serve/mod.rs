//! Serving.
mod connections;

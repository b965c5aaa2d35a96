//! `[rest_framework]`: REST_FRAMEWORK.

use serde::{Deserialize, Serialize};

use super::section::section;

/// A parser of bodies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum ParserName {
    /// `application/json`
    JSONParser,
    /// `application/x-www-form-urlencoded`
    FormParser,
    /// `multipart/form-data`
    MultiPartParser,
}

/// A renderer of answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum RendererName {
    /// `application/json`
    JSONRenderer,
    /// `text/html`
    BrowsableAPIRenderer,
}

section! {
    /// REST_FRAMEWORK: how requests are read and answers written. Classes by their last names.
    RestFramework in "rest_framework" {
        /// The bodies that are read.
        default_parser_classes: Vec<ParserName> =
            vec![ParserName::JSONParser, ParserName::FormParser, ParserName::MultiPartParser];
        /// The answers that are written.
        default_renderer_classes: Vec<RendererName> =
            vec![RendererName::JSONRenderer, RendererName::BrowsableAPIRenderer],
            strict = vec![RendererName::JSONRenderer];
        /// The key of messages for the input as a whole.
        non_field_errors_key: String = "non_field_errors".to_owned();
    }
}

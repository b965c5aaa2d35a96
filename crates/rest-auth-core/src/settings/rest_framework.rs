//! `[rest_framework]`: REST_FRAMEWORK.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::section::section;
use super::{OrFalse, ThrottleName, ThrottleRate};

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
        /// Letters beyond ASCII as they are. false: as \\u00e9.
        unicode_json: bool = true;
        /// No blanks in JSON. false: one after each comma and colon.
        compact_json: bool = true;
        /// Who asks too often is answered 429. Any of "AnonRateThrottle", "UserRateThrottle", "ScopedRateThrottle".
        default_throttle_classes: Vec<ThrottleName> = Vec::new();
        /// Rates such as "5/min", by scope: "anon" and "user" for the classes of these names, "dj_rest_auth" for what
        /// "ScopedRateThrottle" limits: login, logout, registration, passwords. false: no limit.
        default_throttle_rates: BTreeMap<String, OrFalse<ThrottleRate>> =
            ["anon", "user"].map(|scope| (scope.to_owned(), OrFalse::off())).into();
        /// How many proxies stand before the server and add to X-Forwarded-For: the client's address is that many
        /// entries from its end. false, or 0: nobody is believed, it is the address of whoever connects.
        num_proxies: OrFalse<u32> = OrFalse::off();
    }
}

//! An attempt, from the departure of a browser to its return: what it says, and the cookie that carries it.
//!
//! The cookie binds it to the browser, its seal to this deployment, and what it says to a provider, a front end and a
//! secret for PKCE, which not even the browser can read. That it is used once is a row of the database.

use std::collections::BTreeMap;

use rest_auth_formats::pkce;
use rest_auth_formats::sealed_text;
use serde::{Deserialize, Serialize};

use super::FrontEnd;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::providers::Input;

/// Seconds in which a browser must come back.
pub const LIFETIME: i64 = 600;

/// What it is sealed for.
const PLACE: &str = "rest_auth.social_redirect.attempt";

/// What must be known when the browser comes back. It has no `Debug`: most of it is secret.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// When it began, in seconds.
    pub(super) began: i64,
    /// The provider's name.
    pub(super) provider: String,
    /// What the provider's answer repeats: the state, or OAuth 1's request token.
    pub(super) state: String,
    /// PKCE's verifier, where the provider has seen its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) verifier: Option<String>,
    /// What the id_token must repeat, where there is going to be one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) nonce: Option<String>,
    /// The secret of OAuth 1's request token.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) token_secret: Option<String>,
    /// What the provider's row asks for beside a code.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) inputs: BTreeMap<Input, String>,
    /// Where the answer was to come.
    pub(super) redirect_uri: String,
    /// Who is going to answer, where that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) issuers: Vec<String>,
    /// Whether the answer must say who sends it.
    #[serde(default)]
    pub(super) names_issuer: bool,
    /// Where the browser goes on to.
    pub(super) next: String,
    /// What the front end wants to hear again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) front_end_state: Option<String>,
    /// The digest of the front end's verifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) challenge: Option<String>,
    /// The account that the provider's is to be connected to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) user: Option<String>,
}

impl Attempt {
    pub(super) fn front_end(&self) -> FrontEnd {
        FrontEnd {
            next: self.next.clone(),
            state: self.front_end_state.clone(),
            challenge: self.challenge.clone(),
        }
    }

    /// As the cookie's value.
    pub(super) fn seal(&self, cx: &Context) -> Result<String> {
        let text = serde_json::to_string(self).map_err(Error::internal)?;
        Ok(sealed_text::seal(&cx.keys, PLACE, cx.entropy.bytes(), &text))
    }

    /// From a cookie's value, if it was made here and not too long ago.
    pub(super) fn open(cx: &Context, sealed: &str) -> Option<Self> {
        let text = sealed_text::open(&cx.keys, PLACE, sealed)?;
        let attempt: Self = serde_json::from_str(&text).ok()?;
        (cx.now.seconds() <= attempt.began + LIFETIME).then_some(attempt)
    }
}

/// A short name for the attempt of this state, by which its cookie is found. It tells nothing of the state.
pub fn id_of(state: &str) -> String {
    pkce::challenge(state).chars().filter(char::is_ascii_alphanumeric).take(10).collect()
}

//! The recordings as types.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::scenario::Expectation;

/// What was recorded of a scenario, and what rest-auth does instead where it deviates.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Recording {
    pub(crate) answers: Vec<Answer>,
    #[serde(default)]
    pub(crate) mails: Vec<Value>,
    #[serde(default)]
    pub(crate) rows: Value,
    /// What providers were asked, each question once.
    #[serde(default)]
    pub(crate) asked: Vec<String>,
    /// Why mails or rows deviate.
    pub(crate) deviates: Option<String>,
    pub(crate) expected_mails: Option<Vec<Map<String, Value>>>,
    pub(crate) expected_rows: Option<Value>,
}

/// An answer of upstream.
#[derive(Deserialize)]
pub(crate) struct Answer {
    pub(crate) request: String,
    #[serde(flatten)]
    upstream: Expected,
    pub(crate) deviates: Option<String>,
    expected: Option<Expected>,
}

/// An answer as rest-auth must give it.
#[derive(Deserialize)]
pub(crate) struct Expected {
    pub(crate) status: u16,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    /// Those of the usual headers that are not there.
    #[serde(default)]
    pub(crate) missing_headers: Vec<String>,
    #[serde(default)]
    pub(crate) cookies: Vec<String>,
    pub(crate) body: Option<String>,
    pub(crate) body_starts: Option<String>,
    /// What the tokens say that are new in it, by their numbers.
    #[serde(default)]
    pub(crate) jwts: BTreeMap<String, String>,
}

impl Expected {
    /// Whether a scenario's expectation has become part of it.
    pub(crate) fn includes(&self, expectation: &Expectation) -> bool {
        let Expectation { status, headers, missing_headers, cookies, body, body_starts, jwts } = expectation;
        let header = |(name, value): (&String, &Value)| match value.as_str() {
            Some(value) => self.headers.get(name).is_some_and(|known| known == value),
            None => !self.headers.contains_key(name),
        };
        status.is_none_or(|status| status == self.status)
            && headers.iter().all(header)
            && missing_headers.as_ref().is_none_or(|missing| *missing == self.missing_headers)
            && cookies.as_ref().is_none_or(|cookies| *cookies == self.cookies)
            && (body.is_none() || *body == self.body)
            && *body_starts == self.body_starts
            && jwts.iter().all(|(number, told)| self.jwts.get(number) == Some(told))
    }
}

impl Answer {
    /// What rest-auth must answer: what upstream did, unless it deviates.
    pub(crate) fn expected(&self) -> &Expected {
        self.expected.as_ref().unwrap_or(&self.upstream)
    }
}

impl Recording {
    /// The mails that rest-auth must send. Of those that deviate only the given keys are compared.
    pub(crate) fn mails(&self) -> Vec<Map<String, Value>> {
        match &self.expected_mails {
            Some(mails) => mails.clone(),
            None => self.mails.iter().map(|mail| mail.as_object().unwrap().clone()).collect(),
        }
    }

    /// The rows that must be there in the end.
    pub(crate) fn rows(&self) -> &Value {
        self.expected_rows.as_ref().unwrap_or(&self.rows)
    }
}

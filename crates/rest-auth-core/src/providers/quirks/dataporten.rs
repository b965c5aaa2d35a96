//! Dataporten (Feide): the user name is that of the Feide identifier, else the first half of the address.

use serde_json::{Value, json};

use super::{Quirk, Situation};
use crate::providers::path::Answers;

pub(super) struct Dataporten;

impl Quirk for Dataporten {
    fn work_out(&self, _: &Situation<'_>, answers: &mut Answers) {
        let Some(user) = answers.profiles.first().and_then(|profile| profile.get("user")) else { return };
        let identifiers = user.get("userid_sec").and_then(Value::as_array).into_iter().flatten();
        let feide = identifiers.filter_map(Value::as_str).find_map(|text| text.strip_prefix("feide:"));
        let name = feide.or_else(|| user.get("email").and_then(Value::as_str)).unwrap_or_default();
        answers.quirk = json!({"username": name.split('@').next()});
    }
}

//! LINE: where the deployment asks for the scope `email`, the address stands in the id_token only, and LINE itself is
//! asked what that says. <https://developers.line.biz/en/reference/line-login/#verify-id-token>

use rest_auth_formats::percent;
use serde_json::Value;

use super::{Quirk, Situation};
use crate::fetch::{Method, Outgoing};
use crate::providers::path::Answers;

const VERIFY_URL: &str = "https://api.line.me/oauth2/v2.1/verify";

pub(super) struct Line;

impl Quirk for Line {
    fn profile_request(&self, at: &Situation<'_>, answers: &Answers) -> Option<Outgoing> {
        if !at.provider.setting("scope")?.contains("email") {
            return None;
        }
        let exchanged = answers.token.get("id_token").and_then(Value::as_str);
        let posted = || at.given.id_token.as_ref().map(|token| token.expose().as_str());
        let id_token = exchanged.or_else(posted)?;
        let mut params =
            vec![("client_id", at.provider.application.client_id.as_str()), ("id_token", id_token)];
        params.extend(at.given.nonce.as_ref().map(|nonce| ("nonce", nonce.expose().as_str())));
        Some(Outgoing {
            method: Method::Post,
            url: VERIFY_URL.to_owned(),
            headers: vec![("Content-Type".to_owned(), "application/x-www-form-urlencoded".to_owned())],
            body: Some(percent::encode_pairs(params)),
        })
    }
}

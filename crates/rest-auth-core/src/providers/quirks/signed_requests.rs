//! Mail.ru and Odnoklassniki: a parameter `sig` signs a profile request's others.

use rest_auth_formats::{md5_hex, md5_signature};

use super::Quirk;
use crate::providers::provider::Provider;

pub(super) struct Mailru;

pub(super) struct Odnoklassniki;

impl Quirk for Mailru {
    fn signature(&self, provider: &Provider, _: &str, params: &[(String, String)]) -> Option<String> {
        Some(md5_signature(pairs(params), provider.application.secret.expose()))
    }
}

impl Quirk for Odnoklassniki {
    /// The access token is not among what is signed, but its digest with the secret is the key.
    fn signature(&self, provider: &Provider, token: &str, params: &[(String, String)]) -> Option<String> {
        let key = md5_hex(&format!("{token}{}", provider.application.secret.expose()));
        Some(md5_signature(pairs(params).filter(|(name, _)| *name != "access_token"), &key))
    }
}

fn pairs(params: &[(String, String)]) -> impl Iterator<Item = (&str, &str)> {
    params.iter().map(|(name, value)| (name.as_str(), value.as_str()))
}

//! OpenID Connect Discovery 1.0: where a provider's addresses and keys are, and what it can do.

use rest_auth_formats::jwt::Algorithm;

use super::id_token;
use super::identity::{Asking, ProviderError};
use super::provider::Provider;
use super::row::ClientAuth;
use crate::fetch::Outgoing;

/// OpenID Connect's discovery document, as far as it is used.
pub(super) struct Discovery {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Option<String>,
    /// Whether answers to authorization requests name the issuer (RFC 9207).
    pub(super) names_issuer: bool,
    pub(super) token_endpoint: String,
    pub(super) userinfo_endpoint: Option<String>,
    pub(super) jwks_uri: String,
    pub(super) auth: ClientAuth,
    pub(super) algorithms: Vec<Algorithm>,
}

impl Provider {
    /// Fetches the document, or takes the kept one; settings of the application go before it.
    pub(super) async fn discover(&self, asking: &Asking<'_>) -> Result<Discovery, ProviderError> {
        let wrong = |what: &str| ProviderError::Misconfigured(format!("{}: {what}", self.stored_id()));
        let server = self.setting("server_url").ok_or_else(|| wrong("the setting server_url is missing"))?;
        let url = if server.contains("/.well-known/") {
            server.to_owned()
        } else {
            format!("{server}/.well-known/openid-configuration")
        };
        let request = Outgoing::get(url);
        let mut document = asking.documents.get(asking.fetch, request.clone(), asking.now).await?;
        if document.get("issuer").is_none() {
            // What came was no such document: it is not to stay for as long as one.
            document = asking.documents.renewed(asking.fetch, request, asking.now).await?;
        }
        let value = |name: &str| {
            let overrides = self.application.settings.get("openid_configuration_overrides");
            overrides.and_then(|own| own.get(name)).or_else(|| document.get(name)).cloned()
        };
        let text = |name: &str| value(name).and_then(|value| value.as_str().map(str::to_owned));
        let list = |name: &str| -> Vec<String> {
            let value = value(name).unwrap_or_default();
            value.as_array().into_iter().flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect()
        };
        let methods = list("token_endpoint_auth_methods_supported");
        let offers = |method: &str| methods.iter().any(|known| known == method);
        let basic = match self.setting("token_auth_method") {
            Some(method) => method == "client_secret_basic",
            None => offers("client_secret_basic") && !offers("client_secret_post"),
        };
        let listed = list("id_token_signing_alg_values_supported");
        let mut algorithms: Vec<Algorithm> =
            listed.iter().filter_map(|name| Algorithm::named(name)).filter(|a| !a.is_symmetric()).collect();
        if algorithms.is_empty() {
            algorithms = id_token::USUAL.to_vec();
        }
        let needs = |name: &str| {
            let lacks = || format!("{}: the discovery document has no {name}", self.stored_id());
            text(name).ok_or_else(|| ProviderError::Unreachable(lacks()))
        };
        Ok(Discovery {
            issuer: needs("issuer")?,
            authorization_endpoint: text("authorization_endpoint"),
            names_issuer: value("authorization_response_iss_parameter_supported") == Some(true.into()),
            token_endpoint: needs("token_endpoint")?,
            userinfo_endpoint: text("userinfo_endpoint"),
            jwks_uri: needs("jwks_uri")?,
            auth: if basic { ClientAuth::Basic } else { ClientAuth::Body },
            algorithms,
        })
    }
}

//! Asking the provider who it is, and what the client is told if that fails.

use rest_auth_formats::{pkce, random_text};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::messages;
use crate::providers::{Asking, Given, Identity, Protocol, Provider, ProviderError};

/// Who the provider says it is.
pub(super) async fn identify(cx: &Context, provider: &Provider, given: &Given) -> Result<Identity> {
    let refuse = |message| Err(Error::non_field(message));
    let configured = cx.settings.socialaccount.providers.get(&provider.id);
    let redirect_uri = configured.map_or("", |configured| configured.callback_url.as_str());
    if given.access_token.is_none() && provider.row.protocol != Protocol::Telegram {
        if given.code.is_none() {
            return refuse(messages::SOCIAL_INCORRECT_INPUT);
        }
        if redirect_uri.is_empty() {
            return refuse(messages::SOCIAL_DEFINE_CALLBACK_URL);
        }
    }
    if given.code_verifier.as_ref().is_some_and(|verifier| !pkce::is_verifier(verifier.expose())) {
        return Err(Error::field("code_verifier", messages::INVALID_VALUE));
    }
    ask(cx, provider, given, redirect_uri).await
}

/// What asking takes, for an answer that comes or came to this address.
pub(crate) fn asking<'a>(cx: &'a Context, redirect_uri: &'a str) -> Asking<'a> {
    let settings = &cx.settings.socialaccount;
    Asking {
        fetch: &cx.social.fetch,
        documents: &cx.social.documents,
        redirect_uri,
        query_email: settings.query_email || cx.settings.signup_requires("email"),
        allow_unbound: settings.allow_unbound_access_token,
        now: cx.now,
        nonce: random_text::draw(random_text::LETTERS_AND_DIGITS, 32, &mut |bytes| cx.entropy.fill(bytes)),
    }
}

/// Puts the questions. What was given is known to be complete.
pub(crate) async fn ask(
    cx: &Context,
    provider: &Provider,
    given: &Given,
    redirect_uri: &str,
) -> Result<Identity> {
    let asking = asking(cx, redirect_uri);
    let mut identity =
        provider.identify(&asking, given).await.map_err(|error| refusal(cx, provider, error))?;
    let configured = cx.settings.socialaccount.providers.get(&provider.id);
    if !identity.bound {
        tracing::warn!(
            provider = provider.id,
            "an access token was believed though the provider does not say for which application it was made; \
             let clients send codes, or set socialaccount.allow_unbound_access_token = false"
        );
    }
    if let Some(verified) = configured.and_then(|configured| configured.verified_email) {
        for address in &mut identity.profile.addresses {
            (address.verified, address.proven) = (verified, verified);
        }
    }
    Ok(identity)
}

/// What the client is told; the log is told why. Upstream answers most of these with 500 (W-26).
pub(crate) fn refusal(cx: &Context, provider: &Provider, error: ProviderError) -> Error {
    match error {
        ProviderError::Exchange(why) => {
            tracing::info!(provider = provider.id, request = cx.meta.request_id, %why, "a code was not exchanged");
            Error::non_field(messages::SOCIAL_EXCHANGE_FAILED)
        }
        ProviderError::Refused(why) => {
            tracing::info!(provider = provider.id, request = cx.meta.request_id, %why, "a social login was refused");
            Error::non_field(messages::SOCIAL_INCORRECT_VALUE)
        }
        ProviderError::NoAccess(host) => Error::non_field(messages::social_no_access(&host)),
        ProviderError::Unreachable(why) => {
            tracing::warn!(provider = provider.id, request = cx.meta.request_id, %why, "a provider is away");
            Error::Unavailable { retry_after: 5, what: "the identity provider" }
        }
        error @ ProviderError::Misconfigured(_) => Error::internal(error),
    }
}

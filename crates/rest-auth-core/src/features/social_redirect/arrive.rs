//! A browser comes back from a provider. Who it is is asked of the provider and kept for the front end, which gets a code
//! for it; whatever else went wrong, the front end is told. Only an answer that belongs to no attempt of this browser at
//! this provider stays here.

use std::collections::BTreeMap;

use rest_auth_formats::pkce;
use rest_auth_formats::salted_hmac::constant_time_equal;

use super::attempt::{Attempt, LIFETIME};
use super::code::{self, HandOver};
use super::{FrontEnd, parameters};
use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};
use crate::features::social_login;
use crate::messages::{self, Message};
use crate::model::Secret;
use crate::providers::{Given, Input, Provider, with_query};
use crate::social;
use crate::store::{Hit, Window};

/// What providers say where somebody has changed their mind.
const CANCELLED: &[&str] = &[
    "access_denied",
    "user_denied",
    "user_cancelled_login",
    "user_cancelled_authorize",
    "user_cancelled_authorization",
    "login_cancelled",
    "consent_required",
];

/// What a provider's answer says, in the address that it sent the browser to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// The state, or OAuth 1's request token.
    pub state: Secret,
    code: Option<Secret>,
    verifier: Option<Secret>,
    error: Option<String>,
    issuer: Option<String>,
    inputs: BTreeMap<Input, Secret>,
}

/// A browser with an answer.
#[derive(Clone, Debug)]
pub struct Arrival<'a> {
    /// The provider whose address it came to.
    pub provider: &'a str,
    /// What it brings.
    pub answer: Answer,
    /// The attempt that the browser has kept under this state's name.
    pub sealed: Option<Secret>,
}

impl Answer {
    /// Reads the query of OAuth 2 (RFC 6749, section 4.1.2, and RFC 9207) or of OAuth 1 (RFC 5849, section 2.2).
    pub fn from_query(query: &str) -> Result<Self> {
        let mut answer = Self::default();
        for (name, value) in parameters(query)? {
            match name.as_str() {
                "state" | "oauth_token" => answer.state = Secret::new(value),
                "denied" => {
                    // OAuth 1 as X speaks it: the request token that was refused.
                    answer.state = Secret::new(value);
                    answer.error = Some("access_denied".to_owned());
                }
                "code" => answer.code = Some(Secret::new(value)),
                "oauth_verifier" => answer.verifier = Some(Secret::new(value)),
                "error" => answer.error = Some(value),
                "iss" => answer.issuer = Some(value),
                name => {
                    answer.inputs.extend(Input::named(name).map(|input| (input, Secret::new(value))));
                }
            }
        }
        Ok(answer)
    }
}

/// Where the browser goes on to: the front end's address, with a code or with what went wrong.
pub async fn arrive(cx: &Context, arrival: Arrival<'_>) -> Result<Secret> {
    let Arrival { provider: name, answer, sealed } = arrival;
    let attempt = attempt_of(cx, name, &answer, sealed.as_ref()).await?;
    check_issuer(&attempt, &answer)?;
    let front_end = attempt.front_end();
    // Somebody may have taken it off the list meanwhile.
    if !cx.settings.socialaccount.allowed_redirects.contains(&front_end.next) {
        return Err(Error::field("next", messages::SOCIAL_NEXT));
    }
    if let Some(error) = &answer.error {
        return Ok(told(&front_end, failure_of(error)));
    }
    match identify(cx, &attempt, answer).await {
        Ok(code) => Ok(lead(&front_end, &[("code", code.expose())])),
        Err(error) => match failure(cx, &error) {
            Some(failure) => Ok(told(&front_end, failure)),
            None => Err(error),
        },
    }
}

/// The attempt that an answer belongs to: of this browser, at this provider, not too old, and never answered before (S-80).
async fn attempt_of(cx: &Context, name: &str, answer: &Answer, sealed: Option<&Secret>) -> Result<Attempt> {
    let refused = || Error::Refused(messages::SOCIAL_STATE);
    let state = answer.state.expose();
    let attempt = sealed.and_then(|sealed| Attempt::open(cx, sealed.expose()));
    let is_answered =
        |attempt: &Attempt| attempt.provider == name && constant_time_equal(&attempt.state, state);
    let attempt = attempt.filter(is_answered).ok_or_else(refused)?;
    let once = Window { limit: 1, micros: (LIFETIME + 1) * 1_000_000 };
    let mut tx = cx.store.write().await?;
    let key = format!("social_state:{}", pkce::challenge(state));
    if let Hit::Refused { .. } = tx.add_hit(&key, once, cx.now).await? {
        return Err(refused());
    }
    tx.commit().await?;
    Ok(attempt)
}

/// RFC 9207, section 2.4: an answer that names another sender, or none where it must, was meant for somebody else (S-82).
fn check_issuer(attempt: &Attempt, answer: &Answer) -> Result<()> {
    let wrong = match &answer.issuer {
        Some(issuer) => !attempt.issuers.is_empty() && !attempt.issuers.contains(issuer),
        None => attempt.names_issuer,
    };
    if wrong { Err(Error::Refused(messages::SOCIAL_ISSUER)) } else { Ok(()) }
}

/// Asks the provider who it is, looks whether that may come in, and keeps it under a code.
async fn identify(cx: &Context, attempt: &Attempt, answer: Answer) -> Result<Secret> {
    let provider: Provider = social::provider(cx, &attempt.provider).await?;
    let given = given(attempt, answer)?;
    let identity = social_login::ask(cx, &provider, &given, &attempt.redirect_uri).await?;
    if attempt.user.is_none() {
        social_login::foresee(cx, &provider, &identity.profile).await?;
    }
    let hand_over = HandOver {
        provider: attempt.provider.clone(),
        identity,
        challenge: attempt.challenge.clone(),
        user: attempt.user.clone(),
    };
    code::issue(cx, &hand_over).await
}

fn given(attempt: &Attempt, mut answer: Answer) -> Result<Given> {
    let missing = || Error::non_field(messages::SOCIAL_EXCHANGE_FAILED);
    let nonce = attempt.nonce.as_deref().map(Secret::from);
    // What the browser left with goes before what it comes with.
    answer.inputs.extend(attempt.inputs.iter().map(|(input, value)| (*input, Secret::from(value.as_str()))));
    Ok(match &attempt.token_secret {
        Some(secret) => {
            let verifier = answer.verifier.ok_or_else(missing)?;
            let token = (attempt.state.clone(), Secret::from(secret.as_str()), verifier);
            Given { request_token: Some(token), ..Given::default() }
        }
        None => Given {
            code: Some(answer.code.ok_or_else(missing)?),
            code_verifier: attempt.verifier.as_deref().map(Secret::from),
            nonce,
            inputs: answer.inputs,
            ..Given::default()
        },
    })
}

/// What the front end is told: RFC 6749's words, and one for logins that are refused here.
type Failure = (&'static str, Message);

fn failure_of(error: &str) -> Failure {
    match error {
        cancelled if CANCELLED.contains(&cancelled) => ("access_denied", messages::SOCIAL_CANCELLED),
        "temporarily_unavailable" => ("temporarily_unavailable", messages::UNAVAILABLE),
        _ => ("server_error", messages::SOCIAL_PROVIDER_FAILED),
    }
}

/// `None`: not the front end's business.
fn failure(cx: &Context, error: &Error) -> Option<Failure> {
    match error {
        Error::Invalid(errors) => Some(("login_failed", first(errors)?)),
        Error::PermissionDenied(message) | Error::Refused(message) => Some(("login_failed", message.clone())),
        Error::Unavailable { .. } => Some(("temporarily_unavailable", messages::UNAVAILABLE)),
        Error::Internal(source) => {
            tracing::error!(request_id = cx.meta.request_id, error = %source, "a social login failed");
            Some(("server_error", messages::INTERNAL))
        }
        _ => None,
    }
}

fn first(errors: &FieldErrors) -> Option<Message> {
    errors.iter().find_map(|(_, messages)| messages.first().cloned())
}

fn told(front_end: &FrontEnd, (error, message): Failure) -> Secret {
    lead(front_end, &[("error", error), ("error_description", &message.text)])
}

/// The front end's address with these parameters, and with its own state.
fn lead(front_end: &FrontEnd, params: &[(&str, &str)]) -> Secret {
    let state = front_end.state.as_deref().map(|state| ("state", state));
    let params = params.iter().copied().chain(state);
    let params: Vec<(String, String)> =
        params.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Secret::new(with_query(&front_end.next, &params))
}

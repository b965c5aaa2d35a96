//! A browser is sent off to a provider.

use std::collections::BTreeMap;

use super::attempt::{Attempt, id_of};
use super::{FrontEnd, draw, parameters, ticket};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::social_login::asking;
use crate::messages;
use crate::model::Secret;
use crate::providers::{AuthorizationParts, Given, Input};
use crate::social;

/// The characters of a state, a nonce, and PKCE's verifier: 256 bits and more.
const RANDOM: usize = 48;

/// What the address says that a front end sends a browser to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    next: Option<String>,
    state: Option<String>,
    challenge: Option<String>,
    ticket: Option<Secret>,
    inputs: BTreeMap<Input, Secret>,
}

/// A browser that wants to go.
#[derive(Clone, Debug)]
pub struct Departure<'a> {
    /// The provider's name.
    pub provider: &'a str,
    /// What its address says.
    pub asked: Asked,
    /// Where the provider's answer is to come.
    pub callback: String,
}

/// Where it goes.
#[derive(Clone, Debug)]
pub struct Departed {
    /// The provider's address.
    pub location: Secret,
    /// The attempt's short name.
    pub id: String,
    /// The attempt, for the browser to keep. Secret from everybody else.
    pub sealed: Secret,
}

impl Asked {
    /// Reads the query: `next`, `state`, `code_challenge` with `code_challenge_method`, or a `ticket` that says all of it;
    /// and what rows ask for beside a code, such as `shop`.
    pub fn from_query(query: &str) -> Result<Self> {
        let mut asked = Self::default();
        for (name, value) in parameters(query)? {
            match name.as_str() {
                "next" => asked.next = Some(value),
                "state" => asked.state = Some(value),
                "code_challenge" => asked.challenge = Some(value),
                "code_challenge_method" if value != "S256" => {
                    return Err(Error::field("code_challenge_method", messages::SOCIAL_CHALLENGE));
                }
                "ticket" => asked.ticket = Some(Secret::new(value)),
                name => {
                    asked.inputs.extend(Input::named(name).map(|input| (input, Secret::new(value))));
                }
            }
        }
        Ok(asked)
    }
}

/// Makes an attempt and says where the browser goes with it.
pub async fn depart(cx: &Context, departure: Departure<'_>) -> Result<Departed> {
    let Departure { provider: name, asked, callback } = departure;
    let (front_end, user) = front_end(cx, name, &asked).await?;
    let provider = social::provider(cx, name).await?;
    let (state, verifier, nonce) = (draw(cx, RANDOM), Secret::new(draw(cx, RANDOM)), draw(cx, RANDOM));
    let scope = cx.settings.socialaccount.providers.get(name).map_or(&[][..], |own| own.scope.as_slice());
    let given = Given { inputs: asked.inputs, ..Given::default() };
    let parts =
        AuthorizationParts { state: &state, verifier: &verifier, nonce: &nonce, scope, given: &given };
    let sent = provider.send_off(&asking(cx, &callback), &parts).await;
    let sent = sent.map_err(|error| crate::features::social_login::refusal(cx, &provider, error))?;
    // What the provider compares with what is registered there: the first thing to look at if it complains.
    tracing::info!(provider = name, redirect_uri = callback, "a browser is sent to an identity provider");
    let (state, token_secret) = match sent.request_token {
        Some((token, secret)) => (token, Some(secret.expose().clone())),
        None => (state, None),
    };
    let attempt = Attempt {
        began: cx.now.seconds(),
        provider: name.to_owned(),
        verifier: sent.uses_pkce.then(|| verifier.expose().clone()),
        nonce: sent.uses_nonce.then_some(nonce),
        token_secret,
        inputs: given.inputs.iter().map(|(input, value)| (*input, value.expose().clone())).collect(),
        redirect_uri: callback,
        issuers: sent.issuers,
        names_issuer: sent.names_issuer,
        next: front_end.next,
        front_end_state: front_end.state,
        challenge: front_end.challenge,
        user,
        state,
    };
    let sealed = Secret::new(attempt.seal(cx)?);
    Ok(Departed { location: sent.url, id: id_of(&attempt.state), sealed })
}

/// Where the browser is to come back to, and whose account the provider's is to be connected to.
async fn front_end(cx: &Context, provider: &str, asked: &Asked) -> Result<(FrontEnd, Option<String>)> {
    if let Some(ticket) = &asked.ticket {
        let (front_end, user) = ticket::redeem(cx, provider, ticket).await?;
        return Ok((front_end, Some(user)));
    }
    let (next, state) = (asked.next.as_deref(), asked.state.as_deref());
    Ok((FrontEnd::check(&cx.settings, next, state, asked.challenge.as_deref())?, None))
}

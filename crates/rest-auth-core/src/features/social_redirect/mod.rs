//! Logging in by an identity provider with nothing but a browser: it is sent off, it comes back, and a front end that the
//! configuration lists gets a code to exchange for what a login is answered with. Upstream has no such way in.
//!
//! | step | module | by |
//! | --- | --- | --- |
//! | `PROVIDER/authorize/` | `depart` | the browser |
//! | `PROVIDER/callback/` | `arrive` | the browser, from the provider |
//! | `social/exchange/` | `exchange` | the front end |
//! | `PROVIDER/connect/authorize/` | `ticket` | the front end, for whoever is logged in |
//!
//! No `GET` writes an account or connects one: coming back, a browser only brings who the provider says it is, and the
//! front end's `POST` is the login, by the same flow as any other ([`social_login`](super::social_login)).
//!
//! Nothing is kept in a process. The attempt travels in a sealed cookie of the browser that it is bound to (`attempt`);
//! what was used once is a row, for all instances of a deployment; codes are rows by their digests (`code`).

mod arrive;
mod attempt;
mod code;
mod depart;
mod exchange;
mod ticket;

pub use arrive::{Answer, Arrival, arrive};
pub use attempt::{LIFETIME, id_of};
pub(crate) use code::{REMEMBERED, Redemption};
pub use depart::{Asked, Departed, Departure, depart};
pub use exchange::{Exchange, exchange};
pub use ticket::{Ticket, issue};

use rest_auth_formats::{percent, pkce, random_text};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::messages;
use crate::settings::Settings;

/// Characters of a front end's own state at most.
const LONGEST_STATE: usize = 512;

/// What a front end says of itself: where the browser is to come back to, and what makes the code its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct FrontEnd {
    next: String,
    state: Option<String>,
    challenge: Option<String>,
}

impl FrontEnd {
    /// Checks everything, and tells all that is wrong.
    fn check(
        settings: &Settings,
        next: Option<&str>,
        state: Option<&str>,
        challenge: Option<&str>,
    ) -> Result<Self> {
        let mut errors = crate::error::FieldErrors::default();
        let listed = &settings.socialaccount.allowed_redirects;
        // Compared character by character with what the configuration says, and nothing is decoded or normalised before:
        // there is nothing that could be read in two ways (S-90).
        let next = match next {
            None => listed.first(),
            Some(next) => listed.iter().find(|known| *known == next),
        };
        if next.is_none() {
            errors.add("next", messages::SOCIAL_NEXT);
        }
        let is_plain = |text: &str| text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
        if state.is_some_and(|state| state.len() > LONGEST_STATE || !is_plain(state)) {
            errors.add("state", messages::INVALID_VALUE);
        }
        match challenge {
            None if settings.socialaccount.require_code_challenge => {
                errors.add("code_challenge", messages::REQUIRED);
            }
            Some(challenge) if !pkce::is_challenge(challenge) => {
                errors.add("code_challenge", messages::SOCIAL_CHALLENGE);
            }
            _ => {}
        }
        match next {
            Some(next) if errors.is_empty() => Ok(Self {
                next: next.clone(),
                state: state.map(str::to_owned),
                challenge: challenge.map(str::to_owned),
            }),
            _ => Err(Error::Invalid(errors)),
        }
    }
}

/// The parameters of an address, each at most once (RFC 6749, section 3.1). Empty ones count as absent.
fn parameters(query: &str) -> Result<Vec<(String, String)>> {
    let pairs = percent::decode_pairs(query);
    for (index, (name, _)) in pairs.iter().enumerate() {
        if pairs[..index].iter().any(|(known, _)| known == name) {
            return Err(Error::Refused(messages::social_twice(name)));
        }
    }
    Ok(pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect())
}

/// So many random letters and digits.
fn draw(cx: &Context, length: usize) -> String {
    random_text::draw(random_text::LETTERS_AND_DIGITS, length, &mut |bytes| cx.entropy.fill(bytes))
}

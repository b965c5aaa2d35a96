//! Starting an attempt that connects a provider's account: somebody who is logged in asks for an address by `POST`, and
//! sends the browser there, which may carry no proof of who it is. The address connects nothing: whoever comes back from
//! the provider must be the one who asked, and say so by another `POST` (S-89).

use rest_auth_formats::signing::{self, Compression, MaxAge};
use serde_json::json;

use super::{FrontEnd, draw};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::social_login::fresh;
use crate::form::{Field, Form, Values};
use crate::messages;
use crate::model::{Secret, User};
use crate::settings::Settings;
use crate::store::{Hit, Window};

/// Seconds in which the browser must set out.
const LIFETIME: i64 = 60;

const SALT: &str = "rest_auth.social_redirect.ticket";

/// What a front end posts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ticket {
    next: Option<String>,
    state: Option<String>,
    challenge: Option<String>,
    password: Option<Secret>,
}

impl Ticket {
    /// The same that `PROVIDER/authorize/` takes in its address, and the password where connecting asks for it.
    pub fn form(settings: &Settings) -> Form {
        let optional = |name: &str| Field::char(name).optional().allow_blank();
        let names = ["next", "state", "code_challenge"];
        let form = Form::new("SocialConnectAuthorize");
        fresh::asking(settings, names.into_iter().fold(form, |form, name| form.field(optional(name))))
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        let given = |name| values.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            next: given("next"),
            state: given("state"),
            challenge: given("code_challenge"),
            password: given("password").map(Secret::new),
        }
    }
}

/// A ticket for a user's browser to one provider. Whoever asks for it must have just shown who they are, where the
/// deployment says so.
pub async fn issue(cx: &Context, provider: &str, user: &User, ticket: &Ticket) -> Result<Secret> {
    let Ticket { next, state, challenge, password } = ticket;
    fresh::check(cx, user, password.as_ref()).await?;
    let front_end = FrontEnd::check(&cx.settings, next.as_deref(), state.as_deref(), challenge.as_deref())?;
    let value = json!({
        "id": draw(cx, 24), "provider": provider, "user": user.id.to_string(),
        "next": front_end.next, "state": front_end.state, "challenge": front_end.challenge,
    });
    Ok(Secret::new(signing::dumps(&value, &cx.keys, SALT, cx.now, Compression::IfShorter)))
}

/// What a ticket says, once: the front end and the user.
pub(super) async fn redeem(cx: &Context, provider: &str, ticket: &Secret) -> Result<(FrontEnd, String)> {
    let refused = || Error::Refused(messages::SOCIAL_TICKET);
    let age = MaxAge { seconds: LIFETIME, now: cx.now };
    let value = signing::loads(ticket.expose(), &cx.keys, SALT, Some(age)).map_err(|_| refused())?;
    let text = |name: &str| value.get(name).and_then(|value| value.as_str());
    let (Some(id), Some(user)) = (text("id"), text("user")) else { return Err(refused()) };
    if text("provider") != Some(provider) {
        return Err(refused());
    }
    // The list may have changed since.
    let front_end = FrontEnd::check(&cx.settings, text("next"), text("state"), text("challenge"))?;
    let once = Window { limit: 1, micros: (LIFETIME + 1) * 1_000_000 };
    let mut tx = cx.store.write().await?;
    if let Hit::Refused { .. } = tx.add_hit(&format!("social_ticket:{id}"), once, cx.now).await? {
        return Err(refused());
    }
    tx.commit().await?;
    Ok((front_end, user.to_owned()))
}

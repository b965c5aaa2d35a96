//! A front end exchanges its code: now somebody logs in, or connects an account, by the flow of every social login.

use super::code;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::login::LoggedIn;
use crate::features::sessions::Session;
use crate::features::social_login::{self, Purpose, Visitor};
use crate::form::{Field, Form, Values};
use crate::messages;
use crate::model::{Secret, User};
use crate::social;

/// What a front end posts.
#[derive(Clone, Debug)]
pub struct Exchange {
    code: Secret,
    verifier: Option<Secret>,
}

impl Exchange {
    /// The code, and PKCE's verifier where a challenge was sent.
    pub fn form() -> Form {
        Form::new("SocialExchange")
            .field(Field::char("code"))
            .field(Field::char("code_verifier").optional().allow_blank())
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        let given = |name| values.text(name).filter(|text| !text.is_empty()).map(Secret::from);
        Self { code: given("code").unwrap_or_default(), verifier: given("code_verifier") }
    }
}

/// Logs in whom the provider has named. Everything is decided here and now: an account that was switched off while the
/// browser travelled gets nothing (S-99). `user` is whoever asks, which matters where an account is to be connected.
pub async fn exchange(
    cx: &Context,
    input: Exchange,
    user: Option<&User>,
    current: Option<&Session>,
) -> Result<LoggedIn> {
    let (hand_over, redemption) = code::look(cx, &input.code, input.verifier.as_ref()).await?;
    let purpose = match (&hand_over.user, user) {
        (None, _) => Purpose::Login,
        (Some(_), None) => return Err(Error::NotAuthenticated),
        (Some(asked), Some(user)) if *asked == user.id.to_string() => Purpose::Connect(user),
        // Another user's browser brought it: nothing of theirs becomes somebody else's (S-89).
        _ => return Err(Error::non_field(messages::SOCIAL_CODE)),
    };
    let provider = social::provider(cx, &hand_over.provider).await?;
    let visitor = Visitor { provider, identity: hand_over.identity, redemption: Some(redemption) };
    social_login::enter(cx, &visitor, purpose, current).await
}

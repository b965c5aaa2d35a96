//! `registration/`: dj-rest-auth's `RegisterView`.

use async_trait::async_trait;
use http::{Method, StatusCode};
use rest_auth_core::features::registration::{self, Register};
use rest_auth_core::form::Reading;
use rest_auth_core::settings::Settings;
use rest_auth_core::{Context, Result, messages, throttles};

use super::login::with_credentials;
use super::{jwt, legacy_jwt};
use crate::authenticators::Identity;
use crate::cookies::Lines;
use crate::endpoint::{Action, Call, Endpoint, FieldCheck, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const DESCRIPTION: &str = "Registers a new account.\n\nAccepts the following POST parameters: username, email, password1, password2.";

pub(super) fn endpoint(settings: &Settings) -> Endpoint {
    Endpoint::new("rest_register", Mount::Registration, "")
        .for_strangers()
        .throttled(throttles::SCOPE)
        .described("Register", DESCRIPTION)
        .permissions(settings.rest_auth.register_permission_classes.clone())
        .sets_cookies(true)
        .action(Action::new(Method::POST, register).form(Register::form(settings)).checked(RegistrationCheck))
}

async fn register(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let input = Register::from_values(&cx.settings, &call.values);
    let done = registration::register(&cx, input, call.browser.session(&cx).await?).await?;
    if let Some(issued) = &done.credentials {
        let reply = with_credentials(&cx, StatusCode::CREATED, issued);
        let Some(user) = &done.user else { return Ok(reply) };
        return Ok(match (&issued.jwt, &issued.legacy_jwt) {
            (Some(pair), _) => jwt::with_new_tokens(&cx, reply, pair, user),
            (None, Some(token)) => {
                legacy_jwt::with_new_token(&cx, reply, token, user).status(StatusCode::CREATED)
            }
            (None, None) => reply,
        });
    }
    let cookies = done.pending.as_ref().map(|pending| Lines::of_login(&cx, pending)).unwrap_or_default();
    Ok(Reply::detail(&messages::VERIFICATION_SENT).status(StatusCode::CREATED).cookies(cookies).private())
}

struct RegistrationCheck;

#[async_trait]
impl FieldCheck for RegistrationCheck {
    async fn check(&self, cx: &Context, _identity: Option<&Identity>, reading: &mut Reading) -> Result<()> {
        registration::check(cx, reading).await
    }
}

//! `password/change/`: dj-rest-auth's `PasswordChangeView`.

use async_trait::async_trait;
use http::Method;
use rest_auth_core::features::password_change::{self, PasswordChange};
use rest_auth_core::form::Reading;
use rest_auth_core::settings::{PermissionName, Settings};
use rest_auth_core::{Context, Error, Result, messages, throttles};

use crate::authenticators::Identity;
use crate::cookies::Lines;
use crate::endpoint::{Action, Call, Endpoint, FieldCheck, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const DESCRIPTION: &str = "Changes the password of the account.\n\nAccepts the following POST parameters: new_password1, new_password2";

pub(super) fn endpoint(settings: &Settings) -> Endpoint {
    Endpoint::new("rest_password_change", Mount::Main, "password/change/")
        .described("Password Change", DESCRIPTION)
        .permissions(vec![PermissionName::IsAuthenticated])
        .throttled(throttles::SCOPE)
        .action(
            Action::new(Method::POST, change).form(PasswordChange::form(settings)).checked(OldPasswordCheck),
        )
}

async fn change(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let input = PasswordChange::from_values(&call.values);
    let session = call.browser.session(&cx).await?;
    let cookie = password_change::change(&cx, call.user()?, input, session).await?;
    let cookies = cookie.as_ref().map(|cookie| Lines::of_login(&cx, cookie)).unwrap_or_default();
    Ok(Reply::detail(&messages::PASSWORD_CHANGED).cookies(cookies).private())
}

struct OldPasswordCheck;

#[async_trait]
impl FieldCheck for OldPasswordCheck {
    async fn check(&self, cx: &Context, identity: Option<&Identity>, reading: &mut Reading) -> Result<()> {
        let identity = identity.ok_or(Error::NotAuthenticated)?;
        password_change::check(cx, &identity.user, reading).await
    }
}

//! `password/reset/` and `password/reset/confirm/`: dj-rest-auth's `PasswordResetView` and `PasswordResetConfirmView`.

use http::Method;
use rest_auth_core::features::password_reset::{self, PasswordReset, PasswordResetConfirm};
use rest_auth_core::{Context, messages, throttles};

use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const REQUEST: &str =
    "Mails a link that sets a new password.\n\nAccepts the following POST parameters: email";
const CONFIRM: &str = "Sets a new password with what the mailed link carries.\n\nAccepts the following POST parameters: \
                       token, uid,\n    new_password1, new_password2";

pub(super) fn endpoints() -> [Endpoint; 2] {
    [
        Endpoint::new("rest_password_reset", Mount::Main, "password/reset/")
            .for_strangers()
            .throttled(throttles::SCOPE)
            .described("Password Reset", REQUEST)
            .action(Action::new(Method::POST, request).form(PasswordReset::form())),
        Endpoint::new("rest_password_reset_confirm", Mount::Main, "password/reset/confirm/")
            .for_strangers()
            .throttled(throttles::SCOPE)
            .described("Password Reset Confirm", CONFIRM)
            .action(Action::new(Method::POST, confirm).form(PasswordResetConfirm::form())),
    ]
}

async fn request(cx: Context, call: Call) -> Result<Reply, ApiError> {
    password_reset::request(&cx, PasswordReset::from_values(&call.values)).await?;
    Ok(Reply::detail(&messages::RESET_SENT))
}

async fn confirm(cx: Context, call: Call) -> Result<Reply, ApiError> {
    password_reset::confirm(&cx, PasswordResetConfirm::from_values(&call.values)).await?;
    Ok(Reply::detail(&messages::PASSWORD_RESET))
}

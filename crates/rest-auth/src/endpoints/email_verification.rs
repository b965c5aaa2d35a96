//! `verify-email/` and `resend-email/`: dj-rest-auth's `VerifyEmailView` and `ResendEmailVerificationView`.

use http::Method;
use rest_auth_core::features::email_verification::{self, ResendEmail, VerifyEmail};
use rest_auth_core::settings::{Profile, Settings};
use rest_auth_core::{Context, messages, throttles};

use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const VERIFY: &str =
    "Verifies the address that the key belongs to.\n\nAccepts the following POST parameter: key.";
const RESEND: &str =
    "Sends the mail to an unverified address again.\n\nAccepts the following POST parameter: email.";

/// Upstream throttles neither (E-03).
pub(super) fn endpoints(settings: &Settings) -> [Endpoint; 2] {
    let throttled = |endpoint: Endpoint| match settings.top.profile {
        Profile::Strict => endpoint.throttled(throttles::SCOPE),
        Profile::Compat => endpoint,
    };
    let table = [
        Endpoint::new("rest_verify_email", Mount::Registration, "verify-email/")
            .for_strangers()
            .described("Verify Email", VERIFY)
            .allow("POST, OPTIONS, HEAD")
            .action(Action::new(Method::GET, refuse_get))
            .action(Action::new(Method::POST, verify).form(VerifyEmail::form())),
        Endpoint::new("rest_resend_email", Mount::Registration, "resend-email/")
            .for_strangers()
            .described("Resend Email Verification", RESEND)
            .action(Action::new(Method::POST, resend).form(ResendEmail::form())),
    ];
    table.map(throttled)
}

/// Upstream's view has a `GET` that refuses, and says `GET` to a `HEAD` too.
async fn refuse_get(_cx: Context, _call: Call) -> Result<Reply, ApiError> {
    Err(ApiError::MethodNotAllowed(Method::GET.to_string()))
}

async fn verify(cx: Context, call: Call) -> Result<Reply, ApiError> {
    email_verification::verify(&cx, VerifyEmail::from_values(&call.values)).await?;
    Ok(Reply::detail(&messages::OK))
}

async fn resend(cx: Context, call: Call) -> Result<Reply, ApiError> {
    email_verification::resend(&cx, ResendEmail::from_values(&call.values)).await?;
    Ok(Reply::detail(&messages::OK))
}

//! `/protected/`: an example of a host's endpoint that needs a login. It says who is logged in, and by what.

use http::Method;
use rest_auth_core::Context;
use rest_auth_core::settings::PermissionName;
use serde_json::json;

use crate::authenticators::Proof;
use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

pub(super) fn endpoint() -> Endpoint {
    Endpoint::new("protected", Mount::Root, "protected/")
        .described("Protected", "")
        .permissions(vec![PermissionName::IsAuthenticated])
        .action(Action::new(Method::GET, show))
        .action(Action::new(Method::POST, show))
}

async fn show(_cx: Context, call: Call) -> Result<Reply, ApiError> {
    let user = call.user()?;
    let name = user.username.as_deref().unwrap_or(&user.email);
    let auth = match call.identity.as_ref().map(|identity| &identity.proof) {
        Some(Proof::Token(key)) => key.expose(),
        Some(Proof::Jwt { token, .. } | Proof::LegacyJwt(token)) => token.expose(),
        _ => "None",
    };
    Ok(Reply::ok(json!({ "user": name, "auth": auth })).private())
}

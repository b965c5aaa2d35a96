//! `user/`: dj-rest-auth's `UserDetailsView`.

use async_trait::async_trait;
use http::Method;
use rest_auth_core::features::user;
use rest_auth_core::form::Reading;
use rest_auth_core::model::User;
use rest_auth_core::settings::{PermissionName, Settings};
use rest_auth_core::{Context, Error, Result};

use crate::authenticators::Identity;
use crate::endpoint::{Action, Call, Endpoint, FieldCheck, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

const DESCRIPTION: &str = "Shows and changes the details of the account.\nAccepts GET, PUT, PATCH methods.\n\n\
                           Read-only fields are shown, and ignored in bodies.";

pub(super) fn endpoint(settings: &Settings) -> Endpoint {
    Endpoint::new("rest_user_details", Mount::Main, "user/")
        .described("User Details", DESCRIPTION)
        .permissions(vec![PermissionName::IsAuthenticated])
        .action(Action::new(Method::GET, show))
        .action(Action::new(Method::PUT, change).form(user::form(settings)).checked(UsernameCheck))
        .action(
            Action::new(Method::PATCH, change).form(user::form(settings)).partial().checked(UsernameCheck),
        )
}

async fn show(cx: Context, call: Call) -> Result<Reply, ApiError> {
    Ok(details(&cx, call.user()?))
}

async fn change(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let changed = user::update(&cx, call.user()?, &call.values).await?;
    Ok(details(&cx, &changed))
}

fn details(cx: &Context, user: &User) -> Reply {
    Reply::ok(user::represent(cx, user).into()).private()
}

struct UsernameCheck;

#[async_trait]
impl FieldCheck for UsernameCheck {
    async fn check(&self, cx: &Context, identity: Option<&Identity>, reading: &mut Reading) -> Result<()> {
        let identity = identity.ok_or(Error::NotAuthenticated)?;
        user::check(cx, &identity.user, reading).await
    }
}

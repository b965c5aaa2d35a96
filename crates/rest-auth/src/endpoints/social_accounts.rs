//! `/socialaccounts/` and `/socialaccounts/ID/disconnect/`: dj-rest-auth's `SocialAccountListView` and
//! `SocialAccountDisconnectView`.

use http::Method;
use rest_auth_core::features::social_accounts::{self, disconnect as disconnect_account};
use rest_auth_core::settings::PermissionName;
use rest_auth_core::{Context, Error};
use serde_json::{Value, json};

use crate::endpoint::{Action, Call, Endpoint, Mount};
use crate::error::ApiError;
use crate::reply::Reply;

pub(super) fn endpoints() -> [Endpoint; 2] {
    let endpoint = |name, path: &'static str| {
        Endpoint::new(name, Mount::Accounts, path).permissions(vec![PermissionName::IsAuthenticated])
    };
    [
        endpoint("social_account_list", "socialaccounts/")
            .described("Social Account List", "List SocialAccounts for the currently logged in user")
            .action(Action::new(Method::GET, list)),
        endpoint("social_account_disconnect", "socialaccounts/{id}/disconnect/")
            .described(
                "Social Account Disconnect",
                "Disconnect SocialAccount from remote service for\nthe currently logged in user",
            )
            .action(Action::new(Method::POST, disconnect)),
    ]
}

async fn list(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let accounts = social_accounts::list(&cx, call.user()?).await?;
    let shown: Vec<Value> = accounts.iter().map(|account| social_accounts::represent(&cx, account)).collect();
    Ok(Reply::ok(shown.into()).private())
}

async fn disconnect(cx: Context, call: Call) -> Result<Reply, ApiError> {
    let id = call.id().ok_or(Error::NotFound)?;
    disconnect_account(&cx, call.user()?, id).await?;
    Ok(Reply::ok(json!({})))
}

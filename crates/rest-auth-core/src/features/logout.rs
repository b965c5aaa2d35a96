//! Logout: dj-rest-auth's `LogoutView`. One token for each account, so all its devices are logged out.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::sessions::Session;
use crate::messages;
use crate::model::User;

/// What the request came with.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logout<'a> {
    /// Who is logged in, if anybody.
    pub user: Option<&'a User>,
    /// Whether a token proved it: DRF's `request.auth`.
    pub by_token: bool,
    /// The session, if there is a live one.
    pub session: Option<&'a Session>,
}

/// Deletes the account's token and ends the session. Nothing to end is no error, except where sessions are
/// off and no token was sent: then the client has forgotten it, and upstream says so.
pub async fn log_out(cx: &Context, input: Logout<'_>) -> Result<()> {
    let ends_session = cx.settings.rest_auth.session_login;
    if !input.by_token && !ends_session {
        return Err(Error::Refused(messages::LOGOUT_WITHOUT_LOGIN));
    }
    let session = input.session.filter(|_| ends_session).and_then(|session| session.key.as_ref());
    if input.user.is_some() || session.is_some() {
        let mut tx = cx.store.write().await?;
        if let Some(user) = input.user {
            tx.delete_token(user.id).await?;
        }
        if let Some(key) = session {
            tx.delete_session(key).await?;
        }
        tx.commit().await?;
    }
    cx.hooks.after_logout(cx, input.user).await
}

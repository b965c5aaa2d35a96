//! A session for a token: rownd-django's `session_authenticate` and `session_sign_out`, for every issuer that has them
//! switched on.

use super::{Issuer, authenticate};
use crate::context::Context;
use crate::credentials::{self, Wanted};
use crate::error::Result;
use crate::features::sessions::{Session, SessionCookie, living_for};
use crate::model::User;

/// Somebody who has a session now.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// The session's cookie, and the CSRF secret that goes with it.
    pub session: SessionCookie,
}

/// Opens a session for whoever a token lets in. `current` is the one that the request came with.
pub async fn sign_in(
    cx: &Context,
    issuer: &Issuer,
    token: &[u8],
    current: Option<&Session>,
) -> Result<SignedIn> {
    let user = match authenticate(cx, issuer, token).await {
        Ok(found) => found.user,
        Err(error) => {
            cx.hooks.login_failed(cx).await?;
            return Err(error);
        }
    };
    cx.hooks.before_login(cx, &user).await?;
    let limited = issuer.row().session_age.get().map(|age| living_for(current, *age));
    let wanted = Wanted { session: true, ..Wanted::default() };
    let mut tx = cx.store.write().await?;
    let credentials =
        credentials::issue(cx, tx.as_mut(), &user, wanted, limited.as_ref().or(current)).await?;
    tx.commit().await?;
    cx.hooks.after_login(cx, &user).await?;
    let session = credentials.session.ok_or_else(|| crate::Error::internal("a session was asked for"))?;
    Ok(SignedIn { user, session })
}

/// Ends a session, whoever had opened it. There being none is no error.
pub async fn sign_out(cx: &Context, current: Option<&Session>) -> Result<()> {
    if let Some(key) = current.and_then(|session| session.key.as_ref()) {
        let mut tx = cx.store.write().await?;
        tx.delete_session(key).await?;
        tx.commit().await?;
    }
    cx.hooks.after_logout(cx, current.and_then(|session| session.user.as_ref())).await
}

//! The page behind the link of a confirmation mail: what it tells, what its button does, where a browser goes then.
//! allauth's `ConfirmEmailView`. Keys, and what confirming means for the rows, are email_verification's.

use crate::context::Context;
use crate::credentials::{self, Wanted};
use crate::error::{Error, Result};
use crate::features::email_verification::{address_of_key, confirm_address};
use crate::features::sessions::{self, PendingLogin, Session, SessionCookie};
use crate::model::{EmailAddress, User};
use crate::settings::Settings;
use crate::store::{Records, Tx};

/// What a link is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Link {
    /// It confirms an address.
    Good {
        /// The address.
        email: String,
        /// Whose it is to be, in the words of mails.
        owner: String,
    },
    /// Another account has confirmed the address already.
    Taken {
        /// The address.
        email: String,
    },
    /// Nothing: it is made up, too old, or used.
    Bad,
}

/// Somebody with a browser who wants to confirm.
#[derive(Clone, Copy, Debug)]
pub struct Visitor<'a> {
    /// The key, as it stands in the link.
    pub key: &'a str,
    /// Where to go on, if the request says so. The caller knows that it is safe.
    pub next: Option<&'a str>,
    /// The browser's session, if it has a live one.
    pub session: Option<&'a Session>,
}

/// What became of it.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The address is its account's.
    Confirmed {
        /// Where the browser goes.
        location: String,
        /// What becomes of its session.
        session: Then,
    },
    /// Nothing was changed. Never [`Link::Good`].
    Refused(Link),
}

/// What becomes of the session that somebody confirmed with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Then {
    /// Nothing.
    Kept,
    /// It was another account's, and is ended.
    Ended,
    /// It was written anew: somebody is logged in now, or no sign-up waits in it any more.
    Written(SessionCookie),
}

/// What the page tells. Looking changes nothing, however often (W-23).
pub async fn look(cx: &Context, key: &str) -> Result<Link> {
    let mut records = cx.store.read().await?;
    let Some(address) = address_of_key(cx, records.as_mut(), key).await? else { return Ok(Link::Bad) };
    if cx.settings.account.unique_email && is_taken(records.as_mut(), &address).await? {
        return Ok(Link::Taken { email: address.email });
    }
    let owner = records.user(address.user_id).await?;
    Ok(match owner {
        Some(owner) => Link::Good { email: address.email, owner: owner.display().to_owned() },
        None => Link::Bad,
    })
}

async fn is_taken(records: &mut dyn Records, address: &EmailAddress) -> Result<bool> {
    let rows = records.email_addresses(&address.email).await?;
    Ok(rows.iter().any(|row| row.verified && row.id != address.id))
}

/// Confirms the address and says where to go on. Whoever is logged in as somebody else is logged out; whose sign-up
/// waits for this very address is logged in, where the deployment wants that.
pub async fn confirm(cx: &Context, visitor: Visitor<'_>) -> Result<Outcome> {
    let found = address_of_key(cx, cx.store.read().await?.as_mut(), visitor.key).await?;
    let Some(address) = found else { return Ok(Outcome::Refused(Link::Bad)) };
    let Some(owner) = cx.store.read().await?.user(address.user_id).await? else {
        return Ok(Outcome::Refused(Link::Bad));
    };
    let pending = resumable(cx, visitor, &owner).await?;

    let mut tx = cx.store.write().await?;
    // Somebody may have been quicker with this key, or with this address.
    let confirmed = match tx.email_address(address.id).await?.filter(|row| !row.verified) {
        Some(address) => confirm_address(tx.as_mut(), &address).await,
        None => Err(Error::NotFound),
    };
    match confirmed {
        Ok(()) => {}
        Err(Error::NotFound) => {
            drop(tx);
            let taken = is_taken(cx.store.read().await?.as_mut(), &address).await?;
            let link = if taken { Link::Taken { email: address.email } } else { Link::Bad };
            return Ok(Outcome::Refused(link));
        }
        Err(error) => return Err(error),
    }
    let session = session_after(cx, tx.as_mut(), visitor, &owner, pending.is_some()).await?;
    tx.commit().await?;

    if pending.is_some() {
        cx.hooks.after_login(cx, &owner).await?;
    }
    let location = location(&cx.settings, visitor, &owner, pending.as_ref());
    Ok(Outcome::Confirmed { location, session })
}

/// The login that waits in the session and may go on. A host's refusal leaves the visitor anonymous, and does not keep
/// the address from being confirmed.
async fn resumable(cx: &Context, visitor: Visitor<'_>, owner: &User) -> Result<Option<PendingLogin>> {
    if !cx.settings.account.login_on_email_confirmation || !owner.is_active {
        return Ok(None);
    }
    let Some(pending) = visitor.session.and_then(|session| sessions::pending_login(cx, session, owner.id))
    else {
        return Ok(None);
    };
    match cx.hooks.before_login(cx, owner).await {
        Ok(()) => Ok(Some(pending)),
        Err(error @ (Error::Internal(_) | Error::Unavailable { .. })) => Err(error),
        Err(_) => Ok(None),
    }
}

async fn session_after(
    cx: &Context,
    tx: &mut dyn Tx,
    visitor: Visitor<'_>,
    owner: &User,
    logs_in: bool,
) -> Result<Then> {
    let Some(session) = visitor.session else { return Ok(Then::Kept) };
    if let Some(user) = &session.user {
        let (false, Some(key)) = (user.id == owner.id, &session.key) else { return Ok(Then::Kept) };
        tx.delete_session(key).await?;
        return Ok(Then::Ended);
    }
    // Whatever waited for this moment has waited long enough, also where it was for somebody else.
    let Some(rest) = sessions::without_pending_login(session) else { return Ok(Then::Kept) };
    let cookie = if logs_in {
        let wanted = Wanted { session: true, ..Wanted::default() };
        credentials::issue(cx, tx, owner, wanted, Some(&rest)).await?.session
    } else {
        sessions::rewrite(cx, tx, &rest).await?
    };
    Ok(cookie.map_or(Then::Kept, Then::Written))
}

fn location(
    settings: &Settings,
    visitor: Visitor<'_>,
    owner: &User,
    pending: Option<&PendingLogin>,
) -> String {
    let (http, account) = (&settings.http, &settings.account);
    let is_owner = |session: &Session| session.user.as_ref().is_some_and(|user| user.id == owner.id);
    let after_login = http.login_redirect_url.as_str();
    let place = match pending {
        Some(pending) => pending.redirect_url.as_deref().or(visitor.next).unwrap_or_else(|| {
            let after_signup = account.signup_redirect_url.as_deref().filter(|_| pending.signup);
            after_signup.unwrap_or(after_login)
        }),
        None => visitor.next.unwrap_or_else(|| {
            if visitor.session.is_some_and(is_owner) {
                account.email_confirmation_authenticated_redirect_url.as_deref().unwrap_or(after_login)
            } else {
                account.email_confirmation_anonymous_redirect_url.as_deref().unwrap_or(&http.login_url)
            }
        }),
    };
    place.to_owned()
}

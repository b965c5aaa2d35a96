//! A name and a password with every request: Django's `authenticate()`, as DRF's `BasicAuthentication` calls it.
//!
//! The name is what accounts log in with. With allauth its backend is asked too, which takes an address for a name
//! where addresses log in. Whether an address is verified is asked at login only, as upstream.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::login::{self, Proven};
use crate::messages;
use crate::model::{Secret, User};
use crate::passwords::Turn;
use crate::settings::{FeatureName, LoginField, Settings};
use crate::store::{Records, UserLookup};
use crate::throttles::rate_limits;

/// The account that name and password belong to. One hash, known or unknown, right or wrong; the password counts as
/// sent. Wrong ones are limited as at login. A hash that is not the preferred one is replaced, as at login.
pub async fn authenticate(cx: &Context, name: &str, password: &Secret) -> Result<User> {
    authenticate_spelled(cx, name, password, std::slice::from_ref(password)).await
}

/// The same with a password that counts in each of these spellings, of which the first is the one that was sent.
pub(super) async fn authenticate_spelled(
    cx: &Context,
    name: &str,
    password: &Secret,
    spellings: &[Secret],
) -> Result<User> {
    let candidates = {
        let mut records = cx.store.read().await?;
        candidates(&cx.settings, records.as_mut(), name).await?
    };
    let tries = rate_limits::try_password(cx, false, name, &candidates).await?;
    let turn = cx.passwords.turn();
    match login::prove(turn, &candidates, spellings).await {
        Ok(None) => {
            cx.hooks.login_failed(cx).await?;
            Err(Error::AuthenticationFailed(messages::BASIC_FAILED))
        }
        Ok(Some(proven)) => {
            tries.take_back(cx).await?;
            refreshed(cx, turn, proven, password).await
        }
        Err(error) => {
            tries.take_back(cx).await?;
            Err(error)
        }
    }
}

async fn candidates(settings: &Settings, records: &mut dyn Records, name: &str) -> Result<Vec<User>> {
    // Nobody has such a name, and not every database can be asked for it.
    if name.contains('\0') {
        return Ok(Vec::new());
    }
    let mut found = match settings.user_model.login_field {
        LoginField::Username => records.users(UserLookup::Username(name)).await?,
        LoginField::Email => records.users(UserLookup::EmailFolded(name)).await?,
    };
    if settings.has(FeatureName::Registration) {
        found.extend(login::by_username(settings, records, name).await?);
    }
    Ok(login::distinct(found))
}

/// The account with its password hashed as new ones are, if there is time for it.
async fn refreshed(cx: &Context, turn: Turn<'_>, proven: Proven, password: &Secret) -> Result<User> {
    let Proven { mut user, stale } = proven;
    let renewed = if stale { turn.renew(password).await? } else { None };
    if let Some(new) = renewed {
        let mut tx = cx.store.write().await?;
        if tx.set_password(user.id, &user.password, &new).await? {
            user.password = new;
        }
        tx.commit().await?;
    }
    Ok(user)
}

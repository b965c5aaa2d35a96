//! The provider accounts of whoever is logged in: dj-rest-auth's `SocialAccountListView` and
//! `SocialAccountDisconnectView`, with allauth's rules for the last one.

use rest_auth_formats::TimeZone;
use rest_auth_formats::passwords::is_usable;
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::messages;
use crate::model::{SocialAccount, User};
use crate::settings::EmailVerification;

/// The accounts, by key.
pub async fn list(cx: &Context, user: &User) -> Result<Vec<SocialAccount>> {
    Ok(cx.store.read().await?.user_social_accounts(user.id).await?)
}

/// `SocialAccountSerializer`
pub fn represent(cx: &Context, account: &SocialAccount) -> Value {
    let zone = TimeZone::named(&cx.settings.top.time_zone);
    let time = |at: crate::model::Timestamp| match &zone {
        Some(zone) => at.json_text_in(zone),
        None => at.json_text(),
    };
    json!({
        "id": account.id,
        "provider": account.provider,
        "uid": account.uid,
        "last_login": time(account.last_login),
        "date_joined": time(account.date_joined),
    })
}

/// Disconnects an account, unless its owner could then not come in any more (W-32). Another's is not found.
pub async fn disconnect(cx: &Context, user: &User, id: i64) -> Result<()> {
    let mut tx = cx.store.write().await?;
    // Deleted first: of two that are disconnected at once, the second sees that it is the last.
    if !tx.delete_social_account(user.id, id).await? {
        return Err(Error::NotFound);
    }
    if tx.user_social_accounts(user.id).await?.is_empty() {
        let current = tx.user(user.id).await?.ok_or(Error::NotFound)?;
        if cx.settings.socialaccount.only {
            return Err(Error::non_field(messages::SOCIAL_LAST_ACCOUNT));
        }
        if !is_usable(current.password.as_str()) {
            return Err(Error::non_field(messages::SOCIAL_NO_PASSWORD));
        }
        let rows = tx.user_email_addresses(user.id).await?;
        if cx.settings.account.email_verification == EmailVerification::Mandatory
            && !rows.iter().any(|row| row.verified)
        {
            return Err(Error::non_field(messages::SOCIAL_NO_VERIFIED_EMAIL));
        }
    }
    tx.commit().await?;
    cx.hooks.after_disconnect(cx, user, id).await
}

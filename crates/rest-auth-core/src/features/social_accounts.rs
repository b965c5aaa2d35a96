//! The provider accounts of whoever is logged in: dj-rest-auth's `SocialAccountListView` and
//! `SocialAccountDisconnectView`, with allauth's rules for the last one.

use rest_auth_formats::passwords::is_usable;
use rest_auth_formats::{TimeZone, sealed_text};
use serde_json::{Value, json};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::messages;
use crate::model::{Secret, SocialAccount, SocialToken, User};
use crate::settings::EmailVerification;
use crate::store::Tx;

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
    // Of two that are disconnected at once the second waits here, and sees then that it is the last.
    tx.hold_username(&format!("social accounts of:{}", user.id)).await?;
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

/// Of two who come with one account of a provider the second waits here until the first has committed. Nobody's user
/// name has a colon.
pub(crate) async fn hold(tx: &mut dyn Tx, provider: &str, uid: &str) -> Result<()> {
    Ok(tx.hold_username(&format!("social:{provider}:{uid}")).await?)
}

/// A column of a kept token.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Half {
    Token,
    Secret,
}

/// A token as it is kept (S-92): sealed for its row where the deployment says so, else as upstream keeps it. Nothing stays
/// nothing: an absent refresh token must not replace the one that is there.
pub(crate) fn kept(cx: &Context, account: i64, half: Half, token: &Secret) -> Secret {
    if !cx.settings.socialaccount.encrypt_tokens || token.expose().is_empty() {
        return token.clone();
    }
    Secret::new(sealed_text::seal(&cx.keys, &place(account, half), cx.entropy.bytes(), token.expose()))
}

/// The tokens that a provider gave for an account, opened; for a host that calls the provider itself. Those that were
/// kept in clear text, by Django or before, are as they are.
pub async fn tokens(cx: &Context, account: &SocialAccount) -> Result<Vec<SocialToken>> {
    let open = |half, text: &Secret| {
        if !sealed_text::is_sealed(text.expose()) {
            return Ok(text.clone());
        }
        let opened = sealed_text::open(&cx.keys, &place(account.id, half), text.expose());
        opened.map(Secret::new).ok_or_else(|| {
            Error::internal(
                "a provider's token was encrypted by another secret_key: name it in secret_key_fallbacks",
            )
        })
    };
    let kept = cx.store.read().await?.social_tokens(account.id).await?;
    kept.into_iter()
        .map(|token| {
            let (access, secret) =
                (open(Half::Token, &token.token)?, open(Half::Secret, &token.token_secret)?);
            Ok(SocialToken { token: access, token_secret: secret, ..token })
        })
        .collect()
}

fn place(account: i64, half: Half) -> String {
    let column = match half {
        Half::Token => "token",
        Half::Secret => "token_secret",
    };
    format!("socialaccount_socialtoken.{column} of {account}")
}

//! What a login by a provider writes, in one transaction. What was looked up before is looked at again.

use rest_auth_formats::passwords::unusable;

use super::notice;
use super::plan::{Plan, address_taken};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::social_accounts::{self, Half};
use crate::features::{email_verification, jwt, registration};
use crate::messages;
use crate::model::{EmailAddress, NewUser, SocialToken, User};
use crate::providers::{Identity, Profile, ProfileAddress, Provider};
use crate::settings::EmailVerification;
use crate::store::{Hit, StoreError, Tx, Window};

/// What came of a plan.
pub(super) enum Done {
    /// Somebody may come in.
    As(User),
    /// Somebody may come in later: the address must be verified first. What was written is to stay.
    Waits,
    /// Somebody else was faster: plan again.
    Stale,
}

/// Carries a plan out.
pub(super) async fn carry_out(
    cx: &Context,
    tx: &mut dyn Tx,
    provider: &Provider,
    identity: &Identity,
    plan: Plan,
) -> Result<Done> {
    let uid = &identity.profile.uid;
    social_accounts::hold(tx, provider.stored_id(), uid).await?;
    let owner = tx.social_account(provider.stored_id(), uid).await?.map(|account| account.user_id);
    let expected = match &plan {
        Plan::Known(user) => Some(user.id),
        Plan::ByAddress(_) | Plan::SignUp(_) => None,
        Plan::Connect(_) => owner,
    };
    if owner != expected {
        return Ok(Done::Stale);
    }
    use_once(tx, identity, cx).await?;
    match plan {
        Plan::Known(user) => {
            save(cx, tx, provider, identity, &user).await?;
            wait_if_unverified(cx, tx, user).await
        }
        Plan::ByAddress(mut user) => {
            secure(cx, tx, &mut user, &identity.profile).await?;
            if cx.settings.socialaccount.email_authentication_auto_connect {
                save(cx, tx, provider, identity, &user).await?;
                notice::queue(cx, tx, provider, &user).await?;
            }
            Ok(Done::As(user))
        }
        Plan::Connect(user) => {
            // One that is somebody else's stays theirs (W-31).
            if owner.is_some_and(|owner| owner != user.id) {
                return Err(Error::non_field(messages::SOCIAL_CONNECTED_ELSEWHERE));
            }
            save(cx, tx, provider, identity, &user).await?;
            if owner.is_none() {
                notice::queue(cx, tx, provider, &user).await?;
            }
            Ok(Done::As(user))
        }
        Plan::SignUp(new) => sign_up(cx, tx, provider, identity, new).await,
    }
}

/// A statement with an id of its own lets in once (S-84).
async fn use_once(tx: &mut dyn Tx, identity: &Identity, cx: &Context) -> Result<()> {
    let Some((key, end)) = &identity.once else { return Ok(()) };
    // Its clock may differ from ours by as much as is forgiven when it is read.
    let micros = end.plus_seconds(60).micros_since(cx.now).max(1);
    match tx.add_hit(key, Window { limit: 1, micros }, cx.now).await? {
        Hit::Counted { .. } => Ok(()),
        Hit::Refused { .. } => Err(Error::non_field(messages::SOCIAL_INCORRECT_VALUE)),
    }
}

/// Writes the provider's account, and its token where the deployment keeps tokens.
async fn save(
    cx: &Context,
    tx: &mut dyn Tx,
    provider: &Provider,
    identity: &Identity,
    user: &User,
) -> Result<()> {
    let Profile { uid, extra_data, .. } = &identity.profile;
    let known = tx.social_account(provider.stored_id(), uid).await?;
    let id = if let Some(account) = known {
        tx.set_social_account(account.id, extra_data, cx.now).await?;
        account.id
    } else {
        let added = tx.add_social_account(user.id, (provider.stored_id(), uid), extra_data, cx.now).await;
        match added {
            Err(StoreError::Conflict { .. }) => {
                return Err(Error::non_field(messages::SOCIAL_CONNECTED_ELSEWHERE));
            }
            added => added?.id,
        }
    };
    if cx.settings.socialaccount.store_tokens && !identity.token.token.expose().is_empty() {
        let token = SocialToken {
            application: provider.application.id,
            token: social_accounts::kept(cx, id, Half::Token, &identity.token.token),
            token_secret: social_accounts::kept(cx, id, Half::Secret, &identity.token.token_secret),
            expires_at: identity.token.expires_at,
        };
        tx.set_social_token(id, &token).await?;
    }
    Ok(())
}

/// If nobody has verified the address here by which an account was found, whoever registered it may have been somebody
/// else: their password, sessions and tokens end (S-88).
pub(crate) async fn secure(cx: &Context, tx: &mut dyn Tx, user: &mut User, profile: &Profile) -> Result<()> {
    let rows = tx.user_email_addresses(user.id).await?;
    for address in profile.addresses.iter().filter(|address| address.proven) {
        let row = rows.iter().find(|row| row.email.to_lowercase() == address.email);
        let is_theirs = row.is_some() || user.email.to_lowercase() == address.email;
        if !is_theirs {
            continue;
        }
        return match row {
            Some(row) if row.verified => Ok(()),
            row => take_over(cx, tx, user, address, row).await,
        };
    }
    Ok(())
}

/// Ends whatever one could get in with so far, and marks the address verified.
async fn take_over(
    cx: &Context,
    tx: &mut dyn Tx,
    user: &mut User,
    address: &ProfileAddress,
    row: Option<&EmailAddress>,
) -> Result<()> {
    let password = unusable(|bytes| cx.entropy.fill(bytes));
    if !tx.set_password(user.id, &user.password, &password).await? {
        return Err(Error::Unavailable { retry_after: 1, what: "the account" });
    }
    // Sessions end with the column that stamps them.
    user.password = password;
    tx.delete_token(user.id).await?;
    jwt::end_tokens_of(cx, tx, user.id).await?;
    match row {
        Some(row) => {
            tx.set_email_verified(row.id).await?;
        }
        None => {
            tx.add_email_address(user.id, &address.email, true, true).await?;
        }
    }
    Ok(())
}

/// With mandatory verification the account's address must be verified, however somebody comes in (W-29).
async fn wait_if_unverified(cx: &Context, tx: &mut dyn Tx, user: User) -> Result<Done> {
    if verification(cx) != EmailVerification::Mandatory {
        return Ok(Done::As(user));
    }
    let rows = tx.user_email_addresses(user.id).await?;
    let own = user.email.to_lowercase();
    if rows.iter().any(|row| row.verified && row.email.to_lowercase() == own) {
        return Ok(Done::As(user));
    }
    if let Some(row) = rows.iter().find(|row| row.email.to_lowercase() == own) {
        email_verification::queue_signup_mail(cx, tx, &user, row).await?;
    }
    Ok(Done::Waits)
}

/// How accounts from providers verify their addresses.
fn verification(cx: &Context) -> EmailVerification {
    let own = cx.settings.socialaccount.email_verification.get().copied();
    own.unwrap_or(cx.settings.account.email_verification)
}

/// A new account: no password, the provider's addresses.
async fn sign_up(
    cx: &Context,
    tx: &mut dyn Tx,
    provider: &Provider,
    identity: &Identity,
    new: NewUser,
) -> Result<Done> {
    if address_taken(cx, tx, &identity.profile).await? {
        return Err(Error::non_field(messages::SOCIAL_ALREADY_REGISTERED));
    }
    if let Some(name) = &new.username {
        registration::claim_username(tx, name, None).await?;
    }
    let user = match tx.add_user(new).await {
        Err(StoreError::Conflict { .. }) => {
            return Err(Error::non_field(messages::SOCIAL_ALREADY_REGISTERED));
        }
        added => added?,
    };
    let own = add_addresses(cx, tx, &user, &identity.profile.addresses).await?;
    save(cx, tx, provider, identity, &user).await?;
    match (verification(cx), own) {
        (EmailVerification::None, _) => Ok(Done::As(user)),
        (EmailVerification::Mandatory, None) => Ok(Done::Waits),
        (mode, Some(address)) if !address.verified => {
            email_verification::queue_signup_mail(cx, tx, &user, &address).await?;
            Ok(if mode == EmailVerification::Mandatory { Done::Waits } else { Done::As(user) })
        }
        _ => Ok(Done::As(user)),
    }
}

/// allauth's `setup_user_email`: rows for the addresses that nobody else has verified, the user's own as the primary one.
/// Returns that row.
pub(crate) async fn add_addresses(
    cx: &Context,
    tx: &mut dyn Tx,
    user: &User,
    addresses: &[ProfileAddress],
) -> Result<Option<EmailAddress>> {
    let mut own = None;
    for address in addresses {
        let is_own = address.email == user.email.to_lowercase();
        let rows = tx.email_addresses(&address.email).await?;
        let others = if cx.settings.account.unique_email && !is_own {
            !rows.is_empty()
        } else {
            address.verified && rows.iter().any(|row| row.verified)
        };
        if others {
            continue;
        }
        let row = tx.add_email_address(user.id, &address.email, address.verified, is_own).await?;
        if is_own {
            own = Some(row);
        }
    }
    Ok(own)
}

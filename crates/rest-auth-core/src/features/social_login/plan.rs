//! Whose login it is: looked up before anything is written, so that hooks run and names are found without a lock.

use rest_auth_formats::passwords::unusable;

use super::Purpose;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::registration;
use crate::messages;
use crate::model::{EmailAddress, NewUser, User, Username};
use crate::providers::{Profile, Provider};
use crate::store::{Records, UserLookup};

/// What is going to happen.
pub(super) enum Plan {
    /// The provider's account belongs to somebody.
    Known(User),
    /// An address that the provider has verified belongs to somebody.
    ByAddress(User),
    /// The provider's account becomes somebody's who is logged in.
    Connect(User),
    /// Nobody is known.
    SignUp(NewUser),
}

/// Finds out; refuses what must not be.
pub(super) async fn plan(
    cx: &Context,
    provider: &Provider,
    profile: &Profile,
    purpose: Purpose<'_>,
) -> Result<Plan> {
    if let Purpose::Connect(user) = purpose {
        return Ok(Plan::Connect(user.clone()));
    }
    let mut records = cx.store.read().await?;
    if let Some(user) = owner(records.as_mut(), provider, profile).await? {
        return active(user).map(Plan::Known);
    }
    if let Some(user) = by_verified_address(cx, records.as_mut(), provider, profile).await? {
        return active(user).map(Plan::ByAddress);
    }
    if !cx.settings.socialaccount.auto_signup {
        return Err(Error::PermissionDenied(messages::SOCIAL_SIGNUP_CLOSED));
    }
    if address_taken(cx, records.as_mut(), profile).await? {
        // Perhaps by the same person, a moment ago, after the account was looked for.
        return match owner(records.as_mut(), provider, profile).await? {
            Some(user) => active(user).map(Plan::Known),
            None => Err(Error::non_field(messages::SOCIAL_ALREADY_REGISTERED)),
        };
    }
    drop(records);
    let username = username(cx, profile).await?;
    let password = unusable(|bytes| cx.entropy.fill(bytes));
    let mut new = NewUser::new(username, profile.email.clone(), password, cx.now);
    (new.first_name, new.last_name) = (profile.first_name.clone(), profile.last_name.clone());
    Ok(Plan::SignUp(new))
}

/// Whose account here the provider's is.
async fn owner(records: &mut dyn Records, provider: &Provider, profile: &Profile) -> Result<Option<User>> {
    let Some(account) = records.social_account(provider.stored_id(), &profile.uid).await? else {
        return Ok(None);
    };
    Ok(Some(records.user(account.user_id).await?.ok_or(Error::NotFound)?))
}

/// Whether a login would be refused as things are: told before a front end asks for it. Nothing is written.
pub(crate) async fn foresee(cx: &Context, provider: &Provider, profile: &Profile) -> Result<()> {
    plan(cx, provider, profile, Purpose::Login).await.map(drop)
}

/// An account that is off gets nothing (W-28).
fn active(user: User) -> Result<User> {
    if user.is_active { Ok(user) } else { Err(Error::non_field(messages::LOGIN_DISABLED)) }
}

/// `SOCIALACCOUNT_EMAIL_AUTHENTICATION`: the account that has an address which the provider has verified.
async fn by_verified_address(
    cx: &Context,
    records: &mut dyn Records,
    provider: &Provider,
    profile: &Profile,
) -> Result<Option<User>> {
    let settings = &cx.settings.socialaccount;
    let own = settings.providers.get(&provider.id).and_then(|provider| provider.email_authentication);
    if !own.unwrap_or(settings.email_authentication) {
        return Ok(None);
    }
    owner_of_proven_address(records, profile).await
}

/// The account that has an address of which the provider itself says that it is verified.
pub(crate) async fn owner_of_proven_address(
    records: &mut dyn Records,
    profile: &Profile,
) -> Result<Option<User>> {
    for address in profile.addresses.iter().filter(|address| address.verified && address.proven) {
        let rows = records.email_addresses(&address.email).await?;
        let row = rows.iter().find(|row| row.verified).or(rows.first());
        let found = match row {
            Some(row) => records.user(row.user_id).await?,
            None => records.users(UserLookup::EmailFolded(&address.email)).await?.into_iter().next(),
        };
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Whether an address of the profile is somebody's already. One that the provider has verified is not lost to whoever
/// merely claims it (pre-hijacking).
pub(crate) async fn address_taken(
    cx: &Context,
    records: &mut dyn Records,
    profile: &Profile,
) -> Result<bool> {
    if !cx.settings.account.unique_email || profile.email.is_empty() {
        return Ok(false);
    }
    let proven = profile.addresses.iter().any(|address| address.email == profile.email && address.proven);
    let rows = records.email_addresses(&profile.email).await?;
    if proven {
        return Ok(
            rows.iter().any(|row| row.verified) || has_unlisted_owner(records, &profile.email, &rows).await?
        );
    }
    Ok(!rows.is_empty() || !records.users(UserLookup::EmailFolded(&profile.email)).await?.is_empty())
}

/// Whether an account has the address and no row that says whether it is verified: made by an administrator, or before
/// allauth.
async fn has_unlisted_owner(records: &mut dyn Records, email: &str, rows: &[EmailAddress]) -> Result<bool> {
    let users = records.users(UserLookup::EmailFolded(email)).await?;
    Ok(users.iter().any(|user| rows.iter().all(|row| row.user_id != user.id)))
}

/// The provider's user name if it is valid and free, else one made of what the profile says.
pub(crate) async fn username(cx: &Context, profile: &Profile) -> Result<Option<String>> {
    if cx.settings.user_model.username_field.get().is_none() {
        return Ok(None);
    }
    let rules = registration::username_rules(&cx.settings);
    if let Ok(name) = Username::parse(&profile.username, &rules) {
        let name = name.into_string();
        let name = if rules.preserve_casing { name } else { name.to_lowercase() };
        if registration::username_fault(cx, &name, None).await?.is_none() {
            return Ok(Some(name));
        }
    }
    let sources = [&profile.first_name, &profile.last_name, &profile.email, &profile.username];
    let sources: Vec<&str> =
        sources.into_iter().map(String::as_str).filter(|source| !source.is_empty()).collect();
    registration::generated_username(cx, &sources).await.map(Some)
}

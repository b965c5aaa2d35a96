//! Whose account a subject is that is connected to none yet: found by what older software has left, by a verified address,
//! or made. However many requests somebody comes with at once, they get one account.

use rest_auth_formats::jwt::Claims;
use rest_auth_formats::passwords::{is_usable, unusable};
use serde_json::Map;

use super::person::{Person, person};
use super::{Issuer, Refusal};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::{registration, rownd, social_accounts, social_login};
use crate::model::{NewUser, User};
use crate::settings::FeatureName;
use crate::store::{StoreError, Tx};

/// It begins anew so often at most because somebody else has written meanwhile what it was going to.
const TRIES: usize = 8;

/// What is going to happen.
enum Plan {
    /// An address that the issuer has verified belongs to somebody.
    ByAddress(User),
    /// Nobody is known.
    SignUp(NewUser),
}

enum Done {
    /// The account that is connected now, and whether it is new.
    As(User, bool),
    /// Somebody else was faster.
    Stale,
    /// It must not be.
    Refused(Refusal),
}

/// Finds the account of a subject, or makes it, and connects it.
pub(super) async fn find_or_create(
    cx: &Context,
    issuer: &Issuer,
    claims: &Claims,
    subject: &str,
) -> Result<Result<User, Refusal>> {
    if let Some(user) = left_behind(cx, issuer, claims, subject).await? {
        return match active(user) {
            Ok(user) => adopt(cx, issuer, user, subject).await.map(Ok),
            Err(refusal) => Ok(Err(refusal)),
        };
    }
    let person = match person(cx, issuer, claims, subject).await? {
        Ok(person) => person,
        Err(refusal) => return Ok(Err(refusal)),
    };
    for _ in 0..TRIES {
        let mut plan = match plan(cx, issuer, &person).await? {
            Ok(plan) => plan,
            Err(refusal) => {
                // The address may be taken by the very account that another request of theirs has just made.
                let known = cx.store.read().await?.social_user(issuer.name(), subject).await?;
                return Ok(known.ok_or(refusal));
            }
        };
        if let Plan::SignUp(new) = &mut plan {
            cx.hooks.before_register(cx, new).await?;
        }
        let mut tx = cx.store.write().await?;
        match carry_out(cx, tx.as_mut(), issuer, &person, plan).await? {
            Done::As(user, is_new) => {
                tx.commit().await?;
                if is_new {
                    cx.hooks.after_register(cx, &user).await?;
                }
                return Ok(Ok(user));
            }
            // What was seen in here may not be committed yet, and a new plan reads what is. A commit waits for it.
            Done::Stale => tx.commit().await?,
            Done::Refused(refusal) => return Ok(Err(refusal)),
        }
    }
    Err(Error::Unavailable { retry_after: 1, what: "the account" })
}

/// Finds out, before anything is written.
async fn plan(cx: &Context, issuer: &Issuer, person: &Person) -> Result<Result<Plan, Refusal>> {
    let mut records = cx.store.read().await?;
    if issuer.row().match_email {
        let profile = &person.profile;
        if let Some(user) = social_login::owner_of_proven_address(records.as_mut(), profile).await? {
            return Ok(active(user).map(Plan::ByAddress));
        }
    }
    if !issuer.row().create_users {
        return Ok(Err(Refusal::NoAccount));
    }
    if social_login::address_taken(cx, records.as_mut(), &person.profile).await? {
        return Ok(Err(Refusal::EmailTaken));
    }
    drop(records);
    let username = social_login::username(cx, &person.profile).await?;
    let password = unusable(|bytes| cx.entropy.fill(bytes));
    let mut new = NewUser::new(username, person.email_column.clone(), password, cx.now);
    new.first_name.clone_from(&person.profile.first_name);
    new.last_name.clone_from(&person.profile.last_name);
    new.extra.clone_from(&person.extra);
    Ok(Ok(Plan::SignUp(new)))
}

fn active(user: User) -> Result<User, Refusal> {
    if user.is_active { Ok(user) } else { Err(Refusal::Inactive) }
}

/// The account that rownd-django has made for somebody: it kept Rownd's id as the user name. Whoever signed up under such
/// a name has a password, or came by another provider, and is somebody else (S-86). Nobody is asked for that.
async fn left_behind(cx: &Context, issuer: &Issuer, claims: &Claims, subject: &str) -> Result<Option<User>> {
    let Some(rownd) = issuer.as_rownd() else { return Ok(None) };
    let mut records = cx.store.read().await?;
    for id in [Some(subject), rownd::app_user_id(claims)].into_iter().flatten() {
        for user in records.users(rownd.left_behind(id)).await? {
            let password = user.password.as_str();
            let has_password = !password.is_empty() && is_usable(password);
            if !has_password && records.user_social_accounts(user.id).await?.is_empty() {
                return Ok(Some(user));
            }
        }
    }
    Ok(None)
}

/// An account becomes the subject's that was made for it before there were connections.
async fn adopt(cx: &Context, issuer: &Issuer, user: User, subject: &str) -> Result<User> {
    let mut tx = cx.store.write().await?;
    social_accounts::hold(tx.as_mut(), issuer.name(), subject).await?;
    if let Some(user) = tx.social_user(issuer.name(), subject).await? {
        return Ok(user);
    }
    tx.add_social_account(user.id, (issuer.name(), subject), &Map::new(), cx.now).await?;
    tx.commit().await?;
    Ok(user)
}

async fn carry_out(
    cx: &Context,
    tx: &mut dyn Tx,
    issuer: &Issuer,
    person: &Person,
    plan: Plan,
) -> Result<Done> {
    let profile = &person.profile;
    social_accounts::hold(tx, issuer.name(), &profile.uid).await?;
    if let Some(user) = tx.social_user(issuer.name(), &profile.uid).await? {
        return Ok(Done::As(user, false));
    }
    let (user, is_new) = match plan {
        Plan::ByAddress(mut user) => {
            // Without sign-up nobody can have claimed the address of somebody else.
            if cx.settings.has(FeatureName::Registration) {
                social_login::secure(cx, tx, &mut user, profile).await?;
            }
            (user, false)
        }
        Plan::SignUp(new) => match sign_up(cx, tx, person, new).await? {
            Ok(user) => (user, true),
            Err(done) => return Ok(done),
        },
    };
    let key = (issuer.name(), profile.uid.as_str());
    tx.add_social_account(user.id, key, &profile.extra_data, cx.now).await?;
    Ok(Done::As(user, is_new))
}

async fn sign_up(cx: &Context, tx: &mut dyn Tx, person: &Person, new: NewUser) -> Result<Result<User, Done>> {
    let profile = &person.profile;
    if !profile.email.is_empty() {
        // Of two subjects with one address the second one waits here.
        tx.hold_username(&format!("address:{}", profile.email)).await?;
    }
    if social_login::address_taken(cx, tx, profile).await? {
        return Ok(Err(Done::Stale));
    }
    if let Some(name) = &new.username {
        match registration::claim_username(tx, name, None).await {
            Err(Error::Invalid(_)) => return Ok(Err(Done::Stale)),
            claimed => claimed?,
        }
    }
    let user = match tx.add_user(new).await {
        Err(StoreError::Conflict { .. } | StoreError::TooLong { .. }) => {
            return Ok(Err(Done::Refused(Refusal::NoAccount)));
        }
        added => added?,
    };
    if cx.settings.has(FeatureName::Registration) {
        social_login::add_addresses(cx, tx, &user, &profile.addresses).await?;
    }
    Ok(Ok(user))
}

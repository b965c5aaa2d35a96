//! Verifying addresses: the mail with the key, and what the key does. dj-rest-auth's `VerifyEmailView` and
//! `ResendEmailVerificationView` on allauth's `EmailConfirmationHMAC` and `EmailConfirmation`.

use rest_auth_formats::email_confirmation;
use rest_auth_formats::signing::MaxAge;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::form::{Field, Form, Values};
use crate::mail::{ConfirmationMail, confirmation_link};
use crate::model::{EmailAddress, User};
use crate::store::{Records, StoreError, Tx};
use crate::throttles;

/// The key that a mail carried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifyEmail {
    /// As sent.
    pub key: String,
}

impl VerifyEmail {
    /// `VerifyEmailSerializer`
    pub fn form() -> Form {
        Form::new("VerifyEmail").field(Field::char("key"))
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        Self { key: values.text("key").unwrap_or_default().to_owned() }
    }
}

/// The address that wants its mail again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResendEmail {
    /// As sent, trimmed.
    pub email: String,
}

impl ResendEmail {
    /// `ResendEmailVerificationSerializer`. The address is always required: upstream without one mails the
    /// first account of the table (W-22).
    pub fn form() -> Form {
        Form::new("ResendEmailVerification").field(Field::email("email"))
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        Self { email: values.text("email").unwrap_or_default().to_owned() }
    }
}

/// Marks the key's address verified. A key that is unknown, malformed, too old or used is not found, and so is
/// one whose address somebody else has verified meanwhile (W-21).
pub async fn verify(cx: &Context, input: VerifyEmail) -> Result<()> {
    // Looked up before anything is locked, so that made-up keys cost no transaction.
    let found = address_of_key(cx, cx.store.read().await?.as_mut(), &input.key).await?;
    let id = found.ok_or(Error::NotFound)?.id;
    let mut tx = cx.store.write().await?;
    let address = tx.email_address(id).await?.filter(|row| !row.verified).ok_or(Error::NotFound)?;
    confirm_address(tx.as_mut(), &address).await?;
    tx.commit().await?;
    Ok(())
}

/// Sends the mail again if the address waits for it, and did not get one a moment ago (W-22). The answer never tells.
pub async fn resend(cx: &Context, input: ResendEmail) -> Result<()> {
    let mut tx = cx.store.write().await?;
    let rows = tx.email_addresses(&input.email.to_lowercase()).await?;
    let Some(address) = rows.into_iter().next().filter(|row| !row.verified) else { return Ok(()) };
    let Some(user) = tx.user(address.user_id).await? else { return Ok(()) };
    queue_mail(cx, tx.as_mut(), &user, &address, false).await?;
    tx.commit().await?;
    cx.outbox_bell.notify_one();
    throttles::sweep(cx).await;
    Ok(())
}

/// Queues the mail that greets a new account and verifies its address.
pub(crate) async fn queue_signup_mail(
    cx: &Context,
    tx: &mut dyn Tx,
    user: &User,
    address: &EmailAddress,
) -> Result<()> {
    queue_mail(cx, tx, user, address, true).await
}

async fn queue_mail(
    cx: &Context,
    tx: &mut dyn Tx,
    user: &User,
    address: &EmailAddress,
    signup: bool,
) -> Result<()> {
    if !throttles::may_mail(cx, tx, &address.email).await? {
        return Ok(());
    }
    let key = new_key(cx, tx, address).await?;
    let site = tx.site(cx.settings.email.site_id).await?;
    let link = confirmation_link(&cx.settings, &key);
    let mail = ConfirmationMail { user, email: &address.email, key: &key, activate_url: &link, signup };
    let mail = cx.templates.confirmation(&cx.settings, site.as_ref(), &mail).map_err(Error::internal)?;
    tx.add_mail(&mail, cx.now).await?;
    Ok(())
}

async fn new_key(cx: &Context, tx: &mut dyn Tx, address: &EmailAddress) -> Result<String> {
    let account = &cx.settings.account;
    if account.email_confirmation_hmac {
        return Ok(email_confirmation::make(address.id, &cx.keys, &account.salt, cx.now));
    }
    let key = email_confirmation::draw_database_key(&mut |bytes| cx.entropy.fill(bytes));
    tx.add_email_confirmation(address.id, &key, cx.now).await?;
    Ok(key)
}

/// The unverified address that a key belongs to, whichever kind of key it is.
pub(super) async fn address_of_key(
    cx: &Context,
    records: &mut dyn Records,
    key: &str,
) -> Result<Option<EmailAddress>> {
    let account = &cx.settings.account;
    let days = i64::from(account.email_confirmation_expire_days);
    let max_age = MaxAge { seconds: days * 86_400, now: cx.now };
    let address = if account.email_confirmation_hmac {
        match email_confirmation::read(key, &cx.keys, &account.salt, max_age) {
            Some(id) => records.email_address(id).await?,
            None => None,
        }
    } else {
        let found = records.email_confirmation(&email_confirmation::database_key(key)).await?;
        found
            .filter(|(_, sent)| !email_confirmation::is_expired(*sent, days, cx.now))
            .map(|(address, _)| address)
    };
    Ok(address.filter(|address| !address.verified))
}

/// The address is its account's from now on; the account's first one becomes the primary one, on the user row too.
pub(super) async fn confirm_address(tx: &mut dyn Tx, address: &EmailAddress) -> Result<()> {
    match tx.set_email_verified(address.id).await {
        // Somebody else has verified the same address, or another request with this key was first.
        Err(StoreError::Conflict { .. }) | Ok(false) => return Err(Error::NotFound),
        Ok(true) => {}
        Err(other) => return Err(other.into()),
    }
    let others = tx.user_email_addresses(address.user_id).await?;
    if !others.iter().any(|other| other.primary) {
        tx.set_email_primary(address.user_id, address.id).await?;
        tx.set_email(address.user_id, &address.email).await?;
    }
    Ok(())
}

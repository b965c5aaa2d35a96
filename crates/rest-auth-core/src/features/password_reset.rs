//! Resetting a forgotten password by mail: dj-rest-auth's `PasswordResetView` and `PasswordResetConfirmView`, on
//! allauth's forms where registration is on, else on Django's `PasswordResetForm`.
//!
//! Two things differ between the two: whom a request means, and the text of the link's two halves. A link of either
//! kind is accepted whatever is on, since it may have been mailed before a deployment changed.

use rest_auth_formats::passwords::is_usable;
use rest_auth_formats::reset_token::{self, ResetClock, ResetSubject};
use rest_auth_formats::{TimeZone, user_id_text};

use super::password_change::{self, PASSWORD_LENGTH};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::form::{Field, Form, Values};
use crate::mail::{Mail, ResetMail, reset_link};
use crate::messages;
use crate::model::{EmailAddress, Secret, User, UserId, UserIdKind, Username};
use crate::settings::FeatureName;
use crate::store::{Records, Site, UserLookup};
use crate::throttles::rate_limits::{self, Action};

/// One request mails so many accounts at most.
const MOST_ACCOUNTS: usize = 10;
/// The widest address that Django's own form takes, in code points.
const EMAIL_LENGTH: usize = 254;

/// The address whose account forgot its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordReset {
    /// As sent, trimmed.
    pub email: String,
}

impl PasswordReset {
    /// `PasswordResetSerializer`
    pub fn form() -> Form {
        Form::new("PasswordReset").field(Field::email("email"))
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        Self { email: values.text("email").unwrap_or_default().to_owned() }
    }
}

/// The two halves of a mailed link, and the new password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordResetConfirm {
    /// As typed.
    pub new_password1: Secret,
    /// As typed; must be the same.
    pub new_password2: Secret,
    /// Which account.
    pub uid: String,
    /// What proves that the mail arrived.
    pub token: Secret,
}

impl PasswordResetConfirm {
    /// `PasswordResetConfirmSerializer`
    pub fn form() -> Form {
        Self::page_form().field(Field::char("uid")).field(Field::char("token"))
    }

    /// What a page asks for whose address has `uid` and `token` already.
    pub fn page_form() -> Form {
        Form::new("PasswordResetConfirm")
            .field(Field::password("new_password1").max(PASSWORD_LENGTH))
            .field(Field::password("new_password2").max(PASSWORD_LENGTH))
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        let secret = |name| Secret::from(values.text(name).unwrap_or_default());
        Self {
            new_password1: secret("new_password1"),
            new_password2: secret("new_password2"),
            uid: values.text("uid").unwrap_or_default().to_owned(),
            token: secret("token"),
        }
    }
}

/// Queues a mail for each account that the address means. Neither the answer nor its time tells how many those were: a
/// mail to nobody is made and queued where there is no other (W-14).
pub async fn request(cx: &Context, input: PasswordReset) -> Result<()> {
    let length = input.email.chars().count();
    if !cx.settings.has(FeatureName::Registration) && length > EMAIL_LENGTH {
        return Err(Error::field("email", messages::value_too_long(EMAIL_LENGTH, length)));
    }
    rate_limits::limit(cx, Action::ResetPassword, &[rate_limits::target(cx, &input.email)]).await?;
    let mails = mails(cx, &input.email).await?;
    let mut tx = cx.store.write().await?;
    for mail in &mails {
        tx.add_mail(mail, cx.now).await?;
    }
    tx.commit().await?;
    cx.outbox_bell.notify_one();
    Ok(())
}

async fn mails(cx: &Context, email: &str) -> Result<Vec<Mail>> {
    let mut records = cx.store.read().await?;
    let mut recipients = recipients(cx, records.as_mut(), email).await?;
    let site = records.site(cx.settings.email.site_id).await?;
    if recipients.is_empty() {
        let user = User::nobody(cx.settings.user_model.id_kind);
        recipients.push(Recipient { user, addresses: Vec::new(), email: String::new() });
    }
    recipients.iter().map(|recipient| mail_to(cx, site.as_ref(), recipient)).collect()
}

/// An account that gets a mail, the rows of its addresses, and which of them the mail goes to: never to the address as
/// it was typed (S-59).
struct Recipient {
    user: User,
    addresses: Vec<EmailAddress>,
    email: String,
}

/// Who gets a mail. Addresses are compared in Unicode's folded form, so that a look-alike of somebody's gets nothing.
async fn recipients(cx: &Context, records: &mut dyn Records, email: &str) -> Result<Vec<Recipient>> {
    let allauth = cx.settings.has(FeatureName::Registration);
    let same = |stored: &str| Username::fold(stored) == Username::fold(email);
    let mut users = users(cx, records, email).await?;
    if users.is_empty() {
        users.push(User::nobody(cx.settings.user_model.id_kind));
    }
    let mut recipients = Vec::new();
    for user in users {
        let addresses = if allauth { records.user_email_addresses(user.id).await? } else { Vec::new() };
        let row = addresses.iter().find(|row| same(&row.email));
        let email = row.map_or(&user.email, |row| &row.email).clone();
        // Whoever has shown to own one address is not reached at others: they may be somebody else's (W-41).
        let proven_elsewhere =
            addresses.iter().any(|row| row.verified) && row.is_none_or(|row| !row.verified);
        let may_reset = if allauth { !proven_elsewhere } else { is_usable(user.password.as_str()) };
        if user.is_active && may_reset {
            recipients.push(Recipient { user, addresses, email });
        }
    }
    Ok(recipients)
}

/// The accounts that an address may mean, by key. Where somebody has shown that it is theirs, nobody else's claim to it
/// counts.
async fn users(cx: &Context, records: &mut dyn Records, email: &str) -> Result<Vec<User>> {
    let same = |stored: &str| Username::fold(stored) == Username::fold(email);
    let mut by_column = records.users(UserLookup::EmailFolded(email)).await?;
    by_column.retain(|user| same(&user.email));
    if !cx.settings.has(FeatureName::Registration) {
        return Ok(by_column);
    }
    let mut rows = records.email_addresses(email).await?;
    rows.retain(|row| same(&row.email));
    let proven = rows.iter().any(|row| row.verified);
    let mut found: Vec<User> = Vec::new();
    for row in rows.iter().filter(|row| row.verified == proven).take(MOST_ACCOUNTS) {
        match by_column.iter().position(|user| user.id == row.user_id) {
            Some(place) => found.push(by_column.remove(place)),
            None if found.iter().any(|user| user.id == row.user_id) => {}
            None => found.extend(records.user(row.user_id).await?),
        }
    }
    if !proven {
        found.extend(by_column);
    }
    found.sort_by_key(|user| user.id);
    found.truncate(MOST_ACCOUNTS);
    Ok(found)
}

fn mail_to(cx: &Context, site: Option<&Site>, recipient: &Recipient) -> Result<Mail> {
    let Recipient { user, addresses, email } = recipient;
    let allauth = cx.settings.has(FeatureName::Registration);
    let (id, addresses) = (user.id.to_string(), texts(addresses));
    let subject = subject(user, &id, allauth.then_some(&*addresses));
    let token = reset_token::make(&subject, &cx.keys, &time_zone(cx)?, cx.now);
    let uid = if allauth { user.id.to_uid() } else { user_id_text::django_uid_from_text(&id) };
    let link = reset_link(&cx.settings, site, &uid, &token);
    let mail = ResetMail { user, email, uid: &uid, token: &token, password_reset_url: &link };
    cx.templates.password_reset(&cx.settings, site, &mail).map_err(Error::internal)
}

/// Sets the new password. Nobody is logged in by it, and no second factor is skipped (S-62).
pub async fn confirm(cx: &Context, input: PasswordResetConfirm) -> Result<()> {
    rate_limits::limit(cx, Action::ResetPasswordFromKey, &[]).await?;
    let user = proven(cx, &input.uid, &input.token).await?;
    password_change::check_new(cx, &user, &input.new_password1, &input.new_password2)?;
    let new = cx.passwords.encode(&input.new_password1).await?;
    cx.hooks.before_password_reset(cx, &user, &input.new_password1).await?;

    let mut tx = cx.store.write().await?;
    // Of many requests with one token one finds the column as it was.
    let Some(user) = password_change::write(cx, tx.as_mut(), &user, new).await? else {
        return Err(Error::field("token", messages::INVALID_VALUE));
    };
    rate_limits::forgive(cx, tx.as_mut(), user.id).await?;
    tx.commit().await?;

    cx.hooks.after_password_reset(cx, &user).await?;
    Ok(())
}

/// Whether a mailed link would still set a password. Changes nothing.
pub async fn is_good(cx: &Context, uid: &str, token: &Secret) -> Result<bool> {
    match proven(cx, uid, token).await {
        Ok(_) => Ok(true),
        Err(Error::Invalid(_)) => Ok(false),
        Err(other) => Err(other),
    }
}

/// The account among those that the `uid` may mean whose state the token was made from. One that does not exist or is
/// switched off is not told from a wrong token (W-15), and nothing is written while a token is checked.
async fn proven(cx: &Context, uid: &str, token: &Secret) -> Result<User> {
    let ids = ids_of(uid, cx.settings.user_model.id_kind);
    let zone = time_zone(cx)?;
    let timeout = cx.settings.password.reset_timeout.signed();
    let clock = ResetClock { zone: &zone, now: cx.now, timeout };
    let allauth = cx.settings.has(FeatureName::Registration);
    let mut records = cx.store.read().await?;
    for id in &ids {
        let found = records.user(*id).await?;
        let user = found.unwrap_or_else(|| User::nobody(cx.settings.user_model.id_kind));
        // Without registration there may be no table of addresses.
        let rows = if allauth { records.user_email_addresses(user.id).await? } else { Vec::new() };
        let (id, addresses) = (user.id.to_string(), texts(&rows));
        let fits = [Some(&*addresses), None].into_iter().any(|addresses| {
            reset_token::check(token.expose(), &subject(&user, &id, addresses), &cx.keys, &clock)
        });
        if fits && user.is_active {
            return Ok(user);
        }
    }
    Err(Error::field(if ids.is_empty() { "uid" } else { "token" }, messages::INVALID_VALUE))
}

fn subject<'a>(user: &'a User, id: &'a str, addresses: Option<&'a [&'a str]>) -> ResetSubject<'a> {
    ResetSubject {
        user_id: id,
        password: user.password.as_str(),
        last_login: user.last_login,
        email: &user.email,
        addresses,
    }
}

fn texts(addresses: &[EmailAddress]) -> Vec<&str> {
    addresses.iter().map(|row| row.email.as_str()).collect()
}

fn time_zone(cx: &Context) -> Result<TimeZone> {
    TimeZone::named(&cx.settings.top.time_zone).ok_or_else(|| Error::internal("the time zone is unknown"))
}

/// The accounts that a `uid` may mean: allauth's reading of it and Django's. Empty for what is neither.
fn ids_of(uid: &str, kind: UserIdKind) -> Vec<UserId> {
    let django = user_id_text::text_from_django_uid(uid).and_then(|text| UserId::parse(&text, kind));
    let allauth = match kind {
        UserIdKind::Int | UserIdKind::BigInt => user_id_text::integer_from_uid(uid).map(UserId::Int),
        UserIdKind::Uuid => {
            user_id_text::uuid_from_text(uid).map(|id| UserId::Uuid(uuid::Uuid::from_u128(id)))
        }
    };
    let mut ids: Vec<UserId> = allauth.into_iter().chain(django).collect();
    ids.dedup();
    ids
}

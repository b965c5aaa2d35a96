//! Login by user name or address and password: dj-rest-auth's `LoginView` with `LoginSerializer`, on Django's
//! `ModelBackend` and, with registration, allauth's `AuthenticationBackend`.

use crate::context::Context;
use crate::credentials::{self, Credentials, Wanted};
use crate::error::{Error, Result};
use crate::features::sessions::Session;
use crate::features::{jwt, legacy_jwt};
use crate::form::{Field, Form, Values};
use crate::messages::{self, Message};
use crate::model::{Secret, User};
use crate::passwords::Turn;
use crate::settings::{EmailVerification, FeatureName, LoginMethod, Settings};
use crate::store::{Records, UserLookup};
use crate::throttles::rate_limits;

/// What a client sends to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    /// The user name, if one was given.
    pub username: Option<String>,
    /// The address, if one was given.
    pub email: Option<String>,
    /// As typed: not trimmed (W-02).
    pub password: Secret,
}

/// Somebody has logged in.
#[derive(Clone, Debug)]
pub struct LoggedIn {
    /// Who.
    pub user: User,
    /// With what.
    pub credentials: Credentials,
}

/// At most so many accounts are tried for one address: each one costs a hash.
const CANDIDATES: usize = 4;
/// A login begins so often at most because somebody else has written the password meanwhile.
const TRIES: usize = 3;

impl Login {
    /// `LoginSerializer`
    pub fn form() -> Form {
        Form::new("Login")
            .field(Field::char("username").optional().allow_blank())
            .field(Field::email("email").optional().allow_blank())
            .field(Field::password("password"))
    }

    /// What it names an account with.
    fn name(&self) -> &str {
        self.email.as_deref().or(self.username.as_deref()).unwrap_or_default()
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        let given = |name| values.text(name).filter(|text| !text.is_empty()).map(str::to_owned);
        Self {
            username: given("username"),
            email: given("email"),
            password: Secret::from(values.text("password").unwrap_or_default()),
        }
    }
}

/// Checks the password and issues what the deployment answers a login with. What a change of password was meant to end
/// is not issued beside it: a login whose password is written meanwhile, by a change or by another login's new hash,
/// begins again. However often it does, it counts as one try.
pub async fn log_in(cx: &Context, input: Login, current: Option<&Session>) -> Result<LoggedIn> {
    let accounts = candidates(cx, &input).await?;
    let tries = rate_limits::try_password(cx, true, input.name(), &accounts).await?;
    match try_log_in(cx, &input, accounts, current).await {
        Ok(None) => {
            cx.hooks.login_failed(cx).await?;
            Err(Error::non_field(messages::LOGIN_FAILED))
        }
        Ok(Some(logged_in)) => {
            tries.take_back(cx).await?;
            Ok(logged_in)
        }
        // Whatever keeps them out, it was not the password.
        Err(error) => {
            tries.take_back(cx).await?;
            Err(error)
        }
    }
}

/// `None` if the password is wrong.
async fn try_log_in(
    cx: &Context,
    input: &Login,
    mut accounts: Vec<User>,
    current: Option<&Session>,
) -> Result<Option<LoggedIn>> {
    let turn = cx.passwords.turn();
    for _ in 0..TRIES {
        let Some(proven) = prove(turn, &accounts, &attempts(&input.password)).await? else { break };
        if let Some(logged_in) = let_in(cx, turn, proven, &input.password, current).await? {
            return Ok(Some(logged_in));
        }
        accounts = candidates(cx, input).await?;
    }
    Ok(None)
}

/// Issues what a right password gives. `None` if the password was written meanwhile.
async fn let_in(
    cx: &Context,
    turn: Turn<'_>,
    proven: Proven,
    password: &Secret,
    current: Option<&Session>,
) -> Result<Option<LoggedIn>> {
    let rest_auth = &cx.settings.rest_auth;
    let Proven { mut user, stale } = proven;
    check_verified(cx, &user).await?;
    let rehashed = if stale { turn.renew(password).await? } else { None };
    cx.hooks.before_login(cx, &user).await?;

    let wanted = Wanted::of(&cx.settings, rest_auth.session_login);
    let credentials = if let Some(credentials) = at_hand(cx, &user, wanted, rehashed.is_some()).await? {
        credentials
    } else {
        let mut tx = cx.store.write().await?;
        // Written as it is, the column is locked, and known to be the one that was checked.
        let locked = rest_auth.revoke_on_password_change.then(|| user.password.clone());
        if let Some(new) = rehashed.or(locked) {
            if !tx.set_password(user.id, &user.password, &new).await? {
                // What was seen in here may not be committed yet, and the next try reads what is. A commit waits for it.
                tx.commit().await?;
                return Ok(None);
            }
            // The session's stamp is made of the column, so the new one counts from here on.
            user.password = new;
        }
        let credentials = credentials::issue(cx, tx.as_mut(), &user, wanted, current).await?;
        tx.commit().await?;
        credentials
    };

    cx.hooks.after_login(cx, &user).await?;
    Ok(Some(LoggedIn { user, credentials }))
}

/// A login that changes no row needs no transaction: the token is there already, or tokens are signed that nobody
/// notes, and nothing else is wanted.
async fn at_hand(cx: &Context, user: &User, wanted: Wanted, rehash: bool) -> Result<Option<Credentials>> {
    if wanted.session || rehash {
        return Ok(None);
    }
    if wanted.legacy_jwt {
        let issued = legacy_jwt::issue(cx, user)?;
        return Ok(Some(Credentials { legacy_jwt: Some(issued), ..Credentials::default() }));
    }
    if wanted.jwt {
        let writes = jwt::are_noted(&cx.settings) || cx.settings.simple_jwt.update_last_login;
        let pair = if writes { None } else { Some(jwt::mint_pair(cx, user)?.pair) };
        return Ok(pair.map(|pair| Credentials { jwt: Some(pair), ..Credentials::default() }));
    }
    if !wanted.token {
        return Ok(None);
    }
    let token = cx.store.read().await?.token(user.id).await?;
    Ok(token.map(|token| Credentials { token: Some(token), ..Credentials::default() }))
}

/// An account whose password was right.
pub(super) struct Proven {
    pub(super) user: User,
    /// Whether the column should be written again with the preferred hasher.
    pub(super) stale: bool,
}

/// The one place that tries the password of somebody who wants in: finds the account that it fits in one of these
/// spellings. One hash for each account, or one where there is none: right or wrong, known or unknown. Whoever asks has
/// counted it as a failure before, by [`rate_limits::try_password`], and takes that back unless it was one.
pub(super) async fn prove(
    turn: Turn<'_>,
    candidates: &[User],
    spellings: &[Secret],
) -> Result<Option<Proven>> {
    for password in spellings {
        if candidates.is_empty() {
            turn.check(password, None).await?;
        }
        for user in candidates {
            let verdict = turn.check(password, Some(&user.password)).await?;
            // An account that is off answers as one that does not exist, after the same work.
            if verdict.correct && user.is_active {
                return Ok(Some(Proven { user: user.clone(), stale: verdict.must_update }));
            }
        }
    }
    Ok(None)
}

/// The password as typed, and then as upstream would have stored it: trimmed (W-02).
pub(super) fn attempts(password: &Secret) -> Vec<Secret> {
    let typed = password.expose();
    let trimmed = rest_auth_formats::validators::text::trim(typed);
    if trimmed == typed || trimmed.is_empty() {
        return vec![password.clone()];
    }
    vec![password.clone(), Secret::from(trimmed)]
}

/// The accounts that the input may mean, the likeliest first.
async fn candidates(cx: &Context, input: &Login) -> Result<Vec<User>> {
    let mut records = cx.store.read().await?;
    let found = if cx.settings.has(FeatureName::Registration) {
        allauth_candidates(&cx.settings, records.as_mut(), input).await?
    } else {
        django_candidates(records.as_mut(), input).await?
    };
    Ok(distinct(found))
}

/// Each account once, and not too many of them.
pub(super) fn distinct(mut found: Vec<User>) -> Vec<User> {
    let mut seen = Vec::new();
    found.retain(|user| {
        let is_new = !seen.contains(&user.id);
        seen.push(user.id);
        is_new
    });
    found.truncate(CANDIDATES);
    found
}

/// Without allauth: an address that belongs to exactly one account stands for its user name; two accounts
/// with one address are no reason to fail (W-04), the password decides.
async fn django_candidates(records: &mut dyn Records, input: &Login) -> Result<Vec<User>> {
    if let Some(email) = &input.email {
        let found = records.users(UserLookup::EmailFolded(email)).await?;
        if !found.is_empty() {
            return Ok(found);
        }
    }
    match &input.username {
        Some(username) => Ok(records.users(UserLookup::Username(username)).await?),
        None => Ok(Vec::new()),
    }
}

/// With allauth: which of user name and address counts is a setting.
async fn allauth_candidates(
    settings: &Settings,
    records: &mut dyn Records,
    input: &Login,
) -> Result<Vec<User>> {
    let methods = &settings.account.login_methods;
    let (by_name, by_email) =
        (methods.contains(&LoginMethod::Username), methods.contains(&LoginMethod::Email));
    let email = input.email.as_deref().filter(|_| by_email);
    let username = input.username.as_deref().filter(|_| by_name);
    match (email, username) {
        (Some(email), _) => by_address(records, email).await,
        (None, Some(username)) => by_username(settings, records, username).await,
        (None, None) => Err(Error::non_field(missing(by_name, by_email))),
    }
}

fn missing(by_name: bool, by_email: bool) -> Message {
    match (by_name, by_email) {
        (true, false) => messages::MUST_INCLUDE_USERNAME,
        (false, true) => messages::MUST_INCLUDE_EMAIL,
        _ => messages::MUST_INCLUDE_EITHER,
    }
}

/// The exact name first, as `ModelBackend`, which no setting switches off; then where addresses log in, the name may
/// be one; and where names do, it counts ignoring case if that finds one account only. Where names are stored without
/// capitals, an old one that has some is found as it is spelled and no other way.
pub(super) async fn by_username(
    settings: &Settings,
    records: &mut dyn Records,
    username: &str,
) -> Result<Vec<User>> {
    let account = &settings.account;
    let mut folded = records.users(UserLookup::UsernameFolded(username)).await?;
    let exact = folded.iter().find(|user| user.username.as_deref() == Some(username)).cloned();
    let mut found: Vec<User> = exact.into_iter().collect();
    if account.login_methods.contains(&LoginMethod::Email) {
        found.extend(by_address(records, username).await?);
    }
    if !account.preserve_username_casing {
        let lower = username.to_lowercase();
        folded.retain(|user| user.username.as_deref() == Some(&lower));
    }
    if account.login_methods.contains(&LoginMethod::Username) && folded.len() == 1 {
        found.extend(folded);
    }
    Ok(found)
}

/// The accounts of an address: those that verified it, or if nobody did, all that carry it.
async fn by_address(records: &mut dyn Records, email: &str) -> Result<Vec<User>> {
    let rows = records.email_addresses(email).await?;
    let verified = rows.iter().any(|row| row.verified);
    let mut found: Vec<User> = Vec::new();
    for row in rows.iter().filter(|row| row.verified == verified) {
        if !found.iter().any(|user| user.id == row.user_id) {
            found.extend(records.user(row.user_id).await?);
        }
    }
    if !verified {
        for user in records.users(UserLookup::EmailFolded(email)).await? {
            if !found.iter().any(|known| known.id == user.id) {
                found.push(user);
            }
        }
    }
    Ok(found)
}

/// With mandatory verification the account's own address must be verified. Compared ignoring case, since an
/// address made outside of allauth may have capitals.
pub(super) async fn check_verified(cx: &Context, user: &User) -> Result<()> {
    let account = &cx.settings.account;
    if !cx.settings.has(FeatureName::Registration)
        || account.email_verification != EmailVerification::Mandatory
    {
        return Ok(());
    }
    let rows = cx.store.read().await?.user_email_addresses(user.id).await?;
    let own = user.email.to_lowercase();
    if rows.iter().any(|row| row.verified && row.email.to_lowercase() == own) {
        return Ok(());
    }
    Err(Error::non_field(messages::EMAIL_NOT_VERIFIED))
}

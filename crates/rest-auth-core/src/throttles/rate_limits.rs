//! allauth's rate limits: how often one thing may be done. Flows ask, so a host that calls a flow is limited as its
//! clients are.
//!
//! A refusal names no account and does not say what was wrong: known and unknown names fill up alike.

use rest_auth_formats::{hex, salted_hmac};

use super::{Place, address, refusal, sweep};
use crate::context::Context;
use crate::error::Result;
use crate::model::{User, UserId, Username};
use crate::settings::{LimitPart, OrFalse, Per, RateLimit, RateLimits};
use crate::store::{Hit, Tx};

/// What is limited, by allauth's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Login,
    LoginFailed,
    Signup,
    ResetPassword,
    ResetPasswordFromKey,
    ChangePassword,
}

impl Action {
    /// Every action, for the checks.
    pub(crate) const ALL: [Self; 6] = [
        Self::Login,
        Self::LoginFailed,
        Self::Signup,
        Self::ResetPassword,
        Self::ResetPasswordFromKey,
        Self::ChangePassword,
    ];

    /// As the settings call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::LoginFailed => "login_failed",
            Self::Signup => "signup",
            Self::ResetPassword => "reset_password",
            Self::ResetPasswordFromKey => "reset_password_from_key",
            Self::ChangePassword => "change_password",
        }
    }

    /// By what else than the address it can be counted.
    pub(crate) const fn target(self) -> Option<Per> {
        match self {
            Self::Login | Self::Signup | Self::ResetPasswordFromKey => None,
            Self::LoginFailed | Self::ResetPassword => Some(Per::Key),
            Self::ChangePassword => Some(Per::User),
        }
    }

    /// Its limit.
    pub(crate) const fn limit(self, limits: &RateLimits) -> &OrFalse<RateLimit> {
        match self {
            Self::Login => &limits.login,
            Self::LoginFailed => &limits.login_failed,
            Self::Signup => &limits.signup,
            Self::ResetPassword => &limits.reset_password,
            Self::ResetPasswordFromKey => &limits.reset_password_from_key,
            Self::ChangePassword => &limits.change_password,
        }
    }
}

/// Hits that count until somebody takes them back.
#[derive(Debug, Default)]
#[must_use]
pub(crate) struct Taken(Vec<i64>);

impl Taken {
    /// It went well after all: these hits, and no others, count no more.
    pub(crate) async fn take_back(self, cx: &Context) -> Result<()> {
        if self.0.is_empty() {
            return Ok(());
        }
        let mut tx = cx.store.write().await?;
        for id in self.0 {
            tx.delete_hit(id).await?;
        }
        Ok(tx.commit().await?)
    }
}

/// Counts something that needs no password of somebody's. `targets` is whom it is about, as [`target`] writes it.
pub(crate) async fn limit(cx: &Context, action: Action, targets: &[String]) -> Result<()> {
    let _counted = count(cx, &[action], targets).await?;
    Ok(())
}

/// Counts a try whose password is still to be looked at as one that has failed, so that no more passwords are looked at
/// than have room, however many come at once. `logs_in`: it is a login, too.
///
/// `name` is what the client names the account with, `accounts` those that it may mean. Tries at an account count
/// together whatever name, address or spelling leads to it; where there is none, whatever looks the same counts as one.
pub(crate) async fn try_password(
    cx: &Context,
    logs_in: bool,
    name: &str,
    accounts: &[User],
) -> Result<Taken> {
    let mut ids: Vec<UserId> = accounts.iter().map(|user| user.id).collect();
    // Whoever counts under several keys does so in one order.
    ids.sort_unstable();
    ids.dedup();
    let mut targets: Vec<String> = ids.iter().map(ToString::to_string).collect();
    if targets.is_empty() {
        targets.push(target(cx, name));
    }
    let actions = [Action::Login, Action::LoginFailed];
    count(cx, if logs_in { &actions } else { &actions[1..] }, &targets).await
}

/// Somebody has shown in another way that the account is theirs: what was tried at it counts no more.
pub(crate) async fn forgive(cx: &Context, tx: &mut dyn Tx, account: UserId) -> Result<()> {
    let Some(limits) = cx.settings.account.rate_limits.get() else { return Ok(()) };
    let account = account.to_string();
    let parts = limits.login_failed.get().map_or(&[][..], |limit| &limit.parts);
    for part in parts.iter().filter(|part| part.per == Per::Key) {
        tx.delete_hits(&place(Action::LoginFailed, *part, &account).key).await?;
    }
    Ok(())
}

/// A name or an address that may be nobody's. What looks the same is the same. People type passwords into the wrong
/// field, so it is not kept as it is.
pub(crate) fn target(cx: &Context, name: &str) -> String {
    let folded = Username::fold(name.trim());
    let secret = cx.settings.top.secret_key.expose();
    hex::encode(&salted_hmac::salted_hmac("rest_auth.rate_limits", &folded, secret))
}

/// Counts each part in turn. The first one without room refuses; what was counted before it stays counted. Hits of
/// [`Action::LoginFailed`] are handed out.
async fn count(cx: &Context, actions: &[Action], targets: &[String]) -> Result<Taken> {
    let Some(limits) = cx.settings.account.rate_limits.get() else { return Ok(Taken::default()) };
    let places: Vec<(Action, Place)> =
        actions.iter().flat_map(|action| places(cx, limits, *action, targets)).collect();
    if places.is_empty() {
        return Ok(Taken::default());
    }
    let mut taken = Vec::new();
    let mut refused = None;
    let mut tx = cx.store.write().await?;
    for (action, place) in &places {
        match tx.add_hit(&place.key, place.window, cx.now).await? {
            Hit::Counted { id } if *action == Action::LoginFailed => taken.push(id),
            Hit::Counted { .. } => {}
            Hit::Refused { wait } => {
                refused = Some(refusal(wait));
                break;
            }
        }
    }
    tx.commit().await?;
    sweep(cx).await;
    refused.map_or(Ok(Taken(taken)), Err)
}

/// What the parts of a limit count.
fn places(cx: &Context, limits: &RateLimits, action: Action, targets: &[String]) -> Vec<(Action, Place)> {
    let parts = action.limit(limits).get().map_or(&[][..], |limit| &limit.parts);
    let places = parts.iter().flat_map(|part| match part.per {
        Per::Ip => vec![(action, place(action, *part, &address(cx)))],
        Per::User | Per::Key => targets.iter().map(|target| (action, place(action, *part, target))).collect(),
    });
    places.collect()
}

fn place(action: Action, part: LimitPart, whose: &str) -> Place {
    let LimitPart { window, per } = part;
    let key = format!("{}:{}/{}/{per}:{whose}", action.name(), window.limit, window.micros);
    Place { key, window }
}

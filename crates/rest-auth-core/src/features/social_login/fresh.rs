//! Whether whoever connects an account has just shown who they are (S-89): a token that somebody else got hold of is not to
//! open a second door. allauth's `raise_if_reauthentication_required`, for clients without a session too.

use rest_auth_formats::passwords::is_usable;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::login::attempts;
use crate::features::password_change::PASSWORD_LENGTH;
use crate::form::{Field, Form};
use crate::messages;
use crate::model::{Secret, User};
use crate::settings::Settings;
use crate::throttles::rate_limits::{self, Action};

/// Whether connecting takes a fresh login.
fn is_required(settings: &Settings) -> bool {
    settings.socialaccount.reauthentication_required || settings.account.reauthentication_required
}

/// A form that begins to connect an account, with the password where it is asked for.
pub(crate) fn asking(settings: &Settings, form: Form) -> Form {
    if !is_required(settings) {
        return form;
    }
    form.field(Field::password("password").max(PASSWORD_LENGTH).optional().allow_blank())
}

/// The password, where the account has one; else one of its providers' accounts must have logged in a moment ago.
pub(crate) async fn check(cx: &Context, user: &User, password: Option<&Secret>) -> Result<()> {
    if !is_required(&cx.settings) {
        return Ok(());
    }
    let too_old = Err(Error::PermissionDenied(messages::SOCIAL_LOGIN_AGAIN));
    if !is_usable(user.password.as_str()) {
        let timeout = cx.settings.account.reauthentication_timeout.signed();
        let accounts = cx.store.read().await?.user_social_accounts(user.id).await?;
        let is_fresh = accounts.iter().any(|account| cx.now < account.last_login.plus_seconds(timeout));
        return if is_fresh { Ok(()) } else { too_old };
    }
    let Some(password) = password else { return too_old };
    rate_limits::limit(cx, Action::ChangePassword, &[user.id.to_string()]).await?;
    for password in attempts(password) {
        if cx.passwords.check(&password, Some(&user.password)).await?.correct {
            return Ok(());
        }
    }
    Err(Error::field("password", messages::SOCIAL_PASSWORD_INCORRECT))
}

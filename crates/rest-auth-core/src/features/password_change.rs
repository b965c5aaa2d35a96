//! Changing one's password: dj-rest-auth's `PasswordChangeView` on Django's `SetPasswordForm`.

use crate::context::Context;
use crate::error::{Error, FieldErrors, Result};
use crate::features::jwt;
use crate::features::sessions::{self, Session, SessionCookie};
use crate::form::{Field, Form, Reading, Values};
use crate::messages;
use crate::model::{EncodedPassword, Secret, User};
use crate::passwords::Profile;
use crate::settings::Settings;
use crate::store::Tx;
use crate::throttles::rate_limits::{self, Action};

/// The widest password that these forms take, in code points.
pub(crate) const PASSWORD_LENGTH: usize = 128;

/// What a client sends to change its password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PasswordChange {
    /// As typed.
    pub new_password1: Secret,
    /// As typed; must be the same.
    pub new_password2: Secret,
}

impl PasswordChange {
    /// `PasswordChangeSerializer`. The old password is a field where the deployment asks for it.
    pub fn form(settings: &Settings) -> Form {
        let mut form = Form::new("PasswordChange");
        if settings.rest_auth.old_password_field_enabled {
            form = form.field(Field::password("old_password").max(PASSWORD_LENGTH));
        }
        form.field(Field::password("new_password1").max(PASSWORD_LENGTH))
            .field(Field::password("new_password2").max(PASSWORD_LENGTH))
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        let secret = |name| Secret::from(values.text(name).unwrap_or_default());
        Self { new_password1: secret("new_password1"), new_password2: secret("new_password2") }
    }
}

/// Whether the old password is right, where it is asked for. As typed, then trimmed, as login takes it (W-02).
pub async fn check(cx: &Context, user: &User, reading: &mut Reading) -> Result<()> {
    rate_limits::limit(cx, Action::ChangePassword, &[user.id.to_string()]).await?;
    let Some(old) = reading.values.text("old_password").map(Secret::from) else { return Ok(()) };
    for password in super::login::attempts(&old) {
        if cx.passwords.check(&password, Some(&user.password)).await?.correct {
            return Ok(());
        }
    }
    reading.refuse("old_password", messages::OLD_PASSWORD_INCORRECT);
    Ok(())
}

/// Writes the new password. The caller's session goes on under a new key unless the deployment ends it; every other
/// session ends by itself, since its stamp is made of the password column. Tokens end where the deployment says so.
pub async fn change(
    cx: &Context,
    user: &User,
    input: PasswordChange,
    session: Option<&Session>,
) -> Result<Option<SessionCookie>> {
    check_new(cx, user, &input.new_password1, &input.new_password2)?;
    let new = cx.passwords.encode(&input.new_password1).await?;
    cx.hooks.before_password_change(cx, user, &input.new_password1).await?;

    let mut tx = cx.store.write().await?;
    let Some(user) = write(cx, tx.as_mut(), user, new).await? else {
        // Of two changes at one time one wins. What the other one came with may have ended by it.
        return Err(Error::NotAuthenticated);
    };
    let cookie = if cx.settings.rest_auth.logout_on_password_change {
        None
    } else {
        Some(sessions::survive_password_change(cx, tx.as_mut(), &user, session).await?)
    };
    tx.commit().await?;

    cx.hooks.after_password_change(cx, &user).await?;
    Ok(cookie)
}

/// The two must be the same and fit the account; what is wrong stands under the second field.
pub(crate) fn check_new(cx: &Context, user: &User, new1: &Secret, new2: &Secret) -> Result<()> {
    if new1 != new2 {
        return Err(Error::field("new_password2", messages::NEW_PASSWORDS_DIFFER));
    }
    let mut errors = FieldErrors::default();
    for message in cx.passwords.validate(new1, &Profile::of(user)) {
        errors.add("new_password2", message);
    }
    errors.into_result()
}

/// Writes the column and ends the tokens where the deployment says so: the account as it is afterwards. `None` if the
/// column is not the one any more that was looked at.
pub(crate) async fn write(
    cx: &Context,
    tx: &mut dyn Tx,
    user: &User,
    new: EncodedPassword,
) -> Result<Option<User>> {
    if !tx.set_password(user.id, &user.password, &new).await? {
        return Ok(None);
    }
    if cx.settings.rest_auth.revoke_on_password_change {
        tx.delete_token(user.id).await?;
        jwt::end_tokens_of(cx, tx, user.id).await?;
    }
    Ok(Some(User { password: new, ..user.clone() }))
}

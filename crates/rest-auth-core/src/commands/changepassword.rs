//! `changepassword`: a new password for an account, by its login name.

use super::createsuperuser::refuse_weak;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::jwt;
use crate::model::{Secret, User};
use crate::passwords::Profile;
use crate::settings::LoginField;
use crate::store::UserLookup;

/// The account whose login name this is.
pub async fn find_user(cx: &Context, name: &str) -> Result<Option<User>> {
    let lookup = match cx.settings.user_model.login_field {
        LoginField::Username => UserLookup::Username(name),
        LoginField::Email => UserLookup::EmailFolded(name),
    };
    let mut found = cx.store.read().await?.users(lookup).await?;
    Ok((found.len() == 1).then(|| found.remove(0)))
}

/// Writes the new password. Every session of the account ends with it, since their stamps are made of the column;
/// its token is deleted and its refresh tokens are ended too, so that whoever had the old password is out.
pub async fn change_password(cx: &Context, user: &User, password: Secret, despite_rules: bool) -> Result<()> {
    refuse_weak(cx.passwords.validate(&password, &Profile::of(user)), despite_rules)?;
    let new = cx.passwords.encode(&password).await?;
    let mut tx = cx.store.write().await?;
    if !tx.set_password(user.id, &user.password, &new).await? {
        return Err(Error::internal("the password was changed by somebody else meanwhile: try again"));
    }
    tx.delete_token(user.id).await?;
    jwt::end_tokens_of(cx, tx.as_mut(), user.id).await?;
    tx.commit().await?;
    Ok(())
}

//! `createsuperuser`: an account with every right, its address verified as far as allauth is concerned.

use crate::context::Context;
use crate::error::{FieldErrors, Result};
use crate::features::{registration, user};
use crate::form::Reading;
use crate::messages::{self, Message};
use crate::model::{Email, NewUser, Secret, User};
use crate::passwords::Profile;

/// What the command asks for.
#[derive(Clone, Debug)]
pub struct NewSuperuser {
    /// `None` where the model has no user name.
    pub username: Option<String>,
    /// May be empty where the user name logs in.
    pub email: String,
    /// As typed.
    pub password: Secret,
}

/// What is wrong with the name and the address, so that the command can ask again. An empty result is good.
pub async fn superuser_faults(cx: &Context, username: Option<&str>, email: &str) -> Result<FieldErrors> {
    let mut reading = Reading::default();
    if let Some(username) = username {
        if username.is_empty() {
            reading.errors.add("username", messages::BLANK);
        } else {
            registration::check_username(cx, username, None, &mut reading).await?;
        }
    }
    if !email.is_empty() && Email::parse(email).is_err() {
        reading.errors.add("email", messages::INVALID_EMAIL);
    }
    if username.is_none() && email.is_empty() {
        reading.errors.add("email", messages::BLANK);
    }
    Ok(reading.errors)
}

/// Makes the account. `despite_rules` is the answer to Django's question whether to bypass the validators.
pub async fn create_superuser(cx: &Context, input: NewSuperuser, despite_rules: bool) -> Result<User> {
    superuser_faults(cx, input.username.as_deref(), &input.email).await?.into_result()?;
    let profile = Profile::unknown()
        .with("username", input.username.as_deref().unwrap_or_default())
        .with("email", &input.email);
    refuse_weak(cx.passwords.validate(&input.password, &profile), despite_rules)?;
    let password = cx.passwords.encode(&input.password).await?;
    let email = Email::parse(&*input.email)
        .map(|email| email.with_lower_case_domain().into_owned())
        .unwrap_or_default();
    let mut new = NewUser::new(input.username, email, password, cx.now);
    (new.is_staff, new.is_superuser) = (true, true);
    let mut tx = cx.store.write().await?;
    if let Some(name) = &new.username {
        registration::claim_username(tx.as_mut(), name, None).await?;
    }
    let user = tx.add_user(new).await.map_err(|error| user::taken(&cx.settings.user_model, error))?;
    tx.commit().await?;
    Ok(user)
}

/// Refuses a password that some rule speaks against, unless the operator insists.
pub(super) fn refuse_weak(faults: Vec<Message>, despite_rules: bool) -> Result<()> {
    let mut errors = FieldErrors::default();
    if !despite_rules {
        for fault in faults {
            errors.add("password", fault);
        }
    }
    errors.into_result()
}

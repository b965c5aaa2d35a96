//! What a host application adds to the flows: one small trait for each family, all methods defaulted.
//!
//! `before_…` may change the input or refuse, with any [`Error`](crate::Error); it runs before the transaction.
//! `after_…` observes; it runs after the commit, and its failure is the caller's 500 though the rows stay.

use std::sync::Arc;

use async_trait::async_trait;
use rest_auth_formats::jwt::Claims;
use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::Result;
use crate::model::{NewUser, Secret, User};
use crate::providers::Profile;

/// Sign-up.
#[async_trait]
pub trait RegistrationHooks: Send + Sync {
    /// The account is about to be made. allauth's `save_user(commit=False)`.
    async fn before_register(&self, _cx: &Context, _user: &mut NewUser) -> Result<()> {
        Ok(())
    }
    /// The account is there. allauth's signal `user_signed_up`.
    async fn after_register(&self, _cx: &Context, _user: &User) -> Result<()> {
        Ok(())
    }
}

/// Login and logout.
#[async_trait]
pub trait LoginHooks: Send + Sync {
    /// The password was right and the account may log in; nothing has been issued yet.
    async fn before_login(&self, _cx: &Context, _user: &User) -> Result<()> {
        Ok(())
    }
    /// Logged in. Django's signal `user_logged_in`.
    async fn after_login(&self, _cx: &Context, _user: &User) -> Result<()> {
        Ok(())
    }
    /// Refused: which account was meant, if there is one, is not told. Django's signal `user_login_failed`.
    async fn login_failed(&self, _cx: &Context) -> Result<()> {
        Ok(())
    }
    /// Logged out; `None` where nobody was logged in. Django's signal `user_logged_out`.
    async fn after_logout(&self, _cx: &Context, _user: Option<&User>) -> Result<()> {
        Ok(())
    }
}

/// New passwords, by change and by mail. allauth's signals `password_changed` and `password_reset`, which upstream never
/// sends.
#[async_trait]
pub trait PasswordHooks: Send + Sync {
    /// Whoever is logged in is about to change the password to one that no rule speaks against.
    async fn before_password_change(&self, _cx: &Context, _user: &User, _new: &Secret) -> Result<()> {
        Ok(())
    }
    /// Changed.
    async fn after_password_change(&self, _cx: &Context, _user: &User) -> Result<()> {
        Ok(())
    }
    /// Whoever holds a mailed link is about to set a password that no rule speaks against.
    async fn before_password_reset(&self, _cx: &Context, _user: &User, _new: &Secret) -> Result<()> {
        Ok(())
    }
    /// Reset.
    async fn after_password_reset(&self, _cx: &Context, _user: &User) -> Result<()> {
        Ok(())
    }
}

/// Somebody whom an identity provider has named, before anything is written.
#[derive(Clone, Copy, Debug)]
pub struct Newcomer<'a> {
    /// What accounts of the provider are stored under.
    pub provider: &'a str,
    /// Who the provider says it is.
    pub profile: &'a Profile,
    /// Whose account it is here: of the provider's account, of its address, or whoever connects it. `None`: nobody's yet.
    pub user: Option<&'a User>,
}

/// Login by identity providers.
#[async_trait]
pub trait SocialHooks: Send + Sync {
    /// Somebody is about to log in, sign up or connect an account; an error refuses, and a
    /// [`non_field`](crate::Error::non_field) one is told as 400. allauth's `pre_social_login`.
    async fn before_social_login(&self, _cx: &Context, _newcomer: Newcomer<'_>) -> Result<()> {
        Ok(())
    }
    /// A new account is being filled from the profile: its names and address may be changed. allauth's `populate_user`.
    async fn populate_user(&self, _cx: &Context, _profile: &Profile, _user: &mut NewUser) -> Result<()> {
        Ok(())
    }
    /// A provider's account was connected to somebody who was logged in. allauth's signal `social_account_added`.
    async fn after_connect(&self, _cx: &Context, _newcomer: Newcomer<'_>) -> Result<()> {
        Ok(())
    }
    /// A provider's account was disconnected. allauth's signal `social_account_removed`.
    async fn after_disconnect(&self, _cx: &Context, _user: &User, _id: i64) -> Result<()> {
        Ok(())
    }
}

/// Changes how an account is shown: upstream's replaced `USER_DETAILS_SERIALIZER`.
pub type RepresentUser = Arc<dyn Fn(&User, &mut Map<String, Value>) + Send + Sync>;

/// Adds to what an account's new tokens say: upstream's replaced `JWT_TOKEN_CLAIMS_SERIALIZER`. What it adds stands in the
/// refresh token and in every access token that this one buys.
pub type AddClaims = Arc<dyn Fn(&User, &mut Claims) + Send + Sync>;

/// Everything that a host has added, in the order of adding.
#[derive(Clone, Default)]
pub struct Hooks {
    /// Sign-up.
    pub registration: Vec<Arc<dyn RegistrationHooks>>,
    /// Login and logout.
    pub login: Vec<Arc<dyn LoginHooks>>,
    /// New passwords.
    pub password: Vec<Arc<dyn PasswordHooks>>,
    /// Login by identity providers.
    pub social: Vec<Arc<dyn SocialHooks>>,
    /// What tokens say besides.
    pub add_claims: Vec<AddClaims>,
    /// How accounts are shown.
    pub represent_user: Vec<RepresentUser>,
}

impl Hooks {
    pub(crate) async fn before_register(&self, cx: &Context, user: &mut NewUser) -> Result<()> {
        for hook in &self.registration {
            hook.before_register(cx, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn after_register(&self, cx: &Context, user: &User) -> Result<()> {
        for hook in &self.registration {
            hook.after_register(cx, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn before_login(&self, cx: &Context, user: &User) -> Result<()> {
        for hook in &self.login {
            hook.before_login(cx, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn after_login(&self, cx: &Context, user: &User) -> Result<()> {
        for hook in &self.login {
            hook.after_login(cx, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn login_failed(&self, cx: &Context) -> Result<()> {
        for hook in &self.login {
            hook.login_failed(cx).await?;
        }
        Ok(())
    }

    pub(crate) async fn after_logout(&self, cx: &Context, user: Option<&User>) -> Result<()> {
        for hook in &self.login {
            hook.after_logout(cx, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn before_password_change(&self, cx: &Context, user: &User, new: &Secret) -> Result<()> {
        for hook in &self.password {
            hook.before_password_change(cx, user, new).await?;
        }
        Ok(())
    }

    pub(crate) async fn after_password_change(&self, cx: &Context, user: &User) -> Result<()> {
        for hook in &self.password {
            hook.after_password_change(cx, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn before_password_reset(&self, cx: &Context, user: &User, new: &Secret) -> Result<()> {
        for hook in &self.password {
            hook.before_password_reset(cx, user, new).await?;
        }
        Ok(())
    }

    pub(crate) async fn after_password_reset(&self, cx: &Context, user: &User) -> Result<()> {
        for hook in &self.password {
            hook.after_password_reset(cx, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn before_social_login(&self, cx: &Context, newcomer: Newcomer<'_>) -> Result<()> {
        for hook in &self.social {
            hook.before_social_login(cx, newcomer).await?;
        }
        Ok(())
    }

    pub(crate) async fn populate_user(
        &self,
        cx: &Context,
        profile: &Profile,
        user: &mut NewUser,
    ) -> Result<()> {
        for hook in &self.social {
            hook.populate_user(cx, profile, user).await?;
        }
        Ok(())
    }

    pub(crate) async fn after_connect(&self, cx: &Context, newcomer: Newcomer<'_>) -> Result<()> {
        for hook in &self.social {
            hook.after_connect(cx, newcomer).await?;
        }
        Ok(())
    }

    pub(crate) async fn after_disconnect(&self, cx: &Context, user: &User, id: i64) -> Result<()> {
        for hook in &self.social {
            hook.after_disconnect(cx, user, id).await?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Hooks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hooks")
            .field("registration", &self.registration.len())
            .field("login", &self.login.len())
            .field("password", &self.password.len())
            .field("social", &self.social.len())
            .field("add_claims", &self.add_claims.len())
            .field("represent_user", &self.represent_user.len())
            .finish()
    }
}

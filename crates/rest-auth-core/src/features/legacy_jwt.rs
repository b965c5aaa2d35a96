//! The tokens of simplejwt's predecessors, djangorestframework-jwt 1.11 and drf-jwt 1.19, as django-rest-auth 0.9 had
//! them: one token, which can be exchanged for a newer one while it still holds. Nothing is stored of it, so nothing
//! ends it before its time but a new key, or switching its account off. For the time of a migration.

use std::sync::Arc;

use rest_auth_formats::jwt::legacy::{Dialect, LegacyFailure, LegacyRules, LegacyUser};
use rest_auth_formats::jwt::{Algorithm, Audience, Claims, KeyError, SigningKey, TokenId, VerifyingKey};

use crate::context::{App, Context};
use crate::error::{Error, Result};
use crate::features::{basic_authentication, login};
use crate::form::{Field, Form, Values};
use crate::messages;
use crate::model::{Secret, Timestamp, User};
use crate::settings::{JwtPackage, LoginField, Problem, Settings};
use crate::store::UserLookup;

/// The keys and rules of such tokens.
#[derive(Debug)]
pub struct LegacyJwt {
    /// What they say and are checked for.
    pub rules: LegacyRules,
    signing: Option<SigningKey>,
    verifying: Vec<VerifyingKey>,
}

impl LegacyJwt {
    /// Reads the settings; what is wrong with the keys.
    pub(crate) fn of(settings: &Settings) -> Result<Arc<Self>, Vec<Problem>> {
        let own = &settings.jwt_auth;
        let dialect = match own.package {
            JwtPackage::DjangorestframeworkJwt => Dialect::DjangorestframeworkJwt,
            JwtPackage::DrfJwt => Dialect::DrfJwt,
        };
        let rules = LegacyRules {
            issuer: own.jwt_issuer.0.clone(),
            audience: own.jwt_audience.0.clone().map(Audience::One),
            leeway: own.jwt_leeway.signed(),
            lifetime: own.jwt_expiration_delta.signed(),
            refresh_lifetime: own.jwt_refresh_expiration_delta.signed(),
            allows_refresh: own.jwt_allow_refresh,
            verifies_expiry: own.jwt_verify_expiration,
            ..LegacyRules::new(dialect)
        };
        let (signing, verifying) = keys(settings).map_err(|(key, error)| {
            vec![Problem { key: format!("jwt_auth.{key}"), message: error.to_string(), hint: None }]
        })?;
        Ok(Arc::new(Self { rules, signing, verifying: vec![verifying] }))
    }
}

/// The text of the secret: its own, or the deployment's.
pub(crate) fn secret(settings: &Settings) -> &Secret {
    let own = &settings.jwt_auth.jwt_secret_key;
    if own.expose().is_empty() { &settings.top.secret_key } else { own }
}

fn keys(settings: &Settings) -> Result<(Option<SigningKey>, VerifyingKey), (&'static str, KeyError)> {
    let own = &settings.jwt_auth;
    let algorithm: Algorithm = own.jwt_algorithm.0;
    let (name, text) = if algorithm.is_symmetric() {
        ("jwt_secret_key", secret(settings))
    } else {
        ("jwt_private_key", &own.jwt_private_key)
    };
    let signing = if text.expose().is_empty() && !own.jwt_public_key.is_empty() {
        None
    } else {
        Some(SigningKey::new(algorithm, text.expose()).map_err(|error| (name, error))?)
    };
    let verifying = match &signing {
        Some(key) if algorithm.is_symmetric() || own.jwt_public_key.is_empty() => key.verifying_key(),
        _ => VerifyingKey::new(algorithm, &own.jwt_public_key).map_err(|error| ("jwt_public_key", error))?,
    };
    Ok((signing, verifying))
}

impl App {
    /// What makes and reads such tokens; an error where the deployment has none.
    pub fn legacy_jwt(&self) -> Result<&Arc<LegacyJwt>> {
        self.legacy_jwt.as_ref().ok_or_else(|| Error::internal("this deployment has no tokens of [jwt_auth]"))
    }
}

/// A token that a body carries, to be verified or exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyToken {
    /// The token.
    pub token: Secret,
}

impl LegacyToken {
    /// `VerifyJSONWebTokenSerializer`, `RefreshJSONWebTokenSerializer`
    pub fn form() -> Form {
        Form::new("LegacyToken").field(Field::char("token"))
    }

    /// Typed from here on.
    pub fn from_values(values: &Values) -> Self {
        Self { token: Secret::from(values.text("token").unwrap_or_default()) }
    }
}

/// A name and a password, for a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObtainToken {
    /// What accounts log in with.
    pub username: String,
    /// As typed.
    pub password: Secret,
}

impl ObtainToken {
    /// `JSONWebTokenSerializer`: the first field is called as the column that accounts log in with.
    pub fn form(settings: &Settings) -> Form {
        Form::new("ObtainToken").field(Field::char(login_field(settings))).field(Field::password("password"))
    }

    /// Typed from here on.
    pub fn from_values(settings: &Settings, values: &Values) -> Self {
        Self {
            username: values.text(login_field(settings)).unwrap_or_default().to_owned(),
            password: Secret::from(values.text("password").unwrap_or_default()),
        }
    }
}

/// A token and when it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// The token.
    pub token: Secret,
    /// When a cookie of it ends.
    pub expires: Timestamp,
}

/// Checks name and password: `obtain_jwt_token`. An address that has to be verified has to be so here too.
pub async fn obtain(cx: &Context, input: &ObtainToken) -> Result<Issued> {
    let (name, password) = (&input.username, &input.password);
    let spellings = login::attempts(password);
    let user = match basic_authentication::authenticate_spelled(cx, name, password, &spellings).await {
        Err(Error::AuthenticationFailed(_)) => return Err(Error::non_field(messages::LOGIN_FAILED)),
        found => found?,
    };
    login::check_verified(cx, &user).await?;
    cx.hooks.before_login(cx, &user).await?;
    let issued = issue(cx, &user)?;
    cx.hooks.after_login(cx, &user).await?;
    Ok(issued)
}

/// Gives a token back that is good: `verify_jwt_token`. Its cookie ends later by that, as upstream's, and the token does
/// not.
pub async fn verify(cx: &Context, input: &LegacyToken) -> Result<Issued> {
    let rules = &cx.legacy_jwt()?.rules;
    let found = read(cx, input.token.expose().as_bytes()).await?;
    let token = input.token.clone();
    found
        .map(|_| Issued { token, expires: cx.now.plus_seconds(rules.lifetime) })
        .map_err(|failure| Error::non_field(messages::legacy_form_error(failure, rules.dialect)))
}

/// Exchanges a token that still holds for a newer one: `refresh_jwt_token`.
pub async fn refresh(cx: &Context, input: &LegacyToken) -> Result<Issued> {
    let legacy = cx.legacy_jwt()?;
    let refused = |failure| Error::non_field(messages::legacy_form_error(failure, legacy.rules.dialect));
    let (user, claims) = read(cx, input.token.expose().as_bytes()).await?.map_err(refused)?;
    let id = user.id.to_json();
    let claims = legacy.rules.refreshed(&claims, &subject(cx, &user, &id), cx.now, token_id(cx));
    signed(cx, legacy, &claims.map_err(refused)?)
}

/// Whom a token in a request lets in.
pub async fn authenticate(cx: &Context, token: &[u8]) -> Result<User> {
    let dialect = cx.legacy_jwt()?.rules.dialect;
    let found = read(cx, token).await?;
    found.map(|(user, _)| user).map_err(|failure| refused(failure, dialect))
}

/// A failure as the answer to a request.
pub fn refused(failure: LegacyFailure, dialect: Dialect) -> Error {
    Error::AuthenticationFailed(messages::legacy_refusal(failure, dialect))
}

/// A token for an account whose password, or whatever else proves it, has been checked.
pub(crate) fn issue(cx: &Context, user: &User) -> Result<Issued> {
    let legacy = cx.legacy_jwt()?;
    let id = user.id.to_json();
    signed(cx, legacy, &legacy.rules.claims_for(&subject(cx, user, &id), cx.now, token_id(cx)))
}

fn signed(cx: &Context, legacy: &LegacyJwt, claims: &Claims) -> Result<Issued> {
    let key = legacy.signing.as_ref();
    let key = key.ok_or_else(|| Error::internal("there is no signing key: see jwt_auth.jwt_private_key"))?;
    let token = Secret::new(legacy.rules.sign(claims, key));
    Ok(Issued { token, expires: cx.now.plus_seconds(legacy.rules.lifetime) })
}

/// The account that a token names, which may log in, and what it says.
async fn read(cx: &Context, token: &[u8]) -> Result<Result<(User, Claims), LegacyFailure>> {
    let legacy = cx.legacy_jwt()?;
    let claims = match legacy.rules.read(token, &legacy.verifying, cx.now) {
        Ok(claims) => claims,
        Err(failure) => return Ok(Err(failure)),
    };
    let name = match legacy.rules.username(&claims) {
        Ok(name) if !name.contains('\0') => name,
        Ok(_) => return Ok(Err(LegacyFailure::UnknownUser)),
        Err(failure) => return Ok(Err(failure)),
    };
    let by_email = cx.settings.user_model.login_field == LoginField::Email;
    let lookup = if by_email { UserLookup::EmailFolded(name) } else { UserLookup::Username(name) };
    let found = cx.store.read().await?.users(lookup).await?;
    let user = found.into_iter().find(|user| !by_email || user.email == name);
    Ok(match user {
        None => Err(LegacyFailure::UnknownUser),
        Some(user) if !user.is_active => Err(LegacyFailure::InactiveUser),
        Some(user) => Ok((user, claims)),
    })
}

fn subject<'u>(cx: &Context, user: &'u User, id: &'u serde_json::Value) -> LegacyUser<'u> {
    let by_email = cx.settings.user_model.login_field == LoginField::Email;
    let name = if by_email { Some(&user.email) } else { user.username.as_ref() };
    LegacyUser {
        id,
        username: name.map(String::as_str).unwrap_or_default(),
        username_field: if by_email { "email" } else { "username" },
        email: Some(&user.email),
    }
}

fn login_field(settings: &Settings) -> &'static str {
    match settings.user_model.login_field {
        LoginField::Username => "username",
        LoginField::Email => "email",
    }
}

fn token_id(cx: &Context) -> TokenId {
    TokenId::from_random(cx.entropy.bytes())
}

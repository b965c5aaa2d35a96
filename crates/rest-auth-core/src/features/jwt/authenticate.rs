//! Whom an access token means: simplejwt's `JWTAuthentication`, from the token on. Where a request carries it is the
//! HTTP layer's business.

use rest_auth_formats::jwt::{self, AuthenticationFailure, Claims, TokenError, TokenKind, UserIdClaim};

use super::{Jwt, is_blacklisted, is_tracked, refused};
use crate::context::Context;
use crate::error::{Error, Result, TokenAttempt, TokenRefusal};
use crate::messages;
use crate::model::{User, UserId};
use crate::settings::{TokenClass, UserIdField};
use crate::store::UserLookup;

/// An account and what its token says.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// It may log in.
    pub user: User,
    /// The claims of the token.
    pub claims: Claims,
}

/// The account that a token lets in, read anew: one that was switched off, or given a new password, is refused at
/// once.
pub async fn authenticate(cx: &Context, token: &[u8]) -> Result<Authenticated> {
    let claims = verified_claims(cx, token).await?;
    let user = match user_of(cx, &claims).await? {
        Ok(user) => user,
        Err(failure) => return Err(refused(failure)),
    };
    let own = &cx.settings.simple_jwt;
    if own.check_user_is_active && !user.is_active {
        return Err(refused(AuthenticationFailure::UserInactive));
    }
    check_password(cx, &claims, &user)?;
    Ok(Authenticated { user, claims })
}

/// The claims of a token that lets somebody in, without looking whom. An access token costs no query.
pub async fn verified_claims(cx: &Context, token: &[u8]) -> Result<Claims> {
    let jwt = cx.jwt()?;
    let mut attempts = Vec::new();
    let mut attempt = |kind: TokenKind, error: &TokenError| {
        attempts.push(TokenAttempt {
            class: kind.class_name(),
            kind: kind.name(),
            message: messages::token_error(error),
        });
    };
    let kinds = cx.settings.simple_jwt.auth_token_classes.iter().map(|class| match class {
        TokenClass::AccessToken => TokenKind::Access,
        TokenClass::SlidingToken => TokenKind::Sliding,
    });
    match jwt.decode(cx, token).await? {
        Ok(claims) => {
            for kind in kinds {
                match is_of_kind(cx, jwt, &claims, kind).await? {
                    Ok(()) => return Ok(claims),
                    Err(error) => attempt(kind, &error),
                }
            }
        }
        Err(error) => kinds.for_each(|kind| attempt(kind, &error)),
    }
    let message = messages::jwt_failure(AuthenticationFailure::NotValidForAnyType);
    Err(Error::TokenRefused(TokenRefusal { message, shows_code: true, attempts }))
}

async fn is_of_kind(
    cx: &Context,
    jwt: &Jwt,
    claims: &Claims,
    kind: TokenKind,
) -> Result<Result<(), TokenError>> {
    if kind.is_tracked() && is_tracked(cx, jwt, claims) && is_blacklisted(cx, jwt, claims).await? {
        return Ok(Err(TokenError::Blacklisted));
    }
    Ok(jwt::verify(claims, Some(kind), &jwt.rules))
}

/// The account that a token names, whatever became of it.
pub(super) async fn user_of(cx: &Context, claims: &Claims) -> Result<Result<User, AuthenticationFailure>> {
    let id = match claims.user_id(&cx.jwt()?.rules.names) {
        UserIdClaim::Missing => return Ok(Err(AuthenticationFailure::NoUserId)),
        UserIdClaim::Unusable => return Ok(Err(AuthenticationFailure::UserNotFound)),
        UserIdClaim::Text(id) => id,
    };
    let mut records = cx.store.read().await?;
    // Not every database can be asked for a NUL.
    let lookup = match cx.settings.simple_jwt.user_id_field {
        _ if id.contains('\0') => return Ok(Err(AuthenticationFailure::UserNotFound)),
        UserIdField::Id => {
            let user = match UserId::parse(&id, cx.settings.user_model.id_kind) {
                Some(id) => records.user(id).await?,
                None => None,
            };
            return Ok(user.ok_or(AuthenticationFailure::UserNotFound));
        }
        UserIdField::Username => UserLookup::Username(&id),
        UserIdField::Email => UserLookup::EmailFolded(&id),
    };
    let is_email = matches!(lookup, UserLookup::EmailFolded(_));
    let found = records.users(lookup).await?;
    let mut exact = found.into_iter().filter(|user| !is_email || *user.email == *id);
    // An address that two accounts share names nobody.
    let user = exact.next().filter(|_| exact.next().is_none());
    Ok(user.ok_or(AuthenticationFailure::UserNotFound))
}

/// Whether a token was made under the password that holds (A-05, `CHECK_REVOKE_TOKEN`).
pub(super) fn check_password(cx: &Context, claims: &Claims, user: &User) -> Result<()> {
    let names = &cx.jwt()?.rules.names;
    if cx.settings.simple_jwt.check_revoke_token && !claims.is_of_password(names, user.password.as_str()) {
        return Err(refused(AuthenticationFailure::PasswordChanged));
    }
    Ok(())
}

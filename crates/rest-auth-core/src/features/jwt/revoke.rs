//! Ending refresh tokens: the one of a logout with its family, and all of an account with its password.

use rest_auth_formats::jwt::{self, TokenError, TokenKind};

use super::authenticate::user_of;
use super::issue::row;
use super::{are_noted, have_families, is_blacklisted};
use crate::context::Context;
use crate::error::Result;
use crate::model::{NewRefreshToken, Secret, UserId};
use crate::store::Tx;

/// A refresh token that is to be ended, and is good for that.
pub(crate) struct Ending {
    row: NewRefreshToken,
    family: Option<String>,
}

/// Looks at a token that somebody logs out with: simplejwt's `RefreshToken(token)`.
pub(crate) async fn look(cx: &Context, token: &Secret) -> Result<Result<Ending, TokenError>> {
    let jwt = cx.jwt()?;
    let claims = match jwt.decode(token.expose().as_bytes(), cx.now) {
        Ok(claims) => claims,
        Err(error) => return Ok(Err(error)),
    };
    if is_blacklisted(cx, jwt, &claims).await? {
        return Ok(Err(TokenError::Blacklisted));
    }
    if let Err(error) = jwt::verify(&claims, Some(TokenKind::Refresh), &jwt.rules) {
        return Ok(Err(error));
    }
    let user = user_of(cx, &claims).await?.ok();
    let row = row(cx, &claims, token.clone(), user.map(|user| user.id))?;
    let known = cx.store.read().await?.refresh_token(&row.id).await?;
    let family = known.and_then(|known| known.family).map(|(family, _)| family);
    Ok(Ok(Ending { row, family: family.filter(|_| have_families(&cx.settings)) }))
}

/// Ends the token and, where there are such, its family.
pub(crate) async fn end_family(cx: &Context, tx: &mut dyn Tx, ending: &Ending) -> Result<()> {
    let Ending { row, family } = ending;
    if let Some(user) = row.user_id {
        tx.hold_refresh_tokens(&user.to_string()).await?;
    }
    tx.add_refresh_token(row).await?;
    tx.blacklist_refresh_token(&row.id, cx.now).await?;
    if let Some(family) = family {
        tx.blacklist_family(family, cx.now).await?;
    }
    Ok(())
}

/// Ends every refresh token of an account, where they are noted at all.
pub(crate) async fn end_tokens_of(cx: &Context, tx: &mut dyn Tx, user: UserId) -> Result<()> {
    if are_noted(&cx.settings) {
        tx.hold_refresh_tokens(&user.to_string()).await?;
        tx.blacklist_refresh_tokens(user, cx.now).await?;
    }
    Ok(())
}

//! Ending refresh tokens: the one of a logout with its family, and all of an account with its password.

use rest_auth_formats::jwt::{self, TokenError, TokenKind};

use super::authenticate::user_of;
use super::issue::row;
use super::{TokenPair, are_noted, have_families};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::{NewRefreshToken, RefreshToken, Secret, UserId};
use crate::store::Tx;

/// A refresh token that is to be ended, and is good for that.
pub(crate) struct Ending(NewRefreshToken);

/// Looks at a token that somebody logs out with: simplejwt's `RefreshToken(token)`. Where there are families a used one
/// does as well: another tab may have exchanged it, and whoever logs out wants its successors ended.
pub(crate) async fn look(cx: &Context, token: &Secret) -> Result<Result<Ending, TokenError>> {
    let jwt = cx.jwt()?;
    let claims = match jwt.decode(cx, token.expose().as_bytes()).await? {
        Ok(claims) => claims,
        Err(error) => return Ok(Err(error)),
    };
    let known = match jwt.id_of(&claims) {
        Some(id) => cx.store.read().await?.refresh_token(id).await?,
        None => None,
    };
    let is_replaced = |known: &RefreshToken| known.family.is_some() && known.child.is_some();
    if known.is_some_and(|known| known.blacklisted && !(have_families(&cx.settings) && is_replaced(&known))) {
        return Ok(Err(TokenError::Blacklisted));
    }
    if let Err(error) = jwt::verify(&claims, Some(TokenKind::Refresh), &jwt.rules) {
        return Ok(Err(error));
    }
    let user = user_of(cx, &claims).await?.ok();
    Ok(Ok(Ending(row(cx, &claims, token.clone(), user.map(|user| user.id))?)))
}

/// Ends the token and, where there are such, its family.
pub(crate) async fn end_family(cx: &Context, tx: &mut dyn Tx, ending: &Ending) -> Result<()> {
    let Ending(token) = ending;
    if let Some(user) = token.user_id {
        tx.hold_refresh_tokens(&user.to_string()).await?;
    }
    tx.add_refresh_token(token).await?;
    tx.blacklist_refresh_token(&token.id, cx.now).await?;
    if have_families(&cx.settings)
        && let Some((family, _)) = tx.refresh_token(&token.id).await?.and_then(|known| known.family)
    {
        tx.blacklist_family(&family, cx.now).await?;
    }
    Ok(())
}

/// The id of a refresh token that was just made, where it is noted.
pub(crate) fn id_of_refresh(cx: &Context, pair: &TokenPair) -> Result<Option<String>> {
    if !are_noted(&cx.settings) {
        return Ok(None);
    }
    let jwt = cx.jwt()?;
    let claims = jwt.decode_own(pair.refresh.expose().as_bytes(), cx.now).map_err(|error| {
        Error::internal(format!("a refresh token that was just made cannot be read: {error}"))
    })?;
    Ok(jwt.id_of(&claims).map(str::to_owned))
}

/// Ends the token with this id and everything that was bought with it.
pub(crate) async fn end_family_of(cx: &Context, tx: &mut dyn Tx, user: UserId, id: &str) -> Result<()> {
    tx.hold_refresh_tokens(&user.to_string()).await?;
    tx.blacklist_refresh_token(id, cx.now).await?;
    if have_families(&cx.settings)
        && let Some((family, _)) = tx.refresh_token(id).await?.and_then(|known| known.family)
    {
        tx.blacklist_family(&family, cx.now).await?;
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

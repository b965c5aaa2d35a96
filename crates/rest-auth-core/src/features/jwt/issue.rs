//! The two tokens of a login: simplejwt's `TokenObtainPairSerializer`, as dj-rest-auth calls it.

use rest_auth_formats::jwt::{Claims, SigningKey, TokenKind, TokenUser};

use super::{Jwt, are_noted, have_families, token_id, user_id_text};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::{FamilyMember, NewRefreshToken, Secret, Timestamp, User, UserId};
use crate::settings::Settings;
use crate::store::Tx;

/// An access token and the refresh token that buys new ones. `Debug` prints neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenPair {
    /// For the header of every request.
    pub access: Secret,
    /// Buys new access tokens.
    pub refresh: Secret,
    /// When the access token ends, as answers say it.
    pub access_expires: Timestamp,
    /// When the refresh token ends, as answers say it.
    pub refresh_expires: Timestamp,
}

/// Tokens and what has to be noted of them.
pub(crate) struct MintedPair {
    pub(crate) pair: TokenPair,
    refresh: Claims,
}

/// The key that signs; without one a deployment only checks tokens.
pub(super) fn signing_key(jwt: &Jwt) -> Result<&SigningKey> {
    jwt.signing_key().ok_or_else(|| Error::internal("there is no signing key: see simple_jwt.signing_key"))
}

/// Makes both. Nothing is noted.
pub(crate) fn mint_pair(cx: &Context, user: &User) -> Result<MintedPair> {
    let jwt = cx.jwt()?;
    let (mint, key) = (jwt.mint(cx.now), signing_key(jwt)?);
    let own = &cx.settings.simple_jwt;
    let id = user_id_text(&cx.settings, user);
    let password = own.check_revoke_token.then(|| user.password.as_str());
    let mut refresh = mint.for_user(TokenKind::Refresh, &TokenUser { id: &id, password }, token_id(cx));
    for add in &cx.hooks.add_claims {
        add(user, &mut refresh);
    }
    let access = mint.access_from(&refresh, token_id(cx));
    let refresh_expires = cap(&cx.settings, &mut refresh, cx.now, cx.now.plus_seconds(jwt.lifetimes.refresh));
    let pair = TokenPair {
        access: Secret::new(mint.sign(access, key)),
        refresh: Secret::new(mint.sign(refresh.clone(), key)),
        access_expires: cx.now.plus_seconds(jwt.lifetimes.access),
        refresh_expires,
    };
    Ok(MintedPair { pair, refresh })
}

/// Makes both and notes the refresh token, where the deployment does.
pub(crate) async fn issue(cx: &Context, tx: &mut dyn Tx, user: &User) -> Result<TokenPair> {
    let MintedPair { pair, refresh } = mint_pair(cx, user)?;
    if are_noted(&cx.settings) {
        let token = row(cx, &refresh, pair.refresh.clone(), Some(user.id))?;
        tx.add_refresh_token(&token).await?;
        if have_families(&cx.settings) {
            let NewRefreshToken { id, expires, .. } = token;
            let family = id.clone();
            tx.add_family_member(&FamilyMember { id, family, started: cx.now, parent: None, expires })
                .await?;
        }
    }
    if cx.settings.simple_jwt.update_last_login {
        tx.set_last_login(user.id, cx.now).await?;
    }
    Ok(pair)
}

/// Ends a refresh token no later than its family, which began at `started`; when that is.
pub(super) fn cap(
    settings: &Settings,
    refresh: &mut Claims,
    started: Timestamp,
    expires: Timestamp,
) -> Timestamp {
    if !have_families(settings) {
        return expires;
    }
    let longest = settings.simple_jwt.refresh_token_family_lifetime.get();
    match longest.map(|longest| started.plus_seconds(longest.signed())).filter(|end| *end < expires) {
        Some(end) => {
            refresh.set("exp", end.seconds());
            end
        }
        None => expires,
    }
}

/// A refresh token as a row.
pub(super) fn row(
    cx: &Context,
    claims: &Claims,
    token: Secret,
    user_id: Option<UserId>,
) -> Result<NewRefreshToken> {
    let id = cx.jwt()?.id_of(claims).map(str::to_owned);
    let found = id.zip(claims.expires_at());
    let (id, expires) = found.ok_or_else(|| Error::internal("a refresh token lacks its id or its end"))?;
    Ok(NewRefreshToken { id, token, user_id, created: cx.now, expires })
}

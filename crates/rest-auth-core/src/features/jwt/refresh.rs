//! New access tokens for a refresh token: simplejwt's `TokenRefreshView` as dj-rest-auth extends it, with rotation.
//!
//! Where refresh tokens have families, a used one tells more than that it was used. Its successor is handed out again
//! as long as nobody has used that one: the answer may have been lost, or two tabs asked at once. Once the successor was
//! used, whoever comes late with its parent is refused for a short while, and after that has stolen it, or was stolen
//! from: the whole family ends (S-41).

use rest_auth_formats::jwt::{self, AuthenticationFailure, Claims, TokenError, TokenKind};

use super::authenticate::{check_password, user_of};
use super::issue::{cap, row, signing_key};
use super::{Jwt, are_noted, have_families, refused, token_id, wrong};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::form::{Field, Form, Values};
use crate::model::{Child, FamilyMember, NewRefreshToken, RefreshToken, Secret, Timestamp, User};
use crate::store::{StoreError, Tx};

/// A refresh token to be exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRefresh {
    /// From the body; `None` where the cookie is to be asked.
    pub refresh: Option<Secret>,
}

impl TokenRefresh {
    /// `CookieTokenRefreshSerializer`
    pub fn form() -> Form {
        let access = Field::char("access").read_only();
        Form::new("TokenRefresh")
            .field(Field::char("refresh").optional().help("WIll override cookie."))
            .field(access)
    }

    /// Typed from here on. A field that a form leaves blank counts as absent.
    pub fn from_values(values: &Values) -> Self {
        Self { refresh: values.text("refresh").filter(|text| !text.is_empty()).map(Secret::from) }
    }
}

/// What a refresh token has bought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refreshed {
    /// A new access token.
    pub access: Secret,
    /// When it ends.
    pub access_expires: Timestamp,
    /// The refresh token that takes the place of the one sent, and when it ends; `None` without rotation.
    pub refresh: Option<(Secret, Timestamp)>,
}

/// Exchanges the token of the body, or else the cookie's.
pub async fn refresh(cx: &Context, input: TokenRefresh, cookie: Option<&str>) -> Result<Refreshed> {
    let sent = input.refresh.or_else(|| cookie.map(Secret::from));
    let sent = sent.ok_or_else(|| refused(AuthenticationFailure::NoRefreshToken))?;
    let jwt = cx.jwt()?;
    let claims = jwt.decode(cx, sent.expose().as_bytes()).await?.map_err(|error| wrong(&error))?;
    let known = match jwt.id_of(&claims).filter(|_| are_noted(&cx.settings)) {
        Some(id) => cx.store.read().await?.refresh_token(id).await?,
        None => None,
    };
    let ended = known.as_ref().is_some_and(|known| known.blacklisted);
    // A list is asked before the kind, as upstream; but only a refresh token has a successor to hand out.
    if let Err(error) = jwt::verify(&claims, Some(TokenKind::Refresh), &jwt.rules) {
        return Err(wrong(if ended { &TokenError::Blacklisted } else { &error }));
    }
    let user = match owner(cx, &claims).await {
        // Whose it was does not matter any more.
        Err(Error::TokenRefused(_)) if ended => return Err(wrong(&TokenError::Blacklisted)),
        user => user?,
    };
    let visit = Used { cx, jwt, claims: &claims, user: &user };
    match known {
        Some(known) if known.blacklisted => visit.again(&known).await,
        known if cx.settings.simple_jwt.rotate_refresh_tokens => visit.rotate(&sent, known).await,
        _ => visit.answer(None),
    }
}

/// The account that a refresh token is for, if it may still log in.
async fn owner(cx: &Context, claims: &Claims) -> Result<User> {
    let user = match user_of(cx, claims).await? {
        Ok(user) => user,
        Err(failure) => return Err(refused(failure)),
    };
    if cx.settings.simple_jwt.check_user_is_active && !user.is_active {
        return Err(refused(AuthenticationFailure::NoActiveAccount));
    }
    check_password(cx, claims, &user)?;
    Ok(user)
}

/// A sound refresh token that somebody uses.
struct Used<'a> {
    cx: &'a Context,
    jwt: &'a Jwt,
    claims: &'a Claims,
    user: &'a User,
}

impl Used<'_> {
    fn answer(&self, refresh: Option<(Secret, Timestamp)>) -> Result<Refreshed> {
        let mint = self.jwt.mint(self.cx.now);
        let access = mint.access_from(self.claims, token_id(self.cx));
        Ok(Refreshed {
            access: Secret::new(mint.sign(access, signing_key(self.jwt)?)),
            access_expires: self.cx.now.plus_seconds(self.jwt.lifetimes.access),
            refresh,
        })
    }

    /// Puts a new refresh token into the place of this one. Of several that do so at once one succeeds, and the others
    /// find the token used.
    async fn rotate(&self, sent: &Secret, known: Option<RefreshToken>) -> Result<Refreshed> {
        let (cx, own) = (self.cx, &self.cx.settings.simple_jwt);
        let (family, started) = self.family(known.as_ref());
        let mint = self.jwt.mint(cx.now);
        let mut claims = mint.rotated(self.claims, token_id(cx));
        let end = cx.now.plus_seconds(self.jwt.lifetimes.refresh);
        let end = cap(&cx.settings, &mut claims, started, end);
        let child = Secret::new(mint.sign(claims.clone(), signing_key(self.jwt)?));
        // Signing may take a while, and nothing slow belongs into a transaction.
        let answer = self.answer(Some((child.clone(), end)))?;
        if !are_noted(&cx.settings) {
            return Ok(answer);
        }
        let parent = row(cx, self.claims, sent.clone(), Some(self.user.id))?;
        let child = row(cx, &claims, child, Some(self.user.id))?;
        let mut tx = cx.store.write().await?;
        tx.hold_refresh_tokens(&self.user.id.to_string()).await?;
        if own.blacklist_after_rotation {
            if known.is_none() {
                tx.add_refresh_token(&parent).await?;
            }
            if !tx.blacklist_refresh_token(&parent.id, cx.now).await? {
                let known = tx.refresh_token(&parent.id).await?;
                drop(tx);
                return match known {
                    Some(known) => self.again(&known).await,
                    None => Err(wrong(&TokenError::Blacklisted)),
                };
            }
        }
        tx.add_refresh_token(&child).await?;
        if have_families(&cx.settings) {
            let NewRefreshToken { id, expires, .. } = child;
            let member = FamilyMember { id, family, started, parent: Some(parent.id), expires };
            add_member(tx.as_mut(), &member, known.as_ref()).await?;
        }
        tx.commit().await?;
        Ok(answer)
    }

    /// The family of this token and when it began. A token from before there were families begins one.
    fn family(&self, known: Option<&RefreshToken>) -> (String, Timestamp) {
        known.and_then(|known| known.family.clone()).unwrap_or_else(|| {
            let id = self.jwt.id_of(self.claims).unwrap_or_default().to_owned();
            (id, self.claims.time("iat").unwrap_or(self.cx.now).min(self.cx.now))
        })
    }

    /// Somebody comes with a token that was ended.
    async fn again(&self, known: &RefreshToken) -> Result<Refreshed> {
        let (cx, own) = (self.cx, &self.cx.settings.simple_jwt);
        let replaced =
            known.family.as_ref().zip(known.child.as_ref()).filter(|_| have_families(&cx.settings));
        // Without a successor it was no use but a logout that ended it.
        let Some(((family, _), child)) = replaced else { return Err(wrong(&TokenError::Blacklisted)) };
        let Child { token, created, expires, blacklisted } = child;
        if !blacklisted && *expires > cx.now {
            return self.answer(Some((token.clone(), *expires)));
        }
        if cx.now > created.plus_seconds(own.refresh_token_reuse_grace.signed()) {
            let mut tx = cx.store.write().await?;
            tx.hold_refresh_tokens(&self.user.id.to_string()).await?;
            let ended = tx.blacklist_family(family, cx.now).await?;
            // It stays ended although the request fails.
            tx.commit().await?;
            if ended > 0 {
                tracing::warn!(
                    user = %self.user.id, request_id = cx.meta.request_id.as_str(), ended,
                    "a refresh token came back after its successor was used: its family is ended"
                );
            }
        }
        Err(wrong(&TokenError::Blacklisted))
    }
}

/// Notes a child; and its parent, if that is from before there were families.
async fn add_member(
    tx: &mut dyn Tx,
    child: &FamilyMember,
    parent: Option<&RefreshToken>,
) -> Result<(), StoreError> {
    if parent.is_none_or(|parent| parent.family.is_none()) {
        let first = FamilyMember { id: child.family.clone(), parent: None, ..child.clone() };
        tx.add_family_member(&first).await?;
    }
    tx.add_family_member(child).await
}

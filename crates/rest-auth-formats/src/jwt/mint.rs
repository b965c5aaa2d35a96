//! New tokens as simplejwt makes them: the claims and their order.

use md5::Md5;
use sha2::Digest;

use super::check::TokenError;
use super::claims::Claims;
use super::keys::SigningKey;
use super::rules::{Lifetimes, Rules, TokenKind};
use super::segments::{HeaderOrder, join};
use crate::{Timestamp, hex, user_id_text};

/// The id of a new token: a random UUID of version 4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenId(u128);

impl TokenId {
    /// The id made of 16 random bytes.
    pub const fn from_random(random: [u8; 16]) -> Self {
        const VARIABLE: u128 = !(0xf << 76 | 0x3 << 62);
        Self(u128::from_be_bytes(random) & VARIABLE | 0x4 << 76 | 0x2 << 62)
    }

    /// 32 hex digits, as simplejwt writes it.
    pub fn hex(self) -> String {
        user_id_text::uid_from_uuid(self.0)
    }

    /// With dashes, as drf-jwt writes it.
    pub fn with_dashes(self) -> String {
        user_id_text::uuid_text(self.0)
    }
}

/// The user that a new token is for.
#[derive(Clone, Copy)]
pub struct TokenUser<'u> {
    /// The text of `USER_ID_FIELD`: the primary key, a UUID with dashes.
    pub id: &'u str,
    /// The password column, if the token is to end when it changes (`CHECK_REVOKE_TOKEN`).
    pub password: Option<&'u str>,
}

/// The claim that ties a token to a password: the MD5 of the password column in upper-case hex
/// (`get_md5_hash_password`).
pub fn password_claim(password_column: &str) -> String {
    hex::encode(&Md5::digest(password_column)).to_uppercase()
}

/// Makes claims for tokens of one deployment at one time.
#[derive(Clone, Copy, Debug)]
pub struct Mint<'a> {
    /// What tokens say.
    pub rules: &'a Rules,
    /// How long they last.
    pub lifetimes: &'a Lifetimes,
    /// The present. Its fraction of a second is dropped.
    pub now: Timestamp,
}

impl Mint<'_> {
    /// A token for a user (`Token.for_user`).
    pub fn for_user(&self, kind: TokenKind, user: &TokenUser<'_>, id: TokenId) -> Claims {
        let names = &self.rules.names;
        let mut claims = self.fresh(kind, id);
        claims.set(names.user_id.as_str(), user.id);
        if let Some(column) = user.password {
            claims.set(names.password.as_str(), password_claim(column));
        }
        claims
    }

    /// The access token that a refresh token buys (`RefreshToken.access_token`): times and id of its own, and
    /// every other claim of the refresh token.
    pub fn access_from(&self, refresh: &Claims, id: TokenId) -> Claims {
        let names = &self.rules.names;
        let own = [names.token_type.as_deref(), names.token_id.as_deref()];
        let is_copied = |name: &str| !own.contains(&Some(name)) && !["exp", "iat", "jti"].contains(&name);
        let mut claims = self.fresh(TokenKind::Access, id);
        for (name, value) in refresh.iter().filter(|(name, _)| is_copied(name)) {
            claims.set(name, value.clone());
        }
        claims
    }

    /// The refresh token that takes the place of another (`ROTATE_REFRESH_TOKENS`): a new id and new times,
    /// and everything else as it was.
    pub fn rotated(&self, refresh: &Claims, id: TokenId) -> Claims {
        let mut claims = refresh.clone();
        if let Some(name) = &self.rules.names.token_id {
            claims.set(name.as_str(), id.hex());
        }
        self.set_times(&mut claims, TokenKind::Refresh);
        claims
    }

    /// A sliding token with new times and the same id, if its `refresh_exp` has not passed
    /// (`TokenRefreshSlidingSerializer`).
    pub fn slid(&self, sliding: &Claims) -> Result<Claims, TokenError> {
        let name = &self.rules.names.refresh_expiry;
        if sliding.get(name).is_none() {
            return Err(TokenError::NoClaim(name.clone().into()));
        }
        let end = sliding.time(name).ok_or(TokenError::Invalid)?;
        if end <= self.now.minus_seconds(self.rules.leeway) {
            return Err(TokenError::ClaimExpired(name.clone().into()));
        }
        let mut claims = sliding.clone();
        self.set_times(&mut claims, TokenKind::Sliding);
        Ok(claims)
    }

    /// The token itself: the claims, signed with `aud` and `iss` among them where they are configured.
    pub fn sign(&self, mut claims: Claims, key: &SigningKey) -> String {
        if let Some(audience) = &self.rules.audience {
            claims.set("aud", audience.claim());
        }
        if let Some(issuer) = &self.rules.issuer {
            claims.set("iss", issuer.as_str());
        }
        encode(&claims, key)
    }

    /// What every new token says.
    fn fresh(&self, kind: TokenKind, id: TokenId) -> Claims {
        let names = &self.rules.names;
        let mut claims = Claims::new();
        if let Some(name) = &names.token_type {
            claims.set(name.as_str(), kind.name());
        }
        self.set_times(&mut claims, kind);
        if let Some(name) = &names.token_id {
            claims.set(name.as_str(), id.hex());
        }
        if kind == TokenKind::Sliding {
            let end = self.now.plus_seconds(self.lifetimes.sliding_refresh);
            claims.set(names.refresh_expiry.as_str(), end.seconds());
        }
        claims
    }

    fn set_times(&self, claims: &mut Claims, kind: TokenKind) {
        claims.set("exp", self.now.plus_seconds(self.lifetimes.of(kind)).seconds());
        claims.set("iat", self.now.seconds());
    }
}

/// Exactly these claims, signed (`jwt.encode` of PyJWT 2). For tokens of other purposes, such as the client
/// secrets that some identity providers ask for.
pub fn encode(claims: &Claims, key: &SigningKey) -> String {
    join(claims, key, HeaderOrder::Sorted)
}

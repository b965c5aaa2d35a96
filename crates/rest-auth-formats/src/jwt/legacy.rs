//! The tokens of simplejwt's predecessors: djangorestframework-jwt 1.11, which django-rest-auth used, and its fork
//! drf-jwt 1.19. They name the user by user name and know no kinds.
//!
//! simplejwt refuses them for their lack of a `token_type`. Here a token whose `token_type` says that it is
//! simplejwt's is refused in turn, so that a refresh token never authenticates a request through this door.

use serde_json::Value;

use super::check::{Refusal, signed_claims};
use super::claims::Claims;
use super::keys::{SigningKey, VerifyingKey};
use super::mint::TokenId;
use super::registered::{self, Expected};
use super::rules::Audience;
use super::segments::{HeaderOrder, join};
use crate::{Timestamp, auth_token};

/// Which of the two packages a deployment ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// djangorestframework-jwt with PyJWT 1.
    DjangorestframeworkJwt,
    /// drf-jwt with PyJWT 2.
    DrfJwt,
}

/// The settings of `JWT_AUTH`. [`LegacyRules::new`] has the defaults of each dialect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LegacyRules {
    /// The package.
    pub dialect: Dialect,
    /// `JWT_ISSUER`: the claim `iss`.
    pub issuer: Option<String>,
    /// `JWT_AUDIENCE`: the claim `aud`. Without it, a token that names an audience is refused.
    pub audience: Option<Audience>,
    /// `JWT_LEEWAY`, in seconds.
    pub leeway: i64,
    /// `JWT_EXPIRATION_DELTA`, in seconds.
    pub lifetime: i64,
    /// `JWT_REFRESH_EXPIRATION_DELTA`, in seconds from the first login on.
    pub refresh_lifetime: i64,
    /// `JWT_ALLOW_REFRESH`: new tokens carry `orig_iat`.
    pub allows_refresh: bool,
    /// `JWT_VERIFY_EXPIRATION`.
    pub verifies_expiry: bool,
    /// `JWT_PAYLOAD_INCLUDE_USER_ID`, of drf-jwt.
    pub includes_user_id: bool,
    /// `JWT_TOKEN_ID` other than `off`, of drf-jwt: new tokens carry `jti`.
    pub includes_token_id: bool,
}

/// The user that a new token is for.
#[derive(Clone, Copy)]
pub struct LegacyUser<'u> {
    /// The primary key: a number, or the text of a UUID.
    pub id: &'u Value,
    /// The user name (`get_username`).
    pub username: &'u str,
    /// The column that this is (`USERNAME_FIELD`).
    pub username_field: &'u str,
    /// The address, possibly empty; `None` if users have none. Not in tokens of drf-jwt.
    pub email: Option<&'u str>,
}

/// Why a token or a request was refused. The wording depends on the dialect and on who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LegacyFailure {
    /// The header is the prefix alone.
    NoCredentials,
    /// More than one word follows the prefix.
    Spaces,
    /// The token's `exp` has passed.
    Expired,
    /// It is no token, or nobody here signed it.
    Undecodable,
    /// It was signed here and does not hold.
    Invalid,
    /// It names no user.
    NoUsername,
    /// There is no such user.
    UnknownUser,
    /// The user may not log in.
    InactiveUser,
    /// It cannot be refreshed.
    NoFirstLogin,
    /// It can no longer be refreshed.
    RefreshExpired,
}

impl LegacyFailure {
    /// The `detail` of the 401 that answers a request with this token.
    pub const fn detail(self, dialect: Dialect) -> &'static str {
        let is_fork = matches!(dialect, Dialect::DrfJwt);
        match self {
            Self::NoCredentials => "Invalid Authorization header. No credentials provided.",
            Self::Spaces => "Invalid Authorization header. Credentials string should not contain spaces.",
            Self::Expired if is_fork => "Token has expired.",
            Self::Expired => "Signature has expired.",
            Self::Undecodable if is_fork => "Error decoding token.",
            Self::Undecodable => "Error decoding signature.",
            Self::Invalid | Self::UnknownUser if is_fork => "Invalid token.",
            Self::Invalid => "Incorrect authentication credentials.",
            Self::NoUsername => "Invalid payload.",
            Self::UnknownUser => "Invalid signature.",
            Self::InactiveUser => "User account is disabled.",
            Self::NoFirstLogin if is_fork => "orig_iat field not found in token.",
            Self::NoFirstLogin => "orig_iat field is required.",
            Self::RefreshExpired => "Refresh has expired.",
        }
    }

    /// The error below `non_field_errors` when the token was posted to be verified or refreshed.
    pub const fn form_error(self, dialect: Dialect) -> &'static str {
        match (self, dialect) {
            (Self::UnknownUser, _) => "User doesn't exist.",
            (Self::NoUsername, Dialect::DrfJwt) => "Invalid token.",
            // Upstream raises an exception here.
            (Self::Invalid, Dialect::DjangorestframeworkJwt) => "Error decoding signature.",
            _ => self.detail(dialect),
        }
    }
}

impl From<Refusal> for LegacyFailure {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Undecodable => Self::Undecodable,
            Refusal::Expired => Self::Expired,
            Refusal::Invalid => Self::Invalid,
        }
    }
}

impl LegacyRules {
    /// The defaults of a dialect: 300 seconds, refreshed for seven days if at all. drf-jwt allows that,
    /// djangorestframework-jwt does not.
    pub fn new(dialect: Dialect) -> Self {
        Self {
            dialect,
            issuer: None,
            audience: None,
            leeway: 0,
            lifetime: 300,
            refresh_lifetime: 7 * 86_400,
            allows_refresh: dialect == Dialect::DrfJwt,
            verifies_expiry: true,
            includes_user_id: true,
            includes_token_id: true,
        }
    }

    /// The word in front of the token in the header, and in the challenge, unless `JWT_AUTH_HEADER_PREFIX` says
    /// otherwise.
    pub const fn header_prefix(&self) -> &'static str {
        match self.dialect {
            Dialect::DjangorestframeworkJwt => "JWT",
            Dialect::DrfJwt => "Bearer",
        }
    }

    /// The token of a request: in the header behind the prefix in any case, or in the cookie.
    ///
    /// djangorestframework-jwt reads the cookie if there is no header or an empty one; drf-jwt also if the
    /// header is not two words with one space between them.
    pub fn find_token<'r>(
        &self,
        header: Option<&'r [u8]>,
        cookie: Option<&'r [u8]>,
        prefix: &str,
    ) -> Result<Option<&'r [u8]>, LegacyFailure> {
        let header = header.unwrap_or_default();
        let is_prefix = |word: &[u8]| word.eq_ignore_ascii_case(prefix.as_bytes());
        if self.dialect == Dialect::DrfJwt {
            let mut words = header.split(|byte| *byte == b' ');
            return Ok(match (words.next(), words.next(), words.next()) {
                (Some(word), Some(_), None) if !is_prefix(word) => None,
                (Some(_), Some(token), None) if !token.is_empty() => Some(token),
                _ => cookie,
            });
        }
        let mut words = auth_token::words(header);
        let Some(word) = words.next() else { return Ok(cookie) };
        if !is_prefix(word) {
            return Ok(None);
        }
        let token = words.next().ok_or(LegacyFailure::NoCredentials)?;
        if words.next().is_some() { Err(LegacyFailure::Spaces) } else { Ok(Some(token)) }
    }

    /// The claims of a new token (`jwt_payload_handler`, `jwt_create_payload`).
    pub fn claims_for(&self, user: &LegacyUser<'_>, now: Timestamp, id: TokenId) -> Claims {
        let mut claims = Claims::new();
        let end = now.plus_seconds(self.lifetime).seconds();
        match self.dialect {
            Dialect::DjangorestframeworkJwt => {
                claims.set("user_id", user.id.clone());
                claims.set("username", user.username);
                claims.set("exp", end);
                if let Some(email) = user.email {
                    claims.set("email", email);
                }
                claims.set(user.username_field, user.username);
            }
            Dialect::DrfJwt => {
                claims.set("username", user.username);
                claims.set("iat", now.seconds());
                claims.set("exp", end);
                if self.includes_token_id {
                    claims.set("jti", id.with_dashes());
                }
                if self.includes_user_id {
                    claims.set("user_id", user.id.clone());
                }
            }
        }
        if self.allows_refresh {
            claims.set("orig_iat", now.seconds());
        }
        if let Some(audience) = &self.audience {
            claims.set("aud", audience.claim());
        }
        if let Some(issuer) = &self.issuer {
            claims.set("iss", issuer.as_str());
        }
        claims
    }

    /// The claims of the token that takes the place of another, whose user was looked up anew. Possible until
    /// [`LegacyRules::refresh_lifetime`] after the first login, that second included.
    pub fn refreshed(
        &self,
        old: &Claims,
        user: &LegacyUser<'_>,
        now: Timestamp,
        id: TokenId,
    ) -> Result<Claims, LegacyFailure> {
        let first = old.get("orig_iat").filter(|first| first.is_number() && **first != 0);
        let first = first.ok_or(LegacyFailure::NoFirstLogin)?;
        let first_login = old.time("orig_iat").ok_or(LegacyFailure::NoFirstLogin)?;
        if Timestamp::from_seconds(now.seconds()) > first_login.plus_seconds(self.refresh_lifetime) {
            return Err(LegacyFailure::RefreshExpired);
        }
        let mut claims = self.claims_for(user, now, id);
        claims.set("orig_iat", first.clone());
        let first_id = ["orig_jti", "jti"].iter().find_map(|name| old.text(name).filter(|id| !id.is_empty()));
        if let Some(first_id) = first_id.filter(|_| self.dialect == Dialect::DrfJwt) {
            claims.set("orig_jti", first_id);
        }
        Ok(claims)
    }

    /// The token of these claims, with the header in the dialect's order.
    pub fn sign(&self, claims: &Claims, key: &SigningKey) -> String {
        let order = match self.dialect {
            Dialect::DjangorestframeworkJwt => HeaderOrder::TypeFirst,
            Dialect::DrfJwt => HeaderOrder::Sorted,
        };
        join(claims, key, order)
    }

    /// The claims of a token that one of the keys signed, if they hold now and are of this kind.
    pub fn read(&self, token: &[u8], keys: &[VerifyingKey], now: Timestamp) -> Result<Claims, LegacyFailure> {
        let claims = signed_claims(token, keys)?;
        let expected = Expected {
            issuer: self.issuer.as_deref(),
            audience: self.audience.as_ref(),
            refuses_unasked_audience: true,
            leeway: self.leeway,
            verifies_expiry: self.verifies_expiry,
        };
        match self.dialect {
            Dialect::DjangorestframeworkJwt => registered::check_as_pyjwt_1(&claims, &expected, now)?,
            Dialect::DrfJwt => registered::check(&claims, &expected, now)?,
        }
        if claims.get("token_type").is_some() { Err(LegacyFailure::Invalid) } else { Ok(claims) }
    }

    /// The user name in a token; the `user_id` beside it is not looked at.
    pub fn username<'c>(&self, claims: &'c Claims) -> Result<&'c str, LegacyFailure> {
        claims.text("username").filter(|name| !name.is_empty()).ok_or(LegacyFailure::NoUsername)
    }
}

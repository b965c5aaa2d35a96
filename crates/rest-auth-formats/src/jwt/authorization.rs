//! Where a request carries its token, as simplejwt's `JWTAuthentication` and dj-rest-auth's
//! `JWTCookieAuthentication` look for it, and how they refuse a request.

use std::fmt;

use crate::cookie::Lifetime;
use crate::{Timestamp, auth_token};

/// The word in front of the token in the `Authorization` header, unless `AUTH_HEADER_TYPES` says otherwise.
pub const HEADER_TYPE: &str = "Bearer";

/// Why a request is answered with 401; `Display` is upstream's `detail`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthenticationFailure {
    /// The header has a known word and then not exactly one more.
    BadHeader,
    /// The token was refused. What was wrong with it goes beside (`messages`).
    NotValidForAnyType,
    /// The token names no user.
    NoUserId,
    /// There is no such user.
    UserNotFound,
    /// The user may not log in.
    UserInactive,
    /// The token belongs to an older password.
    PasswordChanged,
    /// A refresh token, whose user is gone or may not log in.
    NoActiveAccount,
    /// Neither the body nor a cookie has a refresh token.
    NoRefreshToken,
}

impl AuthenticationFailure {
    /// The `code` in the body, if it has one.
    pub const fn code(self) -> Option<&'static str> {
        match self {
            Self::BadHeader => Some("bad_authorization_header"),
            Self::NotValidForAnyType | Self::NoUserId | Self::NoRefreshToken => Some("token_not_valid"),
            Self::UserNotFound => Some("user_not_found"),
            Self::UserInactive => Some("user_inactive"),
            Self::PasswordChanged => Some("password_changed"),
            Self::NoActiveAccount => None,
        }
    }
}

impl fmt::Display for AuthenticationFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::BadHeader => "Authorization header must contain two space-delimited values",
            Self::NotValidForAnyType => "Given token not valid for any token type",
            Self::NoUserId => "Token contained no recognizable user identification",
            Self::UserNotFound => "User not found",
            Self::UserInactive => "User is inactive",
            Self::PasswordChanged => "The user's password has been changed.",
            Self::NoActiveAccount => "No active account found for the given token.",
            Self::NoRefreshToken => "No valid refresh token found.",
        })
    }
}

impl std::error::Error for AuthenticationFailure {}

/// The token in an `Authorization` header, which may be any bytes.
///
/// Words are split at ASCII white space, and the first is compared exactly with `AUTH_HEADER_TYPES`. `None` if it
/// is another: the request then carries no token for us.
pub fn read_header<'h, S: AsRef<str>>(
    header: &'h [u8],
    types: &[S],
) -> Result<Option<&'h [u8]>, AuthenticationFailure> {
    let mut words = auth_token::words(header);
    let is_known = |word: &[u8]| types.iter().any(|known| known.as_ref().as_bytes() == word);
    if !words.next().is_some_and(is_known) {
        return Ok(None);
    }
    match (words.next(), words.next()) {
        (Some(token), None) => Ok(Some(token)),
        _ => Err(AuthenticationFailure::BadHeader),
    }
}

/// When a token in a cookie makes CSRF protection necessary.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CookieCsrf {
    /// `JWT_AUTH_COOKIE_USE_CSRF`: for requests that carry the cookie.
    pub for_cookies: bool,
    /// `JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED`: also for those that carry nothing.
    pub for_anonymous: bool,
}

/// The token that a request presents to `JWTCookieAuthentication`, and what comes before looking at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Presented<'r> {
    /// The token, possibly empty, which is a bad token.
    pub token: Option<&'r [u8]>,
    /// Whether the CSRF check has to pass first, if the method changes something.
    pub needs_csrf: bool,
}

/// The token of a request that may carry it in a cookie. A header, even an empty one or one of another scheme,
/// hides the cookie.
///
/// Where no name is configured (`JWT_AUTH_COOKIE`), there is no cookie and no CSRF check either.
pub fn find_token<'r, S: AsRef<str>>(
    header: Option<&'r [u8]>,
    cookie: Option<&'r [u8]>,
    types: &[S],
    csrf: CookieCsrf,
) -> Result<Presented<'r>, AuthenticationFailure> {
    match header {
        Some(header) => Ok(Presented { token: read_header(header, types)?, needs_csrf: false }),
        None => Ok(Presented {
            token: cookie,
            needs_csrf: csrf.for_anonymous || (csrf.for_cookies && cookie.is_some()),
        }),
    }
}

/// How long the browser keeps a cookie with a token that lasts so many seconds: one more, since Django adds it
/// when it is given a point in time.
pub fn cookie_lifetime(token_lifetime: i64, now: Timestamp) -> Lifetime {
    Lifetime::Seconds(token_lifetime.saturating_add(1).max(0), now)
}

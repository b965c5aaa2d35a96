//! A token in a cookie, or in the header: dj-rest-auth's `JWTCookieAuthentication`.

use std::borrow::Cow;
use std::sync::Arc;

use async_trait::async_trait;
use http::HeaderValue;
use http::request::Parts;
use rest_auth_core::settings::{AuthenticatorName, Settings};
use rest_auth_core::{Context, Result};
use rest_auth_formats::csrf::CsrfSettings;
use rest_auth_formats::jwt::{self as format, CookieCsrf};

use super::jwt::{JwtHeader, challenge, identify, is_anothers, refused};
use super::{Authenticator, Identity};
use crate::browser::Browser;
use crate::cookies;

pub(super) struct JwtCookieAuthentication {
    carrier: JwtCarrier,
    csrf: Arc<CsrfSettings>,
}

impl JwtCookieAuthentication {
    pub(super) fn new(settings: &Settings, csrf: Arc<CsrfSettings>) -> Self {
        Self { carrier: JwtCarrier::of(settings), csrf }
    }
}

#[async_trait]
impl Authenticator for JwtCookieAuthentication {
    async fn authenticate(&self, cx: &Context, head: &Parts) -> Result<Option<Identity>> {
        match self.carrier.token(cx, &self.csrf, head).await? {
            Some(token) if !is_anothers(cx, &token) => identify(cx, &token).await.map(Some),
            _ => Ok(None),
        }
    }

    fn challenge(&self) -> Option<HeaderValue> {
        self.carrier.challenge()
    }
}

/// Where requests carry tokens: in the header, or else in the cookie, where one is configured and asked for.
#[derive(Clone, Debug)]
pub(crate) struct JwtCarrier {
    header: JwtHeader,
    cookie: Option<String>,
    policy: CookieCsrf,
}

impl JwtCarrier {
    pub(crate) fn of(settings: &Settings) -> Self {
        let rest_auth = &settings.rest_auth;
        let policy = CookieCsrf {
            for_cookies: rest_auth.jwt_auth_cookie_use_csrf,
            for_anonymous: rest_auth.jwt_auth_cookie_enforce_csrf_on_unauthenticated,
        };
        let cookie = rest_auth.jwt_auth_cookie.get().filter(|_| settings.asks(AuthenticatorName::JwtCookie));
        Self { header: JwtHeader::of(settings), cookie: cookie.cloned(), policy }
    }

    /// The challenge to whoever comes without.
    pub(crate) fn challenge(&self) -> Option<HeaderValue> {
        challenge(self.header.types())
    }

    /// The token of a request that has one in the header alone, as one line; `None` where there is more to look at.
    pub(crate) fn only_header<'a>(&self, head: &'a Parts) -> Option<Result<&'a [u8]>> {
        let Cow::Borrowed(sent) = self.header.sent(head)? else { return None };
        format::read_header(sent, self.header.types()).map_err(refused).transpose()
    }

    /// The token of a request. A cookie that needs a proof against CSRF is not looked at before there is one.
    pub(crate) async fn token(
        &self,
        cx: &Context,
        csrf: &CsrfSettings,
        head: &Parts,
    ) -> Result<Option<Vec<u8>>> {
        let header = self.header.sent(head);
        let Some(name) = self.cookie.as_deref().filter(|_| header.is_none()) else {
            return self.header.token(head);
        };
        let cookie = cookies::read(&head.headers, name);
        let cookie = cookie.as_deref().map(str::as_bytes);
        let presented =
            format::find_token(None, cookie, self.header.types(), self.policy).map_err(refused)?;
        if presented.needs_csrf
            && let Some(browser) = head.extensions.get::<Arc<Browser>>()
        {
            browser.check_csrf(cx, csrf, head).await?;
        }
        Ok(presented.token.map(<[u8]>::to_vec))
    }
}

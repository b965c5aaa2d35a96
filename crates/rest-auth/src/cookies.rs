//! Cookies: reading them as leniently as Django does, and the `Set-Cookie` lines that the settings describe.

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use rest_auth_core::Context;
use rest_auth_core::features::sessions::{self, SessionCookie};
use rest_auth_core::features::social_redirect;
use rest_auth_core::model::{Secret, Timestamp};
use rest_auth_core::settings::{FeatureName, SameSite, Settings};
use rest_auth_formats::cookie::{self, Lifetime, SetCookie};

/// The cookies of an answer. A later value takes the place of an earlier one.
#[derive(Clone, Default)]
pub(crate) struct Lines {
    /// The access token.
    pub(crate) access: Option<HeaderValue>,
    /// The refresh token.
    pub(crate) refresh: Option<HeaderValue>,
    /// `csrftoken`.
    pub(crate) csrf: Option<HeaderValue>,
    /// `sessionid`.
    pub(crate) session: Option<HeaderValue>,
    /// Attempts of social logins, kept and forgotten.
    pub(crate) attempts: Vec<HeaderValue>,
}

impl Lines {
    /// What a login sets.
    pub(crate) fn of_login(cx: &Context, opened: &SessionCookie) -> Self {
        let secret = opened.csrf_secret.as_deref().filter(|_| !cx.settings.csrf.use_sessions);
        let csrf = secret.and_then(|secret| csrf(cx, secret));
        Self { csrf, session: session(cx, opened), ..Self::default() }
    }

    /// The same with an access token, if it has a cookie. Where such cookies need a proof against CSRF, a login that
    /// opens no session hands that out too.
    pub(crate) fn with_access(mut self, cx: &Context, token: &Secret, expires: Timestamp) -> Self {
        let rest_auth = &cx.settings.rest_auth;
        let Some(name) = rest_auth.jwt_auth_cookie.get() else { return self };
        self.access = jwt(cx, name, "/", token, expires);
        if rest_auth.jwt_auth_cookie_use_csrf && self.session.is_none() && !cx.settings.csrf.use_sessions {
            self.csrf = csrf(cx, &sessions::new_csrf_secret(cx));
        }
        self
    }

    /// The same with a refresh token, if it has a cookie.
    pub(crate) fn with_refresh(mut self, cx: &Context, token: &Secret, expires: Timestamp) -> Self {
        let rest_auth = &cx.settings.rest_auth;
        if let Some(name) = rest_auth.jwt_auth_refresh_cookie.get() {
            self.refresh = jwt(cx, name, &rest_auth.jwt_auth_refresh_cookie_path, token, expires);
        }
        self
    }

    /// The same with a token of simplejwt's predecessors, if it has a cookie. It stands where an access token would.
    pub(crate) fn with_legacy(mut self, cx: &Context, token: &Secret, expires: Timestamp) -> Self {
        if let Some(name) = cx.settings.jwt_auth.jwt_auth_cookie.get() {
            let lifetime = Lifetime::Seconds(expires.seconds_since(cx.now).max(0), cx.now);
            self.access = line(&SetCookie { value: token.expose(), lifetime, ..legacy_place(name) });
        }
        self
    }

    /// The same without tokens: the browser forgets both.
    pub(crate) fn without_tokens(mut self, settings: &Settings) -> Self {
        let rest_auth = &settings.rest_auth;
        let forget = |name: &String, path| line(&jwt_place(settings, name, path).deletion());
        if settings.has(FeatureName::LegacyJwt) {
            let name = settings.jwt_auth.jwt_auth_cookie.get();
            self.access = name.and_then(|name| line(&legacy_place(name).deletion()));
        }
        if !rest_auth.use_jwt {
            return self;
        }
        let access = rest_auth.jwt_auth_cookie.get().and_then(|name| forget(name, "/"));
        self.access = access.or(self.access);
        let path = &rest_auth.jwt_auth_refresh_cookie_path;
        self.refresh = rest_auth.jwt_auth_refresh_cookie.get().and_then(|name| forget(name, path));
        self
    }

    /// In Django's order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &HeaderValue> {
        [&self.access, &self.refresh, &self.csrf, &self.session].into_iter().flatten().chain(&self.attempts)
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

/// Cookies let somebody in, so they do not show.
impl std::fmt::Debug for Lines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lines").field("count", &self.iter().count()).finish()
    }
}

/// The line that hands a session to the browser.
pub(crate) fn session(cx: &Context, opened: &SessionCookie) -> Option<HeaderValue> {
    let lifetime = match opened.lives {
        Some((seconds, _)) => Lifetime::Seconds(i64::try_from(seconds).unwrap_or(i64::MAX), cx.now),
        None => Lifetime::BrowserSession,
    };
    line(&SetCookie { value: opened.key.expose(), lifetime, ..session_place(&cx.settings) })
}

/// The line that makes the browser forget its session.
pub(crate) fn session_deletion(settings: &Settings) -> Option<HeaderValue> {
    line(&session_place(settings).deletion())
}

/// What the cookies of attempts are called before the attempt's own name. With the prefix no other host of the domain can
/// plant one, and browsers take it over https only.
const fn attempt_prefix(secure: bool) -> &'static str {
    if secure { "__Host-social_" } else { "social_" }
}

/// The line that lets a browser keep the attempt of a social login.
pub(crate) fn attempt(cx: &Context, id: &str, sealed: &Secret, secure: bool) -> Option<HeaderValue> {
    let name = attempt_name(id, secure);
    let lifetime = Lifetime::Seconds(social_redirect::LIFETIME, cx.now);
    line(&SetCookie { value: sealed.expose(), lifetime, ..attempt_place(&name, secure) })
}

/// The line that makes a browser forget the attempt of this name.
pub(crate) fn attempt_deletion(name: &str, secure: bool) -> Option<HeaderValue> {
    line(&attempt_place(name, secure).deletion())
}

/// The names of the attempts that a browser has kept, the oldest first.
pub(crate) fn attempts(headers: &HeaderMap) -> Vec<(String, String)> {
    let lines = headers.get_all(COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    let all = lines.flat_map(|line| pairs(&line));
    all.filter(|(name, _)| [true, false].iter().any(|secure| name.starts_with(attempt_prefix(*secure))))
        .collect()
}

/// The name of an attempt's cookie.
pub(crate) fn attempt_name(id: &str, secure: bool) -> String {
    format!("{}{id}", attempt_prefix(secure))
}

/// A provider's answer comes from another site, by a `GET` of the whole window: what `Lax` lets through.
fn attempt_place(name: &str, secure: bool) -> SetCookie<'_> {
    SetCookie { http_only: true, secure, same_site: Some(cookie::SameSite::Lax), ..SetCookie::new(name, "") }
}

/// The line that hands a CSRF secret to the browser.
pub(crate) fn csrf(cx: &Context, secret: &str) -> Option<HeaderValue> {
    let csrf = &cx.settings.csrf;
    let lifetime = match csrf.cookie_age.get() {
        Some(age) => Lifetime::Seconds(age.signed(), cx.now),
        None => Lifetime::BrowserSession,
    };
    line(&SetCookie {
        name: &csrf.cookie_name,
        value: secret,
        domain: csrf.cookie_domain.as_deref(),
        path: &csrf.cookie_path,
        lifetime,
        http_only: csrf.cookie_httponly,
        secure: csrf.cookie_secure,
        same_site: csrf.cookie_samesite.get().copied().map(same_site),
    })
}

/// The line that hands a token to the browser.
fn jwt(cx: &Context, name: &str, path: &str, token: &Secret, expires: Timestamp) -> Option<HeaderValue> {
    let lifetime = Lifetime::Seconds(expires.seconds_since(cx.now).max(0), cx.now);
    line(&SetCookie { value: token.expose(), lifetime, ..jwt_place(&cx.settings, name, path) })
}

fn jwt_place<'a>(settings: &'a Settings, name: &'a str, path: &'a str) -> SetCookie<'a> {
    let rest_auth = &settings.rest_auth;
    SetCookie {
        name,
        value: "",
        domain: rest_auth.jwt_auth_cookie_domain.as_deref(),
        path,
        lifetime: Lifetime::BrowserSession,
        http_only: rest_auth.jwt_auth_httponly,
        secure: rest_auth.jwt_auth_secure,
        same_site: rest_auth.jwt_auth_samesite.get().copied().map(same_site),
    }
}

/// The cookie of djangorestframework-jwt: out of reach for scripts, and no more.
fn legacy_place(name: &str) -> SetCookie<'_> {
    SetCookie { http_only: true, same_site: None, ..SetCookie::new(name, "") }
}

fn session_place(settings: &Settings) -> SetCookie<'_> {
    let session = &settings.session;
    SetCookie {
        name: &session.cookie_name,
        value: "",
        domain: session.cookie_domain.as_deref(),
        path: &session.cookie_path,
        lifetime: Lifetime::BrowserSession,
        http_only: session.cookie_httponly,
        secure: session.cookie_secure,
        same_site: session.cookie_samesite.get().copied().map(same_site),
    }
}

const fn same_site(setting: SameSite) -> cookie::SameSite {
    match setting {
        SameSite::Lax => cookie::SameSite::Lax,
        SameSite::Strict => cookie::SameSite::Strict,
        SameSite::None => cookie::SameSite::None,
    }
}

/// `None` for a name or place that no header can hold; the checks of the settings complain about such.
fn line(cookie: &SetCookie<'_>) -> Option<HeaderValue> {
    HeaderValue::try_from(cookie.to_string()).ok()
}

/// The value of a request's cookie; of several of one name, the last.
pub(crate) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    lines.flat_map(|line| pairs(&line)).rfind(|(known, _)| known == name).map(|(_, value)| value)
}

/// All cookies of a header. What has no `=` is a value without a name.
fn pairs(header: &str) -> Vec<(String, String)> {
    let pieces = header.split(';').map(|piece| {
        let (name, value) = piece.split_once('=').unwrap_or(("", piece));
        (name.trim(), value.trim())
    });
    pieces
        .filter(|(name, value)| !name.is_empty() || !value.is_empty())
        .map(|(name, value)| (name.to_owned(), unquote(value)))
        .collect()
}

/// Takes off quotes, `\"` and `\012` within them.
fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let (mut out, mut rest) = (String::with_capacity(inner.len()), inner);
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.as_bytes() {
            [high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', ..] => {
                out.push(char::from((high - b'0') * 64 + (middle - b'0') * 8 + (low - b'0')));
                rest = &rest[3..];
            }
            _ => match rest.chars().next().filter(|letter| *letter != '\n') {
                Some(letter) => {
                    out.push(letter);
                    rest = &rest[letter.len_utf8()..];
                }
                None => out.push('\\'),
            },
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    #[test]
    fn headers_are_read_as_django_reads_them() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../tests/vectors/cookies.json")).unwrap();
        for case in cases {
            let header = case["header"].as_str().unwrap();
            let expected: Vec<(String, String)> = serde_json::from_value(case["cookies"].clone()).unwrap();
            let mut all = pairs(header);
            all.reverse();
            let last =
                |name: &str| all.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            for (name, value) in &expected {
                assert_eq!(last(name), Some(value.as_str()), "{case}");
            }
            assert!(all.iter().all(|(name, _)| expected.iter().any(|(known, _)| known == name)), "{case}");
        }
    }

    #[test]
    fn the_last_cookie_of_a_name_counts_over_several_headers() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; b=2"));
        headers.append(COOKIE, HeaderValue::from_static("a=3"));
        assert_eq!((read(&headers, "a").as_deref(), read(&headers, "b").as_deref()), (Some("3"), Some("2")));
        assert_eq!(read(&headers, "c"), None);
    }

    #[test]
    fn a_deletion_stands_where_the_cookie_stood() {
        let deletion = session_deletion(&Settings::default()).unwrap();
        assert_eq!(
            deletion.to_str().unwrap(),
            "sessionid=\"\"; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/; SameSite=Lax"
        );
    }

    proptest! {
        #[test]
        fn no_header_panics_and_what_is_written_reads_back(header in ".{0,80}", value in "[ -~]{0,20}") {
            let _ = pairs(&header);
            let line = SetCookie { same_site: None, ..SetCookie::new("a", &value) }.to_string();
            let sent = line.strip_suffix("; Path=/").unwrap();
            prop_assert_eq!(pairs(sent), vec![("a".to_owned(), value)]);
        }
    }
}

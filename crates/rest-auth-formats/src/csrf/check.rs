//! The check of one request (`CsrfViewMiddleware.process_view`), for methods that change something: all but
//! GET, HEAD, OPTIONS and TRACE.

use std::fmt;

use super::{CsrfSecret, TokenFault};
use crate::allowed_host::is_same_domain;
use crate::split_url::split_url;

/// What the check looks at in a request. Not to be printed.
#[derive(Clone, Copy)]
pub struct CsrfRequest<'r> {
    /// Whether the client used https.
    pub is_secure: bool,
    /// The host as the client wrote it, with its port; `None` if it is not an allowed one.
    pub host: Option<&'r str>,
    /// The port that the client reached.
    pub server_port: u16,
    /// The header `Origin`.
    pub origin: Option<&'r str>,
    /// The header `Referer`.
    pub referer: Option<&'r str>,
    /// The secret: the value of the cookie, or with [`CSRF_USE_SESSIONS`](CsrfSettings::use_sessions) that in
    /// the session.
    pub secret: Option<&'r str>,
    /// The form field, for POST requests with a form body.
    pub form_token: Option<&'r str>,
    /// The header that the settings name.
    pub header_token: Option<&'r str>,
}

/// The settings of the check, prepared once.
#[derive(Clone, Debug)]
pub struct CsrfSettings {
    /// `CSRF_COOKIE_DOMAIN`, or with `use_sessions` `SESSION_COOKIE_DOMAIN`.
    pub cookie_domain: Option<String>,
    /// `CSRF_USE_SESSIONS`: the secret lives in the session.
    pub use_sessions: bool,
    /// The name of the header as reasons print it, see [`header_name`].
    pub header_name: String,
    /// Origins that must be equal.
    exact: Vec<String>,
    /// Scheme and authority of origins with `*`, the authority beginning with a dot then.
    wildcards: Vec<(String, String)>,
    /// The authorities of all of them, for the `Referer`.
    authorities: Vec<String>,
}

impl CsrfSettings {
    /// Django's defaults, with these trusted origins (`CSRF_TRUSTED_ORIGINS`): scheme and authority, perhaps
    /// with `*` for everything below a domain, as in `https://*.example.com`.
    pub fn new<S: AsRef<str>>(trusted_origins: &[S]) -> Self {
        let mut settings = Self {
            cookie_domain: None,
            use_sessions: false,
            header_name: header_name("HTTP_X_CSRFTOKEN"),
            exact: Vec::new(),
            wildcards: Vec::new(),
            authorities: Vec::new(),
        };
        for origin in trusted_origins.iter().map(AsRef::as_ref) {
            let Some(split) = split_url(origin) else { continue };
            let authority = split.authority.trim_start_matches('*').to_owned();
            settings.authorities.push(authority.clone());
            if origin.contains('*') {
                settings.wildcards.push((split.scheme, authority));
            } else {
                settings.exact.push(origin.to_owned());
            }
        }
        settings
    }
}

/// `CSRF_HEADER_NAME` as HTTP and Django's reasons write it: `HTTP_X_CSRFTOKEN` is `X-Csrftoken`.
pub fn header_name(setting: &str) -> String {
    let name = setting.strip_prefix("HTTP_").unwrap_or(setting).replace('_', "-");
    let mut after_letter = false;
    let title = |character: char| {
        let cased =
            if after_letter { character.to_ascii_lowercase() } else { character.to_ascii_uppercase() };
        after_letter = character.is_ascii_alphabetic();
        cased
    };
    name.chars().map(title).collect()
}

/// Where a request carried its token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenSource {
    /// The form field.
    Form,
    /// The header of this name.
    Header(String),
}

/// Why a request was refused; `Display` is Django's reason, which REST replies put behind `CSRF Failed: `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CsrfFailure {
    /// The `Origin` is neither ours nor trusted.
    Origin(String),
    /// An https request without `Origin` and `Referer`.
    NoReferer,
    /// The `Referer` is no absolute URL.
    MalformedReferer,
    /// The `Referer` is not https.
    InsecureReferer,
    /// The `Referer` is neither ours nor trusted.
    Referer(String),
    /// The secret in the cookie cannot be one.
    Cookie(TokenFault),
    /// There is no secret.
    NoCookie,
    /// There is no token.
    TokenMissing,
    /// The token is wrong.
    Token(TokenSource, TokenFault),
}

impl fmt::Display for CsrfFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Origin(origin) => {
                write!(formatter, "Origin checking failed - {origin} does not match any trusted origins.")
            }
            Self::NoReferer => formatter.write_str("Referer checking failed - no Referer."),
            Self::MalformedReferer => formatter.write_str("Referer checking failed - Referer is malformed."),
            Self::InsecureReferer => {
                formatter.write_str("Referer checking failed - Referer is insecure while host is secure.")
            }
            Self::Referer(referer) => {
                write!(formatter, "Referer checking failed - {referer} does not match any trusted origins.")
            }
            Self::Cookie(fault) => write!(formatter, "CSRF cookie {fault}."),
            Self::NoCookie => formatter.write_str("CSRF cookie not set."),
            Self::TokenMissing => formatter.write_str("CSRF token missing."),
            Self::Token(TokenSource::Form, fault) => write!(formatter, "CSRF token from POST {fault}."),
            Self::Token(TokenSource::Header(name), fault) => {
                write!(formatter, "CSRF token from the '{name}' HTTP header {fault}.")
            }
        }
    }
}

impl std::error::Error for CsrfFailure {}

/// Checks a request with an unsafe method: where it comes from, then whether it repeats the secret.
pub fn check(request: &CsrfRequest<'_>, settings: &CsrfSettings) -> Result<(), CsrfFailure> {
    match request.origin {
        Some(origin) if !is_trusted_origin(origin, request, settings) => {
            return Err(CsrfFailure::Origin(origin.to_owned()));
        }
        None if request.is_secure => check_referer(request, settings)?,
        _ => {}
    }
    check_token(request, settings)
}

fn is_trusted_origin(origin: &str, request: &CsrfRequest<'_>, settings: &CsrfSettings) -> bool {
    let scheme = if request.is_secure { "https" } else { "http" };
    if request.host.is_some_and(|host| origin == format!("{scheme}://{host}")) {
        return true;
    }
    if settings.exact.iter().any(|trusted| trusted == origin) {
        return true;
    }
    let Some(split) = split_url(origin) else { return false };
    let is_covered = |(scheme, authority): &(String, String)| {
        *scheme == split.scheme && is_same_domain(&split.authority, authority)
    };
    settings.wildcards.iter().any(is_covered)
}

fn check_referer(request: &CsrfRequest<'_>, settings: &CsrfSettings) -> Result<(), CsrfFailure> {
    let referer = request.referer.ok_or(CsrfFailure::NoReferer)?;
    let referer = split_url(referer)
        .filter(|split| !split.scheme.is_empty() && !split.authority.is_empty())
        .ok_or(CsrfFailure::MalformedReferer)?;
    if referer.scheme != "https" {
        return Err(CsrfFailure::InsecureReferer);
    }
    let is_ours = || match (&settings.cookie_domain, request.server_port) {
        (Some(domain), 443 | 80) => is_same_domain(&referer.authority, domain),
        (Some(domain), port) => is_same_domain(&referer.authority, &format!("{domain}:{port}")),
        (None, _) => request.host.is_some_and(|host| is_same_domain(&referer.authority, host)),
    };
    let is_trusted = |authority: &String| is_same_domain(&referer.authority, authority);
    if settings.authorities.iter().any(is_trusted) || is_ours() {
        Ok(())
    } else {
        Err(CsrfFailure::Referer(referer.text()))
    }
}

fn check_token(request: &CsrfRequest<'_>, settings: &CsrfSettings) -> Result<(), CsrfFailure> {
    let secret = match request.secret.map(CsrfSecret::read) {
        Some(Ok(secret)) => secret,
        // Only a browser can hold such a thing; one in the session counts as none.
        Some(Err(fault)) if !settings.use_sessions => return Err(CsrfFailure::Cookie(fault)),
        _ => return Err(CsrfFailure::NoCookie),
    };
    let (source, token) = match request.form_token.filter(|token| !token.is_empty()) {
        Some(token) => (TokenSource::Form, token),
        None => (
            TokenSource::Header(settings.header_name.clone()),
            request.header_token.ok_or(CsrfFailure::TokenMissing)?,
        ),
    };
    secret.check(token).map_err(|fault| CsrfFailure::Token(source, fault))
}

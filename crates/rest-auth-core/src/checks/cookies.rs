//! `[session]` and `[csrf]`: cookies that browsers take, and origins that they send.

use super::http::is_token;
use super::{Check, Findings, error, warning};
use crate::settings::{OrFalse, SameSite, Settings};

pub(super) const CHECKS: &[&Check] =
    &[&NAME, &SAME_NAME, &PATH, &DOMAIN, &PREFIXED, &HEADER, &ORIGIN, &TAKEN_NAME, &INSECURE_NONE];

static NAME: Check = error(
    "rest_auth.E070",
    "`{}` is no name of a cookie",
    "take letters, digits and -, without blanks, quotes, commas and semicolons",
);
static SAME_NAME: Check =
    error("rest_auth.E071", "`{}` is session.cookie_name too", "give the two cookies different names");
static PATH: Check = error("rest_auth.E072", "`{}` is no path", "start it with a slash, without semicolons");
static DOMAIN: Check =
    error("rest_auth.E073", "`{}` is no domain", "write it as \"example.com\" or \".example.com\", or false");
static PREFIXED: Check = error(
    "rest_auth.E074",
    "`{}` is refused by browsers with these attributes",
    "\"__Host-\" needs cookie_secure, the path \"/\" and no domain; \"__Secure-\" needs cookie_secure",
);
static HEADER: Check = error(
    "rest_auth.E075",
    "`{}` is no header as Django writes it",
    "write X-CSRFToken as \"HTTP_X_CSRFTOKEN\"",
);
static ORIGIN: Check = error(
    "rest_auth.E076",
    "`{}` is no origin",
    "start it with a scheme, and end it with the host or its port: \"https://app.example.com\", \"https://*.example.com\"",
);
static TAKEN_NAME: Check =
    error("rest_auth.E077", "`{}` is another cookie's name too", "give each cookie a name of its own");
static INSECURE_NONE: Check = warning(
    "rest_auth.W070",
    "is \"None\" without cookie_secure: browsers refuse the cookie",
    "set cookie_secure to true, or cookie_samesite to \"Lax\"",
);

/// What the two cookies have alike.
struct Cookie<'a> {
    section: &'static str,
    /// What the keys are called, where that is not `cookie_name`, `cookie_path` and so on.
    keys: Option<fn(&str) -> &'static str>,
    name: &'a str,
    path: &'a str,
    domain: Option<&'a str>,
    secure: bool,
    same_site: &'a OrFalse<SameSite>,
}

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let (session, csrf) = (&settings.session, &settings.csrf);
    check_cookie(
        &Cookie {
            section: "session",
            keys: None,
            name: &session.cookie_name,
            path: &session.cookie_path,
            domain: session.cookie_domain.as_deref(),
            secure: session.cookie_secure,
            same_site: &session.cookie_samesite,
        },
        findings,
    );
    check_cookie(
        &Cookie {
            section: "csrf",
            keys: None,
            name: &csrf.cookie_name,
            path: &csrf.cookie_path,
            domain: csrf.cookie_domain.as_deref(),
            secure: csrf.cookie_secure,
            same_site: &csrf.cookie_samesite,
        },
        findings,
    );
    check_jwt_cookies(settings, findings);
    findings.no_zero("session.cookie_age", session.cookie_age.0);
    findings.no_zero("csrf.cookie_age", csrf.cookie_age.get().map_or(1, |age| age.0));
    if session.cookie_name == csrf.cookie_name && !csrf.use_sessions {
        findings.about(&SAME_NAME, "csrf.cookie_name", &csrf.cookie_name);
    }
    let header = csrf.header_name.strip_prefix("HTTP_").unwrap_or_default();
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if header.is_empty() || !header.bytes().all(upper) {
        findings.about(&HEADER, "csrf.header_name", &csrf.header_name);
    }
    for origin in csrf.trusted_origins.iter().filter(|origin| !is_trusted_origin(origin)) {
        findings.about(&ORIGIN, "csrf.trusted_origins", origin);
    }
}

/// The two cookies of tokens, which share everything but name and path.
fn check_jwt_cookies(settings: &Settings, findings: &mut Findings) {
    let rest_auth = &settings.rest_auth;
    let shared = |name, path, keys| Cookie {
        section: "rest_auth",
        keys: Some(keys),
        name,
        path,
        domain: rest_auth.jwt_auth_cookie_domain.as_deref(),
        secure: rest_auth.jwt_auth_secure,
        same_site: &rest_auth.jwt_auth_samesite,
    };
    let access = rest_auth.jwt_auth_cookie.as_deref();
    let refresh = rest_auth.jwt_auth_refresh_cookie.as_deref();
    if let Some(name) = access {
        check_cookie(&shared(name, "/", |key| jwt_key(key, "jwt_auth_cookie")), findings);
    }
    if let Some(name) = refresh {
        let path = &rest_auth.jwt_auth_refresh_cookie_path;
        check_cookie(&shared(name, path, |key| jwt_key(key, "jwt_auth_refresh_cookie")), findings);
    }
    let others = [&settings.session.cookie_name, &settings.csrf.cookie_name];
    let names = [("rest_auth.jwt_auth_cookie", access), ("rest_auth.jwt_auth_refresh_cookie", refresh)];
    for (key, name) in names {
        if let Some(name) = name.filter(|name| others.iter().any(|other| other == name)) {
            findings.about(&TAKEN_NAME, key, name);
        }
    }
    if let Some(name) = refresh.filter(|name| access == Some(name)) {
        findings.about(&TAKEN_NAME, "rest_auth.jwt_auth_refresh_cookie", name);
    }
}

/// What the key of a token's cookie is called.
fn jwt_key(key: &str, name: &'static str) -> &'static str {
    match key {
        "cookie_path" => "jwt_auth_refresh_cookie_path",
        "cookie_domain" => "jwt_auth_cookie_domain",
        "cookie_samesite" => "jwt_auth_samesite",
        _ => name,
    }
}

fn check_cookie(cookie: &Cookie<'_>, findings: &mut Findings) {
    let key = |name: &str| match cookie.keys {
        None => format!("{}.{name}", cookie.section),
        Some(keys) => format!("{}.{}", cookie.section, keys(name)),
    };
    if !is_token(cookie.name) {
        findings.about(&NAME, &key("cookie_name"), cookie.name);
    }
    let is_attribute = |text: &str| !text.contains(|c: char| c == ';' || c.is_control() || !c.is_ascii());
    if !cookie.path.starts_with('/') || !is_attribute(cookie.path) {
        findings.about(&PATH, &key("cookie_path"), cookie.path);
    }
    let is_domain = |domain: &str| {
        !domain.trim_matches('.').is_empty()
            && domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
    };
    if let Some(domain) = cookie.domain.filter(|domain| !is_domain(domain)) {
        findings.about(&DOMAIN, &key("cookie_domain"), domain);
    }
    let host_only = cookie.secure && cookie.path == "/" && cookie.domain.is_none();
    if (cookie.name.starts_with("__Host-") && !host_only)
        || (cookie.name.starts_with("__Secure-") && !cookie.secure)
    {
        findings.about(&PREFIXED, &key("cookie_name"), cookie.name);
    }
    if cookie.same_site.get() == Some(&SameSite::None) && !cookie.secure {
        findings.add(&INSECURE_NONE, &key("cookie_samesite"));
    }
}

/// Django's check is a scheme only; a path or a slash at the end would never match either.
fn is_trusted_origin(origin: &str) -> bool {
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    let host = host.strip_prefix("*.").unwrap_or(host);
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'[' | b']');
    !scheme.is_empty() && !host.is_empty() && host.bytes().all(plain)
}

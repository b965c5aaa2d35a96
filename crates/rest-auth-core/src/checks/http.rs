//! `[http]`, `[rest_auth]`, `[rest_framework]` and `[links]`: addresses, and who may speak to them how.

use rest_auth_formats::allowed_host;

use super::{Check, Findings, NOTHING, error, warning};
use crate::credentials;
use crate::mail::link_problems;
use crate::settings::{AuthenticatorName, EmailVerification, FeatureName, Settings};
use crate::throttles;

pub(super) const CHECKS: &[&Check] = &[
    &LISTEN,
    &PREFIX,
    &PAGE,
    &ALLOWED_HOST,
    &PROXY_HEADER,
    &CORS_ORIGIN,
    &LINK,
    &NO_CREDENTIAL,
    &BLANK_KEY,
    &NO_RATE,
    &UNREAD_SESSION,
    &UNREAD_TOKEN,
    &UNVERIFIED,
];

static LISTEN: Check = error(
    "rest_auth.E020",
    "`{}` is no address with a port",
    "write it as \"127.0.0.1:8000\" or \"[::]:8000\"",
);
static PREFIX: Check = error(
    "rest_auth.E021",
    "`{}` is no path that starts and ends with a slash",
    "write it as \"/rest-auth/\", of letters, digits, and - . _ ~",
);
static PAGE: Check = error(
    "rest_auth.E022",
    "`{}` is neither a path nor an address",
    "write it as \"/accounts/login/\" or \"https://app.example.com/login\"",
);
static ALLOWED_HOST: Check = error(
    "rest_auth.E023",
    "`{}` is no host",
    "write hosts without scheme, port and path: \"example.com\", \".example.com\" or \"*\"",
);
static PROXY_HEADER: Check = error(
    "rest_auth.E024",
    "is no header with its value",
    "write it as [\"X-Forwarded-Proto\", \"https\"], or with the header's name as Django has it, HTTP_X_FORWARDED_PROTO",
);
static CORS_ORIGIN: Check = error(
    "rest_auth.E025",
    "`{}` is no exact origin",
    "write scheme, host and port if it is not the usual one, as browsers send them: \"https://app.example.com\"",
);
static LINK: Check = error("rest_auth.E026", "cannot make a link", "write it as \"https://example.com\"");
static NO_CREDENTIAL: Check = error(
    "rest_auth.E027",
    "is false, and so are rest_auth.token_model and rest_auth.use_jwt: nobody could log in",
    "set one of them to true",
);
static BLANK_KEY: Check = error(
    "rest_auth.E028",
    "is blank",
    "name the key of messages for the input as a whole: \"non_field_errors\"",
);
static NO_RATE: Check = error(
    "rest_auth.E029",
    "has no rate {}",
    "name one for each class and each scope: \"5/min\", or false for no limit",
);
static UNREAD_SESSION: Check = warning(
    "rest_auth.W020",
    "is true, and no request is asked for a session",
    "add \"session\" to http.authentication, or set it to false",
);
static UNREAD_TOKEN: Check = warning(
    "rest_auth.W021",
    "is true, and no request is asked for a token",
    "add \"token\" to http.authentication, or set it to false",
);
static UNVERIFIED: Check = warning(
    "rest_auth.W022",
    "has \"basic\", which asks for no verified address, and account.email_verification is \"mandatory\"",
    "remove \"basic\", or let the endpoints behind it ask for themselves",
);

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let http = &settings.http;
    if !is_listenable(&http.listen) {
        findings.about(&LISTEN, "http.listen", &http.listen);
    }
    let prefixes = [
        ("http.prefix", Some(http.prefix.as_str())),
        ("http.registration_prefix", http.registration_prefix.as_deref()),
    ];
    for (key, prefix) in prefixes {
        if let Some(prefix) = prefix.filter(|prefix| !is_prefix(prefix)) {
            findings.about(&PREFIX, key, prefix);
        }
    }
    check_pages(settings, findings);
    check_hosts(settings, findings);
    findings.no_twins("http.authentication", &http.authentication);
    findings.no_twins("http.features", &http.features);
    findings.no_zero("http.request_timeout", http.request_timeout.0);
    findings.no_zero("http.data_upload_max_memory_size", http.data_upload_max_memory_size as u64);
    findings.no_zero("http.data_upload_max_number_fields", http.data_upload_max_number_fields as u64);
    for problem in link_problems(settings) {
        findings.take(&LINK, problem);
    }
    check_credentials(settings, findings);
    check_classes(settings, findings);
}

/// Where browsers are sent.
fn check_pages(settings: &Settings, findings: &mut Findings) {
    let (http, account) = (&settings.http, &settings.account);
    let anonymous = account.email_confirmation_anonymous_redirect_url.as_deref();
    let authenticated = account.email_confirmation_authenticated_redirect_url.as_deref();
    let pages = [
        ("http.login_url", Some(http.login_url.as_str())),
        ("http.login_redirect_url", Some(http.login_redirect_url.as_str())),
        ("account.email_confirmation_anonymous_redirect_url", anonymous),
        ("account.email_confirmation_authenticated_redirect_url", authenticated),
        ("account.signup_redirect_url", account.signup_redirect_url.as_deref()),
    ];
    for (key, page) in pages {
        let is_page = |page: &str| page.starts_with('/') || origin_of(page).is_some();
        if let Some(page) = page.filter(|page| !is_page(page)) {
            findings.about(&PAGE, key, page);
        }
    }
}

fn check_hosts(settings: &Settings, findings: &mut Findings) {
    let http = &settings.http;
    if http.allowed_hosts.is_empty() {
        findings.add(&NOTHING, "http.allowed_hosts");
    }
    for host in http.allowed_hosts.iter().filter(|host| !is_host_pattern(host)) {
        findings.about(&ALLOWED_HOST, "http.allowed_hosts", host);
    }
    if let Some([name, value]) = http.secure_proxy_ssl_header.get()
        && (!is_token(name) || value.trim().is_empty())
    {
        findings.add(&PROXY_HEADER, "http.secure_proxy_ssl_header");
    }
    for origin in http.cors_allowed_origins.iter().filter(|origin| !is_exact_origin(origin)) {
        findings.about(&CORS_ORIGIN, "http.cors_allowed_origins", origin);
    }
}

/// Upstream's own start-up check, and what a login would give that nobody takes.
fn check_credentials(settings: &Settings, findings: &mut Findings) {
    let (rest_auth, authentication) = (&settings.rest_auth, &settings.http.authentication);
    let has_tokens = rest_auth.token_model || rest_auth.use_jwt || settings.has(FeatureName::LegacyJwt);
    if !rest_auth.session_login && !has_tokens {
        findings.add(&NO_CREDENTIAL, "rest_auth.session_login");
    }
    if rest_auth.session_login && !authentication.contains(&AuthenticatorName::Session) {
        findings.add(&UNREAD_SESSION, "rest_auth.session_login");
    }
    let gives_token = credentials::Wanted::of(settings, false).token;
    if gives_token && !authentication.contains(&AuthenticatorName::Token) {
        findings.add(&UNREAD_TOKEN, "rest_auth.token_model");
    }
    if authentication.contains(&AuthenticatorName::Basic)
        && settings.account.email_verification == EmailVerification::Mandatory
        && settings.has(FeatureName::Registration)
    {
        findings.add(&UNVERIFIED, "http.authentication");
    }
}

fn check_classes(settings: &Settings, findings: &mut Findings) {
    let framework = &settings.rest_framework;
    findings.no_twins("rest_framework.default_parser_classes", &framework.default_parser_classes);
    findings.no_twins("rest_framework.default_renderer_classes", &framework.default_renderer_classes);
    findings.no_twins("rest_framework.default_throttle_classes", &framework.default_throttle_classes);
    for scope in throttles::scopes(settings) {
        if !framework.default_throttle_rates.contains_key(scope) {
            findings.about(&NO_RATE, "rest_framework.default_throttle_rates", &format!("`{scope}`"));
        }
    }
    if framework.default_parser_classes.is_empty() {
        findings.add(&NOTHING, "rest_framework.default_parser_classes");
    }
    if framework.default_renderer_classes.is_empty() {
        findings.add(&NOTHING, "rest_framework.default_renderer_classes");
    }
    if framework.non_field_errors_key.trim().is_empty() {
        findings.add(&BLANK_KEY, "rest_framework.non_field_errors_key");
    }
}

/// An IP address or a host's name, and a port. Whether it can be had is seen when the server listens.
fn is_listenable(listen: &str) -> bool {
    if listen.parse::<std::net::SocketAddr>().is_ok() {
        return true;
    }
    let Some((host, port)) = listen.rsplit_once(':') else { return false };
    let is_name = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'));
    !host.is_empty() && is_name && port.parse::<u16>().is_ok()
}

fn is_prefix(prefix: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'/');
    let is_path = prefix.starts_with('/') && prefix.ends_with('/') && prefix.bytes().all(plain);
    is_path && !prefix.contains("//") && !prefix.split('/').any(|part| part == "." || part == "..")
}

/// A pattern is good if it allows the host that it names.
fn is_host_pattern(pattern: &str) -> bool {
    let host = pattern.strip_prefix('.').unwrap_or(pattern);
    pattern == "*" || (!host.is_empty() && allowed_host::is_allowed(host, &[pattern]))
}

/// What a browser would send as `Origin`: nothing that it would write otherwise.
fn is_exact_origin(origin: &str) -> bool {
    let Some((scheme, host)) = origin_of(origin) else { return false };
    let usual_port = if scheme == "https" { ":443" } else { ":80" };
    let lower_case = !origin.bytes().any(|byte| byte.is_ascii_uppercase());
    lower_case
        && !host.ends_with(usual_port)
        && !host.ends_with('.')
        && origin.len() == scheme.len() + 3 + host.len()
}

/// Scheme and host, with its port, of an address on the web.
fn origin_of(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    (matches!(scheme, "http" | "https") && allowed_host::is_allowed(host, &["*"])).then_some((scheme, host))
}

/// RFC 9110's `token`: the name of a header, RFC 6265's name of a cookie.
pub(super) fn is_token(text: &str) -> bool {
    let is_tchar = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_tchar)
}

//! CSRF secrets, tokens and the check of a request.

use rest_auth_formats::allowed_host;
use rest_auth_formats::cookie::{Lifetime, SameSite, SetCookie};
use rest_auth_formats::csrf::{
    self, CsrfFailure, CsrfRequest, CsrfSecret, CsrfSettings, SESSION_KEY, header_name,
};
use rest_auth_formats::random_text::LETTERS_AND_DIGITS;
use serde_json::Value;

use crate::cases::{Case, VectorFile};

#[test]
fn every_case_of_csrf_holds() {
    VectorFile::parse("csrf", include_str!("csrf.json")).run(&[
        ("constants", constants),
        ("mask", mask),
        ("match", match_case),
        ("format", format_case),
        ("check", check),
        ("set_cookie", set_cookie),
    ]);
}

/// The hosts that the reference answered for.
const ALLOWED_HOSTS: [&str; 6] =
    ["testserver", "testserver:8000", "example.com", ".example.org", "[::1]", "localhost"];

fn secret(text: &str) -> CsrfSecret {
    CsrfSecret::read(text).expect("a secret")
}

fn constants(case: &Case<'_>) {
    let secret = CsrfSecret::draw(&mut |bytes| bytes.fill(7));
    assert_eq!(case.integer("secret_length"), 32);
    assert_eq!(secret.text().len(), 32);
    assert_eq!(case.integer("token_length"), 64);
    assert_eq!(secret.masked(&secret).len(), 64);
    assert_eq!(case.text("alphabet"), LETTERS_AND_DIGITS);
    assert_eq!(case.text("session_key"), SESSION_KEY);
}

fn mask(case: &Case<'_>) {
    let masked = secret(case.text("secret")).masked(&secret(case.text("mask")));
    assert_eq!(masked, case.text("token"));
    assert_eq!(secret(&masked).text(), case.text("secret"));
}

fn match_case(case: &Case<'_>) {
    assert_eq!(secret(case.text("secret")).check(case.text("token")).is_ok(), case.flag("matches"));
}

fn format_case(case: &Case<'_>) {
    let fault = CsrfSecret::read(case.text("token")).err().map(|fault| fault.to_string());
    assert_eq!(fault.as_deref(), case.optional_text("reason"));
}

/// A field of the request, or of the headers that a case adds to it.
fn field<'f>(case: &Case<'f>, name: &str) -> Option<&'f str> {
    let request = case.value("request");
    request[name].as_str().or_else(|| request["meta"][name].as_str())
}

fn setting<'f>(case: &Case<'f>, name: &str) -> Option<&'f str> {
    case.value("settings")[name].as_str()
}

/// The outcome for a request as an HTTP layer would put it together.
fn outcome(case: &Case<'_>) -> Result<(), CsrfFailure> {
    let (request, given) = (case.value("request"), case.value("settings"));
    let method = field(case, "method").expect("a method").to_uppercase();
    if matches!(method.as_str(), "GET" | "HEAD" | "OPTIONS" | "TRACE") {
        return Ok(());
    }
    let use_sessions = given["CSRF_USE_SESSIONS"] == true;
    let origins: Vec<&str> =
        given["CSRF_TRUSTED_ORIGINS"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let domain = if use_sessions { "SESSION_COOKIE_DOMAIN" } else { "CSRF_COOKIE_DOMAIN" };
    let header = setting(case, "CSRF_HEADER_NAME");
    let mut settings = CsrfSettings::new(&origins);
    settings.cookie_domain = setting(case, domain).map(str::to_owned);
    settings.use_sessions = use_sessions;
    if let Some(header) = header {
        settings.header_name = header_name(header);
    }
    let forwarded_host =
        field(case, "HTTP_X_FORWARDED_HOST").filter(|_| given["USE_X_FORWARDED_HOST"] == true);
    let forwarded_scheme = given["SECURE_PROXY_SSL_HEADER"][0].as_str().and_then(|name| field(case, name));
    let is_secure = match forwarded_scheme {
        Some(schemes) => schemes.split(',').next() == Some("https"),
        None => request["https"] == true,
    };
    let default_port = if is_secure { 443 } else { 80 };
    let is_form = method == "POST" && request["content_type"] == "form";
    csrf::check(
        &CsrfRequest {
            is_secure,
            host: forwarded_host
                .or_else(|| field(case, "host"))
                .filter(|host| allowed_host::is_allowed(host, &ALLOWED_HOSTS)),
            server_port: field(case, "server_port")
                .map_or(default_port, |port| port.parse().expect("a port")),
            origin: field(case, "origin"),
            referer: field(case, "referer"),
            secret: field(case, if use_sessions { "session_csrf_secret" } else { "csrf_cookie" }),
            form_token: field(case, "csrf_form_field").filter(|_| is_form),
            header_token: field(case, header.unwrap_or("csrf_header")),
        },
        &settings,
    )
}

fn check(case: &Case<'_>) {
    let reason = outcome(case).err().map(|failure| failure.to_string());
    assert_eq!(reason.as_deref(), case.optional_text("reason"));
    assert_eq!(
        reason.map(|reason| format!("CSRF Failed: {reason}")).as_deref(),
        case.optional_text("drf_detail")
    );
}

fn set_cookie(case: &Case<'_>) {
    let given = case.value("settings");
    let kept = case.optional_text("cookie_before").and_then(|cookie| CsrfSecret::read(cookie).ok());
    let secret = kept.unwrap_or_else(|| secret(case.text("new_secret_drawn")));
    let page_mask = CsrfSecret::read(&case.text("token_for_page")[..32]).expect("a mask");
    assert_eq!(secret.masked(&page_mask), case.text("token_for_page"));

    let text = secret.text();
    let cookie = SetCookie {
        domain: setting(case, "CSRF_COOKIE_DOMAIN"),
        path: setting(case, "CSRF_COOKIE_PATH").unwrap_or("/"),
        lifetime: match given.get("CSRF_COOKIE_AGE") {
            Some(Value::Null) => Lifetime::BrowserSession,
            age => Lifetime::Seconds(age.and_then(Value::as_i64).unwrap_or(31_449_600), case.time("now")),
        },
        http_only: given["CSRF_COOKIE_HTTPONLY"] == true,
        secure: given["CSRF_COOKIE_SECURE"] == true,
        same_site: Some(if setting(case, "CSRF_COOKIE_SAMESITE").is_some() {
            SameSite::Strict
        } else {
            SameSite::Lax
        }),
        ..SetCookie::new(setting(case, "CSRF_COOKIE_NAME").unwrap_or("csrftoken"), &text)
    };
    assert_eq!(cookie.to_string(), case.text("set_cookie"));
}

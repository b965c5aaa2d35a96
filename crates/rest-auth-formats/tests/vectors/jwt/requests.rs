//! Requests that carry tokens: in a header, in a body, in a cookie.

use rest_auth_formats::Timestamp;
use rest_auth_formats::cookie::{SameSite, SetCookie};
use rest_auth_formats::csrf::{self, CsrfRequest, CsrfSettings};
use rest_auth_formats::jwt::{self, CookieCsrf, HEADER_TYPE, TokenKind};
use serde_json::{Value, json};

use super::deployment::{Answer, CHALLENGE, Deployment, assert_answer, failure};
use crate::cases::Case;

/// What is answered where the reference raised an exception that nobody caught.
const INSTEAD_OF_EXCEPTIONS: &[(&str, &str, &str)] = &[
    ("check/exp-numeric-text", "access", "Token is invalid"),
    ("check/exp-numeric-text", "refresh", "Token is invalid"),
    ("check/exp-numeric-text", "sliding", "Token is invalid"),
    ("check/exp-numeric-text", "untyped", "Token is invalid"),
    ("check/exp-numeric-text", "POST authenticate", "Token is invalid"),
    ("check/exp-numeric-text", "POST verify", "Token is invalid"),
    ("check/exp-numeric-text", "POST refresh", "Token is invalid"),
    ("check/exp-too-far", "access", "Token is invalid"),
    ("check/exp-too-far", "refresh", "Token is invalid"),
    ("check/exp-too-far", "sliding", "Token is invalid"),
    ("check/exp-too-far", "untyped", "Token is invalid"),
    ("check/exp-too-far", "POST authenticate", "Token is invalid"),
    ("check/exp-too-far", "POST verify", "Token is invalid"),
    ("check/exp-too-far", "POST refresh", "Token is invalid"),
    ("check/jti-missing", "refresh", "Token has no id"),
    ("check/jti-missing", "sliding", "Token has no id"),
    ("check/jti-missing", "POST refresh", "Token has no id"),
    ("check/jti-missing-refresh", "refresh", "Token has no id"),
    ("check/jti-missing-refresh", "sliding", "Token has no id"),
    ("check/jti-missing-refresh", "POST refresh", "Token has no id"),
    // The setting switches the blacklist off; what is left is the type.
    ("check/no-jti-claim-setting", "refresh", "Token has wrong type"),
    ("check/no-jti-claim-setting", "sliding", "Token has wrong type"),
    ("check/user-word", "POST authenticate", "User not found"),
    ("check/user-empty-text", "POST authenticate", "User not found"),
    ("check/user-unknown-refresh", "POST refresh", "No active account found for the given token."),
];

fn instead_of_exception(case: &Case<'_>, asked: &str) -> &'static str {
    let id = case.text("id");
    let found = INSTEAD_OF_EXCEPTIONS.iter().find(|(case, what, _)| (*case, *what) == (id, asked));
    found.unwrap_or_else(|| panic!("{id} raises for {asked}")).2
}

pub(super) fn check(case: &Case<'_>) {
    let deployment = Deployment::of(case, 0xee);
    let token = case.text("token");
    for (class, kind) in [
        ("access", Some(TokenKind::Access)),
        ("refresh", Some(TokenKind::Refresh)),
        ("sliding", Some(TokenKind::Sliding)),
        ("untyped", None),
    ] {
        let expected = &case.value("classes")[class];
        let read = deployment.read(token.as_bytes(), kind);
        if expected["valid"] == true {
            let claims = read.unwrap_or_else(|error| panic!("{class}: {error}"));
            assert_eq!(Value::Object(claims.into()), expected["claims"], "{class}");
        } else {
            let exception = expected["exception"].as_str().expect("a name");
            let message = match exception {
                "TokenError" | "ExpiredTokenError" => expected["message"].as_str().expect("a text"),
                _ => instead_of_exception(case, class),
            };
            assert_eq!(read.expect_err(class).to_string(), message, "{class}");
        }
    }
    if let Some(endpoints) = case.value("http").as_object() {
        check_endpoints(case, &deployment, endpoints);
    }
}

fn check_endpoints(case: &Case<'_>, deployment: &Deployment, expected: &serde_json::Map<String, Value>) {
    // The fields of the endpoints trim; a header splits at white space.
    let token = case.text("token");
    let field = token.trim().as_bytes();
    let header = format!("{HEADER_TYPE} {token}");
    for (endpoint, http) in expected {
        let answer = match endpoint.as_str() {
            // Tokens that no header can carry, and forms that are not filled in.
            _ if http.is_null() || http["status"] == 400 => continue,
            "authenticate" => answer_to_header(deployment, Some(&header)),
            "verify" => deployment.verify(field),
            _ => deployment.refresh(field),
        };
        if http.get("raises").is_some() {
            let (status, body) = answer;
            let detail = body["messages"][0].get("message").unwrap_or(&body["detail"]);
            assert_eq!(
                (status, detail.as_str()),
                (401, Some(instead_of_exception(case, &format!("POST {endpoint}"))))
            );
        } else {
            assert_answer(&answer, http);
        }
    }
}

fn not_authenticated() -> Answer {
    (401, json!({ "detail": "Authentication credentials were not provided." }))
}

fn answer_to_header(deployment: &Deployment, header: Option<&str>) -> Answer {
    match header.map(|header| jwt::read_header(header.as_bytes(), &[HEADER_TYPE])) {
        None | Some(Ok(None)) => not_authenticated(),
        Some(Ok(Some(token))) => deployment.authenticate(token),
        Some(Err(refused)) => failure(refused),
    }
}

pub(super) fn authorization_header(case: &Case<'_>) {
    let answer = answer_to_header(&Deployment::of(case, 0), case.optional_text("header"));
    assert_answer(&answer, case.value("http"));
}

/// Fields that are missing or of the wrong form are core's; here is what comes through them.
pub(super) fn body(case: &Case<'_>) {
    if case.value("http")["status"] == 400 {
        return;
    }
    let token = match &case.value("body")["token"] {
        Value::String(text) => text.trim().to_owned(),
        other => other.to_string(),
    };
    assert_eq!(case.text("endpoint"), "TokenVerifyView");
    assert_answer(&Deployment::of(case, 0).verify(token.as_bytes()), case.value("http"));
}

/// A cookie under the settings of a case, the access cookie or the refresh cookie.
fn cookie<'c>(case: &Case<'c>, name: &'c str, value: &'c str, now: Timestamp) -> SetCookie<'c> {
    let given = case.value("settings");
    let (lifetime, path) = match name {
        "jwt-auth" => (300, "/"),
        _ => (86_400, given["JWT_AUTH_REFRESH_COOKIE_PATH"].as_str().unwrap_or("/")),
    };
    SetCookie {
        domain: given["JWT_AUTH_COOKIE_DOMAIN"].as_str(),
        path,
        lifetime: jwt::cookie_lifetime(lifetime, now),
        http_only: given["JWT_AUTH_HTTPONLY"] != false,
        secure: given["JWT_AUTH_SECURE"] == true,
        same_site: Some(match given["JWT_AUTH_SAMESITE"].as_str() {
            Some("None") => SameSite::None,
            Some("Strict") => SameSite::Strict,
            _ => SameSite::Lax,
        }),
        ..SetCookie::new(name, value)
    }
}

pub(super) fn cookies(case: &Case<'_>) {
    assert_eq!((case.integer("access_lifetime"), case.integer("refresh_lifetime")), (300, 86_400));
    for (name, value) in [(case.text("access_name"), "ACCESS"), (case.text("refresh_name"), "REFRESH")] {
        let cookie = cookie(case, name, value, case.time("now"));
        assert_eq!(cookie.to_string(), case.value("set")[name].as_str().expect("a line"));
        assert_eq!(cookie.deletion().to_string(), case.value("unset")[name].as_str().expect("a line"));
    }
}

pub(super) fn cookie_authentication(case: &Case<'_>) {
    let deployment = Deployment::of(case, 0);
    let (given, cookies) = (case.value("settings"), case.value("cookies"));
    let has_name = given.get("JWT_AUTH_COOKIE").is_none_or(|name| !name.is_null());
    let cookie = cookies["jwt-auth"].as_str().filter(|_| has_name).map(str::as_bytes);
    let policy = CookieCsrf {
        for_cookies: given["JWT_AUTH_COOKIE_USE_CSRF"] == true,
        for_anonymous: given["JWT_AUTH_COOKIE_ENFORCE_CSRF_ON_UNAUTHENTICATED"] == true,
    };
    let header = case.optional_text("authorization").map(str::as_bytes);
    let presented = jwt::find_token(header, cookie, &[HEADER_TYPE], policy).expect("found");
    if presented.needs_csrf && case.text("method") == "POST" {
        let request = CsrfRequest {
            is_secure: false,
            host: Some("testserver"),
            server_port: 80,
            origin: None,
            referer: None,
            secret: cookies["csrftoken"].as_str(),
            form_token: None,
            header_token: case.optional_text("csrf_header"),
        };
        if let Err(refused) = csrf::check(&request, &CsrfSettings::new::<&str>(&[])) {
            let answer = (403, json!({ "detail": format!("CSRF Failed: {refused}") }));
            assert_answer(&answer, case.value("http"));
            return;
        }
    }
    let answer = presented.token.map_or_else(not_authenticated, |token| deployment.authenticate(token));
    assert_answer(&answer, case.value("http"));
    if answer.0 == 401 {
        assert_eq!(case.value("http")["www_authenticate"], CHALLENGE);
    }
}

/// Which of body and cookie counts is the endpoint's, and an empty field the form's; here are the tokens, the
/// times and the cookies of the answer.
pub(super) fn cookie_refresh(case: &Case<'_>) {
    let http = case.value("http");
    if http["status"] == 400 {
        return;
    }
    let deployment = Deployment::of(case, 0x79);
    let sent = [&case.value("body")["refresh"], &case.value("cookies")["jwt-refresh"]];
    let Some(token) = sent.into_iter().find_map(Value::as_str) else {
        assert_answer(&failure(jwt::AuthenticationFailure::NoRefreshToken), http);
        return;
    };
    let (status, mut body) = deployment.refresh(token.as_bytes());
    if status == 200 {
        let mut lines = json!({});
        for (name, field) in [("jwt-auth", "access"), ("jwt-refresh", "refresh")] {
            if let Some(token) = body[field].as_str() {
                lines[name] = cookie(case, name, token, deployment.now).to_string().into();
            }
        }
        assert_eq!(lines, http["set_cookie"]);
        if case.value("settings")["JWT_AUTH_HTTPONLY"] != false {
            body.as_object_mut().expect("an object").remove("refresh");
        }
        for (field, lifetime) in
            [("access", deployment.lifetimes.access), ("refresh", deployment.lifetimes.refresh)]
        {
            if body.get(field).is_some() {
                let end = deployment.now.plus_seconds(lifetime);
                body[format!("{field}_expiration")] = end.json_text().into();
            }
        }
    }
    assert_answer(&(status, body), http);
}

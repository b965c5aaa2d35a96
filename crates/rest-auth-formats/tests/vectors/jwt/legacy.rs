//! The tokens of djangorestframework-jwt and drf-jwt.

use rest_auth_formats::jwt::legacy::{Dialect, LegacyFailure, LegacyRules, LegacyUser};
use rest_auth_formats::jwt::{Algorithm, Audience};
use serde_json::{Value, json};

use super::deployment::{keys, token_id};
use crate::cases::Case;

pub(super) fn legacy(case: &Case<'_>) {
    let is_fork = case.text("id").contains("drf-jwt-fork");
    let dialect = if is_fork { Dialect::DrfJwt } else { Dialect::DjangorestframeworkJwt };
    match case.text("what") {
        "mint" => mint(case, dialect),
        "check" => check(case, dialect),
        other => panic!("{other}"),
    }
}

fn rules(case: &Case<'_>, dialect: Dialect) -> LegacyRules {
    let mut rules = LegacyRules::new(dialect);
    let Some(given) = case.field("settings") else { return rules };
    rules.issuer = given["JWT_ISSUER"].as_str().map(str::to_owned);
    rules.audience = given["JWT_AUDIENCE"].as_str().map(|name| Audience::One(name.to_owned()));
    if let Some(seconds) = given.get("JWT_EXPIRATION_DELTA") {
        assert_eq!(*seconds, 604_800.0);
        rules.lifetime = 604_800;
    }
    if let Some(allowed) = given.get("JWT_ALLOW_REFRESH") {
        rules.allows_refresh = *allowed == true;
    }
    rules.includes_user_id = given["JWT_PAYLOAD_INCLUDE_USER_ID"] != false;
    rules.includes_token_id = given["JWT_TOKEN_ID"] != "off";
    rules
}

fn mint(case: &Case<'_>, dialect: Dialect) {
    let rules = rules(case, dialect);
    let algorithm = case.value("settings")["JWT_ALGORITHM"].as_str().unwrap_or("HS256");
    let (signing, verifying) = keys(case, Algorithm::named(algorithm).expect("known"), "s1");
    let user = case.value("user");
    let user = LegacyUser {
        id: &user["pk"],
        username: user["username"].as_str().expect("a name"),
        username_field: "username",
        email: user["email"].as_str(),
    };
    let id = token_id("99000000000040008000000000000001");
    let claims = rules.claims_for(&user, case.time("now"), id);
    assert_eq!(claims.json(), case.text("claims_json"));
    assert_eq!(rules.sign(&claims, &signing), case.text("token"));

    let read = rules.read(case.text("token").as_bytes(), &[verifying], case.time("now")).expect("good");
    assert_eq!(read, claims);
    assert_eq!(rules.username(&read), Ok(user.username));
    assert_eq!(
        *case.value("accepted"),
        json!({"status": 200, "body": {"pk": user.id}, "www_authenticate": null})
    );
}

/// As a server with the reference's users answers: 42 is alice, `inactive` is not active.
fn answer(case: &Case<'_>, rules: &LegacyRules) -> Result<i64, Option<LegacyFailure>> {
    let header = format!("{} {}", case.text("header_prefix"), case.text("token"));
    let (_, verifying) = keys(case, Algorithm::Hs256, "s1");
    let token = rules.find_token(Some(header.as_bytes()), None, rules.header_prefix())?.ok_or(None)?;
    let claims = rules.read(token, &[verifying], case.time("now"))?;
    match rules.username(&claims)? {
        "alice" => Ok(42),
        "inactive" => Err(Some(LegacyFailure::InactiveUser)),
        _ => Err(Some(LegacyFailure::UnknownUser)),
    }
}

fn check(case: &Case<'_>, dialect: Dialect) {
    let rules = rules(case, dialect);
    let challenge = format!("{} realm=\"api\"", rules.header_prefix());
    let expected = match answer(case, &rules) {
        Ok(user) => json!({"status": 200, "body": {"pk": user}, "www_authenticate": null}),
        Err(refused) => {
            let detail = refused
                .map_or("Authentication credentials were not provided.", |refused| refused.detail(dialect));
            json!({"status": 401, "body": {"detail": detail}, "www_authenticate": challenge})
        }
    };
    assert_eq!(Value::clone(case.value("http")), expected);
}

//! What a server for others had better not have: deviations from the strict profile, key by key, and a few things
//! that are fine on one's own machine only.

use toml::Value;

use super::{Check, Findings, Level};
use crate::mail;
use crate::settings::{AuthenticatorName, EmailBackend, FeatureName, Settings};

pub(super) const CHECKS: &[&Check] = &[
    &SESSION_SECURE,
    &CSRF_SECURE,
    &VERIFICATION,
    &SIGNUP_FIELDS,
    &ENUMERATION,
    &HASHERS,
    &VALIDATORS,
    &LONGEST,
    &SESSION_NAME,
    &CSRF_NAME,
    &RENDERERS,
    &OLD_PASSWORD,
    &REVOKE,
    &RESET_TIMEOUT,
    &RATE_LIMITS,
    &ROTATION,
    &BLACKLISTING,
    &FAMILIES,
    &FAMILY_LIFETIME,
    &PASSWORD_CLAIM,
    &TOKEN_SECURE,
    &TOKEN_CSRF,
    &UNBOUND,
    &CODE_CHALLENGE,
    &CLEAR_TOKENS,
    &STALE_CONNECT,
    &OTHER,
    &INSECURE_SECRET,
    &EVERY_HOST,
    &PLAIN_LINKS,
    &CONSOLE,
    &BASIC,
    &ON_GET,
];

/// The check of each key that has a strict value.
const DEVIATIONS: &[(&str, &Check)] = &[
    ("session.cookie_secure", &SESSION_SECURE),
    ("csrf.cookie_secure", &CSRF_SECURE),
    ("account.email_verification", &VERIFICATION),
    ("account.signup_fields", &SIGNUP_FIELDS),
    ("account.prevent_enumeration", &ENUMERATION),
    ("password.hashers", &HASHERS),
    ("password.validators", &VALIDATORS),
    ("password.max_length", &LONGEST),
    ("session.cookie_name", &SESSION_NAME),
    ("csrf.cookie_name", &CSRF_NAME),
    ("rest_framework.default_renderer_classes", &RENDERERS),
    ("account.rate_limits", &RATE_LIMITS),
    ("rest_auth.old_password_field_enabled", &OLD_PASSWORD),
    ("rest_auth.revoke_on_password_change", &REVOKE),
    ("password.reset_timeout", &RESET_TIMEOUT),
    ("simple_jwt.rotate_refresh_tokens", &ROTATION),
    ("simple_jwt.blacklist_after_rotation", &BLACKLISTING),
    ("simple_jwt.refresh_token_families", &FAMILIES),
    ("simple_jwt.refresh_token_family_lifetime", &FAMILY_LIFETIME),
    ("simple_jwt.check_revoke_token", &PASSWORD_CLAIM),
    ("rest_auth.jwt_auth_secure", &TOKEN_SECURE),
    ("rest_auth.jwt_auth_cookie_use_csrf", &TOKEN_CSRF),
    ("socialaccount.allow_unbound_access_token", &UNBOUND),
    ("socialaccount.require_code_challenge", &CODE_CHALLENGE),
    ("rownd.csrf_protect_routes", &ROWND_CSRF),
    ("socialaccount.encrypt_tokens", &CLEAR_TOKENS),
    ("socialaccount.reauthentication_required", &STALE_CONNECT),
];

static SESSION_SECURE: Check = deploy(
    "rest_auth.D001",
    "is {}",
    "set it to true: over plain http everybody on the way can take the session",
);
static CSRF_SECURE: Check =
    deploy("rest_auth.D002", "is {}", "set it to true, so that the cookie needs https");
static VERIFICATION: Check = deploy(
    "rest_auth.D003",
    "is {}",
    "set it to \"mandatory\": else an account can be opened with somebody else's address",
);
static SIGNUP_FIELDS: Check =
    deploy("rest_auth.D004", "is {}", "require the address, \"email*\": without one nobody can get back in");
static HASHERS: Check = deploy(
    "rest_auth.D005",
    "is {}",
    "put \"argon2\" first; old hashes are replaced as their owners log in. Whoever shares the database must follow",
);
static VALIDATORS: Check = deploy(
    "rest_auth.D006",
    "is {}",
    "use all four, with 15 characters as long as there is no second factor",
);
static RENDERERS: Check = deploy(
    "rest_auth.D007",
    "is {}",
    "keep \"JSONRenderer\" only: pages for people are meant for development",
);
static OLD_PASSWORD: Check = deploy(
    "rest_auth.D008",
    "is {}",
    "set it to true: else whoever finds an open session can lock its owner out",
);
static REVOKE: Check = deploy(
    "rest_auth.D009",
    "is {}",
    "set it to true: else a stolen token outlives the password change that was meant to stop it",
);
static RESET_TIMEOUT: Check = deploy(
    "rest_auth.D010",
    "is {}",
    "let mailed links live for an hour: old mails are found in many places",
);
static RATE_LIMITS: Check = deploy(
    "rest_auth.D012",
    "is {}",
    "limit how often passwords may be tried: else they can be guessed by machines",
);
static LONGEST: Check =
    deploy("rest_auth.D015", "is {}", "set it to 128, which every form that changes a password takes too");
static SESSION_NAME: Check = deploy(
    "rest_auth.D016",
    "is {}",
    "give it the prefix \"__Host-\", so that no other host of the domain can plant one",
);
static CSRF_NAME: Check = deploy(
    "rest_auth.D017",
    "is {}",
    "give it the prefix \"__Host-\", so that no other host of the domain can plant one",
);
static ENUMERATION: Check = deploy(
    "rest_auth.D011",
    "is {}",
    "set it to true: else a sign-up tells strangers who has an account. It needs mandatory verification",
);
static ROTATION: Check = deploy(
    "rest_auth.D030",
    "is {}",
    "set it to true: else a stolen refresh token is good for its whole life",
);
static BLACKLISTING: Check =
    deploy("rest_auth.D031", "is {}", "set it to true, so that a refresh token is good once");
static FAMILIES: Check = deploy(
    "rest_auth.D032",
    "is {}",
    "set it to true, so that a stolen refresh token ends the login that it came from",
);
static FAMILY_LIFETIME: Check =
    deploy("rest_auth.D033", "is {}", "let logins end some day, \"30d\", however often they are refreshed");
static PASSWORD_CLAIM: Check =
    deploy("rest_auth.D034", "is {}", "set it to true, so that tokens end with the password");
static TOKEN_SECURE: Check = deploy(
    "rest_auth.D035",
    "is {}",
    "set it to true: over plain http everybody on the way can take the tokens",
);
static TOKEN_CSRF: Check =
    deploy("rest_auth.D036", "is {}", "set it to true: else any page can act with the cookie of its visitor");
static UNBOUND: Check = deploy(
    "rest_auth.D040",
    "is {}",
    "set it to false and let clients send codes: else who runs another application of your users' logs in as them",
);
static CODE_CHALLENGE: Check = deploy(
    "rest_auth.D041",
    "is {}",
    "set it to true, and let front ends send a code_challenge: else a link can log its reader in as somebody else",
);
static ROWND_CSRF: Check = deploy(
    "rest_auth.D050",
    "is {}",
    "set it to true, and let the Hub send X-CSRFToken: else only the browser says whose page ends a session",
);
static CLEAR_TOKENS: Check = deploy(
    "rest_auth.D042",
    "is {}",
    "set it to true: else whoever reads the table acts for your users at their providers. Django cannot read it then",
);
static STALE_CONNECT: Check = deploy(
    "rest_auth.D043",
    "is {}",
    "set it to true and let clients send the password: else who has a stolen token connects an account of their own",
);
static OTHER: Check = deploy("rest_auth.D019", "is {}", "set it to its strict value");
static INSECURE_SECRET: Check = deploy(
    "rest_auth.D020",
    "is the one that `startproject` wrote, which is often in a repository",
    "take a new one, and keep this one in secret_key_fallbacks for a while",
);
static EVERY_HOST: Check =
    deploy("rest_auth.D021", "has \"*\": any Host header is served", "name the hosts that clients use");
static PLAIN_LINKS: Check = deploy(
    "rest_auth.D022",
    "is {}: links in mails go over plain http",
    "set it to the address that clients use, \"https://example.com\"",
);
static CONSOLE: Check =
    deploy("rest_auth.D023", "is \"console\": mails go to standard output", "set it to \"smtp\"");
static BASIC: Check = deploy(
    "rest_auth.D024",
    "has \"basic\": every request carries the password, and costs a hash",
    "take \"token\" or \"session\", and remove \"basic\" when no client needs it any more",
);
static ON_GET: Check = deploy(
    "rest_auth.D025",
    "is true: whatever opens a mailed link confirms the address, programs that look at mails too",
    "set it to false: the page has a button",
);

const fn deploy(id: &'static str, sentence: &'static str, hint: &'static str) -> Check {
    Check { id, level: Level::Deploy, sentence, hint }
}

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    check_deviations(settings, findings);
    if settings.top.secret_key.expose().starts_with("django-insecure-") {
        findings.add(&INSECURE_SECRET, "secret_key");
    }
    if settings.http.allowed_hosts.iter().any(|host| host == "*") {
        findings.add(&EVERY_HOST, "http.allowed_hosts");
    }
    let base_url = settings.http.base_url.as_deref();
    if base_url.is_none_or(|url| !url.starts_with("https://")) && mail::leads_here(settings) {
        findings.about(&PLAIN_LINKS, "http.base_url", base_url.unwrap_or("false"));
    }
    if settings.email.backend == EmailBackend::Console {
        findings.add(&CONSOLE, "email.backend");
    }
    if settings.http.authentication.contains(&AuthenticatorName::Basic) {
        findings.add(&BASIC, "http.authentication");
    }
    if settings.account.confirm_email_on_get {
        findings.add(&ON_GET, "account.confirm_email_on_get");
    }
}

fn check_deviations(settings: &Settings, findings: &mut Findings) {
    let table = settings.to_table();
    for section in Settings::sections() {
        let values = if section.name.is_empty() { Some(&table) } else { table[section.name].as_table() };
        for key in section.keys {
            let (Some(strict), Some(value)) = (key.strict, values.and_then(|values| values.get(key.name)))
            else {
                continue;
            };
            let path = format!("{}.{}", section.name, key.name);
            let matters = (settings.uses_jwt() || !is_about_tokens(&path))
                && (settings.has(FeatureName::Social) || !path.starts_with("socialaccount."))
                && (settings.hands_over_social_logins() || path != "socialaccount.require_code_challenge")
                && (settings.has(FeatureName::Rownd) || !path.starts_with("rownd."));
            if *value != strict && matters {
                let row = DEVIATIONS.iter().find(|(key, _)| *key == path);
                let check = row.map_or(&OTHER, |(_, check)| check);
                findings.about(check, path.trim_start_matches('.'), &difference(value, &strict));
            }
        }
    }
}

/// Whether a key means nothing where there are no JSON web tokens.
fn is_about_tokens(path: &str) -> bool {
    path.starts_with("simple_jwt.") || path.starts_with("rest_auth.jwt_")
}

fn difference(value: &Value, strict: &Value) -> String {
    format!("{value}, and {strict} in the strict profile")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_with_a_strict_value_has_a_check_of_its_own() {
        for section in Settings::sections() {
            for key in section.keys.iter().filter(|key| key.strict.is_some()) {
                let path = format!("{}.{}", section.name, key.name);
                assert!(DEVIATIONS.iter().any(|(key, _)| *key == path), "{path} is missing in DEVIATIONS");
            }
        }
    }
}

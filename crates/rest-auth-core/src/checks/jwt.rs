//! `[simple_jwt]`, `[jwt_auth]` and what `[rest_auth]` says of tokens: keys that sign, and promises that hold.

use super::http::is_token;
use super::issuers::is_address;
use super::secret::{LEAST_BYTES, is_guessable};
use super::{Check, Findings, NOTHING, error, warning};
use crate::features::jwt::{self, Jwt};
use crate::features::legacy_jwt::{self, LegacyJwt};
use crate::model::Secret;
use crate::settings::{AuthenticatorName, FeatureName, Settings};

pub(super) const CHECKS: &[&Check] = &[
    &KEY,
    &SHORT,
    &GUESSABLE,
    &NO_BLACKLIST,
    &NO_ID,
    &NO_BLACKLISTING,
    &NO_SIGNING_KEY,
    &SAME_CLAIM,
    &HEADER,
    &HEADER_TYPE,
    &NO_TOKENS,
    &JWK_URL,
    &SHARED,
    &UNREAD,
    &UNREAD_COOKIE,
    &LOST_REFRESH,
    &ANY_KIND,
    &ENDLESS,
    &NO_ROTATION,
    &UNNAMED,
];

static KEY: Check = error("rest_auth.E090", "is no key", "give the key that simple_jwt.algorithm takes");
static SHORT: Check = error(
    "rest_auth.E091",
    "has fewer than 32 bytes",
    "take 32 random bytes or more: whoever guesses it can be anybody",
);
static GUESSABLE: Check =
    error("rest_auth.E092", "can be guessed", "take a random one: whoever guesses it can be anybody");
static NO_BLACKLIST: Check = error(
    "rest_auth.E093",
    "is true, and nothing notes which tokens there are",
    "add \"blacklist\" to http.features, or set it to false",
);
static NO_ID: Check =
    error("rest_auth.E094", "is false, and without an id no token can be ended", "name the claim: \"jti\"");
static NO_BLACKLISTING: Check = error(
    "rest_auth.E096",
    "is true, and used refresh tokens stay good",
    "set simple_jwt.blacklist_after_rotation to true, or it to false",
);
static NO_SIGNING_KEY: Check = error(
    "rest_auth.E097",
    "is empty, and rest_auth.use_jwt is true: no login could sign its tokens",
    "give the private key, or a file with it",
);
static SAME_CLAIM: Check =
    error("rest_auth.E098", "`{}` means something else in a token", "give each claim a name of its own");
static HEADER: Check = error(
    "rest_auth.E099",
    "`{}` is no header as Django writes it",
    "write Authorization as \"HTTP_AUTHORIZATION\"",
);
static HEADER_TYPE: Check =
    error("rest_auth.E100", "`{}` is no word for a header", "write it without blanks: \"Bearer\"");
static NO_TOKENS: Check = error(
    "rest_auth.E101",
    "has \"legacy_jwt\", and rest_auth.use_jwt is true: login can answer one kind only",
    "remove one of the two; \"legacy_jwt\" in http.authentication is enough to take old tokens",
);
static JWK_URL: Check = error(
    "rest_auth.E102",
    "`{}` is no https address",
    "write it as \"https://login.example.com/keys\"; http is for private addresses only, with \
     socialaccount.allow_private_addresses",
);
static SHARED: Check = error(
    "rest_auth.E103",
    "is set, and simple_jwt.algorithm is one of a shared secret, which nobody publishes",
    "name the algorithm of the published keys in simple_jwt.algorithm, or remove it",
);
static UNREAD: Check = warning(
    "rest_auth.W090",
    "is true, and no request is asked for a token",
    "add \"jwt_cookie\" or \"jwt\" to http.authentication",
);
static UNREAD_COOKIE: Check = warning(
    "rest_auth.W091",
    "is set, and no request is asked for the cookie",
    "add \"jwt_cookie\" to http.authentication, or set it to false",
);
static LOST_REFRESH: Check = warning(
    "rest_auth.W092",
    "is true, and the refresh token has no cookie: a login hands it to nobody",
    "name one in rest_auth.jwt_auth_refresh_cookie, or set it to false",
);
static ANY_KIND: Check = warning(
    "rest_auth.W093",
    "is false: a refresh token passes for an access token",
    "name the claim: \"token_type\"",
);
static ENDLESS: Check =
    warning("rest_auth.W094", "is false: such a token never ends", "set it to true as soon as clients can");
static NO_ROTATION: Check = warning(
    "rest_auth.W095",
    "is true, and refresh tokens are not rotated: nothing comes of it",
    "set simple_jwt.rotate_refresh_tokens to true, or it to false",
);
static UNNAMED: Check = warning(
    "rest_auth.W096",
    "is false, and the keys of simple_jwt.jwk_url verify only tokens that name one: no token of a login is good here",
    "name the id that the signing key has in the published set",
);

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    if settings.uses_jwt() {
        check_keys(settings, findings);
        check_promises(settings, findings);
        check_names(settings, findings);
        check_use(settings, findings);
    }
    if settings.uses_legacy_jwt() {
        check_legacy(settings, findings);
    }
}

fn check_keys(settings: &Settings, findings: &mut Findings) {
    let own = &settings.simple_jwt;
    let is_secret = own.algorithm.0.is_symmetric();
    // Without any secret there is one for this run, which the checks of secret_key speak about.
    let is_made_later = is_secret && jwt::signing_text(settings).expose().is_empty();
    let is_shared = is_secret && own.jwk_url.get().is_some();
    if !is_made_later
        && !is_shared
        && let Err(problems) = Jwt::of(settings)
    {
        for problem in problems {
            findings.take(&KEY, problem);
        }
    }
    if is_secret {
        check_secret("simple_jwt.signing_key", &own.signing_key, findings);
        for former in &own.signing_key_fallbacks {
            check_secret("simple_jwt.signing_key_fallbacks", former, findings);
        }
    } else if settings.rest_auth.use_jwt && own.signing_key.expose().is_empty() {
        findings.add(&NO_SIGNING_KEY, "simple_jwt.signing_key");
    }
    if is_shared {
        findings.add(&SHARED, "simple_jwt.jwk_url");
    } else if let Some(url) = own.jwk_url.get() {
        if !is_address(settings, url) {
            findings.about(&JWK_URL, "simple_jwt.jwk_url", url);
        }
        if settings.rest_auth.use_jwt && own.signing_key_id.get().is_none() {
            findings.add(&UNNAMED, "simple_jwt.signing_key_id");
        }
    }
}

/// S-51. An empty one stands for another.
fn check_secret(key: &str, secret: &Secret, findings: &mut Findings) {
    let secret = secret.expose();
    if secret.is_empty() {
        return;
    }
    if secret.len() < LEAST_BYTES {
        findings.add(&SHORT, key);
    } else if is_guessable(secret) {
        findings.add(&GUESSABLE, key);
    }
}

/// What a setting promises must not be void. Without rotation the blacklist is promised nothing: simplejwt's old defaults,
/// which many projects have copied, are that.
fn check_promises(settings: &Settings, findings: &mut Findings) {
    let own = &settings.simple_jwt;
    let has_blacklist = settings.has(FeatureName::Blacklist);
    for (key, is_on) in [
        ("simple_jwt.blacklist_after_rotation", own.blacklist_after_rotation && own.rotate_refresh_tokens),
        ("simple_jwt.refresh_token_families", own.refresh_token_families),
    ] {
        if is_on && !has_blacklist {
            findings.add(&NO_BLACKLIST, key);
        }
    }
    if has_blacklist && own.jti_claim.get().is_none() {
        findings.add(&NO_ID, "simple_jwt.jti_claim");
    }
    if own.blacklist_after_rotation && !own.rotate_refresh_tokens {
        findings.add(&NO_ROTATION, "simple_jwt.blacklist_after_rotation");
    }
    if own.refresh_token_families && !own.blacklist_after_rotation {
        findings.add(&NO_BLACKLISTING, "simple_jwt.refresh_token_families");
    }
    if own.token_type_claim.get().is_none() {
        findings.add(&ANY_KIND, "simple_jwt.token_type_claim");
    }
}

fn check_names(settings: &Settings, findings: &mut Findings) {
    let own = &settings.simple_jwt;
    let mut taken = vec!["exp", "iat", "nbf", "aud", "iss"];
    let claims = [
        ("token_type_claim", own.token_type_claim.as_deref()),
        ("jti_claim", own.jti_claim.as_deref()),
        ("user_id_claim", Some(own.user_id_claim.as_str())),
        ("revoke_token_claim", Some(own.revoke_token_claim.as_str())),
        ("sliding_token_refresh_exp_claim", Some(own.sliding_token_refresh_exp_claim.as_str())),
    ];
    for (key, claim) in claims {
        let Some(claim) = claim else { continue };
        if claim.is_empty() || taken.contains(&claim) {
            findings.about(&SAME_CLAIM, &format!("simple_jwt.{key}"), claim);
        }
        taken.push(claim);
    }
    let header = own.auth_header_name.strip_prefix("HTTP_").unwrap_or_default();
    let upper = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    if header.is_empty() || !header.bytes().all(upper) {
        findings.about(&HEADER, "simple_jwt.auth_header_name", &own.auth_header_name);
    }
    if own.auth_header_types.is_empty() {
        findings.add(&NOTHING, "simple_jwt.auth_header_types");
    }
    for word in own.auth_header_types.iter().filter(|word| !is_token(word)) {
        findings.about(&HEADER_TYPE, "simple_jwt.auth_header_types", word);
    }
    findings.no_twins("simple_jwt.auth_header_types", &own.auth_header_types);
    findings.no_twins("simple_jwt.auth_token_classes", &own.auth_token_classes);
    if own.auth_token_classes.is_empty() {
        findings.add(&NOTHING, "simple_jwt.auth_token_classes");
    }
    for (key, seconds) in [
        ("access_token_lifetime", own.access_token_lifetime),
        ("refresh_token_lifetime", own.refresh_token_lifetime),
        ("sliding_token_lifetime", own.sliding_token_lifetime),
        ("sliding_token_refresh_lifetime", own.sliding_token_refresh_lifetime),
    ] {
        findings.no_zero(&format!("simple_jwt.{key}"), seconds.0);
    }
    let family = own.refresh_token_family_lifetime.get().map_or(1, |lifetime| lifetime.0);
    findings.no_zero("simple_jwt.refresh_token_family_lifetime", family);
}

/// Tokens that nobody takes, and one that nobody gets.
fn check_use(settings: &Settings, findings: &mut Findings) {
    let rest_auth = &settings.rest_auth;
    if !rest_auth.use_jwt {
        return;
    }
    let takes_cookie = settings.asks(AuthenticatorName::JwtCookie);
    if settings.has(FeatureName::LegacyJwt) {
        findings.add(&NO_TOKENS, "http.features");
    }
    if !takes_cookie && !settings.asks(AuthenticatorName::Jwt) {
        findings.add(&UNREAD, "rest_auth.use_jwt");
    } else if !takes_cookie && rest_auth.jwt_auth_cookie.get().is_some() {
        findings.add(&UNREAD_COOKIE, "rest_auth.jwt_auth_cookie");
    }
    if rest_auth.jwt_auth_httponly && rest_auth.jwt_auth_refresh_cookie.get().is_none() {
        findings.add(&LOST_REFRESH, "rest_auth.jwt_auth_httponly");
    }
}

fn check_legacy(settings: &Settings, findings: &mut Findings) {
    let own = &settings.jwt_auth;
    let is_secret = own.jwt_algorithm.0.is_symmetric();
    let is_made_later = is_secret && legacy_jwt::secret(settings).expose().is_empty();
    if !is_made_later && let Err(problems) = LegacyJwt::of(settings) {
        for problem in problems {
            findings.take(&KEY, problem);
        }
    }
    if is_secret {
        check_secret("jwt_auth.jwt_secret_key", &own.jwt_secret_key, findings);
    }
    if !is_token(&own.jwt_auth_header_prefix) {
        findings.about(&HEADER_TYPE, "jwt_auth.jwt_auth_header_prefix", &own.jwt_auth_header_prefix);
    }
    if !own.jwt_verify_expiration {
        findings.add(&ENDLESS, "jwt_auth.jwt_verify_expiration");
    }
    findings.no_zero("jwt_auth.jwt_expiration_delta", own.jwt_expiration_delta.0);
}

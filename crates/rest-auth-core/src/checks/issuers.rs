//! `external_issuers` and `[rownd]`: whose tokens are believed, and that nobody else's are.

use super::{Check, Findings, NOTHING, error, warning};
use crate::features::rownd;
use crate::settings::{
    AuthenticatorName, CLAIMED_FIELDS, ExternalIssuer, FeatureName, RowndUserField, Settings,
};

pub(super) const CHECKS: &[&Check] = &[
    &NAME,
    &SHARED_NAME,
    &SHARED_ISSUER,
    &ADDRESS,
    &ALGORITHM,
    &FIELD,
    &UNPROVEN,
    &NO_ISSUERS,
    &NO_APP,
    &NO_SUCH_COLUMN,
    &UNASKED,
    &UNREAD_SESSIONS,
];

static NAME: Check = error(
    "rest_auth.E140",
    "has an entry called `{}`",
    "give each entry a name of its own, of small letters, digits, - and _; \"rownd\" is Rownd's",
);
static SHARED_NAME: Check = error(
    "rest_auth.E141",
    "has an entry called `{}`, and so is a provider of [socialaccount]: their accounts would be mixed up",
    "give the entry another name",
);
static SHARED_ISSUER: Check = error(
    "rest_auth.E142",
    "has `{}` twice, or it is simple_jwt.issuer: nobody could tell whose token one is",
    "give each issuer one entry",
);
static ADDRESS: Check = error(
    "rest_auth.E143",
    "`{}` is no https address",
    "write it as \"https://login.example.com\"; http is for private addresses only, with \
     socialaccount.allow_private_addresses",
);
static ALGORITHM: Check = error(
    "rest_auth.E144",
    "takes {}: whoever knows the published keys could sign",
    "name algorithms with key pairs: \"RS256\", \"ES256\", \"EdDSA\"",
);
static FIELD: Check = error(
    "rest_auth.E145",
    "fills `{}`, which no account has",
    "take username, email, email_verified, first_name, last_name, or a field of user_model.extra_fields",
);
static UNPROVEN: Check = error(
    "rest_auth.E146",
    "`{}` matches addresses, and no claim says whether one is verified",
    "name the claim in claims.email_verified, or set match_email to false",
);
static NO_ISSUERS: Check = error(
    "rest_auth.E147",
    "has \"external_issuers\", and there are none",
    "add [[external_issuers]] with name, issuer and audience, or remove it",
);
static NO_APP: Check = error(
    "rest_auth.E148",
    "is empty, and Rownd is asked with it",
    "copy it from Rownd's dashboard, or remove \"rownd\" from http.authentication and http.features",
);
static NO_SUCH_COLUMN: Check =
    error("rest_auth.E149", "is \"username\", and accounts have no user names", "set it to \"email\"");
static UNASKED: Check = warning(
    "rest_auth.W140",
    "has `{}`, whose tokens nobody asks for",
    "add \"external_issuers\" to http.authentication, or set sessions to true",
);
static UNREAD_SESSIONS: Check = warning(
    "rest_auth.W141",
    "lacks \"session\", and tokens of `{}` open sessions",
    "add \"session\" to http.authentication",
);

pub(super) fn check(settings: &Settings, findings: &mut Findings) {
    let rows = &settings.top.external_issuers;
    let is_asked = settings.asks(AuthenticatorName::ExternalIssuers);
    if rows.is_empty() && is_asked {
        findings.add(&NO_ISSUERS, "http.authentication");
    }
    for (place, row) in rows.iter().enumerate() {
        check_row(settings, &rows[..place], row, findings);
        if !is_asked && !row.sessions {
            findings.about(&UNASKED, KEY, &row.name);
        }
        if row.sessions {
            check_sessions(settings, &row.name, findings);
        }
    }
    if settings.uses_rownd() {
        check_rownd(settings, findings);
    }
}

const KEY: &str = "external_issuers";

fn check_row(settings: &Settings, before: &[ExternalIssuer], row: &ExternalIssuer, findings: &mut Findings) {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_');
    let is_taken = row.name == rownd::NAME || before.iter().any(|other| other.name == row.name);
    if row.name.is_empty() || !row.name.bytes().all(plain) || is_taken {
        findings.about(&NAME, KEY, &row.name);
    }
    let mut providers = settings.socialaccount.providers.iter();
    if providers.any(|(name, provider)| *name == row.name || provider.provider_id == row.name) {
        findings.about(&SHARED_NAME, KEY, &row.name);
    }
    let is_ours = settings.simple_jwt.issuer.as_deref() == Some(&row.issuer);
    if is_ours || before.iter().any(|other| other.issuer == row.issuer) {
        findings.about(&SHARED_ISSUER, KEY, &row.issuer);
    }
    for url in std::iter::once(&row.issuer).chain(&row.jwks_url) {
        // An issuer whose keys are elsewhere need not be an address at all.
        let is_name = url == &row.issuer && row.jwks_url.is_some() && !url.is_empty();
        if !is_name && !is_address(settings, url) {
            findings.about(&ADDRESS, KEY, url);
        }
    }
    check_rules(settings, row, findings);
}

fn check_rules(settings: &Settings, row: &ExternalIssuer, findings: &mut Findings) {
    let place = |key: &str| format!("{KEY}.{}.{key}", row.name);
    for name in row.algorithms.iter().filter(|name| name.0.is_symmetric()) {
        findings.about(&ALGORITHM, &place("algorithms"), name.0.name());
    }
    let audiences = row.audiences();
    let header_is_blank = row.header_types.iter().any(|word| word.trim().is_empty() || word.contains(' '));
    for (key, is_missing) in [
        ("algorithms", row.algorithms.is_empty()),
        ("audience", audiences.is_empty() || audiences.iter().any(|name| name.trim().is_empty())),
        ("header_types", row.header_types.is_empty() || header_is_blank),
        ("subject", row.subject.trim().is_empty()),
    ] {
        if is_missing {
            findings.add(&NOTHING, &place(key));
        }
    }
    if let Some(age) = row.session_age.get() {
        findings.no_zero(&place("session_age"), age.0);
    }
    for field in row.claims.keys() {
        let is_own = settings.user_model.extra_fields.iter().any(|own| own.name == *field);
        if !is_own && !CLAIMED_FIELDS.iter().any(|(known, _)| known == field) {
            findings.about(&FIELD, &place("claims"), field);
        }
    }
    if row.match_email && (row.claim_for("email_verified").is_none() || row.claim_for("email").is_none()) {
        findings.about(&UNPROVEN, KEY, &row.name);
    }
}

fn check_sessions(settings: &Settings, name: &str, findings: &mut Findings) {
    if !settings.asks(AuthenticatorName::Session) {
        findings.about(&UNREAD_SESSIONS, "http.authentication", name);
    }
}

fn check_rownd(settings: &Settings, findings: &mut Findings) {
    let own = &settings.rownd;
    if own.app_key.trim().is_empty() {
        findings.add(&NO_APP, "rownd.app_key");
    }
    if own.app_secret.expose().trim().is_empty() {
        findings.add(&NO_APP, "rownd.app_secret");
    }
    if !is_address(settings, &own.api_url) {
        findings.about(&ADDRESS, "rownd.api_url", &own.api_url);
    }
    let has_names = settings.user_model.username_field.get().is_some();
    if own.user_model_username_field == RowndUserField::Username && !has_names {
        findings.add(&NO_SUCH_COLUMN, "rownd.user_model_username_field");
    }
    if settings.has(FeatureName::Rownd) {
        check_sessions(settings, rownd::NAME, findings);
    }
}

/// HTTPS, or HTTP where private addresses may be asked: no other is there.
pub(super) fn is_address(settings: &Settings, url: &str) -> bool {
    let private = settings.socialaccount.allow_private_addresses;
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://").filter(|_| private));
    rest.is_some_and(|rest| {
        let is_plain = rest.bytes().all(|byte| byte.is_ascii_graphic());
        !rest.is_empty() && !rest.starts_with(['/', '?', '#']) && is_plain && !rest.contains('#')
    })
}

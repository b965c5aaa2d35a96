use std::collections::BTreeSet;

use super::*;

/// A secret that no check speaks against.
const SECRET: &str = "secret_key = \"kGJ4b1oQz7YwqkPZx0n2Yk1lq1cVQm8f3mYvJ6p9a5E\"\n";

fn settings(text: &str) -> Settings {
    Settings::from_table(text.parse().unwrap()).unwrap_or_else(|problems| panic!("{text}: {problems:?}"))
}

fn both(settings: &Settings) -> Vec<Finding> {
    run(settings).into_iter().chain(deploy(settings)).collect()
}

/// A configuration for each check, and the key that it must be reported under.
const CASES: &[(&str, &str, &str)] = &[
    ("E001", "secret_key", "secret_key = \"kGJ4b1oQz7Yw\""),
    ("E002", "secret_key", "secret_key = \"changemechangemechangemechangeme\""),
    ("E003", "secret_key", "[http]\nlisten = \"0.0.0.0:8000\""),
    ("E004", "secret_key_fallbacks", "profile = \"strict\"\nsecret_key_fallbacks = [\"short\"]"),
    ("E005", "time_zone", "time_zone = \"Europe/Atlantis\""),
    ("E006", "templates.folder", "[templates]\nfolder = \"/no/such/folder\""),
    ("E010", "http.authentication", "[http]\nauthentication = [\"token\", \"session\", \"token\"]"),
    (
        "E010",
        "password.hashers",
        "[password]\nhashers = [\"argon2\", { algorithm = \"argon2\", time_cost = 3 }]",
    ),
    ("E010", "account.signup_fields", "[account]\nsignup_fields = [\"username*\", \"username\"]"),
    ("E011", "session.cookie_age", "[session]\ncookie_age = 0"),
    ("E011", "database.readers", "[database]\nreaders = 0"),
    ("E011", "database.clear_expired", "[database]\nclear_expired = 0"),
    ("E011", "password.max_length", "[password]\nmax_length = 0"),
    ("E012", "password.hashers", "[password]\nhashers = []"),
    (
        "E140",
        "external_issuers",
        "[[external_issuers]]\nname = \"Id\"\nissuer = \"https://id.example.com\"\naudience = \"api\"",
    ),
    (
        "E140",
        "external_issuers",
        "[[external_issuers]]\nname = \"rownd\"\nissuer = \"https://id.example.com\"\naudience = \"api\"",
    ),
    (
        "E141",
        "external_issuers",
        "[[external_issuers]]\nname = \"google\"\nissuer = \"https://id.example.com\"\naudience = \"api\"\n\
         [socialaccount.providers.google]\nclient_id = \"x\"",
    ),
    (
        "E142",
        "external_issuers",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"https://id.example.com\"\naudience = \"api\"\n\
         [[external_issuers]]\nname = \"b\"\nissuer = \"https://id.example.com\"\naudience = \"api\"",
    ),
    (
        "E142",
        "external_issuers",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"https://id.example.com\"\naudience = \"api\"\n\
         [simple_jwt]\nissuer = \"https://id.example.com\"",
    ),
    (
        "E143",
        "external_issuers",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"http://id.example.com\"\naudience = \"api\"",
    ),
    (
        "E143",
        "external_issuers",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"id\"\njwks_url = \"file:///etc/keys\"\naudience = \"api\"",
    ),
    ("E143", "rownd.api_url", "[http]\nfeatures = [\"rownd\"]\n[rownd]\napi_url = \"https:///\""),
    (
        "E144",
        "external_issuers.a.algorithms",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"https://id.example.com\"\naudience = \"api\"\nalgorithms = [\"HS256\"]",
    ),
    (
        "E145",
        "external_issuers.a.claims",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"https://id.example.com\"\naudience = \"api\"\nclaims = { is_staff = \"admin\" }",
    ),
    (
        "E146",
        "external_issuers",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"https://id.example.com\"\naudience = \"api\"\nmatch_email = true\n\
         claims = { email_verified = \"\" }",
    ),
    ("E147", "http.authentication", "[http]\nauthentication = [\"external_issuers\"]"),
    ("E148", "rownd.app_key", "[http]\nauthentication = [\"rownd\"]"),
    ("E148", "rownd.app_secret", "[http]\nfeatures = [\"rownd\"]\n[rownd]\napp_key = \"key\""),
    (
        "E149",
        "rownd.user_model_username_field",
        "[http]\nfeatures = [\"rownd\"]\n[rownd]\napp_key = \"key\"\napp_secret = \"s\"\n[user_model]\nusername_field = false",
    ),
    (
        "E012",
        "external_issuers.a.audience",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"https://id.example.com\"",
    ),
    (
        "W140",
        "external_issuers",
        "[[external_issuers]]\nname = \"a\"\nissuer = \"https://id.example.com\"\naudience = \"api\"",
    ),
    (
        "W141",
        "http.authentication",
        "[http]\nauthentication = [\"token\"]\nfeatures = [\"rownd\"]\n[rownd]\napp_key = \"key\"\napp_secret = \"s\"",
    ),
    ("D050", "rownd.csrf_protect_routes", "[http]\nfeatures = [\"rownd\"]"),
    ("E020", "http.listen", "[http]\nlisten = \"8000\""),
    ("E021", "http.prefix", "[http]\nprefix = \"rest-auth\""),
    ("E021", "http.prefix", "[http]\nprefix = \"/{id}/\""),
    ("E021", "http.registration_prefix", "[http]\nregistration_prefix = \"/a/../\""),
    ("E022", "http.login_url", "[http]\nlogin_url = \"login\""),
    ("E022", "http.login_redirect_url", "[http]\nlogin_redirect_url = \"javascript:alert(1)\""),
    (
        "E022",
        "account.email_confirmation_anonymous_redirect_url",
        "[account]\nemail_confirmation_anonymous_redirect_url = \"some-name\"",
    ),
    (
        "E022",
        "account.email_confirmation_authenticated_redirect_url",
        "[account]\nemail_confirmation_authenticated_redirect_url = \"\"",
    ),
    ("E022", "account.signup_redirect_url", "[account]\nsignup_redirect_url = \"ftp://example.com\""),
    ("E023", "http.allowed_hosts", "[http]\nallowed_hosts = [\"https://example.com\"]"),
    ("E023", "http.allowed_hosts", "[http]\nallowed_hosts = [\"example.com:8000\"]"),
    (
        "E024",
        "http.secure_proxy_ssl_header",
        "[http]\nsecure_proxy_ssl_header = [\"X-Forwarded-Proto:\", \"https\"]",
    ),
    ("E025", "http.cors_allowed_origins", "[http]\ncors_allowed_origins = [\"https://a.example.com/\"]"),
    ("E025", "http.cors_allowed_origins", "[http]\ncors_allowed_origins = [\"https://*.example.com\"]"),
    ("E025", "http.cors_allowed_origins", "[http]\ncors_allowed_origins = [\"https://example.com:443\"]"),
    ("E025", "http.cors_allowed_origins", "[http]\ncors_allowed_origins = [\"https://Example.com\"]"),
    ("E025", "http.cors_allowed_origins", "[http]\ncors_allowed_origins = [\"null\"]"),
    ("E026", "http.base_url", "[http]\nbase_url = \"example.com\""),
    ("E026", "links.email_confirmation", "[links]\nemail_confirmation = \"https://example.com/\""),
    ("E026", "links.password_reset", "[links]\npassword_reset = \"https://example.com/{uid}\""),
    ("E026", "links.password_reset", "[links]\npassword_reset = \"example.com/{uid}/{token}\""),
    ("E027", "rest_auth.session_login", "[rest_auth]\nsession_login = false\ntoken_model = false"),
    ("E028", "rest_framework.non_field_errors_key", "[rest_framework]\nnon_field_errors_key = \" \""),
    (
        "E029",
        "rest_framework.default_throttle_rates",
        "[rest_framework]\ndefault_throttle_classes = [\"ScopedRateThrottle\"]",
    ),
    (
        "E029",
        "rest_framework.default_throttle_rates",
        "[rest_framework]\ndefault_throttle_classes = [\"AnonRateThrottle\"]\ndefault_throttle_rates = { user = \"1/s\" }",
    ),
    ("E030", "database.url", "[database]\nurl = \"mysql://u:p@h/n\""),
    ("E030", "database.url", "[database]\nurl = \"sqlite://\""),
    ("E040", "email.file_path", "[email]\nbackend = \"file\""),
    ("E041", "email.use_ssl", "[email]\nuse_ssl = true\nuse_tls = true"),
    ("E042", "email.host", "[email]\nbackend = \"smtp\"\nhost = \"\""),
    ("E043", "email.default_from", "[email]\ndefault_from = \"nobody\""),
    ("E043", "email.default_from", "[email]\ndefault_from = \"A <a@example.com\\u000d\\u000a>\""),
    ("E050", "account.unique_email", "[account]\nlogin_methods = [\"email\"]\nunique_email = false"),
    ("E051", "account.email_verification", "[account]\nemail_verification = \"mandatory\""),
    ("E052", "account.login_methods", "[user_model]\nusername_field = false\nlogin_field = \"email\""),
    ("E053", "account.signup_fields", "[user_model]\nusername_field = false\nlogin_field = \"email\""),
    ("E054", "account.signup_fields", "[account]\nsignup_fields = [\"nickname\", \"username*\"]"),
    ("E055", "account.username_min_length", "[account]\nusername_min_length = 151"),
    ("E056", "account.password_min_length", "[account]\npassword_min_length = 129"),
    (
        "E058",
        "account.user_model_username_field",
        "[account]\nuser_model_username_field = \"nick\"\n[user_model]\nusername_field = \"name\"",
    ),
    ("E060", "password.hashers", "[password]\nhashers = [\"sha1\"]"),
    ("E060", "password.hashers", "[password]\nhashers = [{ algorithm = \"argon2\", rounds = 12 }]"),
    (
        "E060",
        "password.hashers",
        "[password]\nhashers = [\"argon2\", { algorithm = \"bcrypt\", rounds = 31 }]",
    ),
    ("E061", "password.hashers", "profile = \"strict\"\n[password]\nhashers = [\"md5\"]"),
    (
        "E062",
        "password.validators",
        "[password]\nvalidators = [{ name = \"minimum_length\", min_length = 129 }]",
    ),
    (
        "E063",
        "password.validators",
        "[password]\nvalidators = [{ name = \"user_attribute_similarity\", max_similarity = 0.0 }]",
    ),
    (
        "E063",
        "password.validators",
        "[password]\nvalidators = [{ name = \"user_attribute_similarity\", max_similarity = nan }]",
    ),
    (
        "E064",
        "password.validators",
        "[password]\nvalidators = [{ name = \"common\", password_list_path = \"/no/such/list\" }]",
    ),
    ("E070", "session.cookie_name", "[session]\ncookie_name = \"session id\""),
    ("E070", "csrf.cookie_name", "[csrf]\ncookie_name = \"\""),
    ("E071", "csrf.cookie_name", "[csrf]\ncookie_name = \"sessionid\""),
    ("E072", "session.cookie_path", "[session]\ncookie_path = \"/;x\""),
    ("E073", "csrf.cookie_domain", "[csrf]\ncookie_domain = \"https://example.com\""),
    ("E074", "session.cookie_name", "[session]\ncookie_name = \"__Host-session\""),
    ("E075", "csrf.header_name", "[csrf]\nheader_name = \"X-CSRFToken\""),
    ("E076", "csrf.trusted_origins", "[csrf]\ntrusted_origins = [\"example.com\"]"),
    ("E076", "csrf.trusted_origins", "[csrf]\ntrusted_origins = [\"https://example.com/\"]"),
    ("E080", "user_model.table", "[user_model]\ntable = \"user; drop\""),
    ("E081", "user_model.login_field", "[user_model]\nusername_field = false"),
    ("E082", "user_model.extra_fields", "[user_model]\nextra_fields = [{ name = \"password1\" }]"),
    (
        "E083",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"age\", kind = \"integer\", max_length = 2 }]",
    ),
    (
        "E084",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"age\", kind = \"integer\", choices = [\"old\"] }]",
    ),
    (
        "E080",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"a\", source = \"b.c.d\" }]",
    ),
    ("E080", "user_model.extra_fields", "[user_model]\nextra_fields = [{ name = \"a\", source = \"b.\" }]"),
    ("E080", "user_model.relation_tables", "[user_model]\nrelation_tables = { profile = \"x y\" }"),
    (
        "E010",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"a\" }, { name = \"b\", source = \"a\" }]",
    ),
    (
        "E082",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"boss\", source = \"is_staff\" }]",
    ),
    (
        "E082",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"whose\", source = \"profile.user_id\" }]",
    ),
    (
        "E082",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"first_name\", kind = \"integer\" }]",
    ),
    (
        "E083",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"age\", kind = \"integer\", blank = true }]",
    ),
    (
        "E084",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"size\", max_length = 1, choices = [[\"XL\", \"Large\"]] }]",
    ),
    (
        "E086",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"age\", kind = \"integer\", default = \"7\" }]",
    ),
    (
        "E086",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"size\", choices = [\"S\"], default = \"M\" }]",
    ),
    (
        "E087",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"born\", kind = \"date\" }]",
    ),
    (
        "E087",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"born\", kind = \"date\", required = true, at_signup = false }]",
    ),
    ("E088", "user_model.extra_fields", "[user_model]\nextra_fields = [{ name = \"nick\", min_value = 1 }]"),
    (
        "E088",
        "user_model.extra_fields",
        "[user_model]\nextra_fields = [{ name = \"age\", kind = \"integer\", min_value = 1, max_value = 0 }]",
    ),
    ("E089", "user_model.details_fields", "[user_model]\ndetails_fields = [\"pk\", \"password\"]"),
    ("E012", "user_model.details_fields", "[user_model]\ndetails_fields = []"),
    ("E110", "user_model.relation_tables", "[user_model]\nrelation_tables = { profile = \"x_profile\" }"),
    ("E085", "user_model.username_field", "[user_model]\nusername_field = \"email\""),
    ("W001", "secret_key", ""),
    ("W002", "secret_key_fallbacks", "secret_key_fallbacks = [\"short\"]"),
    ("W003", "language_code", "language_code = \"de\""),
    ("W020", "rest_auth.session_login", "[http]\nauthentication = [\"token\"]"),
    ("W021", "rest_auth.token_model", "[http]\nauthentication = [\"session\"]"),
    (
        "W022",
        "http.authentication",
        "profile = \"strict\"\n[http]\nauthentication = [\"session\", \"token\", \"basic\"]",
    ),
    ("W030", "database.url", "[database]\nurl = \"sqlite::memory:\""),
    ("W030", "database.url", "[database]\nurl = \"sqlite://:memory:\""),
    ("W040", "email.host_user", "[email]\nbackend = \"smtp\"\nhost_password = \"x\""),
    ("W041", "email.host", "[email]\nbackend = \"smtp\"\nhost = \"smtp.example.com\"\nhost_user = \"x\""),
    ("E057", "account.rate_limits", "[account]\nrate_limits = { login = \"5/m/key\" }"),
    ("W050", "account.signup_fields", "[account]\nsignup_fields = [\"email\", \"username\"]"),
    ("W051", "account.login_on_email_confirmation", "[account]\nlogin_on_email_confirmation = true"),
    (
        "W060",
        "password.hashers",
        "[password]\nhashers = [{ algorithm = \"pbkdf2_sha256\", iterations = 100 }]",
    ),
    ("W070", "csrf.cookie_samesite", "[csrf]\ncookie_samesite = \"None\""),
    ("D001", "session.cookie_secure", ""),
    ("D002", "csrf.cookie_secure", ""),
    ("D003", "account.email_verification", ""),
    ("D004", "account.signup_fields", ""),
    ("D005", "password.hashers", ""),
    ("D006", "password.validators", "profile = \"strict\"\n[password]\nvalidators = []"),
    ("D007", "rest_framework.default_renderer_classes", ""),
    ("D008", "rest_auth.old_password_field_enabled", ""),
    ("D009", "rest_auth.revoke_on_password_change", ""),
    ("D010", "password.reset_timeout", "profile = \"strict\"\n[password]\nreset_timeout = 259200"),
    ("D012", "account.rate_limits", ""),
    ("D015", "password.max_length", ""),
    ("D016", "session.cookie_name", ""),
    ("D017", "csrf.cookie_name", ""),
    ("D011", "account.prevent_enumeration", ""),
    ("D020", "secret_key", "secret_key = \"django-insecure-4x#q7k(0n!8u^w2e_r5t&y9b*p3m@z6v1c\""),
    ("D021", "http.allowed_hosts", ""),
    ("D022", "http.base_url", "[http]\nbase_url = \"http://example.com\""),
    ("D023", "email.backend", ""),
    ("D025", "account.confirm_email_on_get", "[account]\nconfirm_email_on_get = true"),
    ("D024", "http.authentication", "[http]\nauthentication = [\"basic\"]"),
    ("E077", "rest_auth.jwt_auth_cookie", "[rest_auth]\njwt_auth_cookie = \"sessionid\""),
    (
        "E090",
        "simple_jwt.signing_key",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\nalgorithm = \"RS256\"\nsigning_key = \"no key\"",
    ),
    (
        "E090",
        "jwt_auth.jwt_public_key",
        "[http]\nauthentication = [\"legacy_jwt\"]\n[jwt_auth]\njwt_algorithm = \"ES256\"\njwt_public_key = \"no key\"",
    ),
    (
        "E091",
        "simple_jwt.signing_key",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\nsigning_key = \"kGJ4b1oQz7Yw\"",
    ),
    (
        "E092",
        "jwt_auth.jwt_secret_key",
        "[http]\nfeatures = [\"legacy_jwt\"]\n[jwt_auth]\njwt_secret_key = \"changemechangemechangemechangeme\"",
    ),
    (
        "E093",
        "simple_jwt.blacklist_after_rotation",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\nrotate_refresh_tokens = true\nblacklist_after_rotation = true",
    ),
    (
        "E094",
        "simple_jwt.jti_claim",
        "[http]\nauthentication = [\"jwt_cookie\"]\nfeatures = [\"blacklist\"]\n[simple_jwt]\njti_claim = false",
    ),
    (
        "E096",
        "simple_jwt.refresh_token_families",
        "[http]\nauthentication = [\"jwt_cookie\"]\nfeatures = [\"blacklist\"]\n[simple_jwt]\nrefresh_token_families = true",
    ),
    ("E097", "simple_jwt.signing_key", "[rest_auth]\nuse_jwt = true\n[simple_jwt]\nalgorithm = \"RS256\""),
    (
        "E098",
        "simple_jwt.user_id_claim",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\nuser_id_claim = \"jti\"",
    ),
    (
        "E099",
        "simple_jwt.auth_header_name",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\nauth_header_name = \"Authorization\"",
    ),
    (
        "E100",
        "simple_jwt.auth_header_types",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\nauth_header_types = [\"My Bearer\"]",
    ),
    (
        "E103",
        "simple_jwt.jwk_url",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\njwk_url = \"https://id.example.com/keys\"",
    ),
    (
        "E102",
        "simple_jwt.jwk_url",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\nalgorithm = \"RS256\"\njwk_url = \"http://id.example.com/keys\"",
    ),
    (
        "W096",
        "simple_jwt.signing_key_id",
        "[rest_auth]\nuse_jwt = true\n[simple_jwt]\nalgorithm = \"RS256\"\njwk_url = \"https://id.example.com/keys\"",
    ),
    ("E101", "http.features", "[rest_auth]\nuse_jwt = true\n[http]\nfeatures = [\"legacy_jwt\"]"),
    ("W090", "rest_auth.use_jwt", "[rest_auth]\nuse_jwt = true\n"),
    (
        "W091",
        "rest_auth.jwt_auth_cookie",
        "[rest_auth]\nuse_jwt = true\njwt_auth_cookie = \"access\"\n[http]\nauthentication = [\"jwt\"]",
    ),
    ("W092", "rest_auth.jwt_auth_httponly", "[rest_auth]\nuse_jwt = true\n"),
    (
        "W093",
        "simple_jwt.token_type_claim",
        "[http]\nauthentication = [\"jwt_cookie\"]\n[simple_jwt]\ntoken_type_claim = false",
    ),
    (
        "W094",
        "jwt_auth.jwt_verify_expiration",
        "[http]\nfeatures = [\"legacy_jwt\"]\n[jwt_auth]\njwt_verify_expiration = false",
    ),
    (
        "W095",
        "simple_jwt.blacklist_after_rotation",
        "[http]\nauthentication = [\"jwt_cookie\"]\nfeatures = [\"blacklist\"]\n[simple_jwt]\nblacklist_after_rotation = true",
    ),
    ("D030", "simple_jwt.rotate_refresh_tokens", "[http]\nauthentication = [\"jwt_cookie\"]\n"),
    ("D031", "simple_jwt.blacklist_after_rotation", "[http]\nauthentication = [\"jwt_cookie\"]\n"),
    ("D032", "simple_jwt.refresh_token_families", "[http]\nauthentication = [\"jwt_cookie\"]\n"),
    ("D033", "simple_jwt.refresh_token_family_lifetime", "[http]\nauthentication = [\"jwt_cookie\"]\n"),
    ("D034", "simple_jwt.check_revoke_token", "[http]\nauthentication = [\"jwt_cookie\"]\n"),
    ("D035", "rest_auth.jwt_auth_secure", "[http]\nauthentication = [\"jwt_cookie\"]\n"),
    ("D036", "rest_auth.jwt_auth_cookie_use_csrf", "[http]\nauthentication = [\"jwt_cookie\"]\n"),
    (
        "D040",
        "socialaccount.allow_unbound_access_token",
        "[http]\nfeatures = [\"registration\", \"social\"]\n",
    ),
    (
        "D041",
        "socialaccount.require_code_challenge",
        "[http]\nfeatures = [\"social\"]\n[socialaccount]\nallowed_redirects = [\"https://app.example.com/\"]",
    ),
    (
        "E120",
        "socialaccount.allowed_redirects",
        "[http]\nfeatures = [\"social\"]\n[socialaccount]\nallowed_redirects = [\"https://ann@app.example.com/\"]",
    ),
    (
        "E121",
        "socialaccount.allowed_redirects",
        "[socialaccount]\nallowed_redirects = [\"https://app.example.com/\"]",
    ),
    (
        "W120",
        "http.base_url",
        "[http]\nlisten = \"0.0.0.0:8000\"\nfeatures = [\"social\"]\n[socialaccount]\nallowed_redirects = [\"https://app.example.com/\"]",
    ),
    ("D042", "socialaccount.encrypt_tokens", "[http]\nfeatures = [\"registration\", \"social\"]\n"),
    (
        "D043",
        "socialaccount.reauthentication_required",
        "[http]\nfeatures = [\"registration\", \"social\"]\n",
    ),
];

#[test]
fn every_check_finds_what_it_is_for_under_the_key_that_is_wrong() {
    for (id, key, text) in CASES {
        let id = format!("rest_auth.{id}");
        let found = both(&settings(text));
        assert!(
            found.iter().any(|finding| finding.id == id && finding.key == *key),
            "{id} for {text}: {found:#?}"
        );
    }
}

#[test]
fn every_check_has_a_case_and_an_id_of_its_own() {
    let mut ids = BTreeSet::new();
    for check in all() {
        assert!(ids.insert(check.id), "{} twice", check.id);
        // These two are for what no settings of this version can have: a template of ours that is odd, and a key whose
        // check is missing.
        let has_case = CASES.iter().any(|(id, ..)| check.id.ends_with(id));
        assert!(
            has_case || ["rest_auth.W004", "rest_auth.D019"].contains(&check.id),
            "{} has no case",
            check.id
        );
        let letter = match check.level {
            Level::Error => 'E',
            Level::Warning => 'W',
            Level::Deploy => 'D',
        };
        assert!(check.id.starts_with(&format!("rest_auth.{letter}")), "{}", check.id);
    }
}

#[test]
fn the_defaults_with_a_secret_are_good_in_both_profiles() {
    for profile in ["compat", "strict"] {
        assert_eq!(run(&settings(&format!("{SECRET}profile = \"{profile}\""))), []);
    }
}

#[test]
fn a_strict_server_for_others_has_nothing_to_be_told() {
    let text = format!(
        "{SECRET}profile = \"strict\"\n[http]\nlisten = \"0.0.0.0:80\"\nallowed_hosts = [\"example.com\", \".example.org\"]\n\
         base_url = \"https://example.com\"\n[email]\nbackend = \"smtp\"\nhost = \"smtp.example.com\"\nuse_tls = true\n\
         host_user = \"u\"\nhost_password = \"p\""
    );
    assert_eq!(both(&settings(&text)), []);
}

#[test]
fn tokens_of_the_strict_profile_need_the_blacklist_and_no_more() {
    let with = |features: &str| {
        let text = format!(
            "{SECRET}profile = \"strict\"\n[http]\nauthentication = [\"jwt_cookie\", \"session\"]\n\
             features = [{features}]\n[rest_auth]\nuse_jwt = true\njwt_auth_cookie = \"__Host-access\"\n\
             jwt_auth_refresh_cookie = \"__Host-refresh\""
        );
        run(&settings(&text)).iter().map(|finding| finding.id).collect::<Vec<_>>()
    };
    assert_eq!(with("\"registration\", \"blacklist\""), [""; 0]);
    assert_eq!(with("\"registration\""), ["rest_auth.E093", "rest_auth.E093"]);
}

#[test]
fn s_51_secrets_that_sign_tokens_are_long_and_random() {
    let found = |secret: &str| {
        let text =
            format!("{SECRET}[http]\nauthentication = [\"jwt\"]\n[simple_jwt]\nsigning_key = \"{secret}\"");
        let errors = run(&settings(&text)).into_iter().filter(|finding| finding.level == Level::Error);
        errors.map(|finding| finding.id).collect::<Vec<_>>()
    };
    assert_eq!(found("kGJ4b1oQz7YwqkPZx0n2Yk1lq1cVQm8"), ["rest_auth.E091"], "31 bytes");
    assert_eq!(found("kGJ4b1oQz7YwqkPZx0n2Yk1lq1cVQm8f"), [""; 0]);
    assert_eq!(found("your-secret-key-here-your-secret-key-here"), ["rest_auth.E092"]);
}

#[test]
fn s_09_weak_hashes_are_refused_when_strict_and_told_when_compatible() {
    let weak = "[password]\nhashers = [{ algorithm = \"pbkdf2_sha256\", iterations = 599999 }]";
    let level = |profile: &str| {
        let settings = settings(&format!("{SECRET}profile = \"{profile}\"\n{weak}"));
        run(&settings).iter().map(|finding| finding.level).collect::<Vec<_>>()
    };
    assert_eq!((level("strict"), level("compat")), (vec![Level::Error], vec![Level::Warning]));
}

#[test]
fn s_25_a_development_secret_is_for_this_machine_only() {
    let errors = |listen: &str| {
        let settings =
            settings(&format!("[http]\nlisten = \"{listen}\"\nbase_url = \"https://example.com\""));
        run(&settings).iter().filter(|finding| finding.level == Level::Error).count()
    };
    for local in ["127.0.0.1:8000", "[::1]:80", "localhost:8000", "127.9.9.9:1"] {
        assert_eq!(errors(local), 0, "{local}");
    }
    for public in ["0.0.0.0:8000", "[::]:80", "192.168.0.2:80", "example.com:80"] {
        assert_eq!(errors(public), 1, "{public}");
    }
}

#[test]
fn without_registration_the_settings_of_allauth_contradict_nothing() {
    let text = format!(
        "{SECRET}[http]\nfeatures = []\n[account]\nemail_verification = \"mandatory\"\nunique_email = false"
    );
    assert_eq!(run(&settings(&text)), []);
}

#[test]
fn no_finding_shows_a_secret() {
    let text = "secret_key = \"hunter2hunter2\"\nsecret_key_fallbacks = [\"hunter2\"]\n[database]\n\
                url = \"mysql://u:hunter2@h/n\"\n[email]\nbackend = \"smtp\"\nhost_password = \"hunter2\"";
    let shown = format!("{:?}", both(&settings(text)));
    assert!(!shown.contains("hunter2"), "{shown}");
}

#[test]
fn a_finding_reads_as_a_sentence_about_its_key() {
    let finding = &run(&settings(&format!("{SECRET}[http]\nprefix = \"auth\"")))[0];
    assert_eq!(
        finding.to_string(),
        "http.prefix: `auth` is no path that starts and ends with a slash; write it as \"/rest-auth/\", of letters, \
         digits, and - . _ ~ (rest_auth.E021)"
    );
}

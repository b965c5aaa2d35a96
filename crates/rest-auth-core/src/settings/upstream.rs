//! Settings of upstream that are no keys here: why, and what takes their place. Whoever moves a configuration learns
//! it from the key, and not by a guess at a misspelling.

/// Settings that share a reason.
#[derive(Clone, Copy, Debug)]
pub struct NotTaken {
    /// Their paths, as the file would have them.
    pub keys: &'static [&'static str],
    /// Why they are no keys.
    pub why: &'static str,
    /// What to do about it.
    pub instead: &'static str,
}

const fn not_taken(keys: &'static [&'static str], why: &'static str, instead: &'static str) -> NotTaken {
    NotTaken { keys, why, instead }
}

const OLD_NAME: &str = "is the name of older versions";
const PYTHON: &str = "names code in Python, which does not run here";
const NO_EFFECT: &str = "changes nothing in upstream's API either";
const BY_CODE: &str = "mails a code, and upstream's API has no way to enter it";

/// All of them, by reason.
pub const NOT_TAKEN: &[NotTaken] = &[
    not_taken(
        &["account.authentication_method"],
        OLD_NAME,
        "write account.login_methods = [\"username\", \"email\"]",
    ),
    not_taken(
        &["account.email_required", "account.username_required"],
        OLD_NAME,
        "write account.signup_fields; a star means required: [\"email*\", \"username*\", \"password1*\", \"password2*\"]",
    ),
    not_taken(
        &["account.login_attempts_limit", "account.login_attempts_timeout"],
        OLD_NAME,
        "write account.rate_limits with an entry login_failed",
    ),
    not_taken(&["email_confirmation_days"], OLD_NAME, "write account.email_confirmation_expire_days"),
    not_taken(
        &["password_reset_timeout_days", "password.reset_timeout_days"],
        OLD_NAME,
        "write password.reset_timeout; it takes \"3d\"",
    ),
    not_taken(&["rest_use_jwt"], OLD_NAME, "write rest_auth.use_jwt"),
    not_taken(&["rest_session_login"], OLD_NAME, "write rest_auth.session_login"),
    not_taken(&["rest_auth_token_model"], OLD_NAME, "write rest_auth.token_model"),
    not_taken(
        &["rest_auth_register_permission_classes"],
        OLD_NAME,
        "write rest_auth.register_permission_classes; it replaces the default and does not add to it",
    ),
    not_taken(&["auth_password_validators"], OLD_NAME, "write password.validators"),
    not_taken(&["account_logout_on_get"], "belongs to a section here", "write account.logout_on_get"),
    not_taken(
        &[
            "rest_auth.login_serializer",
            "rest_auth.token_serializer",
            "rest_auth.jwt_serializer",
            "rest_auth.jwt_serializer_with_expiration",
            "rest_auth.user_details_serializer",
            "rest_auth.register_serializer",
            "rest_auth.password_reset_serializer",
            "rest_auth.password_reset_confirm_serializer",
            "rest_auth.password_change_serializer",
            "rest_auth_serializers",
            "rest_auth_register_serializers",
        ],
        PYTHON,
        "fields of sign-up and user details are user_model.extra_fields, mails are templates below templates.folder, \
         and other changes are the library's hooks",
    ),
    not_taken(
        &["rest_auth.token_creator", "rest_auth_token_creator"],
        PYTHON,
        "an account keeps its token until a logout, as upstream's own function has it",
    ),
    not_taken(
        &["rest_auth.jwt_token_claims_serializer"],
        PYTHON,
        "claims of your own are a hook of the library",
    ),
    not_taken(
        &["account.adapter", "account.forms", "account.signup_form_class", "account.user_display"],
        PYTHON,
        "addresses of links are [links], texts are templates below templates.folder, and rules of your own are the \
         library's hooks",
    ),
    not_taken(
        &["account.password_reset_token_generator"],
        PYTHON,
        "tokens are allauth's with the feature \"registration\" and Django's without; both are accepted",
    ),
    not_taken(
        &[
            "rest_framework.exception_handler",
            "rest_framework.default_content_negotiation_class",
            "rest_framework.default_metadata_class",
            "rest_framework.unauthenticated_user",
            "rest_framework.unauthenticated_token",
            "rest_framework.default_schema_class",
            "rest_framework.default_versioning_class",
            "csrf.failure_view",
            "session.engine",
            "session.serializer",
        ],
        PYTHON,
        "this server does what the default does; sessions are rows of django_session, in JSON",
    ),
    not_taken(
        &["rest_framework.default_authentication_classes"],
        "is http.authentication here",
        "write http.authentication = [\"token\", \"session\"]",
    ),
    not_taken(
        &["rest_framework.default_permission_classes"],
        NO_EFFECT,
        "remove it: every endpoint has its own; for registration there is rest_auth.register_permission_classes",
    ),
    not_taken(
        &[
            "rest_framework.strict_json",
            "rest_framework.url_format_override",
            "rest_framework.datetime_format",
        ],
        "has one value here, the default",
        "remove it: bodies have no NaN, ?format= narrows the choice of the renderer, and times are ISO 8601",
    ),
    not_taken(
        &["account.user_model_email_field"],
        "is part of the user model here",
        "remove it: the address is the column email",
    ),
    not_taken(
        &["account.email_max_length"],
        "is the width of a column, which the migrations make as Django does by default",
        "remove it; a column that Django has made with another width stays as it is",
    ),
    not_taken(
        &["account.template_extension"],
        "has one value here, \"html\"",
        "name the files of HTML parts *_message.html",
    ),
    not_taken(
        &["account.default_http_protocol"],
        "is part of http.base_url here",
        "write http.base_url = \"https://example.com\": links in mails begin with it",
    ),
    not_taken(&["site_id"], "is a key of [email] here", "write email.site_id"),
    not_taken(
        &["account.email_verification_by_code_enabled"],
        BY_CODE,
        "remove it: keys in links verify addresses",
    ),
    not_taken(
        &[
            "account.login_by_code_required",
            "account.login_by_code_enabled",
            "account.password_reset_by_code_enabled",
        ],
        BY_CODE,
        "remove it; upstream issues the token all the same",
    ),
    not_taken(
        &["account.change_email", "account.max_email_addresses"],
        "is about second addresses, and upstream's API adds none",
        "remove it",
    ),
    not_taken(
        &[
            "account.signup_email_enter_twice",
            "account.signup_password_enter_twice",
            "account.signup_password_verification",
            "account.signup_form_honeypot_field",
            "account.email_verification_by_code_max_attempts",
            "account.email_verification_by_code_timeout",
            "account.email_verification_by_code_format",
            "account.email_verification_supports_change",
            "account.email_verification_supports_resend",
            "account.email_unknown_accounts",
            "account.logout_on_password_change",
            "account.login_on_password_reset",
            "account.password_reset_by_code_max_attempts",
            "account.password_reset_by_code_timeout",
            "account.session_remember",
            "account.session_cookie_age",
            "account.authenticated_login_redirects",
            "account.logout_redirect_url",
            "account.password_input_render_value",
            "account.login_by_code_max_attempts",
            "account.login_by_code_timeout",
            "account.login_by_code_trust_enabled",
        ],
        NO_EFFECT,
        "remove it; rest_auth.logout_on_password_change and session.cookie_age are the keys that do",
    ),
    not_taken(
        &[
            "simple_jwt.user_authentication_rule",
            "simple_jwt.token_user_class",
            "simple_jwt.json_encoder",
            "simple_jwt.token_obtain_serializer",
            "simple_jwt.token_refresh_serializer",
            "simple_jwt.token_verify_serializer",
            "simple_jwt.token_blacklist_serializer",
            "simple_jwt.sliding_token_obtain_serializer",
            "simple_jwt.sliding_token_refresh_serializer",
            "jwt_auth.jwt_encode_handler",
            "jwt_auth.jwt_decode_handler",
            "jwt_auth.jwt_payload_handler",
            "jwt_auth.jwt_payload_get_user_id_handler",
            "jwt_auth.jwt_payload_get_username_handler",
            "jwt_auth.jwt_response_payload_handler",
            "jwt_auth.jwt_get_user_secret_key",
        ],
        PYTHON,
        "this server does what the default does; claims of your own are a hook of the library",
    ),
    not_taken(&["simple_jwt.auth_header_type"], OLD_NAME, "write simple_jwt.auth_header_types, a list"),
    not_taken(&["simple_jwt.auth_token_class"], OLD_NAME, "write simple_jwt.auth_token_classes, a list"),
    not_taken(&["simple_jwt.secret_key"], OLD_NAME, "write simple_jwt.signing_key"),
    not_taken(&["simple_jwt.token_backend_class"], OLD_NAME, "remove it: there is one"),
    not_taken(
        &["jwt_auth.jwt_verify"],
        "lets anybody be anybody where it is false",
        "remove it: signatures are checked",
    ),
];

/// Why a path is no key, if it is one of upstream's.
pub(super) fn not_taken_at(path: &str) -> Option<&'static NotTaken> {
    NOT_TAKEN.iter().find(|group| group.keys.contains(&path))
}

//! Every sentence that a client of the API can read, with its code.
//!
//! The texts are the wire format: clients compare them, and the conformance suite compares them with Django's.
//! They are upstream's to the letter, apostrophes included. A message that takes a value is a function.

use std::borrow::Cow;

use rest_auth_formats::jwt::legacy::{Dialect, LegacyFailure};
use rest_auth_formats::jwt::{AuthenticationFailure, TokenError};

/// A sentence with the code that DRF, Django or simplejwt gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The machine's name for it, such as `required`; in answers only where upstream puts it there.
    pub code: &'static str,
    /// The sentence, in English.
    pub text: Cow<'static, str>,
}

impl Message {
    /// A sentence without values.
    pub const fn fixed(code: &'static str, text: &'static str) -> Self {
        Self { code, text: Cow::Borrowed(text) }
    }

    /// A sentence with values filled in.
    pub fn filled(code: &'static str, text: impl Into<String>) -> Self {
        Self { code, text: Cow::Owned(text.into()) }
    }
}

// Fields: DRF's `serializers.Field`, `CharField`, `EmailField`, `BooleanField`, `ChoiceField`.

/// A key is absent.
pub const REQUIRED: Message = Message::fixed("required", "This field is required.");
/// JSON `null` where a value is needed.
pub const NULL: Message = Message::fixed("null", "This field may not be null.");
/// Nothing, or only white space.
pub const BLANK: Message = Message::fixed("blank", "This field may not be blank.");
/// Not text, nor a number that could be text.
pub const NOT_A_STRING: Message = Message::fixed("invalid", "Not a valid string.");
/// Not an address by the rules of Django's `EmailValidator`.
pub const INVALID_EMAIL: Message = Message::fixed("invalid", "Enter a valid email address.");
/// A NUL character in text.
pub const NULL_CHARACTERS: Message =
    Message::fixed("null_characters_not_allowed", "Null characters are not allowed.");
/// The characters that a user name may not have.
pub const INVALID_USERNAME: Message = Message::fixed(
    "invalid",
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
);
/// The characters that a user name may not have where only ASCII is allowed.
pub const INVALID_ASCII_USERNAME: Message = Message::fixed(
    "invalid",
    "Enter a valid username. This value may contain only unaccented lowercase a-z and uppercase A-Z letters, numbers, \
     and @/./+/-/_ characters.",
);
/// The body is JSON `null`.
pub const NO_DATA: Message = Message::fixed("null", "No data provided");

/// Half of a surrogate pair in text.
pub fn surrogate(unit: u16) -> Message {
    Message::filled(
        "surrogate_characters_not_allowed",
        format!("Surrogate characters are not allowed: U+{unit:X}."),
    )
}
/// Text above its limit, in code points.
pub fn max_length(limit: usize) -> Message {
    Message::filled("max_length", format!("Ensure this field has no more than {limit} characters."))
}
/// Text below its limit, in code points.
pub fn min_length(limit: usize) -> Message {
    Message::filled("min_length", format!("Ensure this field has at least {limit} characters."))
}
/// The body is no object; `kind` is the source language's word: `list`, `str`, `int`, `float`, `bool`.
pub fn not_a_dictionary(kind: &str) -> Message {
    Message::filled("invalid", format!("Invalid data. Expected a dictionary, but got {kind}."))
}
/// A value that is none of the choices.
pub fn invalid_choice(value: &str) -> Message {
    Message::filled("invalid_choice", format!("\"{value}\" is not a valid choice."))
}
/// No day.
pub const INVALID_DATE: Message =
    Message::fixed("invalid", "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.");
/// A value that must be unique is somebody's: Django's `unique` of a model's field. Models that are derived
/// from its abstract user inherit the name `user`.
pub fn unique(label: &str) -> Message {
    Message::filled("unique", format!("user with this {label} already exists."))
}
/// Not a whole number.
pub const INVALID_INTEGER: Message = Message::fixed("invalid", "A valid integer is required.");
/// Text of more than 1000 characters where a whole number is needed.
pub const INTEGER_TOO_LONG: Message = Message::fixed("max_string_length", "String value too large.");
/// A whole number above its limit.
pub fn max_value(limit: i64) -> Message {
    Message::filled("max_value", format!("Ensure this value is less than or equal to {limit}."))
}
/// A whole number below its limit.
pub fn min_value(limit: i64) -> Message {
    Message::filled("min_value", format!("Ensure this value is greater than or equal to {limit}."))
}
/// Not a truth value.
pub const INVALID_BOOLEAN: Message = Message::fixed("invalid", "Must be a valid boolean.");

// Whole requests: DRF's `exceptions`.

/// Nobody is logged in and somebody must be.
pub const NOT_AUTHENTICATED: Message =
    Message::fixed("not_authenticated", "Authentication credentials were not provided.");
/// Somebody is logged in and may not.
pub const PERMISSION_DENIED: Message =
    Message::fixed("permission_denied", "You do not have permission to perform this action.");
/// Nothing there, or nothing that this caller may see.
pub const NOT_FOUND: Message = Message::fixed("not_found", "Not found.");
/// No renderer fits the `Accept` header.
pub const NOT_ACCEPTABLE: Message =
    Message::fixed("not_acceptable", "Could not satisfy the request Accept header.");
/// The verb of the request is not among those of the endpoint.
pub fn method_not_allowed(method: &str) -> Message {
    Message::filled("method_not_allowed", format!("Method \"{method}\" not allowed."))
}
/// No parser fits the `Content-Type` header, given as sent.
pub fn unsupported_media_type(content_type: &str) -> Message {
    Message::filled(
        "unsupported_media_type",
        format!("Unsupported media type \"{content_type}\" in request."),
    )
}
/// Too many requests; `wait` in whole seconds, rounded up.
pub fn throttled(wait: Option<u64>) -> Message {
    Message::filled(
        "throttled",
        match wait {
            None => "Request was throttled.".to_owned(),
            Some(1) => "Request was throttled. Expected available in 1 second.".to_owned(),
            Some(seconds) => format!("Request was throttled. Expected available in {seconds} seconds."),
        },
    )
}
/// A body that is no JSON; the reason is Python's.
pub fn json_parse_error(reason: &str) -> Message {
    Message::filled("parse_error", format!("JSON parse error - {reason}"))
}
/// A multipart body that cannot be read; the reason is Django's.
pub fn multipart_parse_error(reason: &str) -> Message {
    Message::filled("parse_error", format!("Multipart form parse error - {reason}"))
}
/// The `charset` of a body names something that is no text encoding.
pub fn unsupported_charset(charset: &str) -> Message {
    Message::filled(
        "parse_error",
        format!("Unsupported charset \"{charset}\" in request Content-Type header."),
    )
}
/// DRF's wrapping of a CSRF failure; the reason is Django's.
pub fn csrf_failed(reason: &str) -> Message {
    Message::filled("permission_denied", format!("CSRF Failed: {reason}"))
}
/// Our own: the database is away, or the hash queue is full. Upstream has no answer for either.
pub const UNAVAILABLE: Message = Message::fixed(
    "service_unavailable",
    "The service is temporarily unavailable. Please try again shortly.",
);
/// Our own: something broke here. The log has the rest under the request's id.
pub const INTERNAL: Message = Message::fixed("error", "A server error occurred.");
/// Django's answer to a body above `DATA_UPLOAD_MAX_MEMORY_SIZE`, in our envelope.
pub const BODY_TOO_LARGE: Message = Message::fixed("request_too_large", "The request body is too large.");
/// The connection ended before the body did.
pub const BODY_INCOMPLETE: Message = Message::fixed("request_incomplete", "The request body is incomplete.");
/// The body took longer than the deployment waits.
pub const BODY_TOO_SLOW: Message =
    Message::fixed("request_timeout", "The request body took too long to arrive.");
/// Too many fields or files in a form; Django's `TooManyFieldsSent`, in our envelope.
pub const TOO_MANY_FIELDS: Message = Message::fixed("too_many_fields", "The form has too many fields.");
/// The `Host` header is none that this deployment serves; Django's `DisallowedHost`, in our envelope.
pub const INVALID_HOST: Message = Message::fixed("invalid_host", "Invalid HTTP Host header.");

// Authenticators.

/// The token is in no row.
pub const INVALID_TOKEN: Message = Message::fixed("authentication_failed", "Invalid token.");
/// The token's account may not log in.
pub const USER_INACTIVE: Message = Message::fixed("authentication_failed", "User inactive or deleted.");
/// `Authorization: Token` and nothing more.
pub const TOKEN_HEADER_EMPTY: Message =
    Message::fixed("authentication_failed", "Invalid token header. No credentials provided.");
/// `Authorization: Token a b`.
pub const TOKEN_HEADER_SPACES: Message =
    Message::fixed("authentication_failed", "Invalid token header. Token string should not contain spaces.");
/// A token that is not UTF-8.
pub const TOKEN_HEADER_CHARACTERS: Message = Message::fixed(
    "authentication_failed",
    "Invalid token header. Token string should not contain invalid characters.",
);
/// Unknown account, wrong password, inactive account: all the same.
pub const BASIC_FAILED: Message = Message::fixed("authentication_failed", "Invalid username/password.");
/// `Authorization: Basic` and nothing more.
pub const BASIC_HEADER_EMPTY: Message =
    Message::fixed("authentication_failed", "Invalid basic header. No credentials provided.");
/// `Authorization: Basic a b`.
pub const BASIC_HEADER_SPACES: Message = Message::fixed(
    "authentication_failed",
    "Invalid basic header. Credentials string should not contain spaces.",
);
/// No base 64, or no colon behind it.
pub const BASIC_HEADER_ENCODING: Message = Message::fixed(
    "authentication_failed",
    "Invalid basic header. Credentials not correctly base64 encoded.",
);

// JSON web tokens: rest_framework_simplejwt, whose sentences stand beside the checks that say them.

/// What is wrong with a token.
pub fn token_error(error: &TokenError) -> Message {
    Message::filled("token_not_valid", error.to_string())
}
/// Why a token that is sound gets nobody in, or none was found.
pub fn jwt_failure(failure: AuthenticationFailure) -> Message {
    Message::filled(failure.code().unwrap_or("no_active_account"), failure.to_string())
}
/// A refresh token that was ended, where it is verified.
pub const TOKEN_BLACKLISTED: Message = Message::fixed("invalid", "Token is blacklisted");
/// What a predecessor of simplejwt says of a token in a request.
pub const fn legacy_refusal(failure: LegacyFailure, dialect: Dialect) -> Message {
    Message::fixed("authentication_failed", failure.detail(dialect))
}
/// What it says of a token in a body.
pub const fn legacy_form_error(failure: LegacyFailure, dialect: Dialect) -> Message {
    Message::fixed("invalid", failure.form_error(dialect))
}

// Tokens of other issuers, and rownd_django.auth.backend.

/// Somebody new at an issuer whose address is somebody else's here.
pub const ISSUER_EMAIL_TAKEN: Message =
    Message::fixed("email_taken", "User is already registered with this e-mail address.");
/// Rownd: no token, or nothing that can be used.
pub const ROWND_MALFORMED: Message = Message::fixed("authentication_failed", "Invalid or malformed token");
/// Rownd: it has not the three parts of a token.
pub const ROWND_SEGMENTS: Message = Message::fixed("authentication_failed", "Not enough segments");
/// Rownd: it is for nobody.
pub const ROWND_NO_AUDIENCE: Message =
    Message::fixed("authentication_failed", "Token is missing the \"aud\" claim");
/// Rownd: its time has not come.
pub fn rownd_early(claim: &str) -> Message {
    Message::filled("authentication_failed", format!("The token is not yet valid ({claim})"))
}
/// Rownd: its time is over.
pub const ROWND_EXPIRED: Message = Message::fixed("authentication_failed", "Signature has expired");
/// Rownd: no key has signed it.
pub const ROWND_SIGNATURE: Message = Message::fixed("authentication_failed", "Signature verification failed");
/// Rownd: it is signed in another way.
pub const ROWND_ALGORITHM: Message =
    Message::fixed("authentication_failed", "The specified alg value is not allowed");
/// Rownd: somebody without an account, who gets none.
pub const ROWND_NO_ACCOUNT: Message =
    Message::fixed("authentication_failed", "Failed to locate or create user");
/// Rownd: nobody has published the key.
pub fn rownd_unknown_key(id: &str) -> Message {
    Message::filled("authentication_failed", format!("Unable to find a signing key that matches: \"{id}\""))
}
/// Rownd: it is for another app.
pub fn rownd_audience(audiences: &[String]) -> Message {
    let names: Vec<String> = audiences.iter().map(|name| format!("'{name}'")).collect();
    Message::filled("authentication_failed", format!("Invalid audience. Expected [{}]", names.join(", ")))
}
/// What the addresses for sessions answer: logged in.
pub const ISSUER_SIGNED_IN: Message = Message::fixed("signed_in", "Authentication successful");
/// There was a session already.
pub const ISSUER_SIGNED_IN_ALREADY: Message = Message::fixed("signed_in", "Already authenticated");
/// Logged out.
pub const ISSUER_SIGNED_OUT: Message = Message::fixed("signed_out", "Sign-out successful");

// login: dj_rest_auth.serializers.LoginSerializer.

/// Unknown account, wrong password, inactive account: all the same.
pub const LOGIN_FAILED: Message = Message::fixed("invalid", "Unable to log in with provided credentials.");
/// The password was right and the account is off.
pub const LOGIN_DISABLED: Message = Message::fixed("invalid", "User account is disabled.");
/// Verification is mandatory and the address is not verified.
pub const EMAIL_NOT_VERIFIED: Message = Message::fixed("invalid", "E-mail is not verified.");
/// User name login without a user name.
pub const MUST_INCLUDE_USERNAME: Message =
    Message::fixed("invalid", "Must include \"username\" and \"password\".");
/// E-mail login without an address.
pub const MUST_INCLUDE_EMAIL: Message = Message::fixed("invalid", "Must include \"email\" and \"password\".");
/// Login by either, with neither.
pub const MUST_INCLUDE_EITHER: Message =
    Message::fixed("invalid", "Must include either \"username\" or \"email\" and \"password\".");

// logout: dj_rest_auth.views.LogoutView.

/// Done, or nothing to do.
pub const LOGGED_OUT: Message = Message::fixed("ok", "Successfully logged out.");
/// Neither a token in the header nor a session to end.
pub const LOGOUT_WITHOUT_LOGIN: Message =
    Message::fixed("error", "You should be logged in to logout. Check whether the token is passed.");

/// The blacklist is on, and no refresh token came with the cookies.
pub const LOGOUT_WITHOUT_COOKIE: Message =
    Message::fixed("error", "Refresh token was not included in cookie data.");
/// The blacklist is on, and no refresh token stood in the body.
pub const LOGOUT_WITHOUT_TOKEN: Message =
    Message::fixed("error", "Refresh token was not included in request data.");
/// Nothing here can end the token.
pub const LOGOUT_ON_CLIENT_ONLY: Message = Message::fixed(
    "ok",
    "Neither cookies or blacklist are enabled, so the token has not been deleted server side. \
     Please make sure the token is deleted client side.",
);

// registration: dj_rest_auth.registration.

/// The name is somebody's, in whatever case.
pub const USERNAME_TAKEN: Message = Message::fixed("unique", "A user with that username already exists.");
/// The name is on the deployment's list of refused names.
pub const USERNAME_RESERVED: Message =
    Message::fixed("username_blacklisted", "Username can not be used. Please use other username.");
/// The address is verified by somebody.
pub const EMAIL_TAKEN: Message =
    Message::fixed("invalid", "User is already registered with this e-mail address.");
/// `password1` and `password2` differ. Here with a straight apostrophe.
pub const PASSWORDS_DIFFER: Message = Message::fixed("invalid", "The two password fields didn't match.");
/// Verification is mandatory: no credential yet, but a mail.
pub const VERIFICATION_SENT: Message = Message::fixed("ok", "Verification e-mail sent.");

// email_verification.

/// Verified, or a mail sent; upstream's whole answer.
pub const OK: Message = Message::fixed("ok", "ok");

// Password validators: django.contrib.auth.password_validation.

/// The password resembles an attribute of the account; `attribute` is its verbose name.
pub fn password_too_similar(attribute: &str) -> Message {
    Message::filled("password_too_similar", format!("The password is too similar to the {attribute}."))
}
/// The password has fewer than `minimum` code points.
pub fn password_too_short(minimum: usize) -> Message {
    let unit = if minimum == 1 { "character" } else { "characters" };
    Message::filled(
        "password_too_short",
        format!("This password is too short. It must contain at least {minimum} {unit}."),
    )
}
/// Our own: the preferred hasher sees no more than `bytes` bytes of a password. Upstream fails with a 500.
pub fn password_too_long(bytes: usize) -> Message {
    Message::filled(
        "password_too_long",
        format!("This password is too long. It must contain at most {bytes} bytes."),
    )
}
/// The password is on the list.
pub const PASSWORD_TOO_COMMON: Message =
    Message::fixed("password_too_common", "This password is too common.");
/// The password has digits only.
pub const PASSWORD_ENTIRELY_NUMERIC: Message =
    Message::fixed("password_entirely_numeric", "This password is entirely numeric.");

/// Reasons in [`json_parse_error`]: those of Python's `json` module and its decoders.
pub mod json {
    /// No value where one must stand.
    pub const EXPECTING_VALUE: &str = "Expecting value";
    /// No comma between values.
    pub const EXPECTING_COMMA: &str = "Expecting ',' delimiter";
    /// No colon after a key.
    pub const EXPECTING_COLON: &str = "Expecting ':' delimiter";
    /// A key without quotes, or a comma too many.
    pub const EXPECTING_PROPERTY_NAME: &str = "Expecting property name enclosed in double quotes";
    /// Something after the document.
    pub const EXTRA_DATA: &str = "Extra data";
    /// A raw control character in a string.
    pub const INVALID_CONTROL_CHARACTER: &str = "Invalid control character at";
    /// A backslash before a letter that has no meaning.
    pub const INVALID_ESCAPE: &str = "Invalid \\escape";
    /// `\u` without four hexadecimal digits.
    pub const INVALID_UNICODE_ESCAPE: &str = "Invalid \\uXXXX escape";
    /// A string without end.
    pub const UNTERMINATED_STRING: &str = "Unterminated string starting at";
    /// A byte order mark.
    pub const UNEXPECTED_BOM: &str = "Unexpected UTF-8 BOM (decode using utf-8-sig)";
    /// Our own: arrays and objects nest too deep. Upstream breaks here.
    pub const TOO_DEEP: &str = "Nested too deeply";
    /// A byte that begins no character.
    pub const INVALID_START_BYTE: &str = "invalid start byte";
    /// A byte that does not continue the character before it.
    pub const INVALID_CONTINUATION_BYTE: &str = "invalid continuation byte";
    /// A byte beyond ASCII.
    pub const NOT_ASCII: &str = "ordinal not in range(128)";

    /// A reason with its place: line and column from 1, `character` from 0, all in characters.
    pub fn reason_at(reason: &str, line: usize, column: usize, character: usize) -> String {
        format!("{reason}: line {line} column {column} (char {character})")
    }
    /// `NaN` and the infinities.
    pub fn out_of_range(constant: &str) -> String {
        format!("Out of range float values are not JSON compliant: '{constant}'")
    }
    /// A whole number of more than 4300 digits.
    pub fn too_many_digits(digits: usize) -> String {
        format!(
            "Exceeds the limit (4300 digits) for integer string conversion: value has {digits} digits; use \
             sys.set_int_max_str_digits() to increase the limit"
        )
    }
    /// Bytes that are no text.
    pub fn undecodable_bytes(codec: &str, bytes: &[u8], at: usize, reason: &str) -> String {
        if let [byte] = bytes {
            return format!("'{codec}' codec can't decode byte 0x{byte:02x} in position {at}: {reason}");
        }
        let last = at + bytes.len().saturating_sub(1);
        format!("'{codec}' codec can't decode bytes in position {at}-{last}: {reason}")
    }
    /// Our own: a body that is no text in an encoding whose decoder names no place.
    pub fn undecodable(codec: &str) -> String {
        format!("'{codec}' codec can't decode the body")
    }
}

/// Reasons in [`multipart_parse_error`]: those of Django's `MultiPartParser`.
pub mod multipart {
    /// The headers of a part do not end.
    pub const HEADERS_TOO_LONG: &str = "Request max total header size exceeded.";
    /// A file that claims to be base64 and is not.
    pub const INVALID_BASE64: &str = "Could not decode base64 data.";

    /// Not spelt `multipart/…`, which here must be lower case.
    pub fn invalid_content_type(content_type: &str) -> String {
        format!("Invalid Content-Type: {content_type}")
    }
    /// A content type beyond ASCII.
    pub fn non_ascii_content_type(content_type: &str) -> String {
        format!("Invalid non-ASCII Content-Type in multipart: {content_type}")
    }
    /// No boundary, or one that cannot be.
    pub fn invalid_boundary(boundary: Option<&str>) -> String {
        format!("Invalid boundary in multipart: {}", boundary.unwrap_or("None"))
    }
}

// password_change and password_reset: dj-rest-auth's serializers on Django's `SetPasswordForm`.

/// The old password is wrong.
pub const OLD_PASSWORD_INCORRECT: Message =
    Message::fixed("invalid", "Your old password was entered incorrectly. Please enter it again.");
/// The two new passwords differ. Here with a typographic apostrophe.
pub const NEW_PASSWORDS_DIFFER: Message =
    Message::fixed("password_mismatch", "The two password fields didn\u{2019}t match.");
/// The password has been changed.
pub const PASSWORD_CHANGED: Message = Message::fixed("ok", "New password has been saved.");
/// A mail is on its way, or the address is nobody's: the answer does not tell.
pub const RESET_SENT: Message = Message::fixed("ok", "Password reset e-mail has been sent.");
/// The password has been reset.
pub const PASSWORD_RESET: Message = Message::fixed("ok", "Password has been reset with the new password.");
/// Django's sentence for an address that is too long for its form, where DRF has none of its own.
pub fn value_too_long(limit: usize, length: usize) -> Message {
    Message::filled(
        "max_length",
        format!("Ensure this value has at most {limit} characters (it has {length})."),
    )
}
/// A `uid` or a `token` that is not, or no longer, good.
pub const INVALID_VALUE: Message = Message::fixed("invalid", "Invalid value");

// Identity providers: dj-rest-auth's `SocialLoginSerializer`, allauth's `validate_disconnect`.

/// Neither a token nor a code.
pub const SOCIAL_INCORRECT_INPUT: Message =
    Message::fixed("invalid", "Incorrect input. access_token or code is required.");
/// A code, and no address that it was sent to.
pub const SOCIAL_DEFINE_CALLBACK_URL: Message = Message::fixed("invalid", "Define callback_url in view");
/// The provider does not take the code.
pub const SOCIAL_EXCHANGE_FAILED: Message =
    Message::fixed("invalid", "Failed to exchange code for access token");
/// The provider does not take the token, or says nothing usable.
pub const SOCIAL_INCORRECT_VALUE: Message = Message::fixed("invalid", "Incorrect value");
/// OAuth 1: the provider does not take the signed request.
pub fn social_no_access(host: &str) -> Message {
    Message::filled("invalid", format!("No access to private resources at \"{host}\"."))
}
/// Somebody new whose address is somebody's.
pub const SOCIAL_ALREADY_REGISTERED: Message =
    Message::fixed("invalid", "User is already registered with this e-mail address.");
/// Somebody new where nobody new is let in.
pub const SOCIAL_SIGNUP_CLOSED: Message = Message::fixed("permission_denied", "Sign up is closed.");
/// Connecting what is somebody else's.
pub const SOCIAL_CONNECTED_ELSEWHERE: Message =
    Message::fixed("invalid", "The third-party account is already connected to a different account.");
/// An address to go on to that is not on the list.
pub const SOCIAL_NEXT: Message =
    Message::fixed("invalid", "This is not an address that a login may lead to.");
/// A parameter that stands in an address twice.
pub fn social_twice(name: &str) -> Message {
    let name: String = name.chars().filter(char::is_ascii_graphic).take(32).collect();
    Message::filled("invalid", format!("The parameter \"{name}\" may be given only once."))
}
/// A challenge by another method than S256, or none at all.
pub const SOCIAL_CHALLENGE: Message =
    Message::fixed("invalid", "Send the SHA-256 of the verifier in URL-safe base 64; the method is S256.");
/// A provider's answer that belongs to no attempt of this browser.
pub const SOCIAL_STATE: Message = Message::fixed(
    "invalid",
    "This login was not begun in this browser, took too long, or has been answered already. Please try again.",
);
/// A provider's answer that another one has sent.
pub const SOCIAL_ISSUER: Message =
    Message::fixed("invalid", "The answer does not come from the identity provider that was asked.");
/// Somebody has changed their mind.
pub const SOCIAL_CANCELLED: Message =
    Message::fixed("access_denied", "The login was cancelled at the identity provider.");
/// The provider says that something is wrong.
pub const SOCIAL_PROVIDER_FAILED: Message =
    Message::fixed("server_error", "The identity provider reports an error.");
/// A front end's code that is good for nothing.
pub const SOCIAL_CODE: Message =
    Message::fixed("invalid", "This code is not valid, has expired, or has been used already.");
/// An address to connect an account by that is good for nothing.
pub const SOCIAL_TICKET: Message =
    Message::fixed("invalid", "This address is not valid, has expired, or has been used already.");
/// Connecting without a fresh login.
pub const SOCIAL_LOGIN_AGAIN: Message =
    Message::fixed("permission_denied", "Log in again or send your password to connect an account.");
/// Connecting with another password than the account's.
pub const SOCIAL_PASSWORD_INCORRECT: Message = Message::fixed("invalid", "Incorrect password.");
/// Disconnecting the last one where accounts have nothing else.
pub const SOCIAL_LAST_ACCOUNT: Message =
    Message::fixed("invalid", "You cannot disconnect your last remaining third-party account.");
/// Disconnecting the last one without a password.
pub const SOCIAL_NO_PASSWORD: Message = Message::fixed("invalid", "Your account has no password set up.");
/// Disconnecting the last one without an address that could reset a password.
pub const SOCIAL_NO_VERIFIED_EMAIL: Message =
    Message::fixed("invalid", "Your account has no verified email address.");

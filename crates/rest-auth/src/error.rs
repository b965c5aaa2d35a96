//! What can go wrong between socket and endpoint, and the one match that gives every error its status.

use http::StatusCode;
use http::header::{HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use rest_auth_core::error::TokenRefusal;
use rest_auth_core::messages::{self, Message};
use rest_auth_core::{Error, FieldErrors};
use serde_json::{Map, Value, json};

use crate::reply::Reply;

/// An error of a flow, or one of DRF's exceptions about the request itself.
#[derive(Debug)]
pub enum ApiError {
    /// What a flow said.
    Core(Error),
    /// DRF's `ParseError`: the body is not what its type says.
    ParseError(Message),
    /// DRF's `UnsupportedMediaType`, with the `Content-Type` as sent.
    UnsupportedMediaType(String),
    /// DRF's `NotAcceptable`.
    NotAcceptable,
    /// DRF's `MethodNotAllowed`, with the method as sent.
    MethodNotAllowed(String),
    /// Django's `SuspiciousOperation`: a wrong host, a body or form beyond its limits.
    BadRequest(Message),
    /// The body did not come within the time limit.
    TooSlow,
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        Self::Core(error)
    }
}

/// What the answer to an error depends on besides the error.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorStyle<'a> {
    /// The challenge of the *first* authenticator; without one, 401 becomes 403.
    pub(crate) challenge: Option<&'a HeaderValue>,
    /// `non_field_errors_key`.
    pub(crate) non_field_errors_key: &'a str,
    /// The request's id, for the log.
    pub(crate) request_id: &'a str,
}

impl ApiError {
    /// DRF's answer. What is nobody's input is logged here, once, and tells the client nothing.
    pub(crate) fn into_reply(self, style: ErrorStyle<'_>) -> Reply {
        let error = match self {
            Self::Core(error) => error,
            Self::ParseError(message) | Self::BadRequest(message) => {
                return detail(StatusCode::BAD_REQUEST, &message);
            }
            Self::UnsupportedMediaType(sent) => {
                return detail(StatusCode::UNSUPPORTED_MEDIA_TYPE, &messages::unsupported_media_type(&sent));
            }
            Self::TooSlow => return detail(StatusCode::REQUEST_TIMEOUT, &messages::BODY_TOO_SLOW),
            Self::NotAcceptable => return detail(StatusCode::NOT_ACCEPTABLE, &messages::NOT_ACCEPTABLE),
            Self::MethodNotAllowed(method) => {
                return detail(StatusCode::METHOD_NOT_ALLOWED, &messages::method_not_allowed(&method));
            }
        };
        match error {
            Error::Invalid(errors) => Reply::new(StatusCode::BAD_REQUEST, field_errors(&errors, style)),
            Error::NotAuthenticated => unauthenticated(&messages::NOT_AUTHENTICATED, style),
            Error::AuthenticationFailed(message) => unauthenticated(&message, style),
            Error::TokenRefused(refusal) => token_refused(&refusal, style),
            Error::PermissionDenied(message) => detail(StatusCode::FORBIDDEN, &message),
            Error::NotFound => detail(StatusCode::NOT_FOUND, &messages::NOT_FOUND),
            Error::Refused(message) => detail(StatusCode::BAD_REQUEST, &message),
            Error::Throttled { wait } => {
                let mut reply = detail(StatusCode::TOO_MANY_REQUESTS, &messages::throttled(wait));
                reply.headers.extend(wait.map(|seconds| (RETRY_AFTER, seconds.into())));
                reply
            }
            Error::Unavailable { retry_after, what } => {
                // Whoever is unavailable has said so, once.
                tracing::debug!(request_id = style.request_id, what, "unavailable");
                detail(StatusCode::SERVICE_UNAVAILABLE, &messages::UNAVAILABLE)
                    .header(RETRY_AFTER, retry_after.into())
            }
            Error::Internal(source) => {
                tracing::error!(request_id = style.request_id, error = %chain(source.as_ref()), "internal error");
                detail(StatusCode::INTERNAL_SERVER_ERROR, &messages::INTERNAL)
            }
        }
    }
}

fn detail(status: StatusCode, message: &Message) -> Reply {
    Reply::detail(message).status(status)
}

/// 401 with the first authenticator's challenge, or 403 if it has none.
fn unauthenticated(message: &Message, style: ErrorStyle<'_>) -> Reply {
    challenged(Reply::detail(message), style)
}

fn challenged(reply: Reply, style: ErrorStyle<'_>) -> Reply {
    match style.challenge {
        Some(challenge) => reply.status(StatusCode::UNAUTHORIZED).header(WWW_AUTHENTICATE, challenge.clone()),
        None => reply.status(StatusCode::FORBIDDEN),
    }
}

/// The same with simplejwt's codes, and what each kind of token says of the one that was sent.
fn token_refused(refusal: &TokenRefusal, style: ErrorStyle<'_>) -> Reply {
    let mut body = Map::new();
    body.insert("detail".to_owned(), refusal.message.text.as_ref().into());
    if refusal.shows_code {
        body.insert("code".to_owned(), refusal.message.code.into());
    }
    if !refusal.attempts.is_empty() {
        let attempts = refusal.attempts.iter().map(|attempt| {
            json!({
                "token_class": attempt.class, "token_type": attempt.kind, "message": attempt.message.text,
            })
        });
        body.insert("messages".to_owned(), Value::Array(attempts.collect()));
    }
    challenged(Reply::ok(body.into()), style)
}

fn field_errors(errors: &FieldErrors, style: ErrorStyle<'_>) -> Value {
    let entries = errors.iter().map(|(name, messages)| {
        let name = if name == FieldErrors::NON_FIELD { style.non_field_errors_key } else { name };
        let texts = messages.iter().map(|message| Value::from(message.text.as_ref())).collect();
        (name.to_owned(), Value::Array(texts))
    });
    Value::Object(entries.collect::<Map<_, _>>())
}

/// An error with everything that caused it, in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let mut texts: Vec<String> = causes.map(ToString::to_string).collect();
    texts.dedup();
    texts.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn style(challenge: Option<&HeaderValue>) -> ErrorStyle<'_> {
        ErrorStyle { challenge, non_field_errors_key: "__all__", request_id: "r1" }
    }

    #[test]
    fn the_first_authenticator_decides_between_401_and_403() {
        let token = HeaderValue::from_static("Token");
        let with = ApiError::from(Error::NotAuthenticated).into_reply(style(Some(&token)));
        assert_eq!(
            (with.status, with.headers.get(WWW_AUTHENTICATE)),
            (StatusCode::UNAUTHORIZED, Some(&token))
        );
        let failed = Error::AuthenticationFailed(messages::INVALID_TOKEN);
        let without = ApiError::from(failed).into_reply(style(None));
        assert_eq!((without.status, without.headers.len()), (StatusCode::FORBIDDEN, 0));
        assert_eq!(without.body, Some(serde_json::json!({"detail": "Invalid token."})));
    }

    #[test]
    fn a_csrf_failure_is_403_with_or_without_a_challenge() {
        let token = HeaderValue::from_static("Token");
        let error = Error::PermissionDenied(messages::csrf_failed("CSRF token missing."));
        let reply = ApiError::from(error).into_reply(style(Some(&token)));
        assert_eq!((reply.status, reply.headers.len()), (StatusCode::FORBIDDEN, 0));
    }

    #[test]
    fn messages_stand_by_field_and_the_key_for_the_whole_is_a_setting() {
        let mut errors = FieldErrors::non_field(messages::LOGIN_FAILED);
        errors.add("password", messages::REQUIRED);
        let reply = ApiError::from(Error::Invalid(errors)).into_reply(style(None));
        let expected = r#"{"__all__":["Unable to log in with provided credentials."],"password":["This field is required."]}"#;
        assert_eq!(reply.body.map(|body| body.to_string()).as_deref(), Some(expected));
    }

    #[test]
    fn an_internal_error_tells_the_client_nothing() {
        let reply = ApiError::from(Error::internal("disk /dev/sda is on fire")).into_reply(style(None));
        assert_eq!(reply.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert!(!format!("{reply:?}").contains("fire"));
    }

    #[test]
    fn waiting_times_are_headers() {
        let throttled = ApiError::from(Error::Throttled { wait: Some(60) }).into_reply(style(None));
        assert_eq!(throttled.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(throttled.headers.get(RETRY_AFTER), Some(&HeaderValue::from_static("60")));
        let away = Error::Unavailable { retry_after: 2, what: "the database" };
        let away = ApiError::from(away).into_reply(style(None));
        assert_eq!(away.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(away.headers.get(RETRY_AFTER), Some(&HeaderValue::from_static("2")));
    }
}

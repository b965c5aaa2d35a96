//! What can go wrong in a flow, in the words of the domain. The HTTP layer turns it into a status, in one match.

use crate::messages::{self, Message};
use crate::store::StoreError;

/// The result of a flow.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a flow did not do what was asked.
#[derive(Debug)]
pub enum Error {
    /// The input is wrong: messages by field, or for the whole under `non_field_errors`.
    Invalid(FieldErrors),
    /// Nobody is logged in and somebody must be.
    NotAuthenticated,
    /// Credentials were given and are bad.
    AuthenticationFailed(Message),
    /// A JSON web token was given and gets nobody in.
    TokenRefused(TokenRefusal),
    /// Somebody is logged in and may not; or a CSRF proof is missing.
    PermissionDenied(Message),
    /// Nothing there, or nothing that this caller may see.
    NotFound,
    /// The request as a whole is refused with a sentence, as logout does: 400 and `detail`.
    Refused(Message),
    /// Too many tries; `wait` in seconds where it is known.
    Throttled {
        /// Seconds until a try may succeed.
        wait: Option<u64>,
    },
    /// The database is away or the hash queue is full: try again after so many seconds.
    Unavailable {
        /// Seconds after which a client should try again.
        retry_after: u64,
        /// What is away, for the log.
        what: &'static str,
    },
    /// Anything else. It is logged once, at the boundary, and tells the client nothing.
    Internal(Box<dyn std::error::Error + Send + Sync>),
}

/// Why a JSON web token gets nobody in: simplejwt's `InvalidToken` and `AuthenticationFailed`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRefusal {
    /// What is wrong.
    pub message: Message,
    /// Whether the answer has the message's code beside it.
    pub shows_code: bool,
    /// What each kind of token that would have done says of it; empty where one kind was asked for.
    pub attempts: Vec<TokenAttempt>,
}

/// What one kind of token says of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenAttempt {
    /// simplejwt's name of the class.
    pub class: &'static str,
    /// The kind, as tokens name it.
    pub kind: &'static str,
    /// What is wrong.
    pub message: Message,
}

impl Error {
    /// One message for one field.
    pub fn field(name: impl Into<String>, message: Message) -> Self {
        let mut errors = FieldErrors::default();
        errors.add(name, message);
        Self::Invalid(errors)
    }

    /// A message for the input as a whole.
    pub fn non_field(message: Message) -> Self {
        Self::Invalid(FieldErrors::non_field(message))
    }

    /// A failure that is nobody's input.
    pub fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Invalid(errors) => write!(f, "invalid input: {errors:?}"),
            Self::NotAuthenticated => f.write_str(&messages::NOT_AUTHENTICATED.text),
            Self::TokenRefused(refusal) => f.write_str(&refusal.message.text),
            Self::AuthenticationFailed(message)
            | Self::PermissionDenied(message)
            | Self::Refused(message) => f.write_str(&message.text),
            Self::NotFound => f.write_str(&messages::NOT_FOUND.text),
            Self::Throttled { wait } => f.write_str(&messages::throttled(*wait).text),
            Self::Unavailable { what, .. } => write!(f, "{what} is unavailable"),
            Self::Internal(source) => write!(f, "{source}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Internal(source) => Some(source.as_ref()),
            _ => None,
        }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) => Self::Unavailable { retry_after: 1, what: "the database" },
            // Input that a form let pass: the column is narrower than the settings say.
            StoreError::TooLong { field, limit } => Self::field(field, messages::max_length(limit)),
            StoreError::TooLarge { field, limit } => Self::field(field, messages::max_value(limit)),
            StoreError::TooSmall { field, limit } => Self::field(field, messages::min_value(limit)),
            other => Self::Internal(Box::new(other)),
        }
    }
}

/// Messages by field, in order; those for the input as a whole stand under an own name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FieldErrors {
    entries: Vec<(String, Vec<Message>)>,
}

impl FieldErrors {
    /// Where messages for the input as a whole stand; the HTTP layer writes it as `NON_FIELD_ERRORS_KEY` says.
    pub const NON_FIELD: &'static str = "non_field_errors";

    /// A message for the input as a whole.
    pub fn non_field(message: Message) -> Self {
        Self { entries: vec![(Self::NON_FIELD.to_owned(), vec![message])] }
    }

    /// Adds a message to a field.
    pub fn add(&mut self, name: impl Into<String>, message: Message) {
        let name = name.into();
        match self.entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, messages)) => messages.push(message),
            None => self.entries.push((name, vec![message])),
        }
    }

    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether something is wrong with this field.
    pub fn has(&self, name: &str) -> bool {
        self.entries.iter().any(|(known, _)| known == name)
    }

    /// All of them, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[Message])> {
        self.entries.iter().map(|(name, messages)| (name.as_str(), messages.as_slice()))
    }

    /// Puts the fields into the order of `names`, as a form declares them.
    pub fn sort_by_names<'a>(&mut self, names: impl Iterator<Item = &'a str>) {
        let names: Vec<&str> = names.collect();
        let place = |name: &str| names.iter().position(|known| *known == name).unwrap_or(names.len());
        self.entries.sort_by_key(|(name, _)| place(name));
    }

    /// `Err` with everything that is wrong, if something is.
    pub fn into_result(self) -> Result<()> {
        if self.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

//! What is wrong with a token of an issuer, and how that is told: as simplejwt tells of ours, so that clients renew their
//! tokens in the same way, or in Rownd's words.

use rest_auth_formats::jwt::{AuthenticationFailure, TokenError, TokenKind};

use super::Issuer;
use crate::context::Context;
use crate::error::{Error, TokenAttempt, TokenRefusal};
use crate::features::rownd;
use crate::messages;

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is no token.
    Malformed,
    /// It has not even the three parts of one.
    Segments,
    /// Nobody has published the key that it names.
    UnknownKey(Option<String>),
    /// It is signed in a way that is not allowed.
    Algorithm,
    /// No key has signed it.
    Signature,
    /// Its time is over.
    Expired,
    /// Its time has not come: the claim that says so.
    Early(&'static str),
    /// It does not say for whom it is.
    NoAudience,
    /// It is for somebody else than these.
    Audience(Vec<String>),
    /// It is of another issuer, has no end or no subject, or a time that is none.
    Invalid,
    /// Its subject has no account and gets none.
    NoAccount,
    /// Its subject gets no account, since the address is somebody else's.
    EmailTaken,
    /// The account is off.
    Inactive,
}

impl Issuer {
    /// The answer to whoever sent it. The log is told why.
    pub(crate) fn refused(&self, cx: &Context, refusal: &Refusal) -> Error {
        tracing::debug!(issuer = self.name(), request = cx.meta.request_id, ?refusal, "a token was refused");
        if self.is_rownd() { rownd::refused(refusal) } else { refused(refusal) }
    }
}

fn refused(refusal: &Refusal) -> Error {
    let (message, attempts) = match refusal {
        Refusal::NoAccount => (messages::jwt_failure(AuthenticationFailure::UserNotFound), Vec::new()),
        Refusal::Inactive => (messages::jwt_failure(AuthenticationFailure::UserInactive), Vec::new()),
        Refusal::EmailTaken => (messages::ISSUER_EMAIL_TAKEN, Vec::new()),
        wrong => {
            let error = if *wrong == Refusal::Expired { TokenError::Expired } else { TokenError::Invalid };
            let (class, kind) = (TokenKind::Access.class_name(), TokenKind::Access.name());
            let attempt = TokenAttempt { class, kind, message: messages::token_error(&error) };
            (messages::jwt_failure(AuthenticationFailure::NotValidForAnyType), vec![attempt])
        }
    };
    Error::TokenRefused(TokenRefusal { message, shows_code: true, attempts })
}

/// What is told of a token whose issuer nobody here knows.
pub fn refused_as_unknown() -> Error {
    refused(&Refusal::Invalid)
}

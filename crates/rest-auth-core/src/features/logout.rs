//! Logout: dj-rest-auth's `LogoutView`. One token for each account, so all its devices are logged out; of JSON web
//! tokens only the family of the refresh token that was sent.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::features::jwt;
use crate::features::sessions::Session;
use crate::messages::{self, Message};
use crate::model::{Secret, User};

/// What the request came with.
#[derive(Clone, Debug, Default)]
pub struct Logout<'a> {
    /// Who is logged in, if anybody.
    pub user: Option<&'a User>,
    /// Whether a token proved it: DRF's `request.auth`.
    pub by_token: bool,
    /// The session, if there is a live one.
    pub session: Option<&'a Session>,
    /// The refresh token in its cookie.
    pub cookie: Option<Secret>,
    /// The one in the body.
    pub body: BodyToken,
}

/// What a body says of a refresh token.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum BodyToken {
    /// Nothing.
    #[default]
    Absent,
    /// That there is none: JSON `null`.
    Null,
    /// It has one, which may be anything.
    Sent(Secret),
}

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoggedOut {
    /// Logged out, in these words.
    Done(Message),
    /// Everything else was ended, and the refresh token was missing or is none.
    WithoutToken(Message),
}

/// Deletes the account's token, ends the session and the refresh token. Nothing to end is no error, except where sessions
/// are off and no token was sent: then the client has forgotten it, and upstream says so.
pub async fn log_out(cx: &Context, input: Logout<'_>) -> Result<LoggedOut> {
    let rest_auth = &cx.settings.rest_auth;
    if !input.by_token && !rest_auth.session_login && !rest_auth.use_jwt {
        return Err(Error::Refused(messages::LOGOUT_WITHOUT_LOGIN));
    }
    let (ending, outcome) =
        if rest_auth.use_jwt { look(cx, &input).await? } else { (None, done(messages::LOGGED_OUT)) };
    let session = input.session.filter(|_| rest_auth.session_login);
    let session = session.and_then(|session| session.key.as_ref());
    if input.user.is_some() || session.is_some() || ending.is_some() {
        let mut tx = cx.store.write().await?;
        if let Some(ending) = &ending {
            jwt::end_family(cx, tx.as_mut(), ending).await?;
        }
        if let Some(user) = input.user {
            tx.delete_token(user.id).await?;
        }
        if let Some(key) = session {
            tx.delete_session(key).await?;
        }
        tx.commit().await?;
    }
    cx.hooks.after_logout(cx, input.user).await?;
    Ok(outcome)
}

/// Finds the refresh token: where upstream looks for it, and else in the other place, so that a client that sends it
/// does not leave it behind alive (W-09).
async fn look(cx: &Context, input: &Logout<'_>) -> Result<(Option<jwt::Ending>, LoggedOut)> {
    let rest_auth = &cx.settings.rest_auth;
    if !jwt::are_noted(&cx.settings) {
        let has_cookie = rest_auth.jwt_auth_cookie.get().is_some();
        let words = if has_cookie { messages::LOGGED_OUT } else { messages::LOGOUT_ON_CLIENT_ONLY };
        return Ok((None, done(words)));
    }
    let body = match &input.body {
        BodyToken::Sent(token) => Some(token),
        BodyToken::Absent | BodyToken::Null => None,
    };
    let cookie = input.cookie.as_ref();
    let found = if rest_auth.jwt_auth_httponly { cookie.or(body) } else { body.or(cookie) };
    let Some(token) = found else {
        let outcome = match (rest_auth.jwt_auth_httponly, &input.body) {
            (true, _) => LoggedOut::WithoutToken(messages::LOGOUT_WITHOUT_COOKIE),
            (false, BodyToken::Null) => done(messages::LOGGED_OUT),
            (false, _) => LoggedOut::WithoutToken(messages::LOGOUT_WITHOUT_TOKEN),
        };
        return Ok((None, outcome));
    };
    Ok(match jwt::look(cx, token).await? {
        Ok(ending) => (Some(ending), done(messages::LOGGED_OUT)),
        Err(error) => (None, LoggedOut::WithoutToken(messages::token_error(&error))),
    })
}

fn done(words: Message) -> LoggedOut {
    LoggedOut::Done(words)
}

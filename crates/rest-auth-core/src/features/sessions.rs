//! Sessions in Django's table and Django's format: opening them from a cookie, logging in, keeping them alive.
//!
//! Mirrors `django.contrib.auth.{get_user, login, logout}` and `SessionStore`. What a session holds beside the login is
//! kept as it is: other applications on the same table have put it there.

use rest_auth_formats::csrf::CsrfSecret;
use rest_auth_formats::session::{self, AuthHash, Expiry, ExpirySettings, LogInOver, SessionData};
use serde_json::json;

use crate::context::Context;
use crate::error::Result;
use crate::model::{SessionKey, SessionRow, Timestamp, User, UserId};
use crate::settings::{FeatureName, Seconds};
use crate::store::{Records, StoreError, Tx};

/// Where `CSRF_USE_SESSIONS` keeps the secret.
const CSRF_SECRET: &str = "_csrftoken";
/// Where Django keeps a session's own age.
const EXPIRY: &str = "_session_expiry";
/// Where allauth keeps a sign-up whose address must be verified first.
const PENDING: &str = "account_login";

/// The way of logging in that is written: every Django has it.
const DJANGO_BACKEND: &str = "django.contrib.auth.backends.ModelBackend";
/// Accepted beside it, with Rownd.
const ROWND_BACKEND: &str = "rownd_django.auth.backend.RowndAuthenticationBackend";
/// Likewise, with registration.
const ALLAUTH_BACKEND: &str = "allauth.account.auth_backends.AuthenticationBackend";

/// A session as a request sees it.
#[derive(Clone, Debug)]
pub struct Session {
    /// Its row; `None` for one that has none yet.
    pub key: Option<SessionKey>,
    /// Everything in it, in order.
    pub data: SessionData,
    /// Who is logged in, and may be.
    pub user: Option<User>,
}

/// What a cookie turned out to be.
#[derive(Clone, Debug)]
pub enum Opened {
    /// A live session.
    Live(Session),
    /// A live session under a new key: the login was stamped with an older secret.
    Renewed(Session, SessionCookie),
    /// No session any more: the cookie is to be deleted.
    Dead,
}

/// Whether a session that an older secret stamped may move to a new key, which only helps a client that is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewal {
    /// The caller passes the new cookie on.
    Allowed,
    /// Nobody would pass it on: the session stays as it is.
    NotNow,
}

/// What the client's cookies become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionCookie {
    /// The value.
    pub key: SessionKey,
    /// Seconds and end; `None` for a cookie that goes with the browser.
    pub lives: Option<(u64, Timestamp)>,
    /// A new CSRF secret, after every login.
    pub csrf_secret: Option<String>,
}

impl Session {
    /// The CSRF secret, where the deployment keeps it in the session.
    pub fn csrf_secret(&self) -> Option<&str> {
        self.data.get(CSRF_SECRET)?.as_str()
    }
}

/// Opens the session that a cookie names. A login whose stamp does not fit the password column any more is
/// ended; an account that is off or gone leaves the session alone and the request anonymous.
pub async fn open(cx: &Context, cookie: &str, renewal: Renewal) -> Result<Opened> {
    let Some(key) = SessionKey::parse(cookie) else { return Ok(Opened::Dead) };
    let mut records = cx.store.read().await?;
    let Some(row) = records.session(&key, cx.now).await? else { return Ok(Opened::Dead) };
    let data = session::decode(&row.data, &cx.keys);
    let Some(user) = user_of(cx, records.as_mut(), &data).await? else {
        return Ok(Opened::Live(Session { key: Some(key), data, user: None }));
    };
    drop(records);
    let stamp = session::authenticated(&data).and_then(|login| login.hash);
    match session::check_auth_hash(stamp, user.password.as_str(), &cx.keys) {
        AuthHash::Fallback if renewal == Renewal::Allowed => {
            renew(cx, Session { key: Some(key), data, user: Some(user) }).await
        }
        AuthHash::Current | AuthHash::Fallback => {
            let user = Some(user).filter(|user| user.is_active);
            Ok(Opened::Live(Session { key: Some(key), data, user }))
        }
        AuthHash::Wrong => {
            let mut tx = cx.store.write().await?;
            tx.delete_session(&key).await?;
            tx.commit().await?;
            Ok(Opened::Dead)
        }
    }
}

/// The account that the login in a session names, if this deployment knows the way it was logged in.
async fn user_of(cx: &Context, records: &mut dyn Records, data: &SessionData) -> Result<Option<User>> {
    let Some(login) = session::authenticated(data) else { return Ok(None) };
    let known = match login.backend {
        DJANGO_BACKEND => true,
        ROWND_BACKEND => cx.settings.uses_rownd(),
        ALLAUTH_BACKEND => cx.settings.has(FeatureName::Registration),
        _ => false,
    };
    let id = UserId::parse(&login.user_id, cx.settings.user_model.id_kind);
    match id.filter(|_| known) {
        Some(id) => Ok(records.user(id).await?),
        None => Ok(None),
    }
}

/// Gives a session that an older secret stamped a new key and today's stamp.
async fn renew(cx: &Context, mut session: Session) -> Result<Opened> {
    if let Some(user) = &session.user {
        let stamp = session::auth_hash(user.password.as_str(), cx.keys.current());
        session::renew_auth_hash(&mut session.data, &stamp);
    }
    let mut tx = cx.store.write().await?;
    if let Some(old) = session.key.take() {
        tx.delete_session(&old).await?;
    }
    let cookie = add(cx, tx.as_mut(), &session.data).await?;
    tx.commit().await?;
    session.key = Some(cookie.key.clone());
    session.user = session.user.filter(|user| user.is_active);
    Ok(Opened::Renewed(session, cookie))
}

/// The session to log in over so that it lives for some seconds, whatever the setting says: Django's `set_expiry`.
pub(crate) fn living_for(current: Option<&Session>, age: Seconds) -> Session {
    let mut session =
        current.cloned().unwrap_or_else(|| Session { key: None, data: SessionData::new(), user: None });
    session.data.insert(EXPIRY.to_owned(), age.signed().into());
    session
}

/// Puts a login into a session: `django.contrib.auth.login`. An anonymous session is carried over under a new key, the
/// same account's keeps its key, another account's is dropped with everything in it.
pub(crate) async fn log_in(
    cx: &Context,
    tx: &mut dyn Tx,
    user: &User,
    current: Option<&Session>,
) -> Result<SessionCookie> {
    let stamp = session::auth_hash(user.password.as_str(), cx.keys.current());
    let (kept, mut data) = match current {
        None => (None, SessionData::new()),
        Some(session) => continued(tx, session, user, &stamp).await?,
    };
    session::log_in(&mut data, &user.id.to_string(), DJANGO_BACKEND, &stamp);
    let secret = new_csrf_secret(cx);
    if cx.settings.csrf.use_sessions {
        data.insert(CSRF_SECRET.to_owned(), secret.as_str().into());
    }
    let mut cookie = match kept {
        Some(key) if tx.set_session(&row(cx, key.clone(), &data)).await? => cookie(cx, key, &data),
        _ => add(cx, tx, &data).await?,
    };
    cookie.csrf_secret = Some(secret);
    Ok(cookie)
}

/// Lets the session that a change of password came with live on, under a new key: Django's `update_session_auth_hash`.
/// A caller without one gets an empty one, as upstream's does. `user` has the new password already.
pub(crate) async fn survive_password_change(
    cx: &Context,
    tx: &mut dyn Tx,
    user: &User,
    current: Option<&Session>,
) -> Result<SessionCookie> {
    let mut data = current.map(|session| session.data.clone()).unwrap_or_default();
    // Upstream stamps whatever session it finds. Another account's would end by that.
    if current.and_then(|session| session.user.as_ref()).is_some_and(|open| open.id == user.id) {
        session::renew_auth_hash(&mut data, &session::auth_hash(user.password.as_str(), cx.keys.current()));
    }
    if let Some(old) = current.and_then(|session| session.key.as_ref()) {
        tx.delete_session(old).await?;
    }
    add(cx, tx, &data).await
}

/// What stays of the session that a login came with: its key, if it may keep it, and its data.
async fn continued(
    tx: &mut dyn Tx,
    session: &Session,
    user: &User,
    stamp: &str,
) -> Result<(Option<SessionKey>, SessionData)> {
    // A rehash during this very login changes the stamp of the same account; `open` has checked the former one.
    let same = session.user.as_ref().is_some_and(|open| open.id == user.id);
    match session::log_in_over(&session.data, &user.id.to_string(), stamp) {
        LogInOver::SameUser => return Ok((session.key.clone(), session.data.clone())),
        LogInOver::Another if same => return Ok((session.key.clone(), session.data.clone())),
        LogInOver::Anonymous | LogInOver::Another => {}
    }
    if let Some(old) = &session.key {
        tx.delete_session(old).await?;
    }
    let anonymous = session::authenticated(&session.data).is_none();
    Ok((None, if anonymous { session.data.clone() } else { SessionData::new() }))
}

/// Remembers, in an anonymous session, a sign-up that waits for its address to be verified, as allauth does: its own
/// confirmation page on the same database resumes it. Without an account there is nothing to resume.
pub(crate) async fn remember_sign_up(
    cx: &Context,
    tx: &mut dyn Tx,
    user: Option<&User>,
    current: Option<&Session>,
) -> Result<SessionCookie> {
    #[expect(clippy::cast_precision_loss, reason = "Python's time.time() is a float too")]
    let seconds = cx.now.micros() as f64 / 1e6;
    let pending = json!({
        "user_pk": user.map(|user| user.id.to_uid()),
        "email_verification": "mandatory", "signup": true, "redirect_url": null, "email": null, "phone": null,
        "signal_kwargs": {},
        "state": {"stages": {
            "login_by_code": {"data": {}, "handled": true}, "verify_phone": {"data": {}, "handled": true},
            "verify_email": {"data": {}}, "current": "verify_email",
        }},
        "initiated_at": seconds,
    });
    let mut data =
        current.filter(|session| session.user.is_none()).map(|s| s.data.clone()).unwrap_or_default();
    data.insert(PENDING.to_owned(), pending);
    match current.filter(|session| session.user.is_none()).and_then(|session| session.key.clone()) {
        Some(key) if tx.set_session(&row(cx, key.clone(), &data)).await? => Ok(cookie(cx, key, &data)),
        _ => add(cx, tx, &data).await,
    }
}

/// A login or sign-up that waits in an anonymous session for its address to be verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PendingLogin {
    /// Where it wanted to go on.
    pub(crate) redirect_url: Option<String>,
    /// Whether it is a sign-up.
    pub(crate) signup: bool,
}

/// The login of an account that waits in a session, if it has not waited too long: allauth's record, from here or from
/// allauth itself.
pub(crate) fn pending_login(cx: &Context, session: &Session, user: UserId) -> Option<PendingLogin> {
    let record = session.data.get(PENDING).filter(|_| session.user.is_none())?;
    let waits = record.pointer("/state/stages/current")?.as_str()? == "verify_email";
    let began = Timestamp::from_fractional_seconds(record.get("initiated_at")?.as_f64()?);
    let in_time = cx.now <= began.plus_seconds(cx.settings.account.login_timeout.signed());
    let is_theirs = record.get("user_pk")?.as_str()?.eq_ignore_ascii_case(&user.to_uid());
    (waits && in_time && is_theirs).then(|| PendingLogin {
        redirect_url: record.get("redirect_url").and_then(|url| url.as_str()).map(str::to_owned),
        signup: record.get("signup").and_then(serde_json::Value::as_bool).unwrap_or_default(),
    })
}

/// The same session with nothing waiting in it; `None` where nothing does.
pub(crate) fn without_pending_login(session: &Session) -> Option<Session> {
    let mut rest = session.clone();
    rest.data.shift_remove(PENDING).map(|_| rest)
}

/// Writes a session anew so that it lives on from now: `SESSION_SAVE_EVERY_REQUEST`. `None` if it was ended meanwhile.
pub async fn keep_alive(cx: &Context, session: &Session) -> Result<Option<SessionCookie>> {
    let mut tx = cx.store.write().await?;
    let cookie = rewrite(cx, tx.as_mut(), session).await?;
    tx.commit().await?;
    Ok(cookie)
}

/// Writes a session under its key. `None` if it has none, or was ended meanwhile.
pub(crate) async fn rewrite(
    cx: &Context,
    tx: &mut dyn Tx,
    session: &Session,
) -> Result<Option<SessionCookie>> {
    let Some(key) = session.key.clone() else { return Ok(None) };
    let there = tx.set_session(&row(cx, key.clone(), &session.data)).await?;
    Ok(there.then(|| cookie(cx, key, &session.data)))
}

/// A new row under a new key. A key that is taken is drawn again, though nobody will see that happen.
async fn add(cx: &Context, tx: &mut dyn Tx, data: &SessionData) -> Result<SessionCookie> {
    loop {
        let text = session::draw_key(&mut |bytes| cx.entropy.fill(bytes));
        let Some(key) = SessionKey::parse(&text) else { continue };
        match tx.add_session(&row(cx, key.clone(), data)).await {
            Err(StoreError::Conflict { .. }) => {}
            other => {
                other?;
                return Ok(cookie(cx, key, data));
            }
        }
    }
}

fn row(cx: &Context, key: SessionKey, data: &SessionData) -> SessionRow {
    SessionRow { key, data: session::encode(data, &cx.keys, cx.now), expires: expiry(cx, data).date }
}

fn cookie(cx: &Context, key: SessionKey, data: &SessionData) -> SessionCookie {
    let expiry = expiry(cx, data);
    let age = u64::try_from(expiry.age).unwrap_or(0);
    SessionCookie { key, lives: (!expiry.at_browser_close).then_some((age, expiry.date)), csrf_secret: None }
}

/// When a session that is saved now ends: its own expiry, else the setting's.
fn expiry(cx: &Context, data: &SessionData) -> Expiry {
    let setting = &cx.settings.session;
    let (cookie_age, at_browser_close) = (setting.cookie_age.signed(), setting.expire_at_browser_close);
    Expiry::of(data, &ExpirySettings { cookie_age, at_browser_close }, cx.now)
}

/// A new CSRF secret: 32 letters and digits.
pub fn new_csrf_secret(cx: &Context) -> String {
    CsrfSecret::draw(&mut |bytes| cx.entropy.fill(bytes)).text()
}

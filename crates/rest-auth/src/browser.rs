//! What a request's cookies say, opened only when somebody asks: the session, and the proof against CSRF.

use std::sync::atomic::{AtomicBool, Ordering};

use http::header::REFERER;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, header};
use rest_auth_core::features::sessions::{self, Opened, Renewal, Session, SessionCookie};
use rest_auth_core::form::Input;
use rest_auth_core::settings::{AuthenticatorName, Settings};
use rest_auth_core::{Context, Error, Result, messages};
use rest_auth_formats::csrf::{self, CsrfFailure, CsrfRequest, CsrfSettings};
use tokio::sync::OnceCell;

use crate::cookies::{self, Lines};
use crate::origin::{Origin, header_named, text};

/// One request's cookies.
#[derive(Debug)]
pub(crate) struct Browser {
    origin: Origin,
    session_cookie: Option<String>,
    csrf_cookie: Option<String>,
    refresh_cookie: Option<String>,
    /// Attempts of social logins, by the names of their cookies.
    attempts: Vec<(String, String)>,
    /// Whether tokens in cookies need a proof against CSRF.
    jwt_needs_csrf: bool,
    /// Whether every visitor is handed one.
    hands_out_csrf: bool,
    /// `csrfmiddlewaretoken` of a posted form.
    form_token: Option<String>,
    renewal: Renewal,
    opened: OnceCell<Opened>,
    csrf_cookie_is_broken: AtomicBool,
    looked_for_form_field: AtomicBool,
}

impl Browser {
    /// Reads the cookies and opens nothing.
    pub(crate) fn of(settings: &Settings, origin: Origin, headers: &HeaderMap) -> Self {
        let rest_auth = &settings.rest_auth;
        let refresh_cookie = rest_auth.jwt_auth_refresh_cookie.get().filter(|_| rest_auth.use_jwt);
        let enforces = rest_auth.jwt_auth_cookie_enforce_csrf_on_unauthenticated;
        let has_jwt_cookie =
            rest_auth.jwt_auth_cookie.get().is_some() && settings.asks(AuthenticatorName::JwtCookie);
        Self {
            refresh_cookie: refresh_cookie.and_then(|name| cookies::read(headers, name)),
            jwt_needs_csrf: has_jwt_cookie && (enforces || rest_auth.jwt_auth_cookie_use_csrf),
            hands_out_csrf: has_jwt_cookie && enforces && !settings.csrf.use_sessions,
            attempts: if settings.hands_over_social_logins() {
                cookies::attempts(headers)
            } else {
                Vec::new()
            },
            origin,
            session_cookie: cookies::read(headers, &settings.session.cookie_name),
            csrf_cookie: cookies::read(headers, &settings.csrf.cookie_name),
            form_token: None,
            renewal: Renewal::Allowed,
            opened: OnceCell::new(),
            csrf_cookie_is_broken: AtomicBool::new(false),
            looked_for_form_field: AtomicBool::new(false),
        }
    }

    /// The same with the proof that a posted form may carry.
    pub(crate) fn with_form(self, form: &Input) -> Self {
        let form_token = match form.get(csrf::FORM_FIELD) {
            Some(Input::Text(text)) => Some(text.value.clone()),
            _ => None,
        };
        Self { form_token, ..self }
    }

    /// The same where no cookie can be answered, so that no session may move to a new key.
    pub(crate) fn without_answer(self) -> Self {
        Self { renewal: Renewal::NotNow, ..self }
    }

    /// Where the request was sent to.
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Whether the request names a session at all.
    pub(crate) fn names_a_session(&self) -> bool {
        self.session_cookie.is_some()
    }

    /// Whether a posted form has to be looked into for a proof against CSRF.
    pub(crate) fn may_need_a_form_token(&self) -> bool {
        self.names_a_session() || self.jwt_needs_csrf
    }

    /// The refresh token in its cookie.
    pub(crate) fn refresh_cookie(&self) -> Option<&str> {
        self.refresh_cookie.as_deref()
    }

    /// The attempts of social logins that it has kept, by the names of their cookies, the oldest first.
    pub(crate) fn attempts(&self) -> &[(String, String)] {
        &self.attempts
    }

    /// Whether the check against CSRF came to the field that a posted form may carry.
    pub(crate) fn looked_for_form_field(&self) -> bool {
        self.looked_for_form_field.load(Ordering::Relaxed)
    }

    /// The live session, if there is one.
    pub(crate) async fn session(&self, cx: &Context) -> Result<Option<&Session>> {
        let Some(cookie) = &self.session_cookie else { return Ok(None) };
        let opened = self.opened.get_or_try_init(|| sessions::open(cx, cookie, self.renewal)).await?;
        Ok(match opened {
            Opened::Live(session) | Opened::Renewed(session, _) => Some(session),
            Opened::Dead => None,
        })
    }

    /// Django's `CsrfViewMiddleware`, for methods that change something.
    pub(crate) async fn check_csrf(&self, cx: &Context, settings: &CsrfSettings, head: &Parts) -> Result<()> {
        if [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE].contains(&head.method) {
            return Ok(());
        }
        let session = if settings.use_sessions { self.session(cx).await? } else { None };
        let secret = if settings.use_sessions {
            session.and_then(Session::csrf_secret)
        } else {
            self.csrf_cookie.as_deref()
        };
        let origin = text(&head.headers, &header::ORIGIN);
        let referer = text(&head.headers, &REFERER);
        let header_token = header_named(&head.headers, &cx.settings.csrf.header_name);
        let request = CsrfRequest {
            is_secure: self.origin.is_secure,
            host: Some(&self.origin.host),
            server_port: port(&self.origin),
            origin: origin.as_deref(),
            referer: referer.as_deref(),
            secret,
            form_token: self.form_token.as_deref().filter(|_| head.method == Method::POST),
            header_token: header_token.as_deref(),
        };
        let outcome = csrf::check(&request, settings);
        let got_so_far = matches!(outcome, Ok(()) | Err(CsrfFailure::TokenMissing | CsrfFailure::Token(..)));
        self.looked_for_form_field.store(got_so_far && head.method == Method::POST, Ordering::Relaxed);
        outcome.map_err(|failure| {
            let broken = matches!(failure, CsrfFailure::Cookie(_));
            self.csrf_cookie_is_broken.store(broken, Ordering::Relaxed);
            Error::PermissionDenied(messages::csrf_failed(&failure.to_string()))
        })
    }

    /// Moves the end of the live session on.
    async fn keep_alive(&self, cx: &Context) -> Result<Option<SessionCookie>> {
        match self.session(cx).await? {
            Some(session) => sessions::keep_alive(cx, session).await,
            None => Ok(None),
        }
    }

    /// Adds what the cookies have become to those of an answer with this status, unless it says so itself.
    pub(crate) async fn settle(&self, cx: &Context, status: StatusCode, lines: &mut Lines) -> Result<()> {
        let settings = &cx.settings;
        // Where a proof is asked of whoever comes with nothing, everybody can get one by asking for anything.
        let lacks_csrf = self.hands_out_csrf && self.csrf_cookie.is_none();
        let renews_csrf = lacks_csrf || self.csrf_cookie_is_broken.load(Ordering::Relaxed);
        if lines.csrf.is_none() && renews_csrf {
            lines.csrf = cookies::csrf(cx, &sessions::new_csrf_secret(cx));
        }
        if lines.session.is_some() {
            return Ok(());
        }
        if settings.session.save_every_request
            && !status.is_server_error()
            && let Some(kept) = Box::pin(self.keep_alive(cx)).await?
        {
            lines.session = cookies::session(cx, &kept);
            return Ok(());
        }
        lines.session = match self.opened.get() {
            Some(Opened::Renewed(_, cookie)) => cookies::session(cx, cookie),
            Some(Opened::Dead) => cookies::session_deletion(settings),
            Some(Opened::Live(_)) | None => None,
        };
        Ok(())
    }
}

/// The port that the client used, from the host that it wrote.
fn port(origin: &Origin) -> u16 {
    let written = origin.host.rsplit_once(':').and_then(|(_, port)| port.parse().ok());
    written.unwrap_or(if origin.is_secure { 443 } else { 80 })
}

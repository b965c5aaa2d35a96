//! The endpoint table: what stands where, who may, what it takes, who answers.
//!
//! Routes, `Allow`, the answers to `OPTIONS` and the permission are all computed from it, so an endpoint cannot
//! forget one of them.

use std::borrow::Cow;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use http::{HeaderValue, Method};
use rest_auth_core::form::{Form, Input, Reading, Values};
use rest_auth_core::settings::PermissionName;
use rest_auth_core::{Context, Error, Result, messages};

use crate::authenticators::{BadCredentials, Identity};
use crate::browser::Browser;
use crate::error::ApiError;
use crate::reply::Reply;

/// Below which address an endpoint stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mount {
    /// `http.prefix`.
    Main,
    /// `http.registration_prefix`.
    Registration,
    /// The root of the site; a host has none for it.
    Root,
    /// The root of the site; below the host's own address where a host nests the endpoints.
    Accounts,
}

/// A row of the table: DRF's view.
pub(crate) struct Endpoint {
    /// The name of the URL pattern, such as `rest_login`.
    pub(crate) name: &'static str,
    pub(crate) mount: Mount,
    /// Below its mount, with the slash at the end that clients may leave out; `{id}` stands for a number.
    pub(crate) path: Cow<'static, str>,
    /// What `OPTIONS` calls it.
    pub(crate) title: &'static str,
    /// What `OPTIONS` says of it.
    pub(crate) description: &'static str,
    pub(crate) permissions: Vec<PermissionName>,
    /// In the order of declaration.
    pub(crate) actions: Vec<Action>,
    /// The `Allow` header where upstream has one of its own making.
    pub(crate) allow: Option<&'static str>,
    /// Whether anybody is asked who sends a request.
    pub(crate) authenticates: bool,
    /// The challenge of its own 401, where it is not the first authenticator's.
    pub(crate) challenge: Option<HeaderValue>,
    /// What bad credentials mean here.
    pub(crate) bad_credentials: BadCredentials,
    /// Which requests are throttled together with its own; DRF's `throttle_scope`.
    pub(crate) throttle_scope: Option<&'static str>,
    /// Whether it sets cookies, so that other sites' pages may not call it.
    pub(crate) sets_cookies: bool,
    /// Whether browsers open it by themselves, and people read what it refuses.
    pub(crate) for_browsers: bool,
    allow_header: OnceLock<HeaderValue>,
}

/// What one method of an endpoint does.
pub(crate) struct Action {
    pub(crate) method: Method,
    /// What a body may hold; `None`: nobody looks at the body.
    pub(crate) form: Option<Form>,
    /// Whether the handler looks at the body itself.
    pub(crate) raw: bool,
    /// `PATCH`: nothing is required.
    pub(crate) partial: bool,
    pub(crate) check: Option<Arc<dyn FieldCheck>>,
    pub(crate) run: Run,
}

/// A handler.
pub(crate) type Run = Box<dyn Fn(Context, Call) -> Answering + Send + Sync>;
type Answering = Pin<Box<dyn Future<Output = Result<Reply, ApiError>> + Send>>;

/// The part of a form that needs the database: it adds to what is wrong already.
#[async_trait]
pub(crate) trait FieldCheck: Send + Sync {
    async fn check(&self, cx: &Context, identity: Option<&Identity>, reading: &mut Reading) -> Result<()>;
}

/// What a handler gets.
pub(crate) struct Call {
    /// As sent; a `HEAD` for a `GET` is still a `HEAD`.
    pub(crate) method: Method,
    pub(crate) identity: Option<Identity>,
    pub(crate) values: Values,
    /// The body, for handlers that look at it themselves: it may be missing or broken where they do not need it.
    pub(crate) body: Option<Result<Input, ApiError>>,
    pub(crate) browser: Arc<Browser>,
    /// The path, as sent.
    pub(crate) path: String,
    /// The path with what a host has put in front of it, for addresses that others are told.
    pub(crate) whole_path: String,
    /// The query, as sent; empty for none.
    pub(crate) query: String,
}

impl Call {
    /// The account that sent it. Endpoints that ask for a login have one.
    pub(crate) fn user(&self) -> Result<&rest_auth_core::model::User> {
        self.identity.as_ref().map(|identity| &identity.user).ok_or(Error::NotAuthenticated)
    }
}

impl Call {
    /// The number in the path of an endpoint that has an `{id}`; `None` if something else stands there.
    pub(crate) fn id(&self) -> Option<i64> {
        let digits = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        self.path.split('/').rev().find(digits)?.parse().ok()
    }
}

impl Endpoint {
    /// Whether the path of a request is its own: where `{id}` is, digits stand.
    pub(crate) fn is_at(&self, path: &str) -> bool {
        let from_the_end = self.path.trim_matches('/').rsplit('/').position(|part| part == "{id}");
        from_the_end.is_none_or(|place| {
            let part = path.trim_matches('/').rsplit('/').nth(place).unwrap_or_default();
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    }

    pub(crate) fn new(name: &'static str, mount: Mount, path: impl Into<Cow<'static, str>>) -> Self {
        Self {
            name,
            mount,
            path: path.into(),
            title: "",
            description: "",
            permissions: Vec::new(),
            actions: Vec::new(),
            allow: None,
            authenticates: true,
            challenge: None,
            bad_credentials: BadCredentials::Refuse,
            throttle_scope: None,
            sets_cookies: false,
            for_browsers: false,
            allow_header: OnceLock::new(),
        }
    }

    /// What `OPTIONS` calls it, and says of it.
    pub(crate) fn described(self, title: &'static str, description: &'static str) -> Self {
        Self { title, description, ..self }
    }

    /// Only for whom these classes let in.
    pub(crate) fn permissions(self, permissions: Vec<PermissionName>) -> Self {
        Self { permissions, ..self }
    }

    /// For strangers: whatever cannot be used counts as no credentials.
    pub(crate) fn for_strangers(self) -> Self {
        Self { bad_credentials: BadCredentials::Ignore, ..self }
    }

    /// For everybody: no credentials are looked at, good or bad. Its refusals carry a challenge of their own.
    pub(crate) fn asks_nobody(self, challenge: Option<HeaderValue>) -> Self {
        Self { authenticates: false, challenge, ..self }
    }

    /// Throttled together with the other endpoints of a scope.
    pub(crate) fn throttled(self, scope: &'static str) -> Self {
        Self { throttle_scope: Some(scope), ..self }
    }

    /// It sets cookies.
    pub(crate) fn sets_cookies(self, sets_cookies: bool) -> Self {
        Self { sets_cookies, ..self }
    }

    /// Browsers open it by themselves: what it refuses is a page, unless JSON is preferred.
    pub(crate) fn for_browsers(self) -> Self {
        Self { for_browsers: true, ..self }
    }

    /// An `Allow` header of its own making.
    pub(crate) fn allow(self, allow: &'static str) -> Self {
        Self { allow: Some(allow), ..self }
    }

    /// One more method.
    pub(crate) fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// What answers a method; `GET` answers `HEAD` too.
    pub(crate) fn answering(&self, method: &Method) -> Option<&Action> {
        let wanted = if method == Method::HEAD { &Method::GET } else { method };
        self.actions.iter().find(|action| action.method == *wanted)
    }

    /// The `Allow` header, in DRF's order.
    pub(crate) fn allowed(&self) -> String {
        if let Some(allow) = self.allow {
            return allow.to_owned();
        }
        let order = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::HEAD];
        let names = order.iter().filter(|method| self.answering(method).is_some()).map(Method::as_str);
        names.chain(["OPTIONS"]).collect::<Vec<_>>().join(", ")
    }

    /// The same as a header's value, made once.
    pub(crate) fn allow_header(&self) -> &HeaderValue {
        self.allow_header
            .get_or_init(|| HeaderValue::try_from(self.allowed()).expect("methods are plain text"))
    }

    /// DRF's `check_permissions`. Who is anonymous is asked to log in, if that is possible at all.
    pub(crate) fn permit(&self, identity: Option<&Identity>, can_log_in: bool) -> Result<()> {
        let permitted = self.permissions.iter().all(|class| match class {
            PermissionName::AllowAny => true,
            PermissionName::IsAuthenticated => identity.is_some(),
            PermissionName::IsAdminUser => identity.is_some_and(|identity| identity.user.is_staff),
        });
        match identity {
            _ if permitted => Ok(()),
            None if can_log_in => Err(Error::NotAuthenticated),
            _ => Err(Error::PermissionDenied(messages::PERMISSION_DENIED)),
        }
    }
}

impl Action {
    /// A method and who answers it.
    pub(crate) fn new<F, Fut>(method: Method, run: F) -> Self
    where
        F: Fn(Context, Call) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Reply, ApiError>> + Send + 'static,
    {
        let run: Run = Box::new(move |cx, call| Box::pin(run(cx, call)));
        Self { method, form: None, raw: false, partial: false, check: None, run }
    }

    /// What a body may hold.
    pub(crate) fn form(self, form: Form) -> Self {
        Self { form: Some(form), ..self }
    }

    /// The handler looks at the body itself.
    pub(crate) fn raw(self) -> Self {
        Self { raw: true, ..self }
    }

    /// Nothing is required.
    pub(crate) fn partial(self) -> Self {
        Self { partial: true, ..self }
    }

    /// What needs the database to be checked.
    pub(crate) fn checked(self, check: impl FieldCheck + 'static) -> Self {
        Self { check: Some(Arc::new(check)), ..self }
    }
}

impl std::fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Endpoint").field("name", &self.name).field("path", &self.path).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn action(method: Method) -> Action {
        Action::new(method, |_, _| async { Ok(Reply::no_content()) })
    }

    #[test]
    fn allow_lists_methods_in_drfs_order() {
        let bare = || Endpoint::new("x", Mount::Main, "x/");
        assert_eq!(bare().action(action(Method::POST)).allowed(), "POST, OPTIONS");
        let user = [Method::PATCH, Method::GET, Method::PUT].into_iter().map(action);
        assert_eq!(user.fold(bare(), Endpoint::action).allowed(), "GET, PUT, PATCH, HEAD, OPTIONS");
        let logout = [Method::POST, Method::GET].into_iter().map(action);
        assert_eq!(logout.fold(bare(), Endpoint::action).allowed(), "GET, POST, HEAD, OPTIONS");
    }

    #[test]
    fn an_anonymous_caller_is_asked_to_log_in_where_that_is_possible() {
        let endpoint =
            Endpoint::new("x", Mount::Main, "x/").permissions(vec![PermissionName::IsAuthenticated]);
        assert!(matches!(endpoint.permit(None, true), Err(Error::NotAuthenticated)));
        assert!(matches!(endpoint.permit(None, false), Err(Error::PermissionDenied(_))));
    }
}

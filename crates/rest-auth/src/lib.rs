//! dj-rest-auth for axum: the endpoints of accounts, login, tokens and sessions, as Django's clients know them.
//!
//! A [`RestAuth`] is built once and is cheap to clone. It yields a router to nest, and extractors that tell a
//! handler who is logged in:
//!
//! ```
//! use axum::{Router, extract::FromRef, routing::get};
//! use rest_auth::{CurrentUser, RestAuth, sql::SqlStore};
//!
//! #[derive(Clone)]
//! struct AppState { auth: RestAuth }
//!
//! impl FromRef<AppState> for RestAuth {
//!     fn from_ref(state: &AppState) -> Self { state.auth.clone() }
//! }
//!
//! async fn notes(CurrentUser(user): CurrentUser) -> String {
//!     format!("the notes of {}", user.display())
//! }
//!
//! async fn app(store: SqlStore) -> Result<Router, rest_auth::BuildError> {
//!     let auth = RestAuth::builder().store(store).build().await?;
//!     let router = Router::new().nest("/auth", auth.router()).route("/notes", get(notes));
//!     Ok(router.with_state(AppState { auth }))
//! }
//! ```
//!
//! `examples/notes.rs` is the same as a program. With the feature `sql` (on by default) [`sql`] has the store for SQLite
//! and PostgreSQL, with `outbound` [`outbound`] has SMTP.
//!
//! | module | knows |
//! | --- | --- |
//! | `endpoints` | what stands where: one file for each feature |
//! | `dispatch` | the steps of a request, in DRF's order |
//! | `authenticators` | who sends a request |
//! | `parse`, `negotiate`, `render` | bytes in, bytes out |
//! | `error` | which error has which status |

mod authenticators;
mod background;
mod browser;
mod builder;
mod cookies;
mod cors;
mod dispatch;
mod endpoint;
mod endpoints;
mod error;
mod extract;
mod incoming;
mod media_type;
mod negotiate;
mod options;
mod origin;
mod outbox;
mod parse;
mod render;
mod reply;
mod respond;
mod router;
mod site;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use rest_auth_core::App;

pub use authenticators::{Authenticator, Identity, Proof};
pub use builder::{BuildError, Builder};
pub use error::ApiError;
pub use extract::{CurrentUser, MaybeUser, Rejection, TokenClaims, TokenUser};
pub use reply::Reply;
pub use rest_auth_core as core;
pub use rest_auth_formats::jwt::Claims;
#[cfg(feature = "outbound")]
pub use rest_auth_outbound as outbound;
#[cfg(feature = "sql")]
pub use rest_auth_sql as sql;

use background::Background;
use outbox::Outbox;
use site::Site;

/// Accounts, login, tokens and sessions, ready to serve.
#[derive(Clone, Debug)]
pub struct RestAuth {
    site: Arc<Site>,
    /// Sends mails as long as somebody holds it.
    outbox: Option<Arc<Outbox>>,
    /// What else runs as long as somebody holds it.
    background: Arc<[Background]>,
}

impl RestAuth {
    /// Starts from upstream's defaults; only a store must be given.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// On an app that is there already, whose mails somebody else sends and whose expired rows somebody else deletes.
    pub fn new(app: Arc<App>) -> Self {
        Self { site: Arc::new(Site::new(app, Vec::new())), outbox: None, background: Arc::new([]) }
    }

    /// The endpoints, to be nested below an address of the host's choice: `login/`, `user/`, `registration/` …
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        router::for_host(&self.site)
    }

    /// A whole site: the endpoints below the prefixes of the settings, `/healthz`, `/readyz`, and a page for
    /// every other address.
    pub fn site(&self) -> Router {
        router::for_site(&self.site)
    }

    /// Stops sending mails, once those that are due have left or `time_left` is over; what is left waits in the
    /// database for the next start. Call it after the last request.
    pub async fn shut_down(self, time_left: Duration) {
        self.background.iter().for_each(Background::stop);
        if let Some(outbox) = self.outbox {
            outbox.shut_down(time_left).await;
        }
        self.site.app.store.close().await;
    }

    /// The public keys that check our tokens, as a JSON web key set, for a host that serves them itself; `None` where
    /// tokens are signed by a secret, or there are none.
    pub fn key_set(&self) -> Option<serde_json::Value> {
        let app = &self.site.app;
        app.jwt.as_ref().and_then(|jwt| jwt.key_set(app.clock.now()))
    }

    /// What the flows work on; for calling one outside of a request.
    pub fn app(&self) -> &Arc<App> {
        &self.site.app
    }
}

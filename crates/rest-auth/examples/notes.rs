//! A host application: notes that belong to whoever is logged in, beside rest-auth's own endpoints.
//!
//! ```text
//! cargo run -p rest-auth --example notes
//! curl -s http://127.0.0.1:8000/auth/registration/ -d 'username=ann&password1=correct-horse&password2=correct-horse'
//! curl -s http://127.0.0.1:8000/notes -H 'Authorization: Token …' -d 'milk, eggs'
//! ```

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::{FromRef, State};
use axum::routing::get;
use rest_auth::core::model::UserId;
use rest_auth::core::settings::{Database, Settings, UserModel};
use rest_auth::outbound::ConsoleMailer;
use rest_auth::sql::SqlStore;
use rest_auth::{CurrentUser, RestAuth};

type Notes = Arc<Mutex<HashMap<UserId, Vec<String>>>>;

/// What the handlers share. The extractors ask for nothing but a way to the [`RestAuth`] in it.
#[derive(Clone)]
struct AppState {
    auth: RestAuth,
    notes: Notes,
}

impl FromRef<AppState> for RestAuth {
    fn from_ref(state: &AppState) -> Self {
        state.auth.clone()
    }
}

async fn list(CurrentUser(user): CurrentUser, State(state): State<AppState>) -> String {
    let notes = state.notes.lock().unwrap_or_else(PoisonError::into_inner);
    notes.get(&user.id).map(|own| own.join("\n")).unwrap_or_default()
}

async fn add(CurrentUser(user): CurrentUser, State(state): State<AppState>, note: String) -> &'static str {
    state.notes.lock().unwrap_or_else(PoisonError::into_inner).entry(user.id).or_default().push(note);
    "noted"
}

/// The whole application, and its rest-auth, which has to be shut down after it.
pub(crate) async fn application() -> Result<(Router, RestAuth), Box<dyn std::error::Error>> {
    let mut settings = Settings::default();
    settings.top.secret_key = "an example's secret, which nobody may use".into();
    let database = Database { url: "sqlite::memory:".to_owned(), ..Database::default() };
    let store = SqlStore::configured(&database, &UserModel::default())?;
    store.migrate(rest_auth::core::Clock::System.now()).await?;

    let auth =
        RestAuth::builder().settings(settings).store(store).mailer(ConsoleMailer::new()).build().await?;
    let application = Router::new()
        .nest("/auth", auth.router())
        .route("/notes", get(list).post(add))
        .with_state(AppState { auth: auth.clone(), notes: Notes::default() });
    Ok((application, auth))
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (application, auth) = application().await?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:8000").await?;
    axum::serve(listener, application)
        .with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) })
        .await?;
    auth.shut_down(Duration::from_secs(10)).await;
    Ok(())
}

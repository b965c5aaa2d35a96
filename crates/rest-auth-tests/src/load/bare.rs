//! The ceiling: one bare axum route that answers the same bytes; and beside it, where tokens are measured, one that wants
//! the claims of a token first, as a host's would.

use std::io::{self, Write as _};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use axum::routing::{any, get};
use axum::serve::ListenerExt as _;
use http::{HeaderMap, HeaderName, HeaderValue};
use rest_auth::{RestAuth, TokenClaims};
use rest_auth_core::model::Timestamp;
use rest_auth_core::settings::Settings;
use rest_auth_sql::SqlStore;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::Failure;
use super::connection::Answer;

/// The answer to give: headers and body of one of the server's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Model {
    headers: Vec<(String, String)>,
    pub(super) body: String,
    /// The secret of the tokens that `/claims` wants; without one it is not there.
    secret: Option<String>,
}

impl Model {
    /// The same as an answer, but for what every server writes itself.
    pub(super) fn of(answer: &Answer<'_>) -> Result<Self, Failure> {
        let own =
            |name: &str| name.eq_ignore_ascii_case("date") || name.eq_ignore_ascii_case("content-length");
        let headers = answer.headers()?.into_iter().filter(|(name, _)| !own(name)).collect();
        Ok(Self { headers, body: String::from_utf8(answer.body.to_vec())?, secret: None })
    }

    /// The same with a route that wants a token.
    pub(super) fn with_claims(self, secret: &str) -> Self {
        Self { secret: Some(secret.to_owned()), ..self }
    }
}

/// Serves the model that comes on standard input, and writes the address to standard output.
#[tokio::main]
pub(super) async fn serve() -> Result<(), Failure> {
    let mut line = String::new();
    io::stdin().read_line(&mut line)?;
    let model: Model = serde_json::from_str(&line)?;
    let mut headers = HeaderMap::new();
    for (name, value) in &model.headers {
        headers.append(HeaderName::try_from(name)?, HeaderValue::try_from(value)?);
    }
    let body = Bytes::from(model.body);
    let answer = move || {
        let mut response = Response::new(Body::from(body.clone()));
        response.headers_mut().clone_from(&headers);
        response
    };
    let bare = answer.clone();
    // Whoever sends a body has it read, as it is read in the server.
    let mut router = Router::new().route("/", any(async move |_: Bytes| bare()));
    if let Some(secret) = &model.secret {
        let wanting = Router::new().route("/claims", get(async move |_: TokenClaims| answer()));
        router = router.merge(wanting.with_state(tokens(secret).await?));
    }
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut output = io::stdout();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    let listener = listener.tap_io(|stream| {
        // A latency of Nagle's would be nobody's ceiling.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, router).await?)
}

/// What a host builds to check tokens.
async fn tokens(secret: &str) -> Result<RestAuth, Failure> {
    let text = format!(
        "secret_key = {secret:?}\n[http]\nauthentication = [\"jwt\"]\n[database]\nurl = \"sqlite::memory:\""
    );
    let settings = Settings::from_table(text.parse()?).map_err(|problems| format!("{problems:?}"))?;
    let store = SqlStore::configured(&settings.database, &settings.user_model)?;
    store.migrate(Timestamp::from_seconds(0)).await?;
    Ok(RestAuth::builder().settings(settings).store(store).build().await?)
}

//! The ceiling: one bare axum route that answers the same bytes.

use std::io::{self, Write as _};

use axum::Router;
use axum::body::{Body, Bytes};
use axum::response::Response;
use axum::routing::get;
use axum::serve::ListenerExt as _;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use super::Failure;
use super::connection::Answer;

/// The answer to give: headers and body of one of the server's.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct Model {
    headers: Vec<(String, String)>,
    pub(super) body: String,
}

impl Model {
    /// The same as an answer, but for what every server writes itself.
    pub(super) fn of(answer: &Answer<'_>) -> Result<Self, Failure> {
        let own =
            |name: &str| name.eq_ignore_ascii_case("date") || name.eq_ignore_ascii_case("content-length");
        let headers = answer.headers()?.into_iter().filter(|(name, _)| !own(name)).collect();
        Ok(Self { headers, body: String::from_utf8(answer.body.to_vec())? })
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
        std::future::ready(response)
    };
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let mut output = io::stdout();
    writeln!(output, "{}", listener.local_addr()?)?;
    output.flush()?;
    let listener = listener.tap_io(|stream| {
        // A latency of Nagle's would be nobody's ceiling.
        let _ = stream.set_nodelay(true);
    });
    Ok(axum::serve(listener, Router::new().route("/", get(answer))).await?)
}

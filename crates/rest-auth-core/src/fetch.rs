//! The port to other servers over HTTP: identity providers. What is asked and answered is data; how it travels, and to
//! whom it may, is the implementation's.

use async_trait::async_trait;

pub use crate::providers::Method;

/// A request to somebody else. Addresses, headers and bodies carry secrets: `Debug` shows the method and the host.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// GET or POST.
    pub method: Method,
    /// The whole address.
    pub url: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body; its type is among the headers.
    pub body: Option<String>,
}

/// An answer. Bodies carry tokens and people's data: `Debug` shows the status and the length.
#[derive(Clone, PartialEq, Eq)]
pub struct Incoming {
    /// The HTTP status.
    pub status: u16,
    /// The `Content-Type`, as sent; empty for none.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

/// Why there is no answer. Texts name the host at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FetchError {
    /// The address may not be asked: it is none, is not HTTPS, or leads into a private network.
    Forbidden(String),
    /// Nobody answered in time, or the connection failed.
    Unreachable(String),
    /// The answer is larger than anything that was asked for, or no HTTP.
    Malformed(String),
}

/// Asks other servers.
#[async_trait]
pub trait Fetch: Send + Sync {
    /// Sends a request and waits for the whole answer. An answer of any status is an answer.
    async fn fetch(&self, request: Outgoing) -> Result<Incoming, FetchError>;
}

/// Asks nobody: for a deployment without providers.
#[derive(Clone, Copy, Debug, Default)]
pub struct Nobody;

#[async_trait]
impl Fetch for Nobody {
    async fn fetch(&self, request: Outgoing) -> Result<Incoming, FetchError> {
        Err(FetchError::Forbidden(format!("nothing may be asked of {}", request.host())))
    }
}

impl Outgoing {
    /// A GET without headers.
    pub fn get(url: impl Into<String>) -> Self {
        Self { method: Method::Get, url: url.into(), headers: Vec::new(), body: None }
    }

    /// The host of the address, for messages and the log; empty where there is none.
    pub fn host(&self) -> &str {
        host(&self.url)
    }
}

/// The host in an address, with its port; empty where there is none.
pub fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or("", |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    authority.rsplit_once('@').map_or(authority, |(_, host)| host)
}

impl Incoming {
    /// Whether the status says that it worked.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outgoing")
            .field("method", &self.method)
            .field("host", &self.host())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Incoming {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Incoming")
            .field("status", &self.status)
            .field("bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

impl std::fmt::Display for FetchError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Forbidden(what) | Self::Unreachable(what) | Self::Malformed(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for FetchError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_92_what_is_asked_and_answered_does_not_show() {
        let request = Outgoing {
            method: Method::Post,
            url: "https://user:pass@api.example.org:444/me?access_token=hunter2".to_owned(),
            headers: vec![("Authorization".to_owned(), "Bearer hunter2".to_owned())],
            body: Some("client_secret=hunter2".to_owned()),
        };
        let answer = Incoming { status: 200, content_type: String::new(), body: b"hunter2".to_vec() };
        let shown = format!("{request:?} {answer:?}");
        assert!(
            shown.contains("api.example.org:444") && !shown.contains("hunter2") && !shown.contains("pass"),
            "{shown}"
        );
    }
}

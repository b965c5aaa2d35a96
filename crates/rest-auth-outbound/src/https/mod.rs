//! Requests to identity providers: HTTPS by HTTP/1.1, with limits on time, size and redirects, and never into a private
//! network (S-91). Every name is resolved here, and what is connected to is the address that was looked at.

mod address;
mod target;
#[cfg(test)]
mod tests;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HOST, LOCATION};
use http::{HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use rest_auth_core::fetch::{Fetch, FetchError, Incoming, Method, Outgoing};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use self::target::Target;

/// Bytes of an answer at most: profiles, keys and tokens are thousands.
const LARGEST: usize = 1 << 20;
/// Redirects that are followed at most.
const REDIRECTS: usize = 3;
/// Addresses of a name that are tried.
const TRIES: usize = 3;
/// What we call ourselves where a provider's row says nothing: some refuse whoever says nothing.
const USER_AGENT: &str = concat!("rest-auth/", env!("CARGO_PKG_VERSION"));

/// Asks over HTTPS.
#[derive(Clone)]
pub struct HttpsFetch {
    tls: TlsConnector,
    time: Duration,
    allows_private: bool,
    /// Which addresses are the internet's.
    is_public: fn(IpAddr) -> bool,
}

/// What a request has become.
enum Step {
    Answer(Incoming),
    Redirect(String),
}

impl HttpsFetch {
    /// `time` is for the whole of a request, redirects and all. `allows_private` lets requests into private networks, and
    /// there plain HTTP too: for a provider that runs beside the deployment.
    pub fn new(time: Duration, allows_private: bool) -> Self {
        let mut roots = RootCertStore::empty();
        roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned());
        Self::with_roots(roots, time, allows_private)
    }

    fn with_roots(roots: RootCertStore, time: Duration, allows_private: bool) -> Self {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring speaks the versions of TLS that rustls has by default")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            tls: TlsConnector::from(Arc::new(config)),
            time,
            allows_private,
            is_public: address::is_public,
        }
    }

    async fn follow(&self, mut request: Outgoing) -> Result<Incoming, FetchError> {
        for _ in 0..=REDIRECTS {
            let target = Target::parse(&request.url, self.allows_private)?;
            let location = match self.ask(&target, &request).await? {
                Step::Answer(answer) => return Ok(answer),
                Step::Redirect(location) => target.redirected(&location),
            };
            let next = Target::parse(&location, self.allows_private)?;
            // A secret that was meant for one server is not for the next one.
            if next.authority != target.authority {
                request.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("authorization"));
            }
            request.url = location;
        }
        Err(FetchError::Malformed(format!("{} redirects without end", request.host())))
    }

    async fn ask(&self, target: &Target, request: &Outgoing) -> Result<Step, FetchError> {
        let tcp = self.connect(target).await?;
        if !target.is_tls {
            return exchange(tcp, target, request).await;
        }
        let name = ServerName::try_from(target.host.clone())
            .map_err(|_| FetchError::Forbidden(format!("{} is no name of a server", target.host)))?;
        let tls = self.tls.connect(name, tcp).await.map_err(|error| unreachable(target, &error))?;
        exchange(tls, target, request).await
    }

    async fn connect(&self, target: &Target) -> Result<TcpStream, FetchError> {
        let found: Vec<SocketAddr> = match target.host.parse::<IpAddr>() {
            Ok(address) => vec![SocketAddr::new(address, target.port)],
            Err(_) => tokio::net::lookup_host((target.host.as_str(), target.port))
                .await
                .map_err(|error| unreachable(target, &error))?
                .collect(),
        };
        let allowed = |address: &SocketAddr| {
            let is_public = (self.is_public)(address.ip());
            if target.is_tls { is_public || self.allows_private } else { !is_public && self.allows_private }
        };
        if found.is_empty() || !found.iter().all(allowed) {
            let why = "may not be asked: it is not on the internet (socialaccount.allow_private_addresses)";
            return Err(FetchError::Forbidden(format!("{} {why}", target.host)));
        }
        let mut failure = None;
        for address in found.into_iter().take(TRIES) {
            match TcpStream::connect(address).await {
                Ok(stream) => return Ok(stream),
                Err(error) => failure = Some(error),
            }
        }
        let failure = failure.map_or_else(|| "no address".to_owned(), |error| error.to_string());
        Err(unreachable(target, &failure))
    }
}

async fn exchange<S>(stream: S, target: &Target, request: &Outgoing) -> Result<Step, FetchError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let broken = |error: hyper::Error| FetchError::Malformed(format!("{}: {error}", target.host));
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(broken)?;
    // The connection works while somebody polls it, and ends with the last handle on it.
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(written(target, request)?).await.map_err(broken);
    let step = match answer {
        Ok(answer) => read(answer, target, request).await,
        Err(error) => Err(error),
    };
    connection.abort();
    step
}

fn written(target: &Target, request: &Outgoing) -> Result<Request<Full<Bytes>>, FetchError> {
    let malformed = || FetchError::Forbidden(format!("a request to {} cannot be written", target.host));
    let body = request.body.clone().unwrap_or_default();
    let mut written = Request::new(Full::new(Bytes::from(body)));
    *written.method_mut() = match request.method {
        Method::Get => http::Method::GET,
        Method::Post => http::Method::POST,
    };
    *written.uri_mut() = target.path.parse().map_err(|_| malformed())?;
    let headers = written.headers_mut();
    headers.insert(HOST, HeaderValue::from_str(&target.authority).map_err(|_| malformed())?);
    headers.insert(http::header::USER_AGENT, HeaderValue::from_static(USER_AGENT));
    headers.insert(http::header::ACCEPT, HeaderValue::from_static("*/*"));
    headers.insert(http::header::CONNECTION, HeaderValue::from_static("close"));
    for (name, value) in &request.headers {
        let name: HeaderName = name.parse().map_err(|_| malformed())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| malformed())?;
        value.set_sensitive(true);
        headers.insert(name, value);
    }
    if request.method == Method::Post {
        let length = request.body.as_ref().map_or(0, String::len);
        headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    }
    Ok(written)
}

async fn read(
    answer: http::Response<hyper::body::Incoming>,
    target: &Target,
    request: &Outgoing,
) -> Result<Step, FetchError> {
    let header = |name| answer.headers().get(name).and_then(|value: &HeaderValue| value.to_str().ok());
    // A redirected POST would lose its body, or carry it to whom it was not meant for.
    if answer.status().is_redirection()
        && request.method == Method::Get
        && let Some(location) = header(LOCATION)
    {
        return Ok(Step::Redirect(location.to_owned()));
    }
    let content_type = header(CONTENT_TYPE).unwrap_or_default().to_owned();
    let status = answer.status().as_u16();
    let body = Limited::new(answer.into_body(), LARGEST).collect().await.map_err(|_| {
        FetchError::Malformed(format!("the answer of {} is too large or breaks off", target.host))
    })?;
    Ok(Step::Answer(Incoming { status, content_type, body: body.to_bytes().to_vec() }))
}

fn unreachable(target: &Target, error: &dyn std::fmt::Display) -> FetchError {
    FetchError::Unreachable(format!("{}:{}: {error}", target.host, target.port))
}

#[async_trait]
impl Fetch for HttpsFetch {
    async fn fetch(&self, request: Outgoing) -> Result<Incoming, FetchError> {
        let host = request.host().to_owned();
        let late = |_| {
            let seconds = self.time.as_secs_f32();
            FetchError::Unreachable(format!("{host} did not answer within {seconds} seconds"))
        };
        timeout(self.time, self.follow(request)).await.map_err(late)?
    }
}

impl std::fmt::Debug for HttpsFetch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HttpsFetch")
            .field("time", &self.time)
            .field("allows_private", &self.allows_private)
            .finish_non_exhaustive()
    }
}

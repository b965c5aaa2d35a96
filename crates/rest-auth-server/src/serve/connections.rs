//! Connections: how many bytes and how much time a client's headers may take, and how a server ends without cutting
//! anybody off. Knows no addresses and no answers.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::response::Response;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::gate::Gate;

/// What a request line and headers may take together. Browsers stay below 16 KiB.
const HEADER_BYTES: usize = 64 * 1024;
/// A pause when the process has no more file descriptors: the wait is shorter than a client's patience.
const BREATH: Duration = Duration::from_millis(50);

/// How long things may take.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// From the first byte of a request, or from the end of the one before, to the end of its headers.
    pub(super) headers: Duration,
    /// From the signal to stop to the end of the last answer.
    pub(super) ending: Duration,
}

/// Serves until `stop` is done; then takes no more connections and finishes the requests under way. Returns why it
/// ended, and what is left of the time for ending.
pub(super) async fn accept<T>(
    listener: TcpListener,
    gate: Arc<Gate>,
    times: Times,
    stop: impl Future<Output = T>,
) -> (T, Duration) {
    let mut protocol = http1::Builder::new();
    // hyper's own limit of time costs each request a timer, see `Patience`.
    protocol.header_read_timeout(None).max_header_size(HEADER_BYTES).max_buf_size(HEADER_BYTES);
    // There may be 100 headers, hyper's own limit and gunicorn's. A limit given here, even the same one, would make it
    // clear room for so many at every request.
    let graceful = GracefulShutdown::new();
    tokio::pin!(stop);
    let mut starved = false;
    let reason = loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            reason = &mut stop => break reason,
        };
        match accepted {
            Ok((stream, peer)) => {
                starved = false;
                let patience = Arc::new(Patience::new());
                let service = service(Arc::clone(&gate), peer, Arc::clone(&patience));
                let connection = graceful.watch(protocol.serve_connection(prepare(stream), service));
                tokio::spawn(async move {
                    tokio::select! {
                        biased;
                        ended = connection => {
                            // Clients vanish, stall and talk nonsense all the time.
                            if let Err(error) = ended {
                                tracing::debug!(%peer, %error, "a connection ended early");
                            }
                        }
                        () = patience.end(times.headers) => tracing::debug!(%peer, "a client said nothing for too long"),
                    }
                });
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                if !std::mem::replace(&mut starved, true) {
                    tracing::warn!(%error, "no connection can be accepted for now");
                }
                sleep(BREATH).await;
            }
        }
    };
    drop(listener);
    (reason, end(graceful, times.ending).await)
}

async fn end(graceful: GracefulShutdown, within: Duration) -> Duration {
    let deadline = Instant::now() + within;
    let open = graceful.count();
    tracing::info!(connections = open, "stopping: no new connections, finishing the requests under way");
    if timeout_at(deadline, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests took longer than http.shutdown_timeout, and are cut off");
    }
    deadline.saturating_duration_since(Instant::now())
}

/// Since when a client has been waited for. A timer for each connection looks at it when it goes off, and sleeps on if
/// there was a request meanwhile; one for each request would have to be made, queued and taken out again.
struct Patience {
    began: Instant,
    /// Milliseconds from then to the end of the last answer; [`Self::NOT_NOW`] while a request is answered.
    since: AtomicU64,
}

impl Patience {
    const NOT_NOW: u64 = u64::MAX;

    fn new() -> Self {
        Self { began: Instant::now(), since: AtomicU64::new(0) }
    }

    fn answers(&self) {
        self.since.store(Self::NOT_NOW, Ordering::Relaxed);
    }

    fn waits(&self) {
        let millis = self.began.elapsed().as_millis();
        self.since.store(u64::try_from(millis).unwrap_or(Self::NOT_NOW), Ordering::Relaxed);
    }

    /// Done when the client has been waited for so long. Unread answers count as waiting.
    async fn end(&self, limit: Duration) {
        loop {
            let since = match self.since.load(Ordering::Relaxed) {
                Self::NOT_NOW => Instant::now(),
                millis => self.began + Duration::from_millis(millis),
            };
            let end = since + limit;
            if end <= Instant::now() {
                return;
            }
            sleep_until(end).await;
        }
    }
}

/// Answers are small and complete: waiting for more of them helps nobody.
fn prepare(stream: TcpStream) -> TokioIo<TcpStream> {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::trace!(%error, "TCP_NODELAY cannot be set");
    }
    TokioIo::new(stream)
}

fn service(
    gate: Arc<Gate>,
    peer: SocketAddr,
    patience: Arc<Patience>,
) -> impl hyper::service::Service<Request<Incoming>, Response = Response, Error = Infallible, Future: Send> {
    service_fn(move |mut request: Request<Incoming>| {
        let (gate, patience) = (Arc::clone(&gate), Arc::clone(&patience));
        request.extensions_mut().insert(ConnectInfo(peer));
        patience.answers();
        async move {
            let response = gate.answer(request).await;
            patience.waits();
            Ok(response)
        }
    })
}

/// A client that was gone before it was let in.
fn is_the_clients(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use axum::Router;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::oneshot;
    use tokio::task::JoinHandle;

    use super::*;

    const QUICK: Times = Times { headers: Duration::from_millis(300), ending: Duration::from_secs(5) };

    struct Running {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        ended: JoinHandle<Duration>,
    }

    async fn start(times: Times) -> Running {
        let router = Router::new()
            .route(
                "/",
                get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
            )
            .route("/slow", get(|| async { sleep(Duration::from_millis(400)).await }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let ended = tokio::spawn(async move {
            let gate = Gate::closed(router);
            gate.open();
            accept(listener, Arc::new(gate), times, stopped).await.1
        });
        Running { address, stop, ended }
    }

    /// Sends bytes and reads all that comes back; an abrupt end counts as an end.
    async fn exchange(address: SocketAddr, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut answer = Vec::new();
        let (mut read, mut write) = stream.split();
        let sending = async { drop(write.write_all(bytes).await) };
        let reading = async { drop(read.read_to_end(&mut answer).await) };
        tokio::join!(sending, reading);
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn a_request_is_answered_and_knows_its_sender() {
        let server = start(QUICK).await;
        let answer =
            exchange(server.address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("127.0.0.1"), "{answer}");
    }

    #[tokio::test]
    async fn s_100_headers_beyond_the_limits_are_answered_431_or_cut_off_and_the_server_goes_on() {
        let server = start(QUICK).await;
        let mebibyte =
            format!("GET / HTTP/1.1\r\nhost: x\r\nauthorization: Token {}\r\n\r\n", "a".repeat(1 << 20));
        let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "x: y\r\n".repeat(200));
        let uri = format!("GET /{} HTTP/1.1\r\nhost: x\r\n\r\n", "a".repeat(1 << 20));
        for request in [&mebibyte, &many, &uri] {
            let answer = exchange(server.address, request.as_bytes()).await;
            let refused =
                answer.is_empty() || answer.starts_with("HTTP/1.1 431") || answer.starts_with("HTTP/1.1 414");
            assert!(refused, "{answer}");
        }
        let answer = exchange(server.address, many.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 431"), "{answer}");
        let answer =
            exchange(server.address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn s_100_bytes_that_are_no_request_end_the_connection_only() {
        let server = start(QUICK).await;
        for nonsense in
            [&b"\x16\x03\x01\x00\xa5"[..], b"GET\r\n\r\n", b"\0\0\0\0\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n"]
        {
            let answer = exchange(server.address, nonsense).await;
            assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
        }
        let answer =
            exchange(server.address, b"GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }

    #[tokio::test]
    async fn s_100_a_client_that_sends_its_headers_forever_is_cut_off() {
        let server = start(QUICK).await;
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        let mut answer = Vec::new();
        let since = Instant::now();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n").await.unwrap();
        let _ = stream.read_to_end(&mut answer).await;
        let after = since.elapsed();
        assert!(after >= QUICK.headers && after < Duration::from_secs(3), "{after:?}");
        assert!(!answer.starts_with(b"HTTP/1.1 200"));
    }

    #[tokio::test]
    async fn s_100_a_client_that_says_nothing_is_cut_off_before_and_after_a_request() {
        let server = start(QUICK).await;
        for bytes in [&b""[..], b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"] {
            let since = Instant::now();
            exchange(server.address, bytes).await;
            assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
        }
    }

    #[tokio::test]
    async fn an_ending_server_finishes_what_is_under_way_and_takes_nothing_new() {
        let server = start(QUICK).await;
        let address = server.address;
        let slow =
            tokio::spawn(async move { exchange(address, b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await });
        let idle = TcpStream::connect(address).await.unwrap();
        sleep(Duration::from_millis(100)).await;
        server.stop.send(()).unwrap();
        let left = server.ended.await.unwrap();
        assert!(left > Duration::from_secs(3), "an idle connection holds nothing up: {left:?}");
        let answer = slow.await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert!(TcpStream::connect(address).await.is_err());
        drop(idle);
    }

    #[tokio::test]
    async fn an_ending_server_waits_no_longer_than_it_may() {
        let server = start(Times { ending: Duration::from_millis(100), ..QUICK }).await;
        let address = server.address;
        tokio::spawn(async move { exchange(address, b"GET /slow HTTP/1.1\r\nhost: x\r\n\r\n").await });
        sleep(Duration::from_millis(100)).await;
        server.stop.send(()).unwrap();
        assert_eq!(server.ended.await.unwrap(), Duration::ZERO);
    }
}

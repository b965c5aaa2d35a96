//! A mail server for tests: it takes mails, and on demand refuses them, says nothing, or hangs up.
//!
//! It speaks as much of RFC 5321 as a client needs, with STARTTLS, TLS and a login where a test asks for them.

use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

/// A point of the conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Before the greeting.
    Greeting,
    /// `AUTH`
    Login,
    /// `MAIL FROM`
    Sender,
    /// `RCPT TO`
    Recipient,
    /// `DATA`
    Data,
    /// After the last line of the content.
    Content,
}

/// How the server treats its clients.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Conduct {
    /// It takes everything.
    #[default]
    Accept,
    /// It answers with this line at this point.
    Answer(Stage, &'static str),
    /// It says nothing any more from this point on.
    Hang(Stage),
    /// It hangs up at this point.
    HangUp(Stage),
}

/// How connections are encrypted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encryption {
    /// Not at all.
    #[default]
    None,
    /// After STARTTLS, and nothing is taken before.
    Starttls,
    /// From the first byte.
    Tls,
}

/// A mail as it arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The argument of `MAIL FROM`.
    pub from: String,
    /// The argument of `RCPT TO`.
    pub to: String,
    /// Headers and body, with dots unstuffed and lines ended by CRLF.
    pub data: String,
}

impl Received {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let head = self.data.split("\r\n\r\n").next()?;
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

#[derive(Default)]
struct State {
    conduct: Conduct,
    received: Vec<Received>,
    connections: usize,
}

struct Shared {
    state: Mutex<State>,
    encryption: Encryption,
    login: Option<(&'static str, &'static str)>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running mail server. It stops when it is dropped, and its connections break.
pub struct SmtpServer {
    shared: Arc<Shared>,
    port: u16,
    accepting: JoinHandle<()>,
}

impl SmtpServer {
    /// Takes mails on a free port.
    pub async fn start() -> Self {
        Self::listen(0, Encryption::None, None).await
    }

    /// Takes mails on this port, with 0 on a free one, encrypted and after a login where that is asked for.
    pub async fn listen(
        port: u16,
        encryption: Encryption,
        login: Option<(&'static str, &'static str)>,
    ) -> Self {
        let shared = Arc::new(Shared { state: Mutex::default(), encryption, login });
        let listener = if port == 0 { bind_free().await } else { bind_again(port).await };
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let accepting = tokio::spawn(accept(listener, shared.clone()));
        Self { shared, port, accepting }
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// How clients are treated from now on, also those that are connected.
    pub fn behave(&self, conduct: Conduct) {
        self.shared.state().conduct = conduct;
    }

    /// What has arrived, oldest first.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state().received.clone()
    }

    /// How many connections there have been.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }
}

impl Drop for SmtpServer {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A free port below those that the system gives to clients. Of many who connect to one of theirs while nobody listens
/// there, one gets it for its own, is connected to itself, and waits for its own greeting.
async fn bind_free() -> TcpListener {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let first = u16::try_from(std::process::id() % 12_000).expect("that is less");
    for _ in 0..12_000 {
        let number = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", 20_000 + number)).await {
            return listener;
        }
    }
    panic!("no port is free");
}

/// A port that was used a moment ago may need one.
async fn bind_again(port: u16) -> TcpListener {
    let mut tries = 0;
    loop {
        match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => return listener,
            Err(error) => assert!(tries < 50, "port {port}: {error}"),
        }
        tries += 1;
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
}

async fn accept(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        shared.state().connections += 1;
        let shared = shared.clone();
        connections.spawn(async move {
            // A client that goes away in the middle is what some tests are about.
            let _ = serve(stream, &shared).await;
        });
    }
}

trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

async fn serve(stream: TcpStream, shared: &Shared) -> std::io::Result<()> {
    let stream: Box<dyn Stream> = match shared.encryption {
        Encryption::Tls => Box::new(acceptor().accept(stream).await?),
        Encryption::None | Encryption::Starttls => Box::new(stream),
    };
    let mut session = Session {
        stream: BufReader::new(stream),
        shared,
        encrypted: shared.encryption == Encryption::Tls,
        logged_in: shared.login.is_none(),
        from: String::new(),
        to: String::new(),
    };
    if !session.say(Stage::Greeting, "220 mail.example.org ESMTP").await? {
        return Ok(());
    }
    while let Some(line) = session.line().await? {
        if !session.obey(line.trim_end()).await? {
            return Ok(());
        }
    }
    Ok(())
}

/// One client's conversation.
struct Session<'a> {
    stream: BufReader<Box<dyn Stream>>,
    shared: &'a Shared,
    encrypted: bool,
    logged_in: bool,
    from: String,
    to: String,
}

impl Session<'_> {
    async fn line(&mut self) -> std::io::Result<Option<String>> {
        let mut line = String::new();
        Ok((self.stream.read_line(&mut line).await? > 0).then_some(line))
    }

    async fn write(&mut self, line: &str) -> std::io::Result<()> {
        let stream = self.stream.get_mut();
        stream.write_all(format!("{line}\r\n").as_bytes()).await?;
        stream.flush().await
    }

    /// Answers as this point of the conversation asks for; `false` where the conversation is over.
    async fn say(&mut self, stage: Stage, line: &str) -> std::io::Result<bool> {
        let conduct = self.shared.state().conduct;
        match conduct {
            Conduct::Answer(at, other) if at == stage => {
                self.write(other).await?;
                Ok(stage != Stage::Greeting)
            }
            Conduct::Hang(at) if at == stage => std::future::pending().await,
            Conduct::HangUp(at) if at == stage => Ok(false),
            _ => {
                self.write(line).await?;
                Ok(true)
            }
        }
    }

    async fn obey(&mut self, line: &str) -> std::io::Result<bool> {
        let verb = line.split([' ', ':']).next().unwrap_or("").to_ascii_uppercase();
        let locked = self.shared.encryption == Encryption::Starttls && !self.encrypted;
        match verb.as_str() {
            "EHLO" => {
                let extension = match (locked, self.shared.login) {
                    (true, _) => "250-STARTTLS\r\n",
                    (false, Some(_)) => "250-AUTH PLAIN LOGIN\r\n",
                    (false, None) => "",
                };
                self.write(&format!("250-mail.example.org\r\n{extension}250 8BITMIME")).await?;
            }
            "STARTTLS" if locked => return self.starttls().await,
            "QUIT" => {
                self.write("221 bye").await?;
                return Ok(false);
            }
            "RSET" | "NOOP" => self.write("250 ok").await?,
            _ if locked => self.write("530 5.7.0 Must issue a STARTTLS command first").await?,
            "AUTH" => return self.log_in(line).await,
            _ if !self.logged_in => self.write("530 5.7.0 Authentication required").await?,
            "MAIL" => {
                self.from = argument(line);
                return self.say(Stage::Sender, "250 ok").await;
            }
            "RCPT" => {
                self.to = argument(line);
                return self.say(Stage::Recipient, "250 ok").await;
            }
            "DATA" => return self.take_content().await,
            _ => self.write("502 5.5.1 Command not implemented").await?,
        }
        Ok(true)
    }

    async fn starttls(&mut self) -> std::io::Result<bool> {
        self.write("220 go ahead").await?;
        let (nothing, _) = tokio::io::duplex(1);
        let plain = std::mem::replace(&mut self.stream, BufReader::new(Box::new(nothing)));
        let encrypted = acceptor().accept(plain.into_inner()).await?;
        self.stream = BufReader::new(Box::new(encrypted));
        self.encrypted = true;
        Ok(true)
    }

    async fn log_in(&mut self, line: &str) -> std::io::Result<bool> {
        let expected = self.shared.login.map(|(name, password)| format!("\0{name}\0{password}"));
        let given = line.strip_prefix("AUTH PLAIN ").map(decode_base64);
        self.logged_in = given.is_some() && given == expected;
        let answer =
            if self.logged_in { "235 welcome" } else { "535 5.7.8 Authentication credentials invalid" };
        self.say(Stage::Login, answer).await
    }

    async fn take_content(&mut self) -> std::io::Result<bool> {
        if !self.say(Stage::Data, "354 go ahead").await? {
            return Ok(false);
        }
        if matches!(self.shared.state().conduct, Conduct::Answer(Stage::Data, _)) {
            return Ok(true);
        }
        let mut data = String::new();
        while let Some(line) = self.line().await? {
            if line == ".\r\n" {
                let refused = matches!(self.shared.state().conduct, Conduct::Answer(Stage::Content, _));
                if !refused {
                    // The content ends before the CRLF of the line with the dot.
                    let data = data.strip_suffix("\r\n").unwrap_or(&data).to_owned();
                    let received = Received { from: self.from.clone(), to: self.to.clone(), data };
                    self.shared.state().received.push(received);
                }
                return self.say(Stage::Content, "250 2.0.0 ok").await;
            }
            data.push_str(line.strip_prefix('.').unwrap_or(&line));
        }
        Ok(false)
    }
}

fn argument(line: &str) -> String {
    let inside = line.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    inside.map(|(argument, _)| argument.to_owned()).unwrap_or_default()
}

fn decode_base64(text: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for value in text.bytes().filter_map(|byte| ALPHABET.iter().position(|known| *known == byte)) {
        bits = bits << 6 | u32::try_from(value).unwrap_or(0);
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend(u8::try_from(bits >> count & 0xff));
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The file with the certificate that signs the server's.
pub fn authority() -> String {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/certificates/authority.pem").to_owned()
}

fn acceptor() -> TlsAcceptor {
    let chain = CertificateDer::pem_slice_iter(include_bytes!("../tests/certificates/server.pem"));
    let chain: Vec<_> = chain.collect::<Result<_, _>>().expect("the certificate is readable");
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("../tests/certificates/server.key.pem"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring knows the usual versions")
        .with_no_client_auth()
        .with_single_cert(chain, key.expect("the key is readable"))
        .expect("the key is the certificate's");
    TlsAcceptor::from(Arc::new(config))
}

//! Mail by SMTP (RFC 5321): TLS from the first byte, STARTTLS, or neither, with a time limit for every answer.
//!
//! Knows nothing of queues. A failure tells whether another try may help: a refusal of this mail for good (5xx)
//! is permanent, everything else is not, least of all a server that refuses everybody or a wrong password.

mod content;
mod idle;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::{Error, response::Response};
use rest_auth_core::mail::{MailError, Mailer};
use rest_auth_core::settings::{Email, Problem};
use rest_auth_core::store::QueuedMail;
use tokio::time::timeout;

use self::content::Content;
use self::idle::Idle;
use crate::message::{Message, Transfer, message};
use crate::problem;

/// Mails that are sent at once, each on a connection of its own.
const CONNECTIONS: usize = 4;

/// Codes by which a server asks for another login: a mistake of the operator, not of the mail.
const LOGIN_CODES: [u16; 4] = [530, 534, 535, 538];

/// Sends mails to one server, over connections that it keeps for a while.
#[derive(Clone)]
pub struct SmtpMailer {
    server: Arc<Server>,
    idle: Arc<Idle>,
    send_limit: Duration,
}

struct Server {
    host: String,
    port: u16,
    tls: Tls,
    credentials: Option<Credentials>,
    hello: ClientId,
    timeout: Duration,
}

enum Tls {
    None,
    Starttls(TlsParameters),
    FromFirstByte(TlsParameters),
}

impl SmtpMailer {
    /// For the server of `[email]`. Connects when the first mail is sent.
    pub fn new(settings: &Email) -> Result<Self, Problem> {
        let tls = match (settings.use_tls, settings.use_ssl) {
            (true, true) => {
                let hint = "use_tls is STARTTLS (port 587), use_ssl is TLS from the first byte (port 465): choose one";
                return Err(problem("use_ssl", "cannot be set together with email.use_tls", hint));
            }
            (false, false) => Tls::None,
            (true, false) => Tls::Starttls(tls_parameters(settings)?),
            (false, true) => Tls::FromFirstByte(tls_parameters(settings)?),
        };
        let password = settings.host_password.expose();
        let credentials = (!settings.host_user.is_empty())
            .then(|| Credentials::new(settings.host_user.clone(), password.clone()));
        let server = Server {
            host: settings.host.clone(),
            port: settings.port,
            tls,
            credentials,
            hello: ClientId::default(),
            timeout: settings.timeout.duration().max(Duration::from_secs(1)),
        };
        Ok(Self { server: Arc::new(server), idle: Arc::default(), send_limit: settings.send_limit() })
    }

    async fn deliver(&self, message: &Message) -> Result<(), MailError> {
        if let Some(connection) = self.idle.take() {
            match self.try_on(connection, message).await {
                // The server has closed a connection that waited: nothing was sent on it.
                Err(Refusal { stage: Stage::Sender, error: Failure::Connection(_) }) => {}
                other => return other.map_err(Refusal::into_error),
            }
        }
        let connection = self.server.connect().await.map_err(|error| {
            MailError::Temporary(format!("{}:{}: {error}", self.server.host, self.server.port))
        })?;
        self.try_on(connection, message).await.map_err(Refusal::into_error)
    }

    async fn try_on(&self, mut connection: AsyncSmtpConnection, message: &Message) -> Result<(), Refusal> {
        let result = self.server.transact(&mut connection, message).await;
        match &result {
            Ok(()) => self.idle.park(connection),
            // A server that has answered is told good-bye; one that has not is left alone.
            Err(Refusal { error: Failure::Connection(_), .. }) => {}
            Err(_) => {
                let _ = timeout(Duration::from_secs(1), connection.quit()).await;
            }
        }
        result
    }
}

impl std::fmt::Debug for SmtpMailer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SmtpMailer")
            .field("host", &self.server.host)
            .field("port", &self.server.port)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, mail: &QueuedMail) -> Result<(), MailError> {
        let message = message(mail, Transfer::SevenBit)?;
        // Each answer has its limit; the whole has one too, or a server that drips could hold a mail for minutes.
        match timeout(self.send_limit, self.deliver(&message)).await {
            Ok(result) => result,
            Err(_) => Err(MailError::Temporary("the server took too long altogether".to_owned())),
        }
    }

    fn concurrency(&self) -> usize {
        CONNECTIONS
    }
}

/// How far a mail had come when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Sender,
    Recipient,
    Content,
}

enum Failure {
    /// The server has answered.
    Answer(Error),
    /// The address is beyond what the server can take.
    Unsupported,
    /// No answer, or none that can be understood.
    Connection(String),
}

struct Refusal {
    stage: Stage,
    error: Failure,
}

impl Refusal {
    fn into_error(self) -> MailError {
        let stage = match self.stage {
            Stage::Sender => "MAIL FROM",
            Stage::Recipient => "RCPT TO",
            Stage::Content => "DATA",
        };
        match self.error {
            Failure::Connection(reason) => MailError::Temporary(format!("{stage}: {reason}")),
            Failure::Unsupported => {
                MailError::Permanent("the address needs SMTPUTF8, which the server does not offer".to_owned())
            }
            Failure::Answer(error) => {
                let code = error.status().map(u16::from);
                let about_login = code.is_some_and(|code| LOGIN_CODES.contains(&code));
                let reason = format!("{stage}: {error}");
                if error.is_permanent() && !about_login {
                    MailError::Permanent(reason)
                } else {
                    MailError::Temporary(reason)
                }
            }
        }
    }
}

impl Server {
    /// Connects, encrypts and logs in. Whatever fails here would fail for every mail, so nothing is permanent. The words
    /// name the settings to look at.
    async fn connect(&self) -> Result<AsyncSmtpConnection, String> {
        let tls = match &self.tls {
            Tls::FromFirstByte(parameters) => Some(parameters.clone()),
            Tls::None | Tls::Starttls(_) => None,
        };
        let address = (self.host.as_str(), self.port);
        let connecting =
            AsyncSmtpConnection::connect_tokio1(address, Some(self.timeout), &self.hello, tls, None);
        // The greeting, its answer and TLS come after the connection itself.
        let mut connection = self.limited(2, connecting).await.map_err(|error| {
            let ssl = if matches!(self.tls, Tls::FromFirstByte(_)) { ", email.use_ssl" } else { "" };
            format!("no connection (email.host, email.port{ssl}): {error}")
        })?;
        if let Tls::Starttls(parameters) = &self.tls {
            let encrypting = connection.starttls(parameters.clone(), &self.hello);
            let failed = |error| format!("STARTTLS failed (email.use_tls): {error}");
            self.limited(1, encrypting).await.map_err(failed)?;
        }
        if let Some(credentials) = &self.credentials {
            let logging_in = connection.auth(DEFAULT_MECHANISMS, credentials);
            let failed = |error| format!("the login failed (email.host_user, email.host_password): {error}");
            self.limited(1, logging_in).await.map_err(failed)?;
        }
        Ok(connection)
    }

    async fn limited<T>(
        &self,
        times: u32,
        step: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, String> {
        match timeout(self.timeout * times, step).await {
            Ok(result) => result.map_err(|error| error.to_string()),
            Err(_) => Err("no answer within the time limit".to_owned()),
        }
    }

    /// One mail on a connection.
    async fn transact(&self, connection: &mut AsyncSmtpConnection, message: &Message) -> Result<(), Refusal> {
        let parameters = parameters(connection, message)?;
        let envelope = &message.envelope;
        let command = Mail::new(envelope.from().cloned(), parameters);
        self.step(Stage::Sender, connection.command(command)).await?;
        for recipient in envelope.to() {
            self.step(Stage::Recipient, connection.command(Rcpt::new(recipient.clone(), Vec::new()))).await?;
        }
        self.step(Stage::Content, connection.command(Data)).await?;
        match std::str::from_utf8(message.as_bytes()) {
            Ok(text) => self.step(Stage::Content, connection.command(Content(text))).await,
            Err(_) => self.step(Stage::Content, connection.message(message.as_bytes())).await,
        }
    }

    async fn step(
        &self,
        stage: Stage,
        step: impl Future<Output = Result<Response, Error>>,
    ) -> Result<(), Refusal> {
        let error = match timeout(self.timeout, step).await {
            Ok(Ok(_)) => return Ok(()),
            // 421: the server is about to close the connection, whatever the command was.
            Ok(Err(error)) if error.status().is_some_and(|code| u16::from(code) != 421) => {
                Failure::Answer(error)
            }
            Ok(Err(error)) => Failure::Connection(error.to_string()),
            Err(_) => Failure::Connection("no answer within the time limit".to_owned()),
        };
        Err(Refusal { stage, error })
    }
}

/// An address beyond ASCII needs SMTPUTF8 (RFC 6531), which not every server has.
fn parameters(connection: &AsyncSmtpConnection, message: &Message) -> Result<Vec<MailParameter>, Refusal> {
    let envelope = &message.envelope;
    let ascii = |address: &lettre::Address| AsRef::<str>::as_ref(address).is_ascii();
    if envelope.from().into_iter().chain(envelope.to()).all(ascii) {
        return Ok(Vec::new());
    }
    if connection.server_info().supports_feature(Extension::SmtpUtfEight) {
        return Ok(vec![MailParameter::SmtpUtfEight, MailParameter::Body(MailBodyParameter::EightBitMime)]);
    }
    Err(Refusal { stage: Stage::Sender, error: Failure::Unsupported })
}

fn tls_parameters(settings: &Email) -> Result<TlsParameters, Problem> {
    let mut builder = TlsParameters::builder(settings.host.clone());
    if let Some(path) = settings.ca_file.as_deref() {
        let hint = "name a file with certificates in PEM form";
        let unusable = |error: String| problem("ca_file", format!("{path} cannot be used: {error}"), hint);
        let pem = std::fs::read(path).map_err(|error| unusable(error.to_string()))?;
        let certificates = Certificate::from_pem(&pem).map_err(|error| unusable(error.to_string()))?;
        builder = builder.add_root_certificate(certificates);
    }
    builder
        .build()
        .map_err(|error| problem("use_tls", format!("TLS cannot be set up: {error}"), "check email.ca_file"))
}

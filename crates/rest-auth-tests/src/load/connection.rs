//! Kept-alive HTTP/1.1 connections, as plain as a client can be: they write a request and read the answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// A connection whose thread waits for each answer.
pub(super) struct Connection {
    stream: TcpStream,
    inbox: Inbox,
}

/// A connection that shares its thread with others.
pub(super) struct SharedConnection {
    stream: tokio::net::TcpStream,
    inbox: Inbox,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer<'a> {
    pub(super) status: u16,
    /// `Retry-After`, in seconds.
    pub(super) retry_after: Option<u64>,
    pub(super) body: &'a [u8],
    /// Everything before the body.
    pub(super) head: &'a [u8],
}

impl Connection {
    /// Connects.
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, inbox: Inbox::default() })
    }

    /// Sends a whole request and waits for the whole answer.
    pub(super) fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        self.inbox.clear();
        while !self.inbox.is_whole()? {
            let read = self.stream.read(self.inbox.space())?;
            self.inbox.fill(read)?;
        }
        self.inbox.answer()
    }

    /// The same connection for a runtime.
    pub(super) fn shared(self) -> io::Result<SharedConnection> {
        self.stream.set_nonblocking(true)?;
        Ok(SharedConnection { stream: tokio::net::TcpStream::from_std(self.stream)?, inbox: self.inbox })
    }
}

impl SharedConnection {
    /// Sends a whole request and waits for the whole answer.
    pub(super) async fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.inbox.clear();
        while !self.inbox.is_whole()? {
            let read = self.stream.read(self.inbox.space()).await?;
            self.inbox.fill(read)?;
        }
        self.inbox.answer()
    }
}

/// The bytes of an answer as they come.
struct Inbox {
    buffer: Vec<u8>,
    filled: usize,
    head: Option<Head>,
}

/// What the head of an answer says.
struct Head {
    status: u16,
    retry_after: Option<u64>,
    body: usize,
    end: usize,
}

impl Default for Inbox {
    fn default() -> Self {
        Self { buffer: vec![0; 4096], filled: 0, head: None }
    }
}

impl Inbox {
    fn clear(&mut self) {
        (self.filled, self.head) = (0, None);
    }

    /// Where the next bytes go.
    fn space(&mut self) -> &mut [u8] {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        &mut self.buffer[self.filled..]
    }

    /// So many bytes have come; none means that the server has hung up.
    fn fill(&mut self, read: usize) -> io::Result<()> {
        self.filled += read;
        if read == 0 { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(()) }
    }

    /// Whether the answer is here, to its last byte and no further.
    fn is_whole(&mut self) -> io::Result<bool> {
        if self.head.is_none() {
            self.head = Head::read(&self.buffer[..self.filled])?;
        }
        match &self.head {
            Some(head) if self.filled > head.end => Err(invalid("bytes after the end of the answer")),
            Some(head) => Ok(self.filled == head.end),
            None => Ok(false),
        }
    }

    fn answer(&self) -> io::Result<Answer<'_>> {
        let head = self.head.as_ref().ok_or_else(|| invalid("no answer"))?;
        let (before, body) = self.buffer[..head.end].split_at(head.body);
        Ok(Answer { status: head.status, retry_after: head.retry_after, body, head: before })
    }
}

impl Answer<'_> {
    /// The headers, in order.
    pub(super) fn headers(&self) -> io::Result<Vec<(String, String)>> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        response.parse(self.head).map_err(invalid)?;
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        Ok(response.headers.iter().map(|header| (header.name.to_owned(), text(header.value))).collect())
    }

    /// For a message about an answer that should have been another one.
    pub(super) fn describe(&self) -> String {
        format!("{} {}", self.status, String::from_utf8_lossy(self.body))
    }
}

impl Head {
    /// Reads the head, if all of it is there.
    fn read(bytes: &[u8]) -> io::Result<Option<Self>> {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut response = httparse::Response::new(&mut headers);
        let httparse::Status::Complete(body) = response.parse(bytes).map_err(invalid)? else {
            return Ok(None);
        };
        let number = |name: &str| -> Option<usize> {
            let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(header.value).ok()?.parse().ok()
        };
        let length = number("content-length").ok_or_else(|| invalid("an answer without a length"))?;
        Ok(Some(Self {
            status: response.code.ok_or_else(|| invalid("an answer without a status"))?,
            retry_after: number("retry-after").map(|seconds| seconds as u64),
            body,
            end: body + length,
        }))
    }
}

fn invalid(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

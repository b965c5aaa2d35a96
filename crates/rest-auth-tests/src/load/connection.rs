//! One kept-alive HTTP/1.1 connection, as plain as a client can be: it writes a request and reads the answer.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any answer may take.
const PATIENCE: Duration = Duration::from_mins(1);

/// See the module.
pub(super) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    /// How much of the buffer is filled.
    filled: usize,
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

/// What the head of an answer says.
struct Head {
    status: u16,
    retry_after: Option<u64>,
    length: usize,
    body: usize,
}

impl Connection {
    /// Connects.
    pub(super) fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: vec![0; 8192], filled: 0 })
    }

    /// Sends a whole request and waits for the whole answer.
    pub(super) fn ask(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        self.stream.write_all(request)?;
        self.filled = 0;
        let head = loop {
            self.read_more()?;
            if let Some(head) = head(&self.buffer[..self.filled])? {
                break head;
            }
        };
        let end = head.body + head.length;
        while self.filled < end {
            self.read_more()?;
        }
        if self.filled > end {
            return Err(invalid("bytes after the end of the answer"));
        }
        let (before, body) = self.buffer[..end].split_at(head.body);
        Ok(Answer { status: head.status, retry_after: head.retry_after, body, head: before })
    }

    fn read_more(&mut self) -> io::Result<()> {
        if self.filled == self.buffer.len() {
            self.buffer.resize(2 * self.filled, 0);
        }
        match self.stream.read(&mut self.buffer[self.filled..])? {
            0 => Err(io::ErrorKind::UnexpectedEof.into()),
            read => {
                self.filled += read;
                Ok(())
            }
        }
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

/// Reads the head, if all of it is there.
fn head(bytes: &[u8]) -> io::Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(body) = response.parse(bytes).map_err(invalid)? else { return Ok(None) };
    let number = |name: &str| -> Option<u64> {
        let header = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
        std::str::from_utf8(header.value).ok()?.parse().ok()
    };
    let length = number("content-length").ok_or_else(|| invalid("an answer without a length"))?;
    Ok(Some(Head {
        status: response.code.ok_or_else(|| invalid("an answer without a status"))?,
        retry_after: number("retry-after"),
        length: usize::try_from(length).map_err(invalid)?,
        body,
    }))
}

fn invalid(reason: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason)
}

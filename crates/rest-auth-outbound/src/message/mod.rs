//! A mail as text: RFC 5322 with the headers that Django writes, and no others.

use std::time::{Duration, UNIX_EPOCH};

use lettre::address::Envelope;
use lettre::message::header::{
    ContentTransferEncoding, ContentType, Header, HeaderName, HeaderValue, MIME_VERSION_1_0,
};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart, SinglePart};
use lettre::{Address, Message as Built};
use rest_auth_core::mail::MailError;
use rest_auth_core::store::QueuedMail;

/// RFC 5322, 2.1.1, without CRLF.
const LINE_LENGTH: usize = 998;

/// What the way can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// Seven bits: SMTP without extensions. Other text is quoted-printable or base64.
    SevenBit,
    /// Eight bits: a file or a terminal, where text stays readable.
    EightBit,
}

/// A mail as text, and between whom it travels.
#[derive(Clone)]
pub struct Message {
    /// Sender and recipient, for SMTP.
    pub(crate) envelope: Envelope,
    bytes: Vec<u8>,
}

impl Message {
    /// Headers and body, lines ended by CRLF.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// Holds links that let somebody in, so it does not show.
impl std::fmt::Debug for Message {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Message").field("length", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Writes a mail down. The same queued mail always makes the same text, so a second try is recognised by
/// its Message-ID. An address that is none is a permanent error.
pub fn message(queued: &QueuedMail, transfer: Transfer) -> Result<Message, MailError> {
    let mail = &queued.mail;
    let from = mailbox(&mail.from).ok_or_else(|| refused("the sender is no address"))?;
    let to = address(&mail.to).ok_or_else(|| refused("the recipient is no address"))?;
    let envelope = Envelope::new(Some(from.email.clone()), vec![to.clone()])
        .map_err(|error| refused(&error.to_string()))?;
    let text = Part::new("text/plain; charset=\"utf-8\"", &mail.text, transfer);
    let built = match &mail.html {
        None => {
            let builder = Built::builder().header(text.content_type).header(MIME_VERSION_1_0);
            let builder = builder.header(text.body.encoding());
            headers(builder, queued, from, to).envelope(envelope.clone()).body(text.body)
        }
        Some(html) => {
            let html = Part::new("text/html; charset=\"utf-8\"", html, transfer);
            let boundary = boundary(queued, &[&text.body, &html.body]);
            let parts = MultiPart::alternative()
                .boundary(boundary)
                .singlepart(text.single())
                .singlepart(html.single());
            headers(Built::builder(), queued, from, to).envelope(envelope.clone()).multipart(parts)
        }
    };
    let bytes = built.map_err(|error| refused(&error.to_string()))?.formatted();
    Ok(Message { envelope, bytes })
}

/// Whether a text can be the sender of mails: an address, or `Name <address>`.
pub fn is_sender(text: &str) -> bool {
    mailbox(text).is_some()
}

struct Part {
    content_type: RawContentType,
    body: Body,
}

impl Part {
    fn new(content_type: &'static str, text: &str, transfer: Transfer) -> Self {
        let body = readable(text, transfer).unwrap_or_else(|| Body::new(text.to_owned()));
        Self { content_type: RawContentType(content_type), body }
    }

    fn single(self) -> SinglePart {
        SinglePart::builder().header(self.content_type).body(self.body)
    }
}

/// The text as it is, where its lines are short enough for SMTP: a link in it is not broken into pieces.
fn readable(text: &str, transfer: Transfer) -> Option<Body> {
    let encoding = match transfer {
        _ if text.is_ascii() => ContentTransferEncoding::SevenBit,
        Transfer::EightBit => ContentTransferEncoding::EightBit,
        Transfer::SevenBit => return None,
    };
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let short = text.split('\n').all(|line| line.len() <= LINE_LENGTH);
    (short && !text.contains('\0'))
        .then(|| Body::dangerous_pre_encoded(text.replace('\n', "\r\n").into_bytes(), encoding))
}

/// Content-Type as Python writes it: with the charset in quotes, which some readers of mail expect.
#[derive(Clone)]
struct RawContentType(&'static str);

impl Header for RawContentType {
    fn name() -> HeaderName {
        ContentType::name()
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Err("this header is only written".into())
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::dangerous_new_pre_encoded(Self::name(), self.0.to_owned(), self.0.to_owned())
    }
}

fn headers(builder: MessageBuilder, queued: &QueuedMail, from: Mailbox, to: Address) -> MessageBuilder {
    // Years that RFC 5322 cannot write do not occur, unless a row is damaged.
    let seconds = u64::try_from(queued.created.seconds()).unwrap_or(0).min(253_402_300_799);
    let id = format!("<{}.{}.rest-auth@{}>", queued.created.micros(), queued.id, from.email.domain());
    builder
        .subject(one_line(&queued.mail.subject))
        .from(from)
        .to(Mailbox::new(None, to))
        .date(UNIX_EPOCH + Duration::from_secs(seconds))
        .message_id(Some(id))
}

/// A line that no part contains: whoever can write into a mail must not be able to end a part of it.
fn boundary(queued: &QueuedMail, parts: &[&Body]) -> String {
    let taken = |boundary: &str| {
        let bytes = boundary.as_bytes();
        parts.iter().any(|part| part.as_ref().windows(bytes.len()).any(|window| window == bytes))
    };
    let mut count = 0_u32;
    loop {
        let boundary = format!("==={}-{}-{count}===", queued.created.micros(), queued.id);
        if !taken(&boundary) {
            return boundary;
        }
        count += 1;
    }
}

fn mailbox(text: &str) -> Option<Mailbox> {
    let text = text.trim();
    let Some((name, bare)) = text.strip_suffix('>').and_then(|text| text.rsplit_once('<')) else {
        return Some(Mailbox::new(None, address(text)?));
    };
    let name = name.trim();
    let name = match name.strip_prefix('"').and_then(|name| name.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\\\"", "\"").replace("\\\\", "\\"),
        None => name.to_owned(),
    };
    let name = Some(one_line(&name)).filter(|name| !name.is_empty());
    Some(Mailbox::new(name, address(bare.trim())?))
}

/// An address with its domain in ASCII, as Django's `sanitize_address`.
fn address(text: &str) -> Option<Address> {
    let (user, domain) = text.rsplit_once('@')?;
    let domain = if domain.is_ascii() { domain.to_owned() } else { idna::domain_to_ascii(domain).ok()? };
    Address::new(user, domain).ok()
}

/// A space for each character that could end a header.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn refused(reason: &str) -> MailError {
    MailError::Permanent(reason.to_owned())
}

#[cfg(test)]
mod tests;

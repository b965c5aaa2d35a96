//! `multipart/form-data`, as Django's `MultiPartParser` reads it: leniently. What is broken has no fields.
//!
//! The whole body is in memory already and bounded, so this is a search for boundaries, in linear time. A file
//! becomes [`Input::File`]; its content is nobody's business here.

use memchr::memmem;
use rest_auth_core::form::Input;
use rest_auth_core::messages;

use super::charset::Charset;
use super::entries::Entries;
use crate::error::ApiError;
use crate::media_type::MediaType;

/// The headers of a part must end within so many bytes (Django's `MAX_TOTAL_HEADER_SIZE`).
const MAX_HEADERS: usize = 1024;
/// Django's `DATA_UPLOAD_MAX_NUMBER_FILES`.
const MAX_FILES: usize = 100;
/// Django counts the two empty pieces around the outermost boundaries as fields, and allows for them.
const OUTER_PIECES: usize = 2;

/// The boundary that a content type names; `sent` is the header as sent.
pub(super) fn boundary(sent: &str, kind: &MediaType) -> Result<String, ApiError> {
    if !sent.starts_with("multipart/") {
        return Err(refused(&messages::multipart::invalid_content_type(sent)));
    }
    if !sent.is_ascii() {
        return Err(refused(&messages::multipart::non_ascii_content_type(sent)));
    }
    let boundary = kind.parameter("boundary");
    match boundary {
        Some(text) if is_boundary(text) => Ok(text.to_owned()),
        other => Err(refused(&messages::multipart::invalid_boundary(other))),
    }
}

fn is_boundary(text: &str) -> bool {
    text.len() <= 201
        && text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        && text.bytes().next_back().is_some_and(|byte| byte != b' ')
}

/// Reads a form. The last value of a repeated key counts, and files win over text.
pub(super) fn parse(
    body: &[u8],
    boundary: &str,
    charset: Charset,
    max_fields: usize,
) -> Result<Input, ApiError> {
    let (mut fields, mut files) = (Entries::default(), Vec::new());
    let (mut field_count, mut file_count) = (0, 0);
    for piece in pieces(body, boundary) {
        let part = Part::read(piece)?;
        if part.is_file {
            file_count += 1;
            if file_count > MAX_FILES {
                return Err(ApiError::BadRequest(messages::TOO_MANY_FIELDS));
            }
        } else {
            field_count += 1;
            if field_count > max_fields + OUTER_PIECES {
                return Err(ApiError::BadRequest(messages::TOO_MANY_FIELDS));
            }
        }
        let Some(name) = part.name.clone() else { continue };
        if !part.is_file {
            fields.put(name, Input::text(charset.decode_leniently(&part.content())));
        } else if part.has_file_name && !name.is_empty() {
            part.check_file()?;
            files.push(name);
        }
    }
    for name in files {
        fields.put(name, Input::File);
    }
    Ok(fields.into_input())
}

/// What stands before, between and after the boundaries, without the line ends that belong to these.
fn pieces<'a>(body: &'a [u8], boundary: &str) -> impl Iterator<Item = &'a [u8]> {
    let delimiter = format!("--{boundary}");
    let mut starts: Vec<usize> = memmem::find_iter(body, delimiter.as_bytes()).collect();
    starts.push(body.len());
    let mut from = 0;
    starts.into_iter().filter_map(move |start| {
        let piece = &body[from..start];
        let is_last = start == body.len();
        from = (start + delimiter.len()).min(body.len());
        if is_last {
            return (!piece.is_empty()).then_some(piece);
        }
        let piece = piece.strip_suffix(b"\n").unwrap_or(piece);
        Some(piece.strip_suffix(b"\r").unwrap_or(piece))
    })
}

/// One piece between two boundaries.
struct Part<'a> {
    name: Option<String>,
    is_file: bool,
    /// Whether the file's name is one; a file without is skipped.
    has_file_name: bool,
    is_base64: bool,
    raw: &'a [u8],
}

impl<'a> Part<'a> {
    fn read(piece: &'a [u8]) -> Result<Self, ApiError> {
        let mut part =
            Self { name: None, is_file: false, has_file_name: false, is_base64: false, raw: piece };
        let head = &piece[..piece.len().min(MAX_HEADERS)];
        let Some(end) = memmem::find(head, b"\r\n\r\n") else {
            return if piece.len() < MAX_HEADERS {
                Ok(part)
            } else {
                Err(refused(messages::multipart::HEADERS_TOO_LONG))
            };
        };
        part.raw = &piece[end + 4..];
        for line in lines(&head[..end]) {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let header = MediaType::parse(line);
            match header.essence.split_once(':') {
                Some(("content-disposition", _)) => part.describe(&header),
                Some(("content-transfer-encoding", encoding)) => part.is_base64 = encoding.trim() == "base64",
                _ => {}
            }
        }
        Ok(part)
    }

    fn describe(&mut self, disposition: &MediaType) {
        self.name = disposition.parameter("name").map(|name| name.trim().to_owned());
        let file_name = disposition.parameter("filename").unwrap_or_default();
        self.is_file = !file_name.is_empty();
        let last = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        let printable: String = last.chars().filter(|letter| !letter.is_control()).collect();
        self.has_file_name = !matches!(printable.as_str(), "" | "." | "..");
    }

    /// Nobody reads files here, but what claims to be base64 must be, as with Django.
    fn check_file(&self) -> Result<(), ApiError> {
        let letters = self.raw.iter().filter(|byte| !byte.is_ascii_whitespace()).count();
        if self.is_base64 && (letters % 4 != 0 || decode_base64(self.raw).is_none()) {
            return Err(refused(messages::multipart::INVALID_BASE64));
        }
        Ok(())
    }

    fn content(&self) -> std::borrow::Cow<'a, [u8]> {
        match self.is_base64.then(|| decode_base64(self.raw)).flatten() {
            Some(decoded) => decoded.into(),
            None => self.raw.into(),
        }
    }
}

fn lines(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut ends: Vec<usize> = memmem::find_iter(head, b"\r\n").collect();
    ends.push(head.len());
    let mut from = 0;
    ends.into_iter().map(move |end| {
        let line = &head[from..end];
        from = (end + 2).min(head.len());
        line
    })
}

/// Base64 as Python reads it when not asked to be strict: foreign characters are skipped.
fn decode_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let (mut out, mut bits, mut filled, mut padding) = (Vec::new(), 0_u32, 0, 0);
    for byte in bytes {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding += 1;
                if filled >= 2 && filled + padding >= 4 {
                    return Some(out);
                }
                continue;
            }
            _ => continue,
        };
        padding = 0;
        bits = (bits << 6) | u32::from(value);
        filled = (filled + 1) % 4;
        match filled {
            0 => out.push(low_byte(bits)),
            2 => out.push(low_byte(bits >> 4)),
            3 => out.push(low_byte(bits >> 2)),
            _ => {}
        }
        bits &= 0xfff;
    }
    (filled == 0).then_some(out)
}

fn low_byte(bits: u32) -> u8 {
    u8::try_from(bits & 0xff).expect("eight bits are a byte")
}

fn refused(reason: &str) -> ApiError {
    ApiError::ParseError(messages::multipart_parse_error(reason))
}

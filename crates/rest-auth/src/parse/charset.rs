//! The text encoding of a body, from the `charset` of its `Content-Type`.
//!
//! Django takes every codec that Python has. Here are those that browsers know; anything unknown counts as
//! UTF-8, as with Django. What Python has and is no encoding of bytes as text is refused, since DRF refuses it.

use rest_auth_core::messages;

use crate::error::ApiError;
use crate::media_type::MediaType;

/// Python's codecs that are no text encodings, and the encodings of text that nobody posts and that can
/// smuggle ASCII past a filter. Letters and digits of the name only.
const REFUSED: &[&str] = &[
    "base64",
    "base64codec",
    "bz2",
    "bz2codec",
    "hex",
    "hexcodec",
    "idna",
    "punycode",
    "quopri",
    "quopricodec",
    "quotedprintable",
    "rawunicodeescape",
    "rot13",
    "undefined",
    "unicodeescape",
    "utf16",
    "utf16be",
    "utf16le",
    "utf32",
    "utf32be",
    "utf32le",
    "utf7",
    "uu",
    "uucodec",
    "zip",
    "zlib",
    "zlibcodec",
];

/// A way to read bytes as text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Charset {
    Utf8,
    Ascii,
    Latin1,
    Other(&'static encoding_rs::Encoding),
}

impl Charset {
    /// The charset that a content type names.
    pub(super) fn of(kind: &MediaType) -> Result<Self, ApiError> {
        let Some(name) = kind.parameter("charset") else { return Ok(Self::Utf8) };
        let short: String = name
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .map(|letter| letter.to_ascii_lowercase())
            .collect();
        match short.as_str() {
            "utf8" | "u8" | "utf" => Ok(Self::Utf8),
            "ascii" | "usascii" | "646" => Ok(Self::Ascii),
            "latin1" | "latin" | "l1" | "iso88591" | "8859" | "cp819" => Ok(Self::Latin1),
            refused if REFUSED.contains(&refused) => {
                Err(ApiError::ParseError(messages::unsupported_charset(name)))
            }
            _ => Ok(other(name, &short).map_or(Self::Utf8, Self::Other)),
        }
    }

    /// All of the bytes as text, or Python's reason why they are none. A character that the end of the body
    /// cuts off is dropped, as Python's stream reader drops it.
    pub(super) fn decode_strictly(self, bytes: &[u8]) -> Result<String, ApiError> {
        match self {
            Self::Utf8 => utf8_prefix(bytes).map(str::to_owned),
            Self::Latin1 => Ok(self.decode_leniently(bytes)),
            Self::Ascii => match bytes.iter().position(|byte| !byte.is_ascii()) {
                None => Ok(self.decode_leniently(bytes)),
                Some(at) => Err(undecodable("ascii", &bytes[at..=at], at, messages::json::NOT_ASCII)),
            },
            Self::Other(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(std::borrow::Cow::into_owned)
                .ok_or_else(|| json_error(&messages::json::undecodable(&encoding.name().to_lowercase()))),
        }
    }

    /// All of the bytes as text; what is none becomes U+FFFD.
    pub(super) fn decode_leniently(self, bytes: &[u8]) -> String {
        match self {
            Self::Utf8 => String::from_utf8_lossy(bytes).into_owned(),
            Self::Ascii => bytes
                .iter()
                .map(|byte| if byte.is_ascii() { char::from(*byte) } else { char::REPLACEMENT_CHARACTER })
                .collect(),
            Self::Latin1 => bytes.iter().map(|byte| char::from(*byte)).collect(),
            Self::Other(encoding) => encoding.decode_without_bom_handling(bytes).0.into_owned(),
        }
    }

    /// Whether the bytes are text in this encoding.
    pub(super) fn accepts(self, bytes: &[u8]) -> bool {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).is_ok(),
            Self::Ascii => bytes.is_ascii(),
            Self::Latin1 => true,
            Self::Other(encoding) => {
                encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some()
            }
        }
    }
}

/// An encoding of the web by its own name, or by Python's for the code pages of Windows.
fn other(name: &str, short: &str) -> Option<&'static encoding_rs::Encoding> {
    encoding_rs::Encoding::for_label(name.replace('_', "-").as_bytes())
        .or_else(|| encoding_rs::Encoding::for_label(name.as_bytes()))
        .or_else(|| encoding_rs::Encoding::for_label(short.as_bytes()))
        .filter(|encoding| encoding.is_ascii_compatible())
}

fn utf8_prefix(bytes: &[u8]) -> Result<&str, ApiError> {
    let error = match std::str::from_utf8(bytes) {
        Ok(text) => return Ok(text),
        Err(error) => error,
    };
    let at = error.valid_up_to();
    match error.error_len() {
        None => Ok(std::str::from_utf8(&bytes[..at]).expect("valid up to here")),
        Some(length) => {
            let reason = if matches!(bytes[at], 0x80..=0xc1 | 0xf5..=0xff) {
                messages::json::INVALID_START_BYTE
            } else {
                messages::json::INVALID_CONTINUATION_BYTE
            };
            Err(undecodable("utf-8", &bytes[at..at + length], at, reason))
        }
    }
}

fn undecodable(codec: &str, bytes: &[u8], at: usize, reason: &str) -> ApiError {
    json_error(&messages::json::undecodable_bytes(codec, bytes, at, reason))
}

fn json_error(reason: &str) -> ApiError {
    ApiError::ParseError(messages::json_parse_error(reason))
}

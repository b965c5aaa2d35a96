//! Base 64 with `-` and `_`, without padding, as signed values carry it.
//!
//! Reading follows Python's `base64.urlsafe_b64decode`, which is lenient: it takes `+` and `/` too, skips
//! characters that belong to no alphabet, and ignores unused bits. It is therefore only for text whose
//! signature was verified, or whose content is looked up afterwards.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes as URL-safe base 64 without `=`.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind a text whose padding was cut off (`django.core.signing.b64_decode`): `=` is added up to a
/// multiple of four, then the text is read leniently.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    decode_padded(text, text.len().wrapping_neg() % 4)
}

/// The bytes behind the `uid` of Django's own reset links (`django.utils.http.urlsafe_base64_decode`), which
/// adds `length mod 4` signs of padding: one too many for three characters, which is harmless.
pub fn decode_uid(text: &str) -> Option<Vec<u8>> {
    decode_padded(text, text.len() % 4)
}

/// `binascii.a2b_base64` over the text and `padding` signs of `=`.
fn decode_padded(text: &str, padding: usize) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut held = 0_u8;
    let mut place = 0;
    let mut signs = 0;
    for byte in text.bytes().chain(std::iter::repeat_n(b'=', padding)) {
        if byte == b'=' {
            signs += 1;
            if place >= 2 && place + signs >= 4 {
                return Some(bytes);
            }
            continue;
        }
        let Some(value) = sextet(byte) else { continue };
        signs = 0;
        match place {
            0 => {}
            1 => bytes.push(held << 2 | value >> 4),
            2 => bytes.push(held << 4 | value >> 2),
            _ => bytes.push(held << 6 | value),
        }
        held = value;
        place = (place + 1) % 4;
    }
    (place == 0).then_some(bytes)
}

fn sextet(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'-' | b'+' => Some(62),
        b'_' | b'/' => Some(63),
        _ => None,
    }
}

//! Base 64 with `-` and `_`, without padding, as signed values carry it; and the ordinary one, as headers do.
//!
//! Reading mostly follows Python's `base64.urlsafe_b64decode`, which is lenient: it takes `+` and `/` too, skips
//! characters that belong to no alphabet, and ignores unused bits. It is therefore only for text whose
//! signature was verified, or whose content is looked up afterwards. [`decode_strict`] is for the rest.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes as URL-safe base 64 without `=`.
pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The bytes behind a text whose padding was cut off (`django.core.signing.b64_decode`): `=` is added up to a
/// multiple of four, then the text is read leniently.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    decode_padded(text.as_bytes(), text.len().wrapping_neg() % 4, sextet)
}

/// The bytes behind a text that [`encode`] could have written, with or without the `=` that make its length a
/// multiple of four: no other character, no unused bit. For text that nobody vouches for yet.
pub fn decode_strict(text: &[u8]) -> Option<Vec<u8>> {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 || (padding > 0 && !text.len().is_multiple_of(4)) {
        return None;
    }
    URL_SAFE_NO_PAD.decode(&text[..text.len() - padding]).ok()
}

/// The bytes behind the `uid` of Django's own reset links (`django.utils.http.urlsafe_base64_decode`), which
/// adds `length mod 4` signs of padding: one too many for three characters, which is harmless.
pub fn decode_uid(text: &str) -> Option<Vec<u8>> {
    decode_padded(text.as_bytes(), text.len() % 4, sextet)
}

/// The bytes behind ordinary base 64 with `+`, `/` and its padding (`base64.b64decode`), read leniently as well.
pub(crate) fn decode_standard(text: &[u8]) -> Option<Vec<u8>> {
    decode_padded(text, 0, |byte| sextet(byte).filter(|_| !matches!(byte, b'-' | b'_')))
}

/// `binascii.a2b_base64` over the text and `padding` signs of `=`.
fn decode_padded(text: &[u8], padding: usize, sextet: impl Fn(u8) -> Option<u8>) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let mut held = 0_u8;
    let mut place = 0;
    let mut signs = 0;
    for byte in text.iter().copied().chain(std::iter::repeat_n(b'=', padding)) {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strict_reading_takes_one_spelling_and_its_padding() {
        for (text, bytes) in [
            ("", &b""[..]),
            ("YQ", b"a"),
            ("YQ==", b"a"),
            ("YWI", b"ab"),
            ("YWI=", b"ab"),
            ("YWJj", b"abc"),
            ("-_-_", &[0xfb, 0xff, 0xbf]),
        ] {
            assert_eq!(decode_strict(text.as_bytes()).as_deref(), Some(bytes), "{text}");
        }
        let wrong = "Y YQ= YR YR== YWJ YQ=a =YQ YWJj= YWJj== YWJj==== = == ==== ===== +/+/ Y-+a YWJj. é";
        for text in wrong.split(' ').chain([" YQ", "YQ\n", "Y Q"]) {
            assert_eq!(decode_strict(text.as_bytes()), None, "{text:?}");
        }
    }
}

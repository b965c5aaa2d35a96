//! The payload of a signed object: JSON, perhaps compressed, in URL-safe base 64.

use std::io::Write;

use flate2::write::ZlibEncoder;
use flate2::{Decompress, FlushDecompress, Status};
use serde_json::Value;

use crate::{base64url, json};

/// The most that a compressed payload may unpack to. Only what a secret signed is unpacked at all, and a
/// session row of Django has a few hundred bytes.
const MOST_UNPACKED: usize = 1024 * 1024;

/// Whether the JSON is compressed before it is signed. Readers take either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compression {
    /// Never.
    Never,
    /// With zlib (RFC 1950), if that saves at least two bytes; a `.` in front marks it.
    IfShorter,
}

pub(super) fn write(value: &Value, compression: Compression) -> String {
    let text = json::compact(value);
    if compression == Compression::IfShorter {
        let packed = pack(text.as_bytes());
        if packed.len() + 1 < text.len() {
            return format!(".{}", base64url::encode(&packed));
        }
    }
    base64url::encode(text.as_bytes())
}

pub(super) fn read(payload: &str) -> Option<Value> {
    let bytes = match payload.strip_prefix('.') {
        Some(packed) => unpack(&base64url::decode(packed)?)?,
        None => base64url::decode(payload)?,
    };
    json::from_latin1(&bytes)
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("a Vec takes everything")
}

/// The whole of one zlib stream; `None` if it is damaged, cut short or unpacks to more than is allowed.
fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let mut stream = Decompress::new(true);
    let mut bytes = Vec::with_capacity(packed.len().saturating_mul(4).clamp(256, MOST_UNPACKED));
    loop {
        let read = usize::try_from(stream.total_in()).ok()?;
        let before = (stream.total_in(), stream.total_out());
        let status = stream.decompress_vec(&packed[read..], &mut bytes, FlushDecompress::None).ok()?;
        if bytes.len() > MOST_UNPACKED {
            return None;
        }
        match status {
            Status::StreamEnd => return Some(bytes),
            Status::Ok | Status::BufError if bytes.len() == bytes.capacity() => bytes.reserve(bytes.len()),
            // Room is left, so the stream wants more than there is.
            _ if before == (stream.total_in(), stream.total_out()) => return None,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_that_unpacks_to_too_much_is_refused() {
        assert_eq!(unpack(&pack(&vec![b'a'; MOST_UNPACKED])).map(|bytes| bytes.len()), Some(MOST_UNPACKED));
        assert_eq!(unpack(&pack(&vec![b'a'; MOST_UNPACKED + 1])), None);
        assert_eq!(unpack(&pack(&vec![b'a'; 64 * MOST_UNPACKED])), None);
    }

    #[test]
    fn a_stream_that_is_cut_short_or_damaged_is_refused() {
        let packed = pack(&b"the quick brown fox ".repeat(50));
        for length in 0..packed.len() {
            assert_eq!(unpack(&packed[..length]), None, "{length} bytes");
        }
        let mut damaged = packed.clone();
        *damaged.last_mut().expect("not empty") ^= 1;
        assert_eq!(unpack(&damaged), None);
    }

    #[test]
    fn bytes_after_the_stream_are_ignored_as_python_does() {
        let mut packed = pack(b"text");
        packed.extend(b"more");
        assert_eq!(unpack(&packed).as_deref(), Some(b"text".as_slice()));
    }
}

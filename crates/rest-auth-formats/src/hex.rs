//! Bytes as hex digits.

/// Lower-case hex.
pub fn encode(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = vec![0; 2 * bytes.len()];
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xf)]]);
    }
    String::from_utf8(text).expect("digits are ASCII")
}

/// The bytes behind hex digits of any case, as Python's `bytes.fromhex` reads them without blanks; `None` for
/// an odd number of digits or another character.
pub fn decode(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> = text
        .chars()
        .map(|character| character.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways() {
        assert_eq!(encode(&[0x00, 0x1f, 0xa0, 0xff]), "001fa0ff");
        assert_eq!(decode("001fA0Ff"), Some(vec![0x00, 0x1f, 0xa0, 0xff]));
        assert_eq!(decode(""), Some(vec![]));
        for wrong in ["0", "0g", "é0", "0 0"] {
            assert_eq!(decode(wrong), None, "{wrong}");
        }
    }
}

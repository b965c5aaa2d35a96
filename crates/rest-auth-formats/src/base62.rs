//! Base 62 as `django.core.signing` writes its time stamps: digits, upper case, lower case.

const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The number in base 62, most significant digit first, with `-` in front of a negative one (`b62_encode`).
pub fn encode(number: i128) -> String {
    let mut rest = number.unsigned_abs();
    let mut text = Vec::new();
    loop {
        let digit = usize::try_from(rest % 62).expect("a remainder of 62 fits");
        text.push(char::from(DIGITS[digit]));
        rest /= 62;
        if rest == 0 {
            break;
        }
    }
    if number < 0 {
        text.push('-');
    }
    text.iter().rev().collect()
}

/// The number that the text stands for (`b62_decode`), `None` for an empty text, another character or more
/// than 127 bits. Leading zeros are accepted, and `-` alone is zero.
pub fn decode(text: &str) -> Option<i128> {
    if text.is_empty() {
        return None;
    }
    let (digits, sign) = text.strip_prefix('-').map_or((text, 1), |digits| (digits, -1));
    digits.bytes().try_fold(0_i128, |number, byte| {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'A'..=b'Z' => byte - b'A' + 10,
            b'a'..=b'z' => byte - b'a' + 36,
            _ => return None,
        };
        number.checked_mul(62)?.checked_add(sign * i128::from(digit))
    })
}

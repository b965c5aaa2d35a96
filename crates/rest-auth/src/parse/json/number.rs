//! JSON numbers, spelt as Python spells them: `1e3` is `1000.0`, `1e16` is `1e+16`, `-0` is `0`.

use rest_auth_core::form::Input;
use rest_auth_core::messages;
use rest_auth_formats::json::float_text;

/// Python reads no longer whole number from text.
const MAX_DIGITS: usize = 4300;

/// The number at the start of `text`, and its length; `None` if there is none.
pub(super) fn read(text: &str) -> Result<Option<(Input, usize)>, String> {
    let bytes = text.as_bytes();
    let sign = usize::from(bytes.first() == Some(&b'-'));
    let whole = match bytes.get(sign) {
        Some(b'0') => sign + 1,
        Some(b'1'..=b'9') => digits_from(bytes, sign),
        _ => return Ok(None),
    };
    let fraction = match bytes.get(whole) {
        Some(b'.') if digits_from(bytes, whole + 1) > whole + 1 => digits_from(bytes, whole + 1),
        _ => whole,
    };
    let end = match bytes.get(fraction) {
        Some(b'e' | b'E') => {
            let signed = fraction + 1 + usize::from(matches!(bytes.get(fraction + 1), Some(b'+' | b'-')));
            let exponent = digits_from(bytes, signed);
            if exponent > signed { exponent } else { fraction }
        }
        _ => fraction,
    };
    let spelling = &text[..end];
    if end > whole {
        // Never an error: Rust reads every such text, to infinity if need be, as Python does.
        let value: f64 = spelling.parse().expect("a sign, digits, a fraction and an exponent make a float");
        return Ok(Some((Input::Float(float_text(value)), end)));
    }
    if whole - sign > MAX_DIGITS {
        return Err(messages::json::too_many_digits(whole - sign));
    }
    let spelling = if spelling == "-0" { "0" } else { spelling };
    Ok(Some((Input::Int(spelling.to_owned()), end)))
}

/// The end of the digits that start at `from`.
fn digits_from(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    from + rest.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

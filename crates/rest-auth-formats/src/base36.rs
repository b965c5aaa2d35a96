//! Base 36 as `django.utils.http` writes it: user ids and the time in password reset links.

use crate::python_int;

/// The longest text that is read: the most digits that a 64-bit integer can have, and Django's limit.
const LONGEST: usize = 13;

/// The number in base 36, lower case, without padding (`int_to_base36`).
pub fn encode(number: u64) -> String {
    let mut rest = number;
    let mut text = Vec::new();
    loop {
        let digit = u32::try_from(rest % 36).expect("a remainder of 36 fits");
        text.push(char::from_digit(digit, 36).expect("below 36"));
        rest /= 36;
        if rest == 0 {
            break;
        }
    }
    text.iter().rev().collect()
}

/// The number that the text stands for (`base36_to_int`), as leniently as Python's `int(text, 36)` reads it:
/// any case, a sign, white space around, single `_` between digits, decimal digits of other scripts.
///
/// `None` for more than 13 characters and for what is no number. The result may exceed 64 bits.
pub fn decode(text: &str) -> Option<i128> {
    if text.chars().count() > LONGEST {
        return None;
    }
    python_int::parse(text, 36)
}

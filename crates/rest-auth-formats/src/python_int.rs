//! Whole numbers as Python's `int(text, base)` reads them, since ids arrive in whatever form a client or an
//! old session row has them.

use crate::validators::text;

/// The number in the given base (2 to 36), `None` for what Python refuses and for more than 127 bits.
///
/// White space around, a sign, single `_` between digits and decimal digits of every script are accepted.
pub(crate) fn parse(written: &str, base: u32) -> Option<i128> {
    // `int` leaves U+001C to U+001F standing, as `str::trim` does and Python's `strip` does not.
    let written = written.trim();
    let (digits, sign) = match written.strip_prefix('-') {
        Some(digits) => (digits, -1),
        None => (written.strip_prefix('+').unwrap_or(written), 1),
    };
    let mut number = 0_i128;
    let mut after_digit = false;
    for character in digits.chars() {
        if character == '_' && after_digit {
            after_digit = false;
            continue;
        }
        let digit = digit(character, base)?;
        number = number.checked_mul(i128::from(base))?.checked_add(sign * i128::from(digit))?;
        after_digit = true;
    }
    after_digit.then_some(number)
}

fn digit(character: char, base: u32) -> Option<u32> {
    character.to_digit(base).or_else(|| text::decimal_value(character).filter(|value| *value < base))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn underscores_stand_only_between_digits() {
        assert_eq!(parse("1_000", 10), Some(1000));
        assert_eq!(parse("1__0", 10), None);
        assert_eq!(parse("_1", 10), None);
        assert_eq!(parse("1_", 10), None);
        assert_eq!(parse("+_1", 10), None);
    }

    #[test]
    fn signs_and_white_space_are_where_python_takes_them() {
        assert_eq!(parse("\u{b}\u{3000}-7\u{85}", 10), Some(-7));
        assert_eq!(parse("\u{1f}7", 10), None);
        assert_eq!(parse("- 7", 10), None);
        assert_eq!(parse("--7", 10), None);
        assert_eq!(parse("", 10), None);
        assert_eq!(parse("-", 10), None);
        assert_eq!(parse("7\0", 10), None);
    }

    #[test]
    fn digits_of_other_scripts_count_and_other_numbers_do_not() {
        assert_eq!(parse("١٢", 10), Some(12));
        assert_eq!(parse("𝟗", 10), Some(9));
        assert_eq!(parse("²", 10), None);
        assert_eq!(parse("½", 10), None);
    }

    #[test]
    fn a_number_beyond_127_bits_is_refused_and_not_wrapped() {
        assert_eq!(parse(&i128::MIN.to_string(), 10), Some(i128::MIN));
        assert_eq!(parse("170141183460469231731687303715884105728", 10), None);
    }
}

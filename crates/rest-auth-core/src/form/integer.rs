//! Whole numbers as Python's `int` reads them from text, the way `IntegerField` calls it.

use rest_auth_formats::validators::text;

/// Code points of a text that is looked at, at most.
pub(super) const LONGEST_TEXT: usize = 1000;

/// The number that the text says: white space around it, a sign, digits of any script with single `_` between them,
/// and a fraction of zeros, which `IntegerField` cuts off. A number beyond 127 bits stands as the largest or smallest.
pub(super) fn parse(written: &str) -> Option<i128> {
    // `int` leaves U+001C to U+001F standing, as `str::trim` does and Python's `strip` does not.
    let written = without_zero_fraction(written).trim();
    let (is_negative, digits) = match written.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, written.strip_prefix('+').unwrap_or(written)),
    };
    let mut number: i128 = 0;
    for group in digits.split('_') {
        if group.is_empty() {
            return None;
        }
        for character in group.chars() {
            let digit = i128::from(text::decimal_value(character)?);
            number = number.saturating_mul(10).saturating_add(digit);
        }
    }
    Some(if is_negative { -number } else { number })
}

/// `1.00` as `1`, `1.` as `1`; other fractions stay and are refused as numbers.
fn without_zero_fraction(written: &str) -> &str {
    let end = written.trim_end_matches(text::is_space);
    end.trim_end_matches('0').strip_suffix('.').unwrap_or(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_python_reads_them() {
        for (written, number) in [
            ("12", Some(12)),
            (" -7\n", Some(-7)),
            ("+0010", Some(10)),
            ("1_000", Some(1000)),
            ("\u{661}\u{662}", Some(12)),
            ("1.", Some(1)),
            ("100.00 ", Some(100)),
            ("", None),
            (".0", None),
            ("1.5", None),
            ("1.0.0", None),
            ("1e3", None),
            ("1__0", None),
            ("_1", None),
            ("- 1", None),
            ("--1", None),
            ("²", None),
            ("1\u{1f}", None),
            ("1.0\u{1f}", Some(1)),
            ("\u{a0}1\u{3000}", Some(1)),
        ] {
            assert_eq!(parse(written), number, "{written:?}");
        }
    }

    #[test]
    fn a_number_of_any_length_is_a_number() {
        assert_eq!(parse(&"9".repeat(1000)), Some(i128::MAX));
        assert_eq!(parse(&format!("-{}", "9".repeat(1000))), Some(-i128::MAX));
    }
}

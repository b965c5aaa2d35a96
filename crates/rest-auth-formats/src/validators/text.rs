//! Python's notions of text: what `strip`, `\w`, `isdigit`, `int` and `len` mean.

use super::character_tables::{DECIMAL_ZEROS, DIGIT, WORD, contains};

/// Whether `str.strip` removes it (`str.isspace`). Unlike `char::is_whitespace` this has the separators
/// U+001C to U+001F.
pub fn is_space(character: char) -> bool {
    matches!(character, '\u{1c}'..='\u{1f}') || character.is_whitespace()
}

/// Whether `\w` matches it: letters, digits and numbers of any script and `_`, but no combining marks.
pub fn is_word(character: char) -> bool {
    if character.is_ascii() {
        character.is_ascii_alphanumeric() || character == '_'
    } else {
        contains(&WORD, character)
    }
}

/// Whether `str.isdigit` holds: decimal digits of any script, superscripts, circled digits.
pub fn is_digit(character: char) -> bool {
    if character.is_ascii() { character.is_ascii_digit() } else { contains(&DIGIT, character) }
}

/// What `int` reads it as: the value of a decimal digit of any script.
pub fn decimal_value(character: char) -> Option<u32> {
    let code = u32::from(character);
    let place = DECIMAL_ZEROS.partition_point(|zero| *zero <= code);
    let zero = DECIMAL_ZEROS.get(place.checked_sub(1)?)?;
    Some(code - zero).filter(|value| *value < 10)
}

/// `str.strip`.
pub fn trim(text: &str) -> &str {
    text.trim_matches(is_space)
}

/// `len` of text: code points.
pub fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trimming_takes_what_python_takes() {
        assert_eq!(trim("\u{1f}\u{a0} a b\u{3000}\u{2028}\r\n"), "a b");
        assert_eq!(trim("\u{200b}a\u{feff}"), "\u{200b}a\u{feff}");
    }

    #[test]
    fn digits_of_any_script_have_their_value() {
        let values: Vec<_> = "09\u{660}\u{669}\u{1d7d8}²a/:".chars().map(decimal_value).collect();
        assert_eq!(values, [Some(0), Some(9), Some(0), Some(9), Some(0), None, None, None, None]);
    }
}

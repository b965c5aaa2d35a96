//! Random text: the salts, keys, secrets and codes that are drawn from an alphabet
//! (`django.utils.crypto.get_random_string`).

/// `a-z`, `A-Z`, `0-9` in this order: Django's alphabet for salts and CSRF tokens.
pub const LETTERS_AND_DIGITS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

/// `a-z`, `0-9`: Django's alphabet for session keys.
pub const LOWER_CASE_AND_DIGITS: &str = "abcdefghijklmnopqrstuvwxyz0123456789";

/// A text of `length` characters, each drawn uniformly from an ASCII alphabet of 1 to 256 characters.
///
/// `fill` writes random bytes into the slice it is given and is called as often as bytes are needed: those
/// that would favour the first characters of the alphabet are thrown away, so there is no modulo bias. It must
/// be a real source of randomness; one that yields only such bytes would never end.
pub fn draw(alphabet: &str, length: usize, fill: &mut dyn FnMut(&mut [u8])) -> String {
    let alphabet = alphabet.as_bytes();
    debug_assert!(alphabet.is_ascii() && (1..=256).contains(&alphabet.len()), "an ASCII alphabet");
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(length);
    let mut bytes = [0_u8; 64];
    while text.len() < length {
        fill(&mut bytes);
        let drawn = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        text.extend(drawn.map(|byte| char::from(alphabet[byte % alphabet.len()])).take(length - text.len()));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every byte value in turn.
    fn counter() -> impl FnMut(&mut [u8]) {
        let mut next = 0_u8;
        move |bytes| {
            for byte in bytes {
                *byte = next;
                next = next.wrapping_add(1);
            }
        }
    }

    #[test]
    fn every_character_is_drawn_equally_often() {
        for alphabet in [LETTERS_AND_DIGITS, LOWER_CASE_AND_DIGITS, "0123456789", "ab", "x"] {
            let rounds = 256 / alphabet.len();
            let text = draw(alphabet, rounds * alphabet.len(), &mut counter());
            for character in alphabet.chars() {
                assert_eq!(text.matches(character).count(), rounds, "{character} of {alphabet}");
            }
        }
    }

    #[test]
    fn bytes_that_would_favour_some_characters_are_thrown_away() {
        let mut bytes = [248_u8, 255, 0].into_iter().cycle();
        let mut fill = |slice: &mut [u8]| slice.fill_with(|| bytes.next().expect("a cycle"));
        assert_eq!(draw(LETTERS_AND_DIGITS, 3, &mut fill), "aaa");
    }

    #[test]
    fn the_length_is_exact() {
        for length in [0, 1, 12, 40, 64, 65, 200] {
            assert_eq!(draw(LETTERS_AND_DIGITS, length, &mut counter()).len(), length);
        }
    }
}

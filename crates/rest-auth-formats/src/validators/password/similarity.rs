//! Likeness of a password and an attribute: `UserAttributeSimilarityValidator` over `difflib`'s quick ratio.

use std::collections::HashMap;

use crate::validators::text::{is_word, length};

/// How alike two texts are by their characters alone, whatever the order: twice the size of the common multiset
/// over the sum of the lengths, from 0 to 1; two empty texts are alike. This is `SequenceMatcher.quick_ratio`.
pub fn quick_ratio(a: &str, b: &str) -> f64 {
    Characters::of(a).ratio(b)
}

/// Whether the password resembles the value, or a word in it, by `max_similarity` (Django's default is 0.7) or more.
/// Case does not count. A value that begins or ends with a symbol has an empty word there, as in Python's split.
pub fn resembles(password: &str, value: &str, max_similarity: f64) -> bool {
    if value.is_empty() {
        return false;
    }
    let password = Characters::of(&password.to_lowercase());
    let value = value.to_lowercase();
    words(&value)
        .chain([value.as_str()])
        .any(|part| !password.dwarfs(length(part), max_similarity) && password.ratio(part) >= max_similarity)
}

/// The pieces between runs of characters that are in no word.
fn words(value: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(value);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(|character| !is_word(character)) else {
            rest = None;
            return Some(text);
        };
        let (piece, tail) = text.split_at(end);
        rest = Some(tail.trim_start_matches(|character| !is_word(character)));
        Some(piece)
    })
}

/// The multiset of a text's characters, counted once and compared with many parts.
struct Characters {
    counts: HashMap<char, usize>,
    length: usize,
}

impl Characters {
    fn of(text: &str) -> Self {
        let mut counts = HashMap::new();
        for character in text.chars() {
            *counts.entry(character).or_default() += 1;
        }
        Self { counts, length: length(text) }
    }

    /// Whether a part of that length is too short beside this text to be worth a look, by Django's rule.
    #[expect(clippy::cast_precision_loss, reason = "lengths of passwords, far below 2^52")]
    fn dwarfs(&self, part: usize, max_similarity: f64) -> bool {
        self.length >= 10 * part && (part as f64) < max_similarity / 2.0 * self.length as f64
    }

    #[expect(clippy::cast_precision_loss, reason = "lengths of passwords, far below 2^52")]
    fn ratio(&self, other: &str) -> f64 {
        let total = self.length + length(other);
        if total == 0 {
            return 1.0;
        }
        let mut left: HashMap<char, usize> = HashMap::new();
        let shared = other
            .chars()
            .filter(|character| {
                let left = left
                    .entry(*character)
                    .or_insert_with(|| self.counts.get(character).copied().unwrap_or(0));
                let is_shared = *left > 0;
                *left = left.saturating_sub(1);
                is_shared
            })
            .count();
        2.0 * shared as f64 / total as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_symbols_and_edges_give_empty_words() {
        assert_eq!(words("a.b@c").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(words(".a-+b.").collect::<Vec<_>>(), ["", "a", "b", ""]);
        assert_eq!(words("").collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn the_order_of_characters_does_not_count_but_their_number_does() {
        assert!((quick_ratio("abcd", "dcba") - 1.0).abs() < f64::EPSILON);
        assert!((quick_ratio("aaaa", "ab") - 2.0 / 6.0).abs() < f64::EPSILON);
    }

    #[test]
    fn a_word_of_the_value_is_enough() {
        assert!(resembles("johndoe1", "john.doe@JohnDoe.example", 0.7));
        assert!(!resembles("correct horse", "john.doe@johndoe.example", 0.7));
        assert!(!resembles("", "", 0.7));
    }
}

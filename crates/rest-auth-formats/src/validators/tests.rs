//! What holds for any text: nothing panics, nothing takes more than one look at each character.

use proptest::prelude::*;

use super::password::{is_common, is_numeric, quick_ratio, resembles};
use super::text::{is_space, length, trim};
use super::username::Alphabet;
use super::{email, username};

/// Text that comes near the borders of what is accepted: the characters that the rules name, and any others.
fn near_misses() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[a-zA-Z0-9._@+-]{1,8}",
        "[\"\\\\\\[\\]:.@ \t-]{1,4}",
        "(xn--|localhost|\\[::1\\]|\\[1\\.2\\.3\\.4\\])",
        "[\u{1}-\u{1f}\u{130}\u{131}\u{17f}\u{212a}\u{a0}\u{a1}\u{ffff}\u{1f600}]",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn an_accepted_address_has_both_halves_and_no_white_space_around(text in near_misses()) {
        if email::is_email(&text) {
            let (local, domain) = text.rsplit_once('@').expect("an accepted address has an @");
            prop_assert!(!local.is_empty() && !domain.is_empty() && length(&text) <= 320);
            prop_assert_eq!(trim(&text), text.as_str());
            prop_assert!(email::is_email(&email::normalize(&text)));
        }
    }

    #[test]
    fn normalising_twice_is_normalising_once(text in near_misses()) {
        let once = email::normalize(&text);
        prop_assert_eq!(email::normalize(&once), once.clone());
        let once = username::normalize(&text);
        prop_assert_eq!(username::normalize(&once), once.clone());
    }

    #[test]
    fn an_ascii_name_is_a_name(text in near_misses()) {
        if username::is_username(&text, Alphabet::Ascii) {
            prop_assert!(username::is_username(&text, Alphabet::Unicode));
            prop_assert_eq!(username::normalize(&text), text.as_str());
        }
    }

    #[test]
    fn trimming_leaves_no_white_space_at_the_edges(text in near_misses()) {
        let trimmed = trim(&text);
        prop_assert!(!trimmed.starts_with(is_space) && !trimmed.ends_with(is_space));
        prop_assert!(text.contains(trimmed));
    }

    #[test]
    fn likeness_is_a_share_and_the_same_both_ways(a in near_misses(), b in near_misses()) {
        let ratio = quick_ratio(&a, &b);
        prop_assert!((0.0..=1.0).contains(&ratio));
        prop_assert!((ratio - quick_ratio(&b, &a)).abs() < f64::EPSILON);
    }

    #[test]
    fn a_password_resembles_itself_however_it_is_written(text in near_misses()) {
        prop_assert_eq!(resembles(&text, &text, 0.7), !text.is_empty());
        prop_assert_eq!(resembles(&text.to_lowercase(), &text, 0.7), !text.is_empty());
    }

    #[test]
    fn white_space_around_a_password_does_not_make_it_rare(text in near_misses()) {
        prop_assert_eq!(is_common(&text), is_common(&format!(" {text}\u{1f}\u{3000}")));
        prop_assert!(!is_numeric(&text) || text.chars().all(super::text::is_digit));
    }
}

#[test]
fn long_text_takes_one_pass() {
    for piece in
        ["a", "@", "a.", "a@", ".", "\"", "\\\"", "-", "[:", "xn--", "ﬁ", "a\u{301}", " ", "1", "é.-"]
    {
        let long = piece.repeat(200_000 / piece.len());
        for text in [long.clone(), format!("\"{long}\"@b.co"), format!("a@{long}.co"), format!("a@[{long}]")]
        {
            assert!(!email::is_email(&text));
            username::is_username(&text, Alphabet::Unicode);
            username::normalize(&text);
            email::normalize(&text);
            is_common(&text);
            is_numeric(&text);
            resembles(&text, &long, 0.7);
            resembles(&long, &text, 0.1);
        }
    }
}

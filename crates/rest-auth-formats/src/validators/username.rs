//! Django's `UnicodeUsernameValidator`, `ASCIIUsernameValidator` and `normalize_username`.
//!
//! Which of the two applies, how long a name may be and which names are reserved are settings, so core's.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfkc_quick};

use super::text::is_word;

/// Which letters a user name may have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Alphabet {
    /// `UnicodeUsernameValidator`, the user model's own: letters, digits and numbers of any script.
    #[default]
    Unicode,
    /// `ASCIIUsernameValidator`.
    Ascii,
}

/// Whether the text is a user name: at least one character, each of the alphabet or one of `_ @ . + -`.
pub fn is_username(text: &str, alphabet: Alphabet) -> bool {
    let is_letter = |character: char| match alphabet {
        Alphabet::Unicode => is_word(character),
        Alphabet::Ascii => character.is_ascii_alphanumeric() || character == '_',
    };
    !text.is_empty() && text.chars().all(|character| is_letter(character) || "@.+-".contains(character))
}

/// `AbstractBaseUser.normalize_username`: Unicode's NFKC, so that `ﬁne` with a ligature and `fine` are one name.
pub fn normalize(name: &str) -> Cow<'_, str> {
    match is_nfkc_quick(name.chars()) {
        IsNormalized::Yes => Cow::Borrowed(name),
        IsNormalized::No | IsNormalized::Maybe => Cow::Owned(name.nfkc().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_alphabet_has_its_letters() {
        for (name, unicode, ascii) in
            [("a.b+c@d-e_9", true, true), ("éric", true, false), ("a b", false, false)]
        {
            assert_eq!(is_username(name, Alphabet::Unicode), unicode, "{name}");
            assert_eq!(is_username(name, Alphabet::Ascii), ascii, "{name}");
        }
        assert!(!is_username("", Alphabet::Unicode));
        assert!(!is_username("alice\n", Alphabet::Unicode));
    }

    #[test]
    fn look_alikes_become_one_name() {
        assert_eq!(normalize("\u{fb01}ne"), "fine");
        assert!(matches!(normalize("fine"), Cow::Borrowed(_)));
    }
}

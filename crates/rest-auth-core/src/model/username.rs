//! A user name that somebody may take.

use std::fmt;

use rest_auth_formats::validators::text;
use rest_auth_formats::validators::username::{Alphabet, is_username, normalize};

use crate::messages::{self, Message};

/// What a deployment lets user names be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsernameRules {
    /// The letters.
    pub alphabet: Alphabet,
    /// Code points at least (`ACCOUNT_USERNAME_MIN_LENGTH`).
    pub min_length: usize,
    /// Code points at most: the width of the column, 150 in Django's own model.
    pub max_length: usize,
    /// Names that nobody may take, in any case (`ACCOUNT_USERNAME_BLACKLIST`).
    pub reserved: Vec<String>,
    /// Whether capitals are stored (`ACCOUNT_PRESERVE_USERNAME_CASING`).
    pub preserve_casing: bool,
}

impl Default for UsernameRules {
    fn default() -> Self {
        Self {
            alphabet: Alphabet::Unicode,
            min_length: 1,
            max_length: 150,
            reserved: Vec::new(),
            preserve_casing: true,
        }
    }
}

impl UsernameRules {
    /// Whether the name has the right characters and is not reserved, in this order: allauth's `clean_username` without
    /// the database. Lengths are the form's.
    pub fn check(&self, name: &str) -> Result<(), Message> {
        if !is_username(name, self.alphabet) {
            return Err(match self.alphabet {
                Alphabet::Unicode => messages::INVALID_USERNAME,
                Alphabet::Ascii => messages::INVALID_ASCII_USERNAME,
            });
        }
        let lower_case = name.to_lowercase();
        if self.reserved.iter().any(|reserved| reserved.to_lowercase() == lower_case) {
            return Err(messages::USERNAME_RESERVED);
        }
        Ok(())
    }
}

/// A new user name as it is stored: in Unicode's NFKC, so that names which look the same are the same (E-05).
///
/// Upstream's API stores names as typed and so lets `fine` and its look-alike with a ligature live side by side. Where
/// the normal form is no user name, as that of `½`, the name stays as typed, which is how upstream stores it.
/// A name that is in a database already is no `Username`: look it up as typed, and then by [`Username::folded`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Username(String);

impl Username {
    /// Takes the text if the rules allow it, both as typed and in its normal form.
    pub fn parse(typed: &str, rules: &UsernameRules) -> Result<Self, Message> {
        rules.check(typed)?;
        let normal = normalize(typed);
        let is_name = is_username(&normal, rules.alphabet) && text::length(&normal) <= rules.max_length;
        let name = if is_name { normal.as_ref() } else { typed };
        rules.check(name)?;
        Ok(Self(if rules.preserve_casing { name.to_owned() } else { name.to_lowercase() }))
    }

    /// As it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is stored, to keep.
    pub fn into_string(self) -> String {
        self.0
    }

    /// How names are compared: normalised and in lower case.
    pub fn folded(&self) -> String {
        Self::fold(&self.0)
    }

    /// The form in which any two texts are compared as user names, whether or not somebody may take them.
    pub fn fold(text: &str) -> String {
        normalize(&normalize(text).to_lowercase()).into_owned()
    }
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> UsernameRules {
        UsernameRules { reserved: vec!["admin".into(), "Root".into()], ..UsernameRules::default() }
    }

    fn parse(typed: &str) -> Result<String, Message> {
        Username::parse(typed, &rules()).map(Username::into_string)
    }

    #[test]
    fn reserved_names_are_refused_in_any_case_and_after_the_characters() {
        assert_eq!(parse("alice"), Ok("alice".into()));
        assert_eq!(parse("éric"), Ok("éric".into()));
        for name in ["admin", "ADMIN", "rooT"] {
            assert_eq!(parse(name), Err(messages::USERNAME_RESERVED), "{name}");
        }
        for name in ["", "a b", "ad min"] {
            assert_eq!(parse(name), Err(messages::INVALID_USERNAME), "{name}");
        }
    }

    #[test]
    fn e_05_look_alikes_are_one_name_and_cannot_take_a_reserved_one() {
        assert_eq!(parse("\u{fb01}ne"), Ok("fine".into()));
        assert_eq!(parse("\u{ff21}lice"), Ok("Alice".into()));
        assert_eq!(parse("\u{1d41a}dmin"), Err(messages::USERNAME_RESERVED));
        assert_eq!(Username::fold("\u{ff21}LICE"), Username::fold("alice"));
    }

    #[test]
    fn a_name_whose_normal_form_is_none_stays_as_typed() {
        assert_eq!(parse("½"), Ok("½".into()));
        let long = "\u{fb01}".repeat(100);
        assert_eq!(parse(&long), Ok(long));
    }

    #[test]
    fn letters_of_other_scripts_are_refused_where_only_ascii_is_allowed() {
        let rules = UsernameRules { alphabet: Alphabet::Ascii, ..rules() };
        assert_eq!(Username::parse("éric", &rules), Err(messages::INVALID_ASCII_USERNAME));
        assert_eq!(Username::parse("eric", &rules).map(Username::into_string), Ok("eric".into()));
    }

    #[test]
    fn capitals_go_where_they_are_not_preserved() {
        let rules = UsernameRules { preserve_casing: false, ..rules() };
        assert_eq!(Username::parse("Ann", &rules).map(Username::into_string), Ok("ann".into()));
    }
}

//! Django's `EmailValidator` and `normalize_email`.
//!
//! Hand-written rather than a pattern: one look at each character, whatever the input. It is stricter than the
//! mail RFCs in places and laxer in others; what the stored accounts of a deployment passed is what counts.

use std::borrow::Cow;
use std::net::{Ipv4Addr, Ipv6Addr};

use super::text::{length, trim};

/// Code points in an address at most (RFC 3696, section 3).
const LONGEST: usize = 320;
/// Characters in a domain's label at most (RFC 1034, section 3.1).
const LONGEST_LABEL: usize = 63;
/// Characters after `xn--` at most.
const LONGEST_PUNYCODE: usize = 59;
/// Characters of an IPv6 literal at most, so that no IPv4 tail after six written groups fits.
const LONGEST_IPV6: usize = 39;

/// Whether `EmailValidator` accepts the text.
pub fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else { return false };
    length(text) <= LONGEST
        && (is_dot_atom(local) || is_quoted_string(local))
        && (domain == "localhost" || is_domain(domain) || is_address_literal(domain))
}

/// `BaseUserManager.normalize_email`: trimmed, the domain in lower case, the rest as it was; text without `@` as it is.
pub fn normalize(address: &str) -> Cow<'_, str> {
    match trim(address).rsplit_once('@') {
        Some((local, domain)) => Cow::Owned(format!("{local}@{}", domain.to_lowercase())),
        None => Cow::Borrowed(address),
    }
}

/// Letters that Python's case-insensitive matching takes for `i`, `s` and `k`.
fn folds_to_ascii(character: char) -> bool {
    matches!(character, '\u{130}' | '\u{131}' | '\u{17f}' | '\u{212a}')
}

fn is_dot_atom(local: &str) -> bool {
    let is_atom_character = |character: char| {
        character.is_ascii_alphanumeric()
            || "!#$%&'*+-/=?^_`{|}~".contains(character)
            || folds_to_ascii(character)
    };
    local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(is_atom_character))
}

fn is_quoted_string(local: &str) -> bool {
    let Some(inner) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let is_plain_control =
        |character: char| matches!(character, '\u{1}'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}');
    let is_text = |character: char| {
        is_plain_control(character)
            || matches!(character, '!' | '#'..='[' | ']'..='\u{7f}')
            || folds_to_ascii(character)
    };
    let is_quotable = |character: char| {
        is_plain_control(character) || matches!(character, '\t' | ' '..='\u{7f}') || folds_to_ascii(character)
    };
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        let accepted =
            if character == '\\' { characters.next().is_some_and(is_quotable) } else { is_text(character) };
        if !accepted {
            return false;
        }
    }
    true
}

fn is_domain(domain: &str) -> bool {
    let Some((labels, last)) = domain.rsplit_once('.') else { return false };
    labels.split('.').all(is_label) && is_top_label(last)
}

/// ASCII letters and whatever else Django takes for a letter; nothing beyond the basic plane.
fn is_domain_letter(character: char) -> bool {
    character.is_ascii_alphabetic() || matches!(character, '\u{a1}'..='\u{ffff}')
}

fn has_dash_at_edge(label: &str) -> bool {
    label.starts_with('-') || label.ends_with('-')
}

fn is_label(label: &str) -> bool {
    !label.is_empty()
        && length(label) <= LONGEST_LABEL
        && !has_dash_at_edge(label)
        && label.chars().all(|it| is_domain_letter(it) || it.is_ascii_digit() || it == '-')
}

fn is_top_label(label: &str) -> bool {
    let is_name = (2..=LONGEST_LABEL).contains(&length(label))
        && label.chars().all(|character| is_domain_letter(character) || character == '-');
    !has_dash_at_edge(label) && (is_name || is_punycode(label))
}

fn is_punycode(label: &str) -> bool {
    let Some((prefix, rest)) = label.split_at_checked(4) else { return false };
    prefix.eq_ignore_ascii_case("xn--")
        && (1..=LONGEST_PUNYCODE).contains(&length(rest))
        && rest.chars().all(|character| character.is_ascii_alphanumeric() || folds_to_ascii(character))
}

fn is_address_literal(domain: &str) -> bool {
    let Some(inner) = domain.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else { return false };
    inner.parse::<Ipv4Addr>().is_ok() || (inner.len() <= LONGEST_IPV6 && inner.parse::<Ipv6Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_addresses_pass_and_half_addresses_do_not() {
        for address in
            ["a@b.co", "a.b+c@localhost", "\"\"@b.co", "a@[127.0.0.1]", "a@[::1]", "a@bücher.example"]
        {
            assert!(is_email(address), "{address}");
        }
        for address in
            ["", "@", "a@", "@b.co", "a@b", "a@b.c", "a..b@b.co", "a@b.co.", "a@Localhost", "a b@c.co"]
        {
            assert!(!is_email(address), "{address}");
        }
    }

    #[test]
    fn a_literal_of_more_than_39_characters_is_refused() {
        assert!(is_email("a@[0000:0000:0000:0000:0000:ffff:1.2.3.4]"));
        assert!(!is_email("a@[0000:0000:0000:0000:0000:ffff:111.112.113.114]"));
    }

    #[test]
    fn normalising_touches_the_domain_only() {
        assert_eq!(normalize(" Ann@Example.ORG "), "Ann@example.org");
        assert_eq!(normalize(" Ann "), " Ann ");
    }
}

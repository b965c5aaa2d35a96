//! User names for people who gave none: allauth's `generate_unique_username`, up to the question which are free.

use rest_auth_formats::validators::text::{is_space, length};
use unicode_normalization::UnicodeNormalization;

use super::UsernameRules;

/// The last source of all.
const LAST_RESORT: &str = "user";
/// The longest suffix: four digits and two letters.
const LONGEST_SUFFIX: usize = 6;
/// The first characters of a suffix are digits, the rest letters.
const SUFFIX_DIGITS: usize = 4;
const DIGITS: &[u8] = b"0123456789";
const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// User names to try in this order, made from the first source that yields one: given name, family name, address, wished
/// name. Some end in random characters; `random(n)` draws a number below `n` and need not be secret.
///
/// Each is allowed by the rules. Whoever calls asks the store once which of them are taken. There are none only if the
/// rules refuse everything that can be made.
pub fn candidates(
    sources: &[&str],
    rules: &UsernameRules,
    random: &mut dyn FnMut(usize) -> usize,
) -> Vec<String> {
    let base = base(sources, rules);
    let shortest_suffix = rules.min_length.saturating_sub(length(&base)).max(1);
    let longest_suffix = LONGEST_SUFFIX.max(shortest_suffix).min(rules.max_length.saturating_sub(1));
    let is_long_enough = length(&base) >= rules.min_length;
    let plain = is_long_enough.then(|| cut(&base, rules.max_length).to_owned());
    let suffixed = (shortest_suffix..=longest_suffix).map(|length| {
        let suffix = suffix(length, random);
        format!("{}{suffix}", cut(&base, rules.max_length - length))
    });
    plain
        .into_iter()
        .chain(suffixed)
        .filter(|name| rules.check(name).is_ok())
        .map(|name| if rules.preserve_casing { name } else { name.to_lowercase() })
        .collect()
}

/// The first source's name that the rules allow, else the last one made.
fn base(sources: &[&str], rules: &UsernameRules) -> String {
    let mut last = String::new();
    for source in sources.iter().copied().chain([LAST_RESORT]) {
        let ascii: String = source.nfkd().filter(char::is_ascii).collect();
        if ascii.is_empty() {
            continue;
        }
        last = name_in(&ascii);
        if rules.check(&last).is_ok() {
            return last;
        }
    }
    if last.is_empty() { LAST_RESORT.to_owned() } else { last }
}

/// What of the text can be in a user name: in lower case, up to the first `@`, with `_` for white space.
fn name_in(ascii: &str) -> String {
    let kept: String = ascii
        .chars()
        .filter(|it| it.is_ascii_alphanumeric() || is_space(*it) || "_@+.-".contains(*it))
        .map(|it| it.to_ascii_lowercase())
        .collect();
    let local = kept.split('@').next().unwrap_or_default();
    local.split(is_space).filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

fn suffix(length: usize, random: &mut dyn FnMut(usize) -> usize) -> String {
    let mut draw = |place| {
        let alphabet = if place < SUFFIX_DIGITS { DIGITS } else { LETTERS };
        char::from(alphabet[random(alphabet.len()) % alphabet.len()])
    };
    (0..length).map(&mut draw).collect()
}

/// The first characters of an ASCII text.
fn cut(ascii: &str, length: usize) -> &str {
    ascii.get(..length).unwrap_or(ascii)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(sources: &[&str], rules: &UsernameRules) -> Vec<String> {
        candidates(sources, rules, &mut |_| 8)
    }

    fn first(sources: &[&str]) -> String {
        names(sources, &UsernameRules::default()).swap_remove(0)
    }

    #[test]
    fn names_are_made_as_the_reference_makes_them() {
        assert_eq!(first(&["", "", "Zed.Foo+x@example.com"]), "zed.foo+x");
        assert_eq!(first(&["Émile", "Zola"]), "emile");
        assert_eq!(first(&["  Anna \t Lena (x) "]), "anna_lena_x");
        assert_eq!(first(&["王", "@", "!"]), "user");
        assert_eq!(first(&[]), "user");
    }

    #[test]
    fn a_taken_name_gets_digits_and_then_letters() {
        assert_eq!(
            names(&["octo"], &UsernameRules::default()),
            ["octo", "octo8", "octo88", "octo888", "octo8888", "octo8888i", "octo8888ii"]
        );
    }

    #[test]
    fn a_name_is_cut_so_that_it_fits_with_its_suffix() {
        let rules = UsernameRules { max_length: 5, ..UsernameRules::default() };
        assert_eq!(names(&["octopus"], &rules), ["octop", "octo8", "oct88", "oc888", "o8888"]);
    }

    #[test]
    fn a_short_name_is_made_long_enough() {
        let rules = UsernameRules { min_length: 7, ..UsernameRules::default() };
        assert_eq!(names(&["octo"], &rules), ["octo888", "octo8888", "octo8888i", "octo8888ii"]);
        let rules = UsernameRules { min_length: 12, ..UsernameRules::default() };
        assert_eq!(names(&["octo"], &rules), ["octo8888iiii"]);
    }

    #[test]
    fn reserved_names_are_passed_over() {
        let rules =
            UsernameRules { reserved: vec!["Octo".into(), "user8".into()], ..UsernameRules::default() };
        assert_eq!(names(&["octo", "puss"], &rules)[0], "puss");
        assert!(!names(&["octo"], &rules).contains(&"user8".to_owned()));
    }

    #[test]
    fn capitals_of_the_suffix_go_where_they_are_not_preserved() {
        let rules = UsernameRules { preserve_casing: false, ..UsernameRules::default() };
        let names = candidates(&["octo"], &rules, &mut |count| count - 1);
        assert_eq!(names.last().map(String::as_str), Some("octo9999zz"));
    }

    #[test]
    fn a_column_without_width_has_no_names() {
        let rules = UsernameRules { max_length: 0, ..UsernameRules::default() };
        assert_eq!(names(&["octo"], &rules), Vec::<String>::new());
    }
}

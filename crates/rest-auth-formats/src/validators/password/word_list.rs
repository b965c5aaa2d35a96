//! Passwords that too many people have: lists as Django's `CommonPasswordValidator` reads them.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use crate::validators::text::trim;

/// 19,640 lower-case entries, one a line: the list that Django ships (by Royce Williams, BSD licence).
static PACKED: &[u8] = include_bytes!("../../../data/common-passwords.txt.gz");
/// Unpacked at the first question; a quarter of a megabyte from then on.
static COMMON: LazyLock<WordList> =
    LazyLock::new(|| WordList::read(PACKED).expect("the embedded list is gzipped UTF-8"));

/// What the first bytes of a gzipped file are.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// Whether the password is on Django's list; case and white space around it do not count.
pub fn is_common(password: &str) -> bool {
    COMMON.contains(password)
}

/// Words that are no passwords.
pub struct WordList {
    /// One a line.
    text: String,
    /// Where the lines begin, by their words.
    starts: Vec<u32>,
}

impl WordList {
    /// A file of words, one a line, gzipped or not. White space around a word and its case do not count, nor do empty
    /// lines. `None` if it is no UTF-8 or 4 GB long.
    pub fn read(file: &[u8]) -> Option<Self> {
        let mut given = String::new();
        if file.starts_with(&GZIP) {
            GzDecoder::new(file).read_to_string(&mut given).ok()?;
        } else {
            given.push_str(std::str::from_utf8(file).ok()?);
        }
        let mut text = String::with_capacity(given.len());
        let mut starts = Vec::new();
        for word in given.lines().map(|line| trim(line).to_lowercase()).filter(|word| !word.is_empty()) {
            starts.push(u32::try_from(text.len()).ok()?);
            text.push_str(&word);
            text.push('\n');
        }
        starts.sort_unstable_by_key(|start| Self::line(&text, *start));
        Some(Self { text, starts })
    }

    /// Whether the password is one of the words; case and white space around it do not count.
    pub fn contains(&self, password: &str) -> bool {
        let password = password.to_lowercase();
        self.starts.binary_search_by(|start| Self::line(&self.text, *start).cmp(trim(&password))).is_ok()
    }

    /// How many words there are.
    pub fn words(&self) -> usize {
        self.starts.len()
    }

    fn line(text: &str, start: u32) -> &str {
        let rest = &text[start as usize..];
        rest.split_once('\n').map_or(rest, |(line, _)| line)
    }
}

impl std::fmt::Debug for WordList {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WordList").field("words", &self.words()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_surrounding_space_do_not_hide_a_common_password() {
        for password in ["password", " PassWord\t", "123456"] {
            assert!(is_common(password), "{password}");
        }
        for password in ["", " ", "pass word", "a rare and long one"] {
            assert!(!is_common(password), "{password}");
        }
    }

    #[test]
    fn a_list_is_read_whatever_ends_its_lines_and_however_it_is_spelled() {
        let list = WordList::read("Bookshop\r\n\n  leaked one \nleaked one\n\u{c9}clair".as_bytes()).unwrap();
        for password in ["bookshop", " BOOKSHOP", "leaked one", "\u{e9}clair"] {
            assert!(list.contains(password), "{password}");
        }
        for password in ["", "book", "leaked", "one", "bookshop1"] {
            assert!(!list.contains(password), "{password}");
        }
        assert_eq!(WordList::read(PACKED).unwrap().words(), 19_640);
        assert!(WordList::read(b"caf\xe9").is_none());
        assert!(WordList::read(b"\x1f\x8bcut off").is_none());
        assert!(!WordList::read(b"").unwrap().contains(""));
    }
}

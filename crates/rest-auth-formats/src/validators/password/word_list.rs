//! Passwords that too many people have: the list of Django's `CommonPasswordValidator`.

use std::io::Read;
use std::sync::LazyLock;

use flate2::read::GzDecoder;

use crate::validators::text::trim;

/// 19,640 lower-case entries, one a line: the list that Django ships (by Royce Williams, BSD licence).
static PACKED: &[u8] = include_bytes!("../../../data/common-passwords.txt.gz");
/// Unpacked at the first question; a quarter of a megabyte from then on.
static COMMON: LazyLock<WordList> = LazyLock::new(|| WordList::unpack(PACKED));

/// Whether the password is on the list; case and white space around it do not count.
pub fn is_common(password: &str) -> bool {
    COMMON.contains(trim(&password.to_lowercase()))
}

/// Lines of one text, found by binary search over where they begin.
struct WordList {
    text: String,
    starts: Vec<u32>,
}

impl WordList {
    fn unpack(packed: &[u8]) -> Self {
        let mut text = String::new();
        GzDecoder::new(packed).read_to_string(&mut text).expect("the embedded list is gzipped UTF-8");
        let mut starts = Vec::new();
        let mut start = 0;
        for line in text.split_inclusive('\n') {
            starts.push(start);
            start += u32::try_from(line.len()).expect("the embedded list is far below 4 GB");
        }
        starts.sort_unstable_by_key(|start| Self::line(&text, *start));
        Self { text, starts }
    }

    fn line(text: &str, start: u32) -> &str {
        let rest = &text[start as usize..];
        rest.split_once('\n').map_or(rest, |(line, _)| line)
    }

    fn contains(&self, word: &str) -> bool {
        self.starts.binary_search_by(|start| Self::line(&self.text, *start).cmp(word)).is_ok()
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
}

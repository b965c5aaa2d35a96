//! Texts as Python cuts them.

/// `" ".join(subject.splitlines()).strip()`, with Python's idea of a line.
pub(super) fn one_line(text: &str) -> String {
    strip(&header_text(&text.replace("\r\n", "\n"))).to_owned()
}

/// A space for every character that could end a header.
pub(super) fn header_text(text: &str) -> String {
    text.chars().map(|c| if ends_line(c) || c.is_control() { ' ' } else { c }).collect()
}

fn ends_line(c: char) -> bool {
    matches!(c, '\n' | '\r' | '\x0b' | '\x0c' | '\x1c'..='\x1e' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Python's `strip()`.
pub(super) fn strip(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\x1c'..='\x1f'))
}

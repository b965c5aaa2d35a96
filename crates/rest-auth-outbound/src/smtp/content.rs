//! The content of a mail as it travels after DATA, with the line that ends it (RFC 5321, 4.5.2).
//!
//! In one piece: lettre writes the end by itself, which the system holds back until the server has acknowledged what
//! came before, and servers let that wait for 40 ms.

use std::fmt::{Display, Formatter, Result};

/// Headers and body, lines ended by CRLF, with dots at the beginning of lines doubled.
pub(super) struct Content<'a>(pub(super) &'a str);

impl Display for Content<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> Result {
        for (number, line) in self.0.split("\r\n").enumerate() {
            let (end, dot) =
                (if number > 0 { "\r\n" } else { "" }, if line.starts_with('.') { "." } else { "" });
            write!(f, "{end}{dot}{line}")?;
        }
        f.write_str("\r\n.\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_mail_ends_it_and_none_is_changed_otherwise() {
        let sent = |text| Content(text).to_string();
        assert_eq!(sent("A: b\r\n\r\n.\r\n..c\r\nd."), "A: b\r\n\r\n..\r\n...c\r\nd.\r\n.\r\n");
        assert_eq!(sent(".a\r\n"), "..a\r\n\r\n.\r\n");
        assert_eq!(sent("a\n.b\r.c"), "a\n.b\r.c\r\n.\r\n", "only CRLF ends a line");
        assert_eq!(sent(""), "\r\n.\r\n");
    }
}

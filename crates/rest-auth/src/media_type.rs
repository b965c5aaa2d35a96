//! Media types and other header values with parameters, read as Django reads them (`parse_header_parameters`).
//!
//! Knows the syntax and DRF's idea of "fits" and "more specific"; what is done with a fitting type is
//! the business of [`crate::parse`] and [`crate::negotiate`].

/// A value such as `application/json; indent=4`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MediaType {
    /// The part before the first semicolon, lower-case.
    pub(crate) essence: String,
    /// Names in lower case, values unquoted; the last of repeated names counts.
    parameters: Vec<(String, String)>,
}

impl MediaType {
    /// Reads any text; what is no media type fits none.
    pub(crate) fn parse(text: &str) -> Self {
        let mut pieces = split_outside_quotes(text).into_iter();
        let essence = pieces.next().unwrap_or_default().trim().to_lowercase();
        let mut parameters: Vec<(String, String)> = Vec::new();
        for piece in pieces {
            let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
            let (name, value) = decode_parameter(&name.trim().to_lowercase(), value.trim());
            if name.is_empty() {
                continue;
            }
            match parameters.iter_mut().find(|(known, _)| *known == name) {
                Some(known) => known.1 = value,
                None => parameters.push((name, value)),
            }
        }
        Self { essence, parameters }
    }

    /// The value of a parameter.
    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether `offered`, a type without parameters, fits this one; both may have stars.
    pub(crate) fn fits(&self, offered: &str) -> bool {
        let (main, sub) = halves(&self.essence);
        let (offered_main, offered_sub) = halves(offered);
        (sub == "*" || offered_sub == "*" || sub == offered_sub)
            && (main == "*" || offered_main == "*" || main == offered_main)
    }

    /// 0 for `*/*`, 1 for `type/*`, 2 for `type/subtype`, 3 with parameters other than `q`.
    pub(crate) fn specificity(&self) -> u8 {
        let (main, sub) = halves(&self.essence);
        match (main, sub) {
            ("*", _) => 0,
            (_, "*") => 1,
            _ if self.parameters.iter().all(|(name, _)| name == "q") => 2,
            _ => 3,
        }
    }
}

/// The bytes of a header as text, each byte a character, as WSGI hands them to Django.
pub(crate) fn header_text(value: &http::HeaderValue) -> String {
    match value.to_str() {
        Ok(ascii) => ascii.to_owned(),
        Err(_) => value.as_bytes().iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn halves(essence: &str) -> (&str, &str) {
    essence.split_once('/').unwrap_or((essence, ""))
}

/// Splits at semicolons, except those between quotes. A quote after a backslash does not count.
fn split_outside_quotes(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut quoted, mut previous) = (Vec::new(), 0, false, 0);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if previous != b'\\' || at == start => quoted = !quoted,
            // A semicolon at the very start of a piece always ends it.
            b';' if !quoted || at == start => {
                pieces.push(&text[start..at]);
                (start, quoted) = (at + 1, false);
            }
            _ => {}
        }
        previous = byte;
    }
    pieces.push(&text[start..]);
    pieces
}

/// Takes the quotes off, and the encoding of RFC 2231 (`name*=utf-8''a%20b`).
fn decode_parameter(name: &str, value: &str) -> (String, String) {
    let value = unquote(value);
    let Some(plain) = name.strip_suffix('*') else { return (name.to_owned(), value) };
    let text = value.splitn(3, '\'').nth(2).unwrap_or(&value);
    (plain.to_owned(), String::from_utf8_lossy(&crate::parse::percent_decode(text.as_bytes())).into_owned())
}

fn unquote(value: &str) -> String {
    if let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        return inner.replace("\\\\", "\\").replace("\\\"", "\"");
    }
    match value.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        Some(inner) => inner.to_owned(),
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_with_quotes_and_the_last_one_counts() {
        let kind = MediaType::parse("Multipart/Form-Data; Boundary=\"a;b\\\"c\"; x; =y; n=1; n=2");
        assert_eq!(kind.essence, "multipart/form-data");
        assert_eq!(kind.parameter("boundary"), Some("a;b\"c"));
        assert_eq!((kind.parameter("x"), kind.parameter("n")), (Some(""), Some("2")));
    }

    #[test]
    fn the_encoding_of_rfc_2231_is_undone() {
        assert_eq!(MediaType::parse("form-data; filename*=utf-8''a%20b").parameter("filename"), Some("a b"));
    }

    #[test]
    fn stars_fit_and_specificity_grows_with_detail() {
        let of = |text: &str| {
            (MediaType::parse(text).fits("application/json"), MediaType::parse(text).specificity())
        };
        assert_eq!(of("*/*"), (true, 0));
        assert_eq!(of("application/*"), (true, 1));
        assert_eq!(of("application/json; q=0.3"), (true, 2));
        assert_eq!(of("application/json; indent=4"), (true, 3));
        assert_eq!(of("application"), (false, 2));
    }
}

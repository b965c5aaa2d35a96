//! Cookies: reading them as leniently as Django does, and writing `Set-Cookie` lines as Django writes them.

use std::fmt::Write as _;
use std::time::{Duration, UNIX_EPOCH};

use http::header::COOKIE;
use http::{HeaderMap, HeaderValue};
use rest_auth_core::model::Timestamp;
use rest_auth_core::settings::SameSite;

/// The last second that an HTTP date can name.
const LAST_SECOND: u64 = 253_402_300_799;

/// The value of a request's cookie; of several of one name, the last.
pub(crate) fn read(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(COOKIE).iter().map(|line| String::from_utf8_lossy(line.as_bytes()));
    lines.flat_map(|line| pairs(&line)).rfind(|(known, _)| known == name).map(|(_, value)| value)
}

/// All cookies of a header. What has no `=` is a value without a name.
fn pairs(header: &str) -> Vec<(String, String)> {
    let pieces = header.split(';').map(|piece| {
        let (name, value) = piece.split_once('=').unwrap_or(("", piece));
        (name.trim(), value.trim())
    });
    pieces
        .filter(|(name, value)| !name.is_empty() || !value.is_empty())
        .map(|(name, value)| (name.to_owned(), unquote(value)))
        .collect()
}

/// Takes off quotes, `\"` and `\012` within them.
fn unquote(value: &str) -> String {
    let Some(inner) = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else {
        return value.to_owned();
    };
    let (mut out, mut rest) = (String::with_capacity(inner.len()), inner);
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match rest.as_bytes() {
            [high @ b'0'..=b'3', middle @ b'0'..=b'7', low @ b'0'..=b'7', ..] => {
                out.push(char::from((high - b'0') * 64 + (middle - b'0') * 8 + (low - b'0')));
                rest = &rest[3..];
            }
            _ => match rest.chars().next().filter(|letter| *letter != '\n') {
                Some(letter) => {
                    out.push(letter);
                    rest = &rest[letter.len_utf8()..];
                }
                None => out.push('\\'),
            },
        }
    }
    out + rest
}

/// A cookie to be set or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SetCookie {
    pub(crate) name: String,
    pub(crate) value: String,
    /// Seconds that it lives; `None` until the browser closes.
    pub(crate) max_age: Option<i64>,
    pub(crate) domain: Option<String>,
    pub(crate) path: String,
    pub(crate) http_only: bool,
    pub(crate) secure: bool,
    pub(crate) same_site: Option<SameSite>,
}

impl SetCookie {
    /// The line that makes a browser forget this cookie: the same place, no value, an end in the past. As with
    /// Django it is `Secure` only where browsers would ignore it otherwise, and never `HttpOnly`.
    pub(crate) fn deletion(self) -> Self {
        let prefixed = self.name.starts_with("__Secure-") || self.name.starts_with("__Host-");
        Self {
            value: String::new(),
            max_age: Some(0),
            http_only: false,
            secure: prefixed || self.same_site == Some(SameSite::None),
            ..self
        }
    }

    /// Whether this is what [`SetCookie::deletion`] makes.
    fn is_deletion(&self) -> bool {
        self.max_age == Some(0) && self.value.is_empty()
    }

    /// The line, with its end counted from `now`. Attributes stand in Django's order.
    pub(crate) fn line(&self, now: Timestamp) -> HeaderValue {
        let mut line = format!("{}={}", self.name, quote(&self.value));
        if let Some(domain) = &self.domain {
            let _ = write!(line, "; Domain={domain}");
        }
        if let Some(age) = self.max_age {
            let end = if self.is_deletion() { Timestamp::from_seconds(0) } else { now.plus_seconds(age) };
            let _ = write!(line, "; expires={}", http_date(end));
        }
        if self.http_only {
            line.push_str("; HttpOnly");
        }
        if let Some(age) = self.max_age {
            let _ = write!(line, "; Max-Age={age}");
        }
        let _ = write!(line, "; Path={}", self.path);
        if let Some(same_site) = self.same_site {
            let _ = write!(line, "; SameSite={same_site:?}");
        }
        if self.secure {
            line.push_str("; Secure");
        }
        HeaderValue::from_maybe_shared(line.into_bytes())
            .expect("names and places come from checked settings, and values are quoted")
    }
}

/// Python's quoting: values beyond an alphabet stand in quotes, control characters as octal numbers.
fn quote(value: &str) -> String {
    let legal = |letter: char| letter.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:".contains(letter);
    if !value.is_empty() && value.chars().all(legal) {
        return value.to_owned();
    }
    let mut out = String::from("\"");
    for letter in value.chars() {
        match letter {
            '"' | '\\' => out.extend(['\\', letter]),
            _ if legal(letter) || " ()/<=>?@[]{}".contains(letter) || u32::from(letter) > 0xff => {
                out.push(letter);
            }
            _ => {
                let _ = write!(out, "\\{:03o}", u32::from(letter));
            }
        }
    }
    out.push('"');
    out
}

fn http_date(at: Timestamp) -> String {
    let seconds = u64::try_from(at.seconds()).unwrap_or(0).min(LAST_SECOND);
    httpdate::fmt_http_date(UNIX_EPOCH + Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::Value;

    use super::*;

    fn cookie(case: &Value) -> SetCookie {
        let text = |key: &str| case[key].as_str().map(str::to_owned);
        SetCookie {
            name: text("name").unwrap(),
            value: text("value").unwrap_or_default(),
            max_age: case["max_age"].as_i64(),
            domain: text("domain"),
            path: text("path").unwrap_or_else(|| "/".to_owned()),
            http_only: case["httponly"] == true,
            secure: case["secure"] == true,
            same_site: text("samesite").map(|name| serde_json::from_value(name.into()).unwrap()),
        }
    }

    #[test]
    fn headers_are_read_as_django_reads_them() {
        let cases: Vec<Value> = serde_json::from_str(include_str!("../tests/vectors/cookies.json")).unwrap();
        for case in cases {
            let header = case["header"].as_str().unwrap();
            let expected: Vec<(String, String)> = serde_json::from_value(case["cookies"].clone()).unwrap();
            let mut all = pairs(header);
            all.reverse();
            let last =
                |name: &str| all.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
            for (name, value) in &expected {
                assert_eq!(last(name), Some(value.as_str()), "{case}");
            }
            assert!(all.iter().all(|(name, _)| expected.iter().any(|(known, _)| known == name)), "{case}");
        }
    }

    #[test]
    fn lines_are_written_as_django_writes_them() {
        let cases: Vec<Value> =
            serde_json::from_str(include_str!("../tests/vectors/set_cookies.json")).unwrap();
        for case in cases {
            let (cookie, now) = match case.get("set") {
                Some(set) => (cookie(set), end_of(case["line"].as_str().unwrap(), set)),
                None => (cookie(&case["delete"]).deletion(), Timestamp::from_seconds(1_000_000)),
            };
            let line = cookie.line(now);
            assert_eq!(line.as_bytes(), case["line"].as_str().unwrap().as_bytes(), "{case}");
        }
    }

    /// When Django wrote the line, from the end that stands in it.
    fn end_of(line: &str, set: &Value) -> Timestamp {
        let Some((_, rest)) = line.split_once("expires=") else { return Timestamp::from_seconds(0) };
        let end = httpdate::parse_http_date(rest.split(';').next().unwrap()).unwrap();
        let end = i64::try_from(end.duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap();
        Timestamp::from_seconds(end - set["max_age"].as_i64().unwrap())
    }

    #[test]
    fn the_last_cookie_of_a_name_counts_over_several_headers() {
        let mut headers = HeaderMap::new();
        headers.append(COOKIE, HeaderValue::from_static("a=1; b=2"));
        headers.append(COOKIE, HeaderValue::from_static("a=3"));
        assert_eq!((read(&headers, "a").as_deref(), read(&headers, "b").as_deref()), (Some("3"), Some("2")));
        assert_eq!(read(&headers, "c"), None);
    }

    #[test]
    fn a_far_end_is_a_date_and_no_panic() {
        let case = serde_json::json!({"name": "a", "value": "x", "max_age": i64::MAX});
        assert!(cookie(&case).line(Timestamp::from_seconds(1)).to_str().unwrap().contains("31 Dec 9999"));
    }

    proptest! {
        #[test]
        fn no_header_panics_and_what_is_written_reads_back(header in ".{0,80}", value in "\\PC{0,20}") {
            let _ = pairs(&header);
            let line = format!("a={}", quote(&value));
            if value.chars().all(|letter| letter != '\n') && value.chars().all(|letter| u32::from(letter) < 0x100) {
                prop_assert_eq!(pairs(&line), vec![("a".to_owned(), value)]);
            }
        }
    }
}

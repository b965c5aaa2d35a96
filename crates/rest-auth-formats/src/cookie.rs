//! The `Set-Cookie` lines that Django writes (`HttpResponse.set_cookie` over Python's `http.cookies`).

use std::fmt::{self, Write};

use crate::Timestamp;

/// The attribute `SameSite` (`…_COOKIE_SAMESITE`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// `Lax`.
    Lax,
    /// `Strict`.
    Strict,
    /// `None`: sent with requests from everywhere.
    None,
}

impl SameSite {
    /// The attribute's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lax => "Lax",
            Self::Strict => "Strict",
            Self::None => "None",
        }
    }
}

/// A cookie to be set. `Display` writes the value of the `Set-Cookie` header, attributes in Django's order.
///
/// `Debug` leaves the value out.
#[derive(Clone)]
pub struct SetCookie<'a> {
    /// The name.
    pub name: &'a str,
    /// The value; characters that a cookie may not hold are quoted as Python does.
    pub value: &'a str,
    /// `Domain`, or the host alone.
    pub domain: Option<&'a str>,
    /// `Path`.
    pub path: &'a str,
    /// How long the browser keeps it.
    pub lifetime: Lifetime,
    /// `HttpOnly`: scripts cannot read it.
    pub http_only: bool,
    /// `Secure`: https only.
    pub secure: bool,
    /// `SameSite`; `None` leaves it out.
    pub same_site: Option<SameSite>,
}

/// How long a browser keeps a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lifetime {
    /// Until the browser is closed: neither `Max-Age` nor `expires`.
    BrowserSession,
    /// For so many seconds from the given time on.
    Seconds(i64, Timestamp),
    /// Not at all: the cookie is deleted.
    Deleted,
}

impl<'a> SetCookie<'a> {
    /// A cookie for the whole site until the browser is closed, `SameSite=Lax`.
    pub fn new(name: &'a str, value: &'a str) -> Self {
        Self {
            name,
            value,
            domain: None,
            path: "/",
            lifetime: Lifetime::BrowserSession,
            http_only: false,
            secure: false,
            same_site: Some(SameSite::Lax),
        }
    }

    /// The cookie that deletes this one (`HttpResponse.delete_cookie`): an empty value in quotes that expired
    /// in 1970. Domain, path and `SameSite` stay; `Secure` stays only where browsers would refuse the cookie
    /// otherwise, that is for names in `__Secure-` or `__Host-` and for `SameSite=None`.
    #[must_use]
    pub fn deletion(&self) -> Self {
        let needs_secure = self.name.starts_with("__Secure-")
            || self.name.starts_with("__Host-")
            || self.same_site == Some(SameSite::None);
        Self {
            value: "",
            lifetime: Lifetime::Deleted,
            http_only: false,
            secure: needs_secure,
            ..self.clone()
        }
    }
}

impl fmt::Display for SetCookie<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lifetime = match self.lifetime {
            Lifetime::BrowserSession => None,
            Lifetime::Seconds(seconds, now) => Some((now.plus_seconds(seconds), seconds)),
            Lifetime::Deleted => Some((Timestamp::default(), 0)),
        };
        write!(formatter, "{}={}", self.name, quoted(self.value))?;
        if let Some(domain) = self.domain {
            write!(formatter, "; Domain={domain}")?;
        }
        if let Some((expires, _)) = lifetime {
            write!(formatter, "; expires={}", expires.http_date())?;
        }
        if self.http_only {
            formatter.write_str("; HttpOnly")?;
        }
        if let Some((_, max_age)) = lifetime {
            write!(formatter, "; Max-Age={max_age}")?;
        }
        write!(formatter, "; Path={}", self.path)?;
        if let Some(same_site) = self.same_site {
            write!(formatter, "; SameSite={}", same_site.as_str())?;
        }
        if self.secure {
            formatter.write_str("; Secure")?;
        }
        Ok(())
    }
}

impl fmt::Debug for SetCookie<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("SetCookie").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The value as `http.cookies` writes it: as it is if it is a token, else in quotes, with octal escapes for what
/// may not stand there. What is beyond Latin-1, which Python leaves as it is, is escaped by its bytes.
fn quoted(value: &str) -> String {
    let is_token =
        |character: char| character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~:".contains(character);
    if !value.is_empty() && value.chars().all(is_token) {
        return value.to_owned();
    }
    let mut text = String::from("\"");
    let escape =
        |text: &mut String, code: u32| write!(text, "\\{code:03o}").expect("a String takes everything");
    for character in value.chars() {
        match character {
            '"' | '\\' => text.extend(['\\', character]),
            _ if is_token(character) || " ()/<=>?@[]{}".contains(character) => text.push(character),
            ..='\u{ff}' => escape(&mut text, character.into()),
            _ => character.encode_utf8(&mut [0; 4]).bytes().for_each(|byte| escape(&mut text, byte.into())),
        }
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_break_out_of_its_cookie() {
        for (value, text) in [
            ("plain-token_1.2", "plain-token_1.2"),
            ("a=b", "\"a=b\""),
            ("a; Path=/x", "\"a\\073 Path=/x\""),
            ("a\r\nSet-Cookie: b=c", "\"a\\015\\012Set-Cookie: b=c\""),
            ("say \"hi\" \\", "\"say \\\"hi\\\" \\\\\""),
            ("ü,", "\"\\374\\054\""),
            ("€", "\"\\342\\202\\254\""),
        ] {
            assert_eq!(SetCookie::new("c", value).to_string(), format!("c={text}; Path=/; SameSite=Lax"));
        }
    }

    #[test]
    fn a_deletion_keeps_secure_only_where_a_browser_demands_it() {
        let plain = SetCookie { secure: true, http_only: true, ..SetCookie::new("sessionid", "x") };
        assert!(!plain.deletion().to_string().contains("Secure"));
        let host = SetCookie { name: "__Host-sessionid", ..plain.clone() };
        assert!(host.deletion().to_string().ends_with("; Secure"));
        let cross_site = SetCookie { same_site: Some(SameSite::None), ..plain };
        assert!(cross_site.deletion().to_string().ends_with("; SameSite=None; Secure"));
    }

    #[test]
    fn debug_prints_no_value() {
        assert_eq!(format!("{:?}", SetCookie::new("n", "secret")), "SetCookie { name: \"n\", .. }");
    }
}

//! HTTP's Basic scheme (RFC 7617) as Django REST framework reads it: `Authorization: Basic …`.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::base64url;

/// The word in front of the credentials, to be compared in any case.
const SCHEME: &str = "Basic";

/// What `WWW-Authenticate` says of it.
pub const CHALLENGE: &str = "Basic realm=\"api\"";

/// A name and a password. Prints no password.
#[derive(Clone, PartialEq, Eq)]
pub struct BasicCredentials {
    /// What stands before the first colon; may be empty.
    pub username: String,
    /// What stands behind it; may be empty, and hold more colons.
    pub password: String,
}

impl fmt::Debug for BasicCredentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("BasicCredentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Why a header holds no credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BasicFailure {
    /// The header is the scheme alone.
    NoCredentials,
    /// More than one word follows the scheme.
    Spaces,
    /// The word is no base 64, or there is no colon in what it stands for.
    Encoding,
}

/// The value of an `Authorization` header with these credentials, as `requests` writes it.
pub fn header(username: &str, password: &str) -> String {
    format!("{SCHEME} {}", STANDARD.encode(format!("{username}:{password}")))
}

/// The credentials in an `Authorization` header (`BasicAuthentication.authenticate`), as text of UTF-8, or else of
/// Latin-1.
///
/// Words are split at ASCII white space. `None` if the first one is not the scheme, in any case: another one may want
/// the header.
pub fn read_header(header: &[u8]) -> Result<Option<BasicCredentials>, BasicFailure> {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == b'\x0b';
    let mut words = header.split(is_space).filter(|word| !word.is_empty());
    if !words.next().is_some_and(|word| word.eq_ignore_ascii_case(SCHEME.as_bytes())) {
        return Ok(None);
    }
    let word = words.next().ok_or(BasicFailure::NoCredentials)?;
    if words.next().is_some() {
        return Err(BasicFailure::Spaces);
    }
    let bytes = base64url::decode_standard(word).ok_or(BasicFailure::Encoding)?;
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => error.as_bytes().iter().copied().map(char::from).collect(),
    };
    let (username, password) = text.split_once(':').ok_or(BasicFailure::Encoding)?;
    Ok(Some(BasicCredentials { username: username.to_owned(), password: password.to_owned() }))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(header: &str) -> Result<Option<(String, String)>, BasicFailure> {
        let found = read_header(header.as_bytes())?;
        Ok(found.map(|found| (found.username, found.password)))
    }

    #[test]
    fn what_is_written_is_read_again() {
        assert_eq!(header("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        let read = read_header(header("id", "se:cret").as_bytes()).unwrap().unwrap();
        assert_eq!((read.username.as_str(), read.password.as_str()), ("id", "se:cret"));
    }

    #[test]
    fn credentials_are_read_as_python_reads_them() {
        for (word, username, password) in [
            ("dTpw", "u", "p"),
            ("dTpw==", "u", "p"),
            ("dTo=", "u", ""),
            ("OnA=", "", "p"),
            ("dTo6OnA=", "u", "::p"),
            ("w6k6cMOp", "é", "pé"),
            // No UTF-8, so Latin-1.
            ("6To=", "é", ""),
            ("4OnpOnA=", "àéé", "p"),
            // What is in no alphabet is skipped, and what follows the padding is not looked at.
            ("dT-p_w", "u", "p"),
            ("d!T:p,w", "u", "p"),
            ("dT=pw", "u", "p"),
            ("dTo=dTpw", "u", ""),
        ] {
            let expected = Ok(Some((username.to_owned(), password.to_owned())));
            assert_eq!(read(&format!("Basic {word}")), expected, "{word}");
        }
        for word in ["dTp", "dTo", "d", "d===", "dQ==", "====", "dT+/", "-_"] {
            assert_eq!(read(&format!("Basic {word}")), Err(BasicFailure::Encoding), "{word}");
        }
    }

    #[test]
    fn the_scheme_is_found_in_any_case_and_other_schemes_are_left_alone() {
        for header in ["basic dTpw", "BASIC\tdTpw", "  Basic \x0b dTpw "] {
            assert!(matches!(read(header), Ok(Some(_))), "{header}");
        }
        for header in ["", " ", "Basicx dTpw", "Token dTpw", "dTpw"] {
            assert_eq!(read(header), Ok(None), "{header}");
        }
        assert_eq!(read("Basic"), Err(BasicFailure::NoCredentials));
        assert_eq!(read("Basic dTpw dTpw"), Err(BasicFailure::Spaces));
    }

    #[test]
    fn a_password_does_not_show() {
        let found = read_header(b"Basic dTpTRUNSRVQ=").unwrap().unwrap();
        assert_eq!(found.password, "SECRET");
        assert!(!format!("{found:?}").contains("SECRET"));
    }

    proptest! {
        #[test]
        fn no_header_panics(header in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = read_header(&header);
            let _ = read_header(&[b"Basic ", header.as_slice()].concat());
        }

        #[test]
        fn what_a_client_sends_is_what_is_read(username in "[^:]{0,20}", password in ".{0,20}") {
            use base64::Engine as _;
            let word = base64::engine::general_purpose::STANDARD.encode(format!("{username}:{password}"));
            let found = read_header(format!("Basic {word}").as_bytes()).unwrap();
            prop_assert_eq!(found, Some(BasicCredentials { username, password }));
        }
    }
}

//! An e-mail address that Django accepts.

use std::borrow::Cow;
use std::fmt;

use rest_auth_formats::validators::email;

use crate::messages::{self, Message};

/// An address by the rules of Django's `EmailValidator`, in the case in which it was typed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Email(String);

impl Email {
    /// Takes the text if it is an address. White space around it makes it none; forms cut it off before.
    pub fn parse(text: impl Into<String>) -> Result<Self, Message> {
        let text = text.into();
        if email::is_email(&text) { Ok(Self(text)) } else { Err(messages::INVALID_EMAIL) }
    }

    /// As typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// All of it in lower case: how allauth stores and compares addresses.
    pub fn lower_case(&self) -> String {
        self.0.to_lowercase()
    }

    /// The domain in lower case, the rest as typed: how Django's `create_user` stores addresses.
    pub fn with_lower_case_domain(&self) -> Cow<'_, str> {
        email::normalize(&self.0)
    }

    /// What stands behind the last `@`.
    pub fn domain(&self) -> &str {
        self.0.rsplit_once('@').map_or("", |(_, domain)| domain)
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_the_forms_that_upstream_compares_and_stores() {
        let email = Email::parse("Ann.B@Example.ORG").unwrap();
        assert_eq!(email.as_str(), "Ann.B@Example.ORG");
        assert_eq!(email.lower_case(), "ann.b@example.org");
        assert_eq!(email.with_lower_case_domain(), "Ann.B@example.org");
        assert_eq!(email.domain(), "Example.ORG");
    }

    #[test]
    fn what_is_no_address_gets_djangos_sentence() {
        for text in ["", "ann", " ann@example.org", "ann@example.org\n"] {
            assert_eq!(Email::parse(text), Err(messages::INVALID_EMAIL), "{text:?}");
        }
    }
}

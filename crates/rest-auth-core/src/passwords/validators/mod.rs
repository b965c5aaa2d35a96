//! What a new password may be: Django's validators, as `[password]` lists them.

use rest_auth_formats::validators::{password as rules, text};

use crate::messages::{self, Message};
use crate::model::{ExtraValue, User};
use crate::settings::ValidatorEntry;

/// The validators of a deployment, in its order. All of them are asked, and each has one message at most.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PasswordValidators {
    entries: Vec<ValidatorEntry>,
}

impl PasswordValidators {
    /// These validators; with none, passwords still have at least `fallback_min_length` code points, if that is not 0.
    ///
    /// allauth has that minimum (`ACCOUNT_PASSWORD_MIN_LENGTH`) at registration only, so that a change to a password of
    /// one character passes; here it holds wherever a password is set.
    pub fn new(entries: &[ValidatorEntry], fallback_min_length: usize) -> Self {
        let fallback = ValidatorEntry::MinimumLength { min_length: fallback_min_length };
        let entries = match entries {
            [] if fallback_min_length > 0 => vec![fallback],
            given => given.to_vec(),
        };
        Self { entries }
    }

    /// Everything that is wrong with the password, in order; `profile` is whose it is to be, as far as that is known.
    pub fn validate(&self, password: &str, profile: &Profile) -> Vec<Message> {
        self.entries.iter().filter_map(|entry| find_fault(entry, password, profile)).collect()
    }
}

fn find_fault(entry: &ValidatorEntry, password: &str, profile: &Profile) -> Option<Message> {
    match entry {
        ValidatorEntry::UserAttributeSimilarity { max_similarity, user_attributes } => user_attributes
            .iter()
            .filter_map(|name| profile.attribute(name))
            .find(|attribute| rules::resembles(password, &attribute.value, *max_similarity))
            .map(|attribute| messages::password_too_similar(&attribute.verbose_name)),
        ValidatorEntry::MinimumLength { min_length } => {
            (text::length(password) < *min_length).then(|| messages::password_too_short(*min_length))
        }
        ValidatorEntry::Common => rules::is_common(password).then_some(messages::PASSWORD_TOO_COMMON),
        ValidatorEntry::Numeric => rules::is_numeric(password).then_some(messages::PASSWORD_ENTIRELY_NUMERIC),
    }
}

/// What is known of the person whose password it is to be: attributes that a password must not resemble.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    attributes: Vec<Attribute>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Attribute {
    name: String,
    verbose_name: String,
    value: String,
}

impl Profile {
    /// Nothing is known, as while a registration's fields are looked at one by one.
    pub fn unknown() -> Self {
        Self::default()
    }

    /// The attributes of an account, its own text columns included.
    pub fn of(user: &User) -> Self {
        let own = user.extra.iter().filter_map(|(name, value)| match value {
            ExtraValue::Text(text) => Some((name, text)),
            ExtraValue::Null | ExtraValue::Int(_) | ExtraValue::Bool(_) | ExtraValue::Date(_) => None,
        });
        own.fold(
            Self::unknown()
                .with("username", user.username.as_deref().unwrap_or_default())
                .with("first_name", &user.first_name)
                .with("last_name", &user.last_name)
                .with("email", &user.email),
            |profile, (name, text)| profile.with(name, text),
        )
    }

    /// Adds an attribute by its field's name, which the message shows with spaces; empty values are left out.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            let verbose_name =
                if name == "email" { "email address".to_owned() } else { name.replace('_', " ") };
            self.attributes.push(Attribute { name: name.to_owned(), verbose_name, value: value.to_owned() });
        }
        self
    }

    fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.name == name)
    }
}

#[cfg(test)]
mod tests;

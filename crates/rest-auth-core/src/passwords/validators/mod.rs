//! What a new password may be: Django's validators, as `[password]` lists them.

use std::sync::Arc;

use rest_auth_formats::validators::password::{self as rules, WordList};
use rest_auth_formats::validators::text;

use crate::messages::{self, Message};
use crate::model::{ExtraValue, User};
use crate::settings::{Problem, ValidatorEntry};

/// The attribute that is not of the account: the host of the site.
const SITE: &str = "site";

/// The validators of a deployment, in its order. All of them are asked, and each has one message at most.
#[derive(Clone, Debug, Default)]
pub struct PasswordValidators {
    validators: Vec<Validator>,
    site: Option<Attribute>,
}

/// A validator, with the words that it has in a file of its own.
#[derive(Clone, Debug)]
struct Validator {
    entry: ValidatorEntry,
    words: Option<Arc<WordList>>,
}

impl PasswordValidators {
    /// These validators; with none, passwords still have at least `fallback_min_length` code points, if that is not 0.
    /// Says which file of words cannot be read.
    ///
    /// allauth has that minimum (`ACCOUNT_PASSWORD_MIN_LENGTH`) at registration only, so that a change to a password of
    /// one character passes; here it holds wherever a password is set.
    pub fn new(entries: &[ValidatorEntry], fallback_min_length: usize) -> Result<Self, Problem> {
        let fallback = [ValidatorEntry::MinimumLength { min_length: fallback_min_length }];
        let entries = if entries.is_empty() && fallback_min_length > 0 { &fallback } else { entries };
        let validators = entries
            .iter()
            .map(|entry| Ok(Validator { words: words_of(entry)?, entry: entry.clone() }))
            .collect::<Result<_, _>>()?;
        Ok(Self { validators, site: None })
    }

    /// For a site with this host, which passwords may have to differ from.
    #[must_use]
    pub fn at_site(mut self, host: &str) -> Self {
        let verbose_name = "site's name".to_owned();
        self.site = Some(Attribute { name: SITE.to_owned(), verbose_name, value: host.to_owned() });
        self
    }

    /// Everything that is wrong with the password, in order; `profile` is whose it is to be, as far as that is known.
    pub fn validate(&self, password: &str, profile: &Profile) -> Vec<Message> {
        self.validators.iter().filter_map(|validator| self.find_fault(validator, password, profile)).collect()
    }

    fn find_fault(&self, validator: &Validator, password: &str, profile: &Profile) -> Option<Message> {
        match &validator.entry {
            ValidatorEntry::UserAttributeSimilarity { max_similarity, user_attributes } => user_attributes
                .iter()
                .filter_map(|name| {
                    profile.attribute(name).or_else(|| self.site.as_ref().filter(|_| name == SITE))
                })
                .find(|attribute| rules::resembles(password, &attribute.value, *max_similarity))
                .map(|attribute| messages::password_too_similar(&attribute.verbose_name)),
            ValidatorEntry::MinimumLength { min_length } => {
                (text::length(password) < *min_length).then(|| messages::password_too_short(*min_length))
            }
            ValidatorEntry::Common { .. } => {
                let own = validator.words.as_ref().map(|words| words.contains(password));
                own.unwrap_or_else(|| rules::is_common(password)).then_some(messages::PASSWORD_TOO_COMMON)
            }
            ValidatorEntry::Numeric => {
                rules::is_numeric(password).then_some(messages::PASSWORD_ENTIRELY_NUMERIC)
            }
        }
    }
}

/// The words of a list in a file.
fn words_of(entry: &ValidatorEntry) -> Result<Option<Arc<WordList>>, Problem> {
    let ValidatorEntry::Common { password_list_path: Some(path) } = entry else { return Ok(None) };
    let problem = |reason: &str| Problem {
        key: "password.validators".to_owned(),
        message: format!("the words of `{path}` cannot be read: {reason}"),
        hint: None,
    };
    let file = std::fs::read(path).map_err(|error| problem(&error.to_string()))?;
    let words = WordList::read(&file).ok_or_else(|| problem("it is no text in UTF-8, gzipped or not"))?;
    Ok(Some(Arc::new(words)))
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

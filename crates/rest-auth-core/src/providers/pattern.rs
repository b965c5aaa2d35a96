//! Texts of a row with placeholders: addresses, parameters, headers. `{client_id}` and its like come from the
//! application, `{access_token}` and `{code}` from the login, `{$token.user_id}` from an answer, every other name from
//! the deployment's settings of the provider. What comes from outside is percent-encoded where it lands in an address.

use rest_auth_formats::percent;

use super::path::{Answers, Path};

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    Name(String),
    Path(Path),
}

/// Where the values of a pattern come from.
pub trait Placeholders {
    /// The value of a name; `None` where there is none.
    fn named(&self, name: &str) -> Option<String>;
    /// What the provider has answered so far.
    fn answers(&self) -> &Answers;
}

/// The names that belong to a single login, and never to the configuration.
const OF_A_LOGIN: &[&str] =
    &["access_token", "code", "code_verifier", "redirect_uri", "appsecret_proof", "device_id", "random"];

impl Pattern {
    /// Reads a text. Braces that hold neither a name nor a path are refused.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after
                .split_once('}')
                .ok_or_else(|| format!("`{text}` opens a brace and does not close it"))?;
            if !before.is_empty() {
                parts.push(Part::Text(before.to_owned()));
            }
            parts.push(if name.starts_with('$') {
                Part::Path(Path::parse(name)?)
            } else if !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c))
            {
                Part::Name(name.to_owned())
            } else {
                return Err(format!("`{{{name}}}` names nothing that could be put in"));
            });
            rest = behind;
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// The names in it that only the configuration can give.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().filter_map(|part| match part {
            Part::Name(name) if !OF_A_LOGIN.contains(&name.as_str()) => Some(name.as_str()),
            _ => None,
        })
    }

    /// The text; `None` if a value is missing.
    pub fn text(&self, values: &dyn Placeholders) -> Option<String> {
        self.parts.iter().map(|part| part.value(values)).collect()
    }

    /// The address: what a login or an answer brings is percent-encoded, unless the address begins with it.
    pub fn address(&self, values: &dyn Placeholders) -> Option<String> {
        let parts = self.parts.iter().enumerate().map(|(at, part)| {
            let value = part.value(values)?;
            let foreign = match part {
                Part::Text(_) => false,
                Part::Name(name) => OF_A_LOGIN.contains(&name.as_str()),
                Part::Path(_) => at > 0,
            };
            Some(if foreign { percent::encode(&value) } else { value })
        });
        parts.collect()
    }
}

impl Part {
    fn value(&self, values: &dyn Placeholders) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()),
            Self::Name(name) => values.named(name),
            Self::Path(path) => path.text(values.answers()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    struct Sample(Answers);

    impl Placeholders for Sample {
        fn named(&self, name: &str) -> Option<String> {
            match name {
                "SERVER" => Some("https://cloud.example.org".to_owned()),
                "access_token" => Some("a/../b?c".to_owned()),
                _ => None,
            }
        }

        fn answers(&self) -> &Answers {
            &self.0
        }
    }

    fn sample() -> Sample {
        Sample(Answers {
            token: json!({"id": "x&y", "host": "https://api.example.org/"}),
            ..Answers::default()
        })
    }

    #[test]
    fn what_a_login_brings_cannot_change_the_rest_of_an_address() {
        let address = |text: &str| Pattern::parse(text).unwrap().address(&sample());
        assert_eq!(address("{SERVER}/u/{$token.id}").as_deref(), Some("https://cloud.example.org/u/x%26y"));
        assert_eq!(
            address("{SERVER}/t/{access_token}").as_deref(),
            Some("https://cloud.example.org/t/a%2F..%2Fb%3Fc")
        );
        assert_eq!(address("{$token.host}v1/me").as_deref(), Some("https://api.example.org/v1/me"));
        assert_eq!(address("{SERVER}/{$token.nothing}"), None);
        assert_eq!(address("{OTHER}/me"), None);
    }

    #[test]
    fn only_what_the_configuration_gives_is_asked_of_it() {
        let pattern = Pattern::parse("{SERVER}/{app.key}/{access_token}/{$token.id}").unwrap();
        assert_eq!(pattern.settings().collect::<Vec<_>>(), ["SERVER", "app.key"]);
    }

    #[test]
    fn a_brace_without_a_name_is_refused() {
        for wrong in ["{", "{}", "{a b}", "x{$}", "{$1.a|nothing}"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
    }
}

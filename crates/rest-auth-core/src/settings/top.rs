//! The top level of the file, and the whole of it.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::section::section;
use super::{
    Account, Csrf, Database, Email, Http, Key, Links, NOT_YET, OrFalse, Password, RestAuth, RestFramework,
    Section, Session, Templates, UserModel,
};
use crate::model::Secret;

/// Where the defaults come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Profile {
    /// Every documented default of upstream.
    #[default]
    Compat,
    /// The safe value of each setting.
    Strict,
}

section! {
    /// What the whole deployment shares.
    TopLevel in "" {
        /// "compat": upstream's documented defaults, for a deployment that clients already speak to.
        /// "strict": the safe value of each setting, for a new one. A key in this file wins over both.
        profile: Profile = Profile::Compat;
        /// Django's SECRET_KEY: signs sessions, reset links and confirmation keys. 32 bytes at least.
        /// Empty: a development secret, with a warning, and only while listening on this machine.
        secret_key: Secret = Secret::default();
        /// A file that holds the secret key, instead of the key itself.
        secret_key_file: OrFalse<String> = OrFalse::off();
        /// Former secret keys: what they signed is still accepted (SECRET_KEY_FALLBACKS).
        secret_key_fallbacks: Vec<Secret> = Vec::new();
        /// TIME_ZONE, by its IANA name. Reset tokens depend on it: keep the one that Django has.
        time_zone: String = "UTC".to_owned();
        /// LANGUAGE_CODE. Sentences are English in this version.
        language_code: String = "en-us".to_owned();
    }
}

/// The whole configuration.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The keys outside of sections.
    pub top: TopLevel,
    /// `[http]`
    pub http: Http,
    /// `[database]`
    pub database: Database,
    /// `[email]`
    pub email: Email,
    /// `[links]`
    pub links: Links,
    /// `[rest_auth]`
    pub rest_auth: RestAuth,
    /// `[rest_framework]`
    pub rest_framework: RestFramework,
    /// `[account]`
    pub account: Account,
    /// `[password]`
    pub password: Password,
    /// `[session]`
    pub session: Session,
    /// `[csrf]`
    pub csrf: Csrf,
    /// `[user_model]`
    pub user_model: UserModel,
    /// `[templates]`
    pub templates: Templates,
}

/// A section's place in the file.
#[derive(Debug)]
pub struct SectionInfo {
    /// `""` for the top level.
    pub name: &'static str,
    /// What it is about.
    pub doc: &'static [&'static str],
    /// Its keys.
    pub keys: Vec<Key>,
}

/// Calls a macro with every section: field and type. The one list of sections.
macro_rules! for_each_section {
    ($apply:ident) => {
        $apply! {
            top: TopLevel, http: Http, database: Database, email: Email, links: Links, rest_auth: RestAuth,
            rest_framework: RestFramework, account: Account, password: Password, session: Session, csrf: Csrf,
            user_model: UserModel, templates: Templates,
        }
    };
}

impl Settings {
    /// Every section, in the order of the sample.
    pub fn sections() -> Vec<SectionInfo> {
        macro_rules! list {
            ($($field:ident: $ty:ty,)*) => {
                vec![$(SectionInfo { name: <$ty>::NAME, doc: <$ty>::DOC, keys: <$ty>::keys() }),*]
            };
        }
        for_each_section!(list)
    }

    /// Reads a configuration, reporting everything that is wrong with it and not only the first thing.
    pub fn from_table(mut table: toml::Table) -> Result<Self, Vec<Problem>> {
        let strict = table.get("profile").and_then(toml::Value::as_str) == Some("strict");
        let mut problems = Vec::new();
        let mut settings = Self::default();
        let names: Vec<&str> = Self::sections().iter().map(|section| section.name).collect();
        let mut parts: Vec<(String, toml::Table)> = Vec::new();
        for (key, value) in std::mem::take(&mut table) {
            match value {
                toml::Value::Table(section) => parts.push((key, section)),
                value => {
                    table.insert(key, value);
                }
            }
        }
        parts.push((String::new(), table));
        for (name, _) in &parts {
            if !names.contains(&name.as_str()) {
                problems.push(Problem::unknown(name, &names));
            }
        }
        macro_rules! read {
            ($($field:ident: $ty:ty,)*) => {
                $({
                    let given = parts.iter_mut().find(|(name, _)| name == <$ty>::NAME);
                    let given = given.map(|(_, section)| std::mem::take(section)).unwrap_or_default();
                    settings.$field = read_section::<$ty>(given, strict, &mut problems);
                })*
            };
        }
        for_each_section!(read);
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }
}

/// One section: each key alone first, so that a wrong value is reported under its own name.
fn read_section<S: Section + DeserializeOwned + Default>(
    given: toml::Table,
    strict: bool,
    problems: &mut Vec<Problem>,
) -> S {
    let keys = S::keys();
    let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
    let mut table = toml::Table::new();
    if strict {
        for key in keys.iter().filter_map(|key| key.strict.clone().map(|value| (key.name, value))) {
            table.insert(key.0.to_owned(), key.1);
        }
    }
    for (key, value) in given {
        let path = if S::NAME.is_empty() { key.clone() } else { format!("{}.{key}", S::NAME) };
        if !names.contains(&key.as_str()) {
            problems.push(Problem::unknown(&path, &names));
            continue;
        }
        let alone = toml::Table::from_iter([(key.clone(), value.clone())]);
        match S::deserialize(toml::Value::Table(alone)) {
            Ok(_) => {
                table.insert(key, value);
            }
            Err(error) => {
                problems.push(Problem { key: path, message: error.message().to_owned(), hint: None })
            }
        }
    }
    S::deserialize(toml::Value::Table(table)).unwrap_or_default()
}

/// Something wrong with a key of the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// `account.email_verification`, or the name of a section.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl Problem {
    fn unknown(path: &str, known: &[&str]) -> Self {
        if NOT_YET.contains(&path) {
            return Self {
                key: path.to_owned(),
                message: "this version does not support it yet".to_owned(),
                hint: Some("the key is right; a later version will take it".to_owned()),
            };
        }
        let name = path.rsplit('.').next().unwrap_or(path);
        let nearest = known
            .iter()
            .filter(|candidate| !candidate.is_empty())
            .map(|candidate| (distance(name, candidate), candidate))
            .min()
            .filter(|(distance, candidate)| *distance <= (candidate.len() / 3).max(2));
        Self {
            key: path.to_owned(),
            message: "unknown key".to_owned(),
            hint: nearest.map(|(_, candidate)| format!("did you mean `{candidate}`?")),
        }
    }
}

/// Levenshtein's distance, for suggestions.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, right) in b.iter().enumerate() {
            let substitution = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = substitution.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_key_names_its_section_and_the_nearest_key() {
        let table = toml::from_str("[account]\nemail_verificaton = \"mandatory\"").unwrap();
        let problems = Settings::from_table(table).unwrap_err();
        assert_eq!(problems[0].key, "account.email_verificaton");
        assert_eq!(problems[0].hint.as_deref(), Some("did you mean `email_verification`?"));
    }

    #[test]
    fn every_problem_is_reported_under_its_own_key() {
        let table = toml::from_str("[session]\ncookie_age = \"soon\"\n[csrf]\ncookie_secure = 3").unwrap();
        let keys: Vec<String> = Settings::from_table(table).unwrap_err().into_iter().map(|p| p.key).collect();
        assert_eq!(keys, ["session.cookie_age", "csrf.cookie_secure"]);
    }

    #[test]
    fn a_key_of_a_later_version_is_told_apart_from_a_misspelt_one() {
        let table = toml::from_str("[rest_auth]\nuse_jwt = true").unwrap();
        assert!(Settings::from_table(table).unwrap_err()[0].message.contains("does not support it yet"));
    }

    #[test]
    fn the_strict_profile_changes_defaults_and_a_given_key_wins() {
        let settings = Settings::from_table(toml::from_str("profile = \"strict\"").unwrap()).unwrap();
        assert!(settings.session.cookie_secure);
        let text = "profile = \"strict\"\n[session]\ncookie_secure = false";
        assert!(!Settings::from_table(toml::from_str(text).unwrap()).unwrap().session.cookie_secure);
    }

    #[test]
    fn every_default_and_every_strict_value_has_a_toml_form_that_reads_back() {
        for profile in ["compat", "strict"] {
            let mut table = toml::Table::new();
            for section in Settings::sections() {
                let mut part = toml::Table::new();
                for key in section.keys {
                    let value = if profile == "strict" { key.strict.or(key.default) } else { key.default };
                    part.insert(
                        key.name.to_owned(),
                        value.unwrap_or_else(|| panic!("{} has no TOML form", key.name)),
                    );
                }
                if section.name.is_empty() {
                    table.extend(part)
                } else {
                    table.insert(section.name.to_owned(), part.into());
                }
            }
            table.insert("profile".to_owned(), profile.into());
            Settings::from_table(table).unwrap();
        }
    }
}

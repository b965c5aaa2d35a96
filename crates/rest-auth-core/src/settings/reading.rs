//! From a TOML table to settings, and back: which keys there are, what they take, which profile fills the gaps.

use serde::de::DeserializeOwned;

use super::top::for_each_section;
use super::{
    Account, Csrf, Database, Email, Http, JwtAuth, Key, Links, Password, Problem, RestAuth, RestFramework,
    Rownd, Section, Session, Settings, SimpleJwt, SocialAccount, Templates, TopLevel, UserModel,
};

impl Settings {
    /// Reads a configuration, reporting everything that is wrong with it and not only the first thing.
    pub fn from_table(table: toml::Table) -> Result<Self, Vec<Problem>> {
        let strict = table.get("profile").and_then(toml::Value::as_str) == Some("strict");
        let mut problems = Vec::new();
        let mut settings = Self::default();
        let mut parts = split(table, &mut problems);
        let gives = |section: &str, key: &str| {
            parts.iter().any(|(name, part)| name == section && part.contains_key(key))
        };
        let only_allauths_name =
            gives("account", "user_model_username_field") && !gives("user_model", "username_field");
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
        if only_allauths_name {
            settings.user_model.username_field = settings.account.user_model_username_field.clone();
        }
        if problems.is_empty() { Ok(settings) } else { Err(problems) }
    }

    /// Whether a key takes a value; the section is `""` for the top level. `None`: there is no such key.
    pub fn takes(section: &str, key: &str, value: &toml::Value) -> Option<bool> {
        macro_rules! try_section {
            ($($field:ident: $ty:ty,)*) => {
                $(
                    if section == <$ty>::NAME {
                        let known = <$ty>::keys().iter().any(|known| known.name == key);
                        return known.then(|| try_alone::<$ty>(key, value).is_ok());
                    }
                )*
            };
        }
        for_each_section!(try_section);
        None
    }

    /// The settings as one table, sections within; secrets are empty texts.
    pub fn to_table(&self) -> toml::Table {
        let mut table = toml::Table::new();
        macro_rules! write {
            ($($field:ident: $ty:ty,)*) => {
                $(
                    if let Ok(toml::Value::Table(section)) = toml::Value::try_from(&self.$field) {
                        if <$ty>::NAME.is_empty() {
                            table.extend(section);
                        } else {
                            table.insert(<$ty>::NAME.to_owned(), section.into());
                        }
                    }
                )*
            };
        }
        for_each_section!(write);
        table
    }
}

/// The sections of a table, and under `""` the keys outside of them. Reports sections that do not exist.
fn split(table: toml::Table, problems: &mut Vec<Problem>) -> Vec<(String, toml::Table)> {
    let sections = Settings::sections();
    let names: Vec<&str> = sections.iter().map(|section| section.name).collect();
    let is_key =
        |name: &str| sections.iter().any(|s| s.name.is_empty() && s.keys.iter().any(|k| k.name == name));
    let mut parts = Vec::new();
    let mut top = toml::Table::new();
    for (name, value) in table {
        let is_section = !name.is_empty() && names.contains(&name.as_str());
        match value {
            toml::Value::Table(section) if is_section => parts.push((name, section)),
            toml::Value::Table(_) if is_key(&name) => problems.push(Problem::misplaced(&name, false)),
            toml::Value::Table(_) => problems.push(Problem::unknown(&name, &names, &[])),
            _ if is_section => problems.push(Problem::misplaced(&name, true)),
            value => {
                top.insert(name, value);
            }
        }
    }
    parts.push((String::new(), top));
    parts
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
        for (name, value) in keys.iter().filter_map(|key| key.strict.clone().map(|value| (key.name, value))) {
            table.insert(name.to_owned(), value);
        }
    }
    for (name, value) in given {
        let path = if S::NAME.is_empty() { name.clone() } else { format!("{}.{name}", S::NAME) };
        let Some(key) = keys.iter().find(|key| key.name == name) else {
            problems.push(Problem::unknown(&path, &names, &sections_with(&name)));
            continue;
        };
        match try_alone::<S>(&name, &value) {
            Ok(()) => {
                table.insert(name, value);
            }
            Err(_) if key.hidden => problems.push(Problem::value(&path, hidden_refusal(key), &value)),
            Err(refusal) => problems.push(Problem::value(&path, &refusal, &value)),
        }
    }
    S::deserialize(toml::Value::Table(table)).unwrap_or_default()
}

/// Whether a section takes this value; what it says if not.
fn try_alone<S: DeserializeOwned>(key: &str, value: &toml::Value) -> Result<(), String> {
    let alone = toml::Table::from_iter([(key.to_owned(), value.clone())]);
    S::deserialize(toml::Value::Table(alone)).map(|_| ()).map_err(|error| error.message().trim().to_owned())
}

/// What is said of a secret of the wrong kind: the library's own words would show it.
fn hidden_refusal(key: &Key) -> &'static str {
    match key.default {
        Some(toml::Value::Array(_)) => "expected a list of texts",
        _ => "expected a text",
    }
}

/// The sections that have a key of this name.
fn sections_with(name: &str) -> Vec<&'static str> {
    let sections = Settings::sections().into_iter();
    sections
        .filter(|section| section.keys.iter().any(|key| key.name == name))
        .map(|section| section.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{NOT_TAKEN, NOT_YET, NOT_YET_VALUES};
    use super::*;

    fn problems(text: &str) -> Vec<Problem> {
        Settings::from_table(toml::from_str(text).unwrap()).unwrap_err()
    }

    #[test]
    fn an_unknown_key_names_its_section_and_the_nearest_key() {
        let problem = &problems("[account]\nemail_verificaton = \"mandatory\"")[0];
        assert_eq!(problem.key, "account.email_verificaton");
        assert_eq!(problem.hint.as_deref(), Some("did you mean `email_verification`?"));
    }

    #[test]
    fn a_key_in_the_wrong_section_is_told_its_own() {
        let problem = &problems("session_login = false")[0];
        assert_eq!(problem.hint.as_deref(), Some("it belongs to [rest_auth]"));
        let problem = &problems("[http]\nsecret_key = \"x\"")[0];
        assert_eq!(problem.hint.as_deref(), Some("it belongs to the top level, before the first section"));
    }

    #[test]
    fn allauths_name_of_the_user_names_column_counts_where_ours_is_not_given() {
        let column = |text: &str| {
            Settings::from_table(toml::from_str(text).unwrap()).unwrap().user_model.username_field.0
        };
        assert_eq!(column("[account]\nuser_model_username_field = false"), None);
        assert_eq!(column("[account]\nuser_model_username_field = \"nick\""), Some("nick".to_owned()));
        let both =
            "[account]\nuser_model_username_field = \"username\"\n[user_model]\nusername_field = false";
        assert_eq!(column(both), None);
    }

    #[test]
    fn a_section_is_no_key_and_a_key_no_section() {
        assert_eq!(problems("http = 3")[0].message, "is a section, and takes no value");
        assert_eq!(problems("[time_zone]\nname = \"UTC\"")[0].message, "is a key, and no section");
        assert_eq!(problems("[acount]")[0].hint.as_deref(), Some("did you mean `account`?"));
    }

    #[test]
    fn every_problem_is_reported_under_its_own_key() {
        let problems = problems("[session]\ncookie_age = \"soon\"\n[csrf]\ncookie_secure = 3");
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["session.cookie_age", "csrf.cookie_secure"]);
    }

    #[test]
    fn a_key_or_a_value_of_a_later_version_is_told_apart_from_a_misspelt_one() {
        assert_eq!(
            problems("[rest_auth]\nmfa_totp_digits = 6")[0].message,
            "this version does not support it yet"
        );
        let problem = &problems("[http]\nfeatures = [\"registration\", \"mfa\"]")[0];
        assert_eq!(problem.message, "this version does not support `mfa` yet");
        let problem = &problems("[http]\nauthentication = [\"tokens\"]")[0];
        assert_eq!(problem.message, "unknown variant `tokens`");
        assert!(problem.hint.as_deref().unwrap().starts_with("take one of `token`, `session`"));
    }

    #[test]
    fn nothing_that_exists_is_promised_for_later() {
        let sections = Settings::sections();
        for path in NOT_YET {
            match path.split_once('.') {
                Some((section, key)) => {
                    assert_eq!(Settings::takes(section, key, &true.into()), None, "{path}");
                }
                None => assert!(sections.iter().all(|section| section.name != *path), "{path}"),
            }
        }
        for (path, values) in NOT_YET_VALUES {
            let (section, key) = path.split_once('.').unwrap();
            for value in *values {
                let list = toml::Value::Array(vec![(*value).into()]);
                assert_eq!(Settings::takes(section, key, &list), Some(false), "{path}: {value}");
            }
        }
    }

    #[test]
    fn a_setting_of_upstreams_that_is_no_key_says_why_and_what_to_do() {
        let problem = &problems("[account]\nauthentication_method = \"email\"")[0];
        assert_eq!(problem.message, "is the name of older versions");
        assert!(problem.hint.as_ref().unwrap().contains("account.login_methods"));
        assert_eq!(problems("rest_use_jwt = true")[0].hint.as_deref(), Some("write rest_auth.use_jwt"));
        for path in NOT_TAKEN.iter().flat_map(|group| group.keys) {
            let (section, key) = path.split_once('.').unwrap_or(("", path));
            assert_eq!(Settings::takes(section, key, &true.into()), None, "{path} is a key");
            assert!(!NOT_YET.contains(path), "{path}");
        }
    }

    #[test]
    fn a_wrong_key_inside_a_list_is_named() {
        let problem = &problems("[password]\nhashers = [{ algorithm = \"argon2\", timecost = 2 }]")[0];
        assert_eq!(problem.message, "unknown field `timecost`");
        assert!(problem.hint.as_deref().unwrap().starts_with("take one of `algorithm`"), "{problem:?}");
        let problem = &problems("[password]\nvalidators = [{ name = \"minimum_length\", min_len = 2 }]")[0];
        assert!(problem.message.starts_with("unknown field `min_len`"), "{problem:?}");
    }

    #[test]
    fn a_wrong_secret_is_not_shown() {
        for text in
            ["secret_key = 918273", "secret_key_fallbacks = \"hunter2\"", "secret_key_fallbacks = [918273]"]
        {
            let shown = format!("{:?}", problems(text));
            assert!(!shown.contains("hunter2") && !shown.contains("918273"), "{shown}");
        }
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
                    let value = value.unwrap_or_else(|| panic!("{} has no TOML form", key.name));
                    assert_eq!(Settings::takes(section.name, key.name, &value), Some(true), "{}", key.name);
                    part.insert(key.name.to_owned(), value);
                }
                if section.name.is_empty() {
                    table.extend(part);
                } else {
                    table.insert(section.name.to_owned(), part.into());
                }
            }
            table.insert("profile".to_owned(), profile.into());
            assert_eq!(Settings::from_table(table.clone()).unwrap().to_table(), table);
        }
    }
}

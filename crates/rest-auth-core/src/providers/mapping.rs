//! From what a provider answered to who that is: the account's key, names and addresses, by allauth's rules.

use rest_auth_formats::validators::email::is_email;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::path::{Answers, Expression, Path, is_true, text_of};
use super::row::{self, Flag, Row, Texts};
use crate::settings::Problem;

/// Characters of an account's key at most: allauth's column.
const UID_LENGTH: usize = 191;
/// Characters of a name at most: Django's columns.
const NAME_LENGTH: usize = 150;
/// Characters of an address at most.
const EMAIL_LENGTH: usize = 254;
/// Members of a profile that are never kept: whoever reads the table could act for the account with them.
const TOKENS: &[&str] = &["access_token", "refresh_token", "id_token", "oauth_token", "oauth_token_secret"];

/// Who somebody is at a provider.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// The account's key there: 1 to 191 characters.
    pub uid: String,
    /// The user name there, cut to the column; empty for none.
    pub username: String,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The address for the user row, in lower case; empty for none.
    pub email: String,
    /// The addresses, the main one first.
    pub addresses: Vec<ProfileAddress>,
    /// The profile as the provider gave it, without tokens.
    pub extra_data: Map<String, Value>,
}

/// An address in a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileAddress {
    /// In lower case.
    pub email: String,
    /// Whether it counts as verified.
    pub verified: bool,
    /// Whether it is the main one there.
    pub primary: bool,
    /// Whether the provider itself said that it is verified. Only then may it lead to an account that is there already.
    pub proven: bool,
}

/// How to read a provider's answers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Mapping {
    root: Vec<Path>,
    uid: Vec<Expression>,
    username: Vec<Expression>,
    first_name: Vec<Expression>,
    last_name: Vec<Expression>,
    name: Vec<Expression>,
    email: Vec<Expression>,
    email_requires: Option<Path>,
    addresses: Vec<Addresses>,
}

#[derive(Clone, Debug, PartialEq)]
struct Addresses {
    email: Vec<Expression>,
    verified: Truth,
    primary: Truth,
}

#[derive(Clone, Debug, PartialEq)]
enum Truth {
    Constant(bool),
    Assumed,
    Paths(Vec<Expression>),
    Equals(Path, String),
}

/// Why an answer says not who somebody is. Shown in the log, never to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoProfile {
    /// The answer is no JSON object.
    NotAnObject,
    /// Nothing stands where the account's key should.
    NoUid,
    /// The key is longer than 191 characters.
    UidTooLong,
}

impl std::fmt::Display for NoProfile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::NotAnObject => "the profile is no JSON object",
            Self::NoUid => "the profile has no account key",
            Self::UidTooLong => "the account key is longer than 191 characters",
        })
    }
}

impl std::error::Error for NoProfile {}

impl Mapping {
    /// Reads the paths of a row, in which settings have been put in already.
    pub(super) fn read(place: &str, row: &Row) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading { place, problems: Vec::new() };
        let uid = reading.expressions("uid", row.uid.as_ref());
        if uid.is_empty() && reading.problems.is_empty() {
            reading.problems.push(row::problem(place, "uid", "is missing: nothing tells accounts apart"));
        }
        let email = reading.expressions("email", row.email.as_ref());
        let mut addresses: Vec<Addresses> = row
            .addresses
            .iter()
            .map(|given| Addresses {
                email: reading.expressions("addresses", Some(&given.email)),
                verified: reading.truth("addresses", &given.verified),
                primary: reading.truth("addresses", &given.primary),
            })
            .collect();
        if let Some(flag) = &row.email_verified {
            let verified = reading.truth("email_verified", flag);
            addresses.push(Addresses { email: email.clone(), verified, primary: Truth::Constant(true) });
        }
        let mapping = Self {
            root: reading.paths("root", row.root.as_ref()),
            uid,
            username: reading.expressions("username", row.username.as_ref()),
            first_name: reading.expressions("first_name", row.first_name.as_ref()),
            last_name: reading.expressions("last_name", row.last_name.as_ref()),
            name: reading.expressions("name", row.name.as_ref()),
            email,
            email_requires: row.email_requires.as_deref().map(|path| reading.path("email_requires", path)),
            addresses,
        };
        if reading.problems.is_empty() { Ok(mapping) } else { Err(reading.problems) }
    }

    /// Who the answers say somebody is.
    pub(super) fn profile(&self, answers: &Answers) -> Result<Profile, NoProfile> {
        let found = self.root.iter().find_map(|path| path.values(answers).into_iter().next().flatten());
        let Some(Value::Object(root)) = found else { return Err(NoProfile::NotAnObject) };
        let uid = first(&self.uid, answers).ok_or(NoProfile::NoUid)?;
        let uid = uid.trim();
        // Upstream's older rows stored Python's None as a text, which everybody without a key shares.
        if uid.is_empty() || uid == "None" {
            return Err(NoProfile::NoUid);
        }
        if uid.chars().count() > UID_LENGTH {
            return Err(NoProfile::UidTooLong);
        }
        let name = first(&self.name, answers).unwrap_or_default();
        let (given, family) = name.split_once(' ').unwrap_or((&name, ""));
        let or = |found: Option<String>, otherwise: &str| found.unwrap_or_else(|| otherwise.to_owned());
        let (email, addresses) = self.addresses(answers);
        let mut extra_data = root.clone();
        extra_data.retain(|key, _| !TOKENS.contains(&key.as_str()));
        Ok(Profile {
            uid: uid.to_owned(),
            username: cut(&first(&self.username, answers).unwrap_or_default(), NAME_LENGTH),
            first_name: cut(&or(first(&self.first_name, answers), given), NAME_LENGTH),
            last_name: cut(&or(first(&self.last_name, answers), family), NAME_LENGTH),
            email: email.or_else(|| addresses.first().map(|a| a.email.clone())).unwrap_or_default(),
            addresses,
            extra_data,
        })
    }

    /// The address of the fields, and all addresses in allauth's order: that one is added unless it is among them.
    fn addresses(&self, answers: &Answers) -> (Option<String>, Vec<ProfileAddress>) {
        let counts = self
            .email_requires
            .as_ref()
            .is_none_or(|path| path.values(answers).into_iter().flatten().next().is_some_and(is_true));
        if !counts {
            return (None, Vec::new());
        }
        let mut found: Vec<ProfileAddress> = Vec::new();
        for addresses in &self.addresses {
            for address in addresses.read(answers) {
                if found.iter().all(|known| known.email != address.email) {
                    found.push(address);
                }
            }
        }
        let email = first(&self.email, answers).as_deref().and_then(valid_address);
        if let Some(email) = &email
            && found.iter().all(|known| known.email != *email)
        {
            let email = email.clone();
            found.insert(0, ProfileAddress { email, verified: false, primary: true, proven: false });
        }
        found.sort_by(|a, b| (b.primary, b.verified, &b.email).cmp(&(a.primary, a.verified, &a.email)));
        (email, found)
    }
}

impl Addresses {
    fn read(&self, answers: &Answers) -> Vec<ProfileAddress> {
        for expression in &self.email {
            let values = expression.values(answers);
            let read: Vec<ProfileAddress> = values
                .into_iter()
                .enumerate()
                .filter_map(|(at, value)| {
                    let email = valid_address(&text_of(value?)?)?;
                    let (verified, proven) = self.verified.at(at, answers);
                    Some(ProfileAddress { email, verified, primary: self.primary.at(at, answers).0, proven })
                })
                .collect();
            if !read.is_empty() {
                return read;
            }
        }
        Vec::new()
    }
}

impl Truth {
    /// Whether it is true of the element with this number, and whether the provider itself says so.
    fn at(&self, element: usize, answers: &Answers) -> (bool, bool) {
        let truth = match self {
            Self::Assumed => return (true, false),
            Self::Constant(truth) => *truth,
            Self::Paths(paths) => paths.iter().any(|path| {
                let values = path.values(answers);
                let value = values.get(element).or_else(|| values.first()).copied().flatten();
                value.is_some_and(says_yes)
            }),
            Self::Equals(path, wanted) => path.text(answers).as_deref() == Some(wanted),
        };
        (truth, truth)
    }
}

/// Only what cannot be anything else: true, 1, or the text "true". A text "false" is true to Python.
fn says_yes(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_u64() == Some(1),
        Value::String(text) => text.eq_ignore_ascii_case("true") || text == "1",
        _ => false,
    }
}

fn first(expressions: &[Expression], answers: &Answers) -> Option<String> {
    expressions.iter().find_map(|expression| expression.text(answers))
}

fn valid_address(text: &str) -> Option<String> {
    let text = text.trim().to_lowercase();
    (is_email(&text) && text.chars().count() <= EMAIL_LENGTH).then_some(text)
}

fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

/// Collects what is wrong with the paths of a row.
struct Reading<'a> {
    place: &'a str,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn expressions(&mut self, key: &str, texts: Option<&Texts>) -> Vec<Expression> {
        let Some(texts) = texts else { return Vec::new() };
        texts.iter().filter_map(|text| self.kept(key, Expression::parse(text))).collect()
    }

    fn path(&mut self, key: &str, text: &str) -> Path {
        self.kept(key, Path::parse(text)).unwrap_or_else(Path::first_profile)
    }

    /// The paths, `$1` for none.
    fn paths(&mut self, key: &str, texts: Option<&Texts>) -> Vec<Path> {
        match texts {
            Some(texts) => texts.iter().map(|text| self.path(key, text)).collect(),
            None => vec![Path::first_profile()],
        }
    }

    fn truth(&mut self, key: &str, flag: &Flag) -> Truth {
        match flag {
            Flag::Constant(truth) => Truth::Constant(*truth),
            Flag::Paths(Texts::One(word)) if word == "assumed" => Truth::Assumed,
            Flag::Paths(texts) => Truth::Paths(self.expressions(key, Some(texts))),
            Flag::Equals { path, equals } => Truth::Equals(self.path(key, path), equals.clone()),
        }
    }

    fn kept<T>(&mut self, key: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|message| self.problems.push(row::problem(self.place, key, message))).ok()
    }
}

/// OpenID Connect keeps both halves: allauth's shape of `extra_data`.
pub(super) fn openid_connect_extra_data(userinfo: Option<&Value>, claims: &Value) -> Map<String, Value> {
    let mut kept = Map::new();
    if let Some(userinfo) = userinfo {
        kept.insert("userinfo".to_owned(), userinfo.clone());
    }
    kept.insert("id_token".to_owned(), if claims.is_null() { json!({}) } else { claims.clone() });
    kept
}

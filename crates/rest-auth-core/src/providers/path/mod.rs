//! The path language of provider rows: where in a provider's answers a value stands.
//!
//! `$1`, `$2` are the answers to the profile requests, `$token` the answer to the code, `$id_token` the claims that were
//! verified, `$quirk` what a provider's quirk worked out. Steps: `.key`, `['odd key']`, `[3]`, `[*]` every element, `[?key&other]` the first element in which all of
//! these are true, `.*` the first member. Filters: `|trim`, `|lower`, `|before:x`, `|after:x`, `|last:x`, `|split:x:n`,
//! `|redecode_utf8`. A text with `{path}` parts is a template: what is missing is empty, and the result is trimmed; with
//! `all:` in front nothing may be missing. Knows no row and no provider.

mod filter;
#[cfg(test)]
mod tests;

use std::iter::Peekable;
use std::str::CharIndices;

use serde_json::{Map, Value};

use filter::Filter;

/// Everything that a provider has answered, for paths to look into.
#[derive(Clone, Debug, Default)]
pub struct Answers {
    /// `$1`, `$2`.
    pub profiles: Vec<Value>,
    /// `$token`.
    pub token: Value,
    /// `$id_token`.
    pub id_token: Value,
    /// `$quirk`.
    pub quirk: Value,
}

/// Where a value stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    source: Source,
    steps: Vec<Step>,
    filters: Vec<Filter>,
}

/// A path, or a text with paths in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// One path.
    Path(Path),
    /// A text with paths in it.
    Template {
        /// Whether all paths must lead somewhere.
        all: bool,
        /// The text in pieces.
        parts: Vec<Part>,
    },
}

/// A piece of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As it stands.
    Text(String),
    /// What a path leads to.
    Path(Path),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Profile(usize),
    Token,
    IdToken,
    Quirk,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
    Each,
    FirstWith(Vec<String>),
    FirstMember,
}

/// Why a text is no path: in words for whoever wrote it.
pub type PathError = String;

impl Expression {
    /// Reads a path, or a template if the text does not begin with `$`.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        if text.starts_with('$') {
            return Path::parse(text).map(Self::Path);
        }
        let (all, body) = text.strip_prefix("all:").map_or((false, text), |body| (true, body));
        let parts = template(body)?;
        if parts.iter().any(|part| matches!(part, Part::Path(_))) {
            Ok(Self::Template { all, parts })
        } else {
            Err(format!("`{text}` is no path: one begins with $1, $2, $token, $id_token or $quirk"))
        }
    }

    /// The text that it stands for; `None` where there is none, or an empty one.
    pub fn text(&self, answers: &Answers) -> Option<String> {
        match self {
            Self::Path(path) => path.text(answers),
            Self::Template { all, parts } => {
                let mut whole = String::new();
                for part in parts {
                    match part {
                        Part::Text(text) => whole.push_str(text),
                        Part::Path(path) => match path.text(answers) {
                            Some(text) => whole.push_str(&text),
                            None if *all => return None,
                            None => {}
                        },
                    }
                }
                Some(whole.trim().to_owned()).filter(|text| !text.is_empty())
            }
        }
    }

    /// Every value that it leads to, one for each element under `[*]`.
    pub fn values<'a>(&self, answers: &'a Answers) -> Vec<Option<&'a Value>> {
        match self {
            Self::Path(path) => path.values(answers),
            Self::Template { .. } => Vec::new(),
        }
    }
}

/// Cuts `a{$1.b}c` into pieces. A brace inside of a quoted key does not end one.
fn template(text: &str) -> Result<Vec<Part>, PathError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        let inner = &rest[open + 1..];
        let close =
            closing_brace(inner).ok_or_else(|| format!("`{text}` opens a brace and does not close it"))?;
        if open > 0 {
            parts.push(Part::Text(rest[..open].to_owned()));
        }
        parts.push(Part::Path(Path::parse(&inner[..close])?));
        rest = &inner[close + 1..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

fn closing_brace(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, character)| match character {
        '\'' => {
            quoted = !quoted;
            None
        }
        '}' if !quoted => Some(at),
        _ => None,
    })
}

impl Path {
    /// `$1`
    pub fn first_profile() -> Self {
        Self { source: Source::Profile(0), steps: Vec::new(), filters: Vec::new() }
    }

    /// Reads a path with its filters.
    pub fn parse(text: &str) -> Result<Self, PathError> {
        let fail = |what: &str| format!("`{text}` is no path: {what}");
        let mut reader = Reader { text, characters: text.char_indices().peekable() };
        if !reader.take('$') {
            return Err(fail("one begins with $1, $2, $token, $id_token or $quirk"));
        }
        let source = match reader.word() {
            "token" => Source::Token,
            "id_token" => Source::IdToken,
            "quirk" => Source::Quirk,
            number => match number.parse::<usize>() {
                Ok(number @ 1..=9) => Source::Profile(number - 1),
                _ => return Err(fail("one begins with $1, $2, $token, $id_token or $quirk")),
            },
        };
        let mut steps = Vec::new();
        while let Some(step) = reader.step().map_err(|what| fail(&what))? {
            steps.push(step);
        }
        if steps.iter().filter(|step| **step == Step::Each).count() > 1 {
            return Err(fail("[*] may stand in it once"));
        }
        let rest = reader.rest();
        let mut filters = Vec::new();
        if let Some(words) = rest.strip_prefix('|') {
            for word in words.split('|') {
                filters.push(Filter::parse(word).map_err(|what| fail(&what))?);
            }
        } else if !rest.is_empty() {
            return Err(fail(&format!("`{rest}` is no step")));
        }
        Ok(Self { source, steps, filters })
    }

    /// The text of what it leads to, filtered; `None` where there is nothing, or something that has no text.
    pub fn text(&self, answers: &Answers) -> Option<String> {
        let text = self.values(answers).into_iter().flatten().find_map(text_of)?;
        let text = self.filters.iter().try_fold(text, |text, filter| filter.apply(&text))?;
        Some(text).filter(|text| !text.is_empty())
    }

    /// Every value that it leads to, one for each element under `[*]`, `None` for those that lack it.
    pub fn values<'a>(&self, answers: &'a Answers) -> Vec<Option<&'a Value>> {
        let root = match self.source {
            Source::Profile(number) => answers.profiles.get(number),
            Source::Token => Some(&answers.token),
            Source::IdToken => Some(&answers.id_token),
            Source::Quirk => Some(&answers.quirk),
        };
        let Some(root) = root else { return Vec::new() };
        match self.steps.iter().position(|step| *step == Step::Each) {
            None => vec![walk(root, &self.steps)],
            Some(at) => match walk(root, &self.steps[..at]) {
                Some(Value::Array(elements)) => {
                    elements.iter().map(|element| walk(element, &self.steps[at + 1..])).collect()
                }
                _ => Vec::new(),
            },
        }
    }
}

fn walk<'a>(value: &'a Value, steps: &[Step]) -> Option<&'a Value> {
    steps.iter().try_fold(value, |value, step| match (step, value) {
        (Step::Key(key), Value::Object(members)) => members.get(key),
        (Step::Index(index), Value::Array(elements)) => elements.get(*index),
        (Step::FirstMember, Value::Object(members)) => members.values().next(),
        (Step::FirstWith(keys), Value::Array(elements)) => {
            elements.iter().find(|element| element.as_object().is_some_and(|members| has_all(members, keys)))
        }
        _ => None,
    })
}

fn has_all(members: &Map<String, Value>, keys: &[String]) -> bool {
    keys.iter().all(|key| members.get(key).is_some_and(is_true))
}

/// What Python takes for true.
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(elements) => !elements.is_empty(),
        Value::Object(members) => !members.is_empty(),
    }
}

/// Texts and numbers have a text; truth values, null and structures do not, so that nobody is ever called "None".
pub fn text_of(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

struct Reader<'a> {
    text: &'a str,
    characters: Peekable<CharIndices<'a>>,
}

impl<'a> Reader<'a> {
    fn at(&mut self) -> usize {
        self.characters.peek().map_or(self.text.len(), |(at, _)| *at)
    }

    fn rest(&mut self) -> &'a str {
        let at = self.at();
        &self.text[at..]
    }

    fn take(&mut self, wanted: char) -> bool {
        self.characters.next_if(|(_, character)| *character == wanted).is_some()
    }

    /// Up to a character that means something else.
    fn word(&mut self) -> &'a str {
        let from = self.at();
        while self.characters.next_if(|(_, character)| !".[]|'{}".contains(*character)).is_some() {}
        let to = self.at();
        &self.text[from..to]
    }

    fn step(&mut self) -> Result<Option<Step>, String> {
        if self.take('.') {
            return match self.word() {
                "" => Err("a name is missing after a dot".to_owned()),
                "*" => Ok(Some(Step::FirstMember)),
                key => Ok(Some(Step::Key(key.to_owned()))),
            };
        }
        if !self.take('[') {
            return Ok(None);
        }
        let step = if self.take('\'') {
            let from = self.at();
            while self.characters.next_if(|(_, character)| *character != '\'').is_some() {}
            let key = &self.text[from..self.at()];
            if !self.take('\'') {
                return Err("a quoted key does not end".to_owned());
            }
            Step::Key(key.to_owned())
        } else {
            match self.word() {
                "*" => Step::Each,
                word => match (word.strip_prefix('?'), word.parse()) {
                    (Some(keys), _) if !keys.is_empty() => {
                        Step::FirstWith(keys.split('&').map(str::to_owned).collect())
                    }
                    (_, Ok(index)) => Step::Index(index),
                    _ => return Err(format!("[{word}] is no step")),
                },
            }
        };
        if self.take(']') { Ok(Some(step)) } else { Err("a bracket does not close".to_owned()) }
    }
}

//! A provider that a deployment can use: a row of the table with the deployment's settings put in, and an application.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::mapping::{Mapping, NoProfile, Profile};
use super::path::{Answers, Path};
use super::pattern::{Pattern, Placeholders};
use super::quirks::Quirk;
use super::row::{self, Row, Texts};
use crate::model::Secret;
use crate::settings::Problem;

/// What a provider knows the deployment as: a row of `socialaccount_socialapp`, or its like in the configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Application {
    /// The row's key; `None` for one from the configuration.
    pub id: Option<i64>,
    /// A name for people.
    pub name: String,
    /// What tells it from another application at the same provider; empty for none.
    pub provider_id: String,
    /// The client's id at the provider.
    pub client_id: String,
    /// The client's secret.
    pub secret: Secret,
    /// A further value that some providers give out.
    pub key: Secret,
    /// The provider's own settings.
    pub settings: Map<String, Value>,
}

/// A row and an application, ready to be asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Provider {
    /// The row's name: `github`.
    pub id: String,
    /// The application.
    pub application: Application,
    /// The row.
    pub row: Row,
    pub(super) mapping: Mapping,
    pub(super) patterns: Patterns,
    settings: BTreeMap<String, String>,
}

/// Every text of a row that has placeholders.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Patterns {
    pub(super) authorize_url: Option<Pattern>,
    pub(super) request_token_url: Option<Pattern>,
    pub(super) auth_params: Vec<(String, Pattern)>,
    pub(super) access_token_url: Option<Pattern>,
    pub(super) profile_url: Option<Pattern>,
    pub(super) details_url: Option<Pattern>,
    pub(super) details_unless: Option<Path>,
    pub(super) emails_url: Option<Pattern>,
    pub(super) certs_url: Option<Pattern>,
    pub(super) audience: Option<Path>,
    pub(super) introspection_url: Option<Pattern>,
    pub(super) scheme: Option<Pattern>,
    pub(super) token_headers: Vec<(String, Pattern)>,
    pub(super) token_params: Option<Vec<(String, Pattern)>>,
    pub(super) profile_headers: Vec<(String, Pattern)>,
    pub(super) profile_params: Vec<(String, Pattern)>,
    pub(super) profile_params_with_email: Vec<(String, Pattern)>,
    pub(super) profile_form: Vec<(String, Pattern)>,
    pub(super) introspection_params: Vec<(String, Pattern)>,
    pub(super) introspection_valid: Option<Path>,
    pub(super) introspection_audience: Vec<Path>,
}

/// A [`Pattern`]'s values: the provider's, and one login's.
pub(super) struct Values<'a> {
    pub(super) provider: &'a Provider,
    pub(super) answers: &'a Answers,
    /// Names of a login and their values.
    pub(super) login: &'a [(&'static str, String)],
}

impl Placeholders for Values<'_> {
    fn named(&self, name: &str) -> Option<String> {
        if let Some((_, value)) = self.login.iter().find(|(known, _)| *known == name) {
            return Some(value.clone());
        }
        self.provider.named(name)
    }

    fn answers(&self) -> &Answers {
        self.answers
    }
}

impl Provider {
    /// Puts a row, an application and the settings of both together. `overridden` are the keys of the row that the
    /// deployment wrote itself: no variant of the row changes those.
    pub fn build(
        id: &str,
        mut row: Row,
        application: Application,
        overridden: &[String],
    ) -> Result<Self, Vec<Problem>> {
        let place = format!("socialaccount.providers.{id}");
        let mut settings = row.defaults.clone();
        for (name, value) in &application.settings {
            if let Some(text) = setting_text(value) {
                // allauth spells the provider's settings in capitals and an application's without.
                for spelling in [name.clone(), name.to_uppercase()] {
                    settings.insert(spelling, text.trim_end_matches('/').to_owned());
                }
            }
        }
        apply_variants(&mut row, &application.settings, overridden);
        put_in_settings(&mut row.uid, &settings);
        let mut problems: Vec<Problem> = row
            .required_settings
            .iter()
            .filter(|name| !settings.contains_key(*name))
            .map(|name| row::problem(&place, "settings", format!("{} needs `{name}`", row.title)))
            .collect();
        let fault = row.quirk.and_then(|quirk| quirk.rules().fault(&application));
        problems.extend(
            fault.filter(|_| problems.is_empty()).map(|fault| row::problem(&place, "settings", fault)),
        );
        let mapping = Mapping::read(&place, &row).map_err(|more| problems.extend(more)).ok();
        let patterns = Patterns::read(&place, &row).map_err(|more| problems.extend(more)).ok();
        match (mapping, patterns) {
            (Some(mapping), Some(patterns)) if problems.is_empty() => {
                Ok(Self { id: id.to_owned(), application, row, mapping, patterns, settings })
            }
            _ => Err(problems),
        }
    }

    /// The part of a path that names it.
    pub fn slug(&self) -> &str {
        self.row.slug.as_deref().unwrap_or(&self.id)
    }

    /// What accounts of it are stored under: allauth's `sub_id`.
    pub fn stored_id(&self) -> &str {
        if self.application.provider_id.is_empty() { &self.id } else { &self.application.provider_id }
    }

    /// What it does differently.
    pub(super) fn quirk(&self) -> Option<&'static dyn Quirk> {
        self.row.quirk.map(super::QuirkName::rules)
    }

    /// Who the answers say somebody is.
    pub fn profile(&self, answers: &Answers) -> Result<Profile, NoProfile> {
        self.mapping.profile(answers)
    }

    /// A setting of the deployment, or the row's default for it.
    pub fn setting(&self, name: &str) -> Option<&str> {
        self.settings.get(name).map(String::as_str)
    }

    fn named(&self, name: &str) -> Option<String> {
        let application = &self.application;
        match name {
            "client_id" => Some(application.client_id.clone()),
            "client_secret" => Some(application.secret.expose().clone()),
            "app.key" => Some(application.key.expose().clone()),
            "app.name" => Some(application.name.clone()),
            _ => self.settings.get(name).cloned(),
        }
    }
}

fn setting_text(value: &Value) -> Option<String> {
    match value {
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Array(values) => Some(values.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(",")),
        other => super::path::text_of(other),
    }
}

fn apply_variants(row: &mut Row, settings: &Map<String, Value>, overridden: &[String]) {
    for variant in std::mem::take(&mut row.variants) {
        let given = settings.get(&variant.setting).or_else(|| settings.get(&variant.setting.to_lowercase()));
        let wanted = variant.value.as_ref().and_then(|value| serde_json::to_value(value).ok());
        if given.is_none() || wanted.is_some_and(|wanted| Some(&wanted) != given) {
            continue;
        }
        let change = |key: &str, place: &mut Option<String>, value: Option<String>| {
            if value.is_some() && !overridden.iter().any(|name| name == key) {
                *place = value;
            }
        };
        change("authorize_url", &mut row.authorize_url, variant.authorize_url);
        change("access_token_url", &mut row.access_token_url, variant.access_token_url);
        change("profile_url", &mut row.profile_url, variant.profile_url);
        change("emails_url", &mut row.emails_url, variant.emails_url);
    }
}

/// `$1.{uid_field}` becomes `$1.sub`, or whatever the deployment says.
fn put_in_settings(texts: &mut Option<Texts>, settings: &BTreeMap<String, String>) {
    let put = |text: &mut String| {
        if !text.starts_with('$') {
            return;
        }
        for (name, value) in settings {
            *text = text.replace(&format!("{{{name}}}"), value);
        }
    };
    match texts {
        Some(Texts::One(text)) => put(text),
        Some(Texts::Many(many)) => many.iter_mut().for_each(put),
        None => {}
    }
}

impl Patterns {
    fn read(place: &str, row: &Row) -> Result<Self, Vec<Problem>> {
        let mut reading = Reading { place, row, problems: Vec::new() };
        let introspection = row.introspection.clone().unwrap_or_default();
        let patterns = Self {
            authorize_url: reading.one("authorize_url", row.authorize_url.as_deref()),
            request_token_url: reading.one("request_token_url", row.request_token_url.as_deref()),
            auth_params: reading.many("auth_params", &row.auth_params),
            access_token_url: reading.one("access_token_url", row.access_token_url.as_deref()),
            profile_url: reading.one("profile_url", row.profile_url.as_deref()),
            details_url: reading.one("details_url", row.details_url.as_deref()),
            details_unless: row
                .details_unless
                .as_deref()
                .and_then(|path| reading.path("details_unless", path)),
            audience: row.audience.as_deref().and_then(|path| reading.path("audience", path)),
            emails_url: reading.one("emails_url", row.emails_url.as_deref()),
            certs_url: reading.one("certs_url", row.certs_url.as_deref()),
            // An empty address switches it off.
            introspection_url: reading
                .one("introspection_url", row.introspection_url.as_deref().filter(|url| !url.is_empty())),
            scheme: reading.one("scheme", row.scheme.as_deref()),
            token_headers: reading.many("token_headers", &row.token_headers),
            token_params: row.token_params.as_ref().map(|params| reading.many("token_params", params)),
            profile_headers: reading.many("profile_headers", &row.profile_headers),
            profile_params: reading.many("profile_params", &row.profile_params),
            profile_params_with_email: reading
                .many("profile_params_with_email", &row.profile_params_with_email),
            profile_form: reading.many("profile_form", &row.profile_form),
            introspection_params: reading.many("introspection.params", &introspection.params),
            introspection_valid: introspection
                .valid
                .as_deref()
                .and_then(|path| reading.path("introspection", path)),
            introspection_audience: introspection
                .audience
                .iter()
                .flat_map(Texts::iter)
                .filter_map(|path| reading.path("introspection", path))
                .collect(),
        };
        if reading.problems.is_empty() { Ok(patterns) } else { Err(reading.problems) }
    }
}

struct Reading<'a> {
    place: &'a str,
    row: &'a Row,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn one(&mut self, key: &str, text: Option<&str>) -> Option<Pattern> {
        match Pattern::parse(text?) {
            Ok(pattern) => {
                for name in pattern.settings() {
                    if !self.has(name) {
                        let message = format!("`{{{name}}}` is neither a setting of the row nor a default");
                        self.problems.push(row::problem(self.place, key, message));
                    }
                }
                Some(pattern)
            }
            Err(message) => {
                self.problems.push(row::problem(self.place, key, message));
                None
            }
        }
    }

    /// Whether a row declares a name: nothing that only the deployment knows is asked for by surprise.
    fn has(&self, name: &str) -> bool {
        ["client_id", "client_secret", "app.key", "app.name"].contains(&name)
            || self.row.quirk.is_some_and(|quirk| quirk.rules().names().contains(&name))
            || self.row.defaults.contains_key(name)
            || self.row.required_settings.iter().any(|known| known == name)
            || name.chars().all(|character| character.is_ascii_uppercase() || character == '_')
    }

    fn many(&mut self, key: &str, texts: &BTreeMap<String, String>) -> Vec<(String, Pattern)> {
        texts
            .iter()
            .filter_map(|(name, text)| Some((name.clone(), self.one(&format!("{key}.{name}"), Some(text))?)))
            .collect()
    }

    fn path(&mut self, key: &str, text: &str) -> Option<Path> {
        let read = Path::parse(text);
        read.map_err(|message| self.problems.push(row::problem(self.place, key, message))).ok()
    }
}

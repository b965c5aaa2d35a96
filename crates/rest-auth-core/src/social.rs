//! The identity providers of a deployment: its rows, how they are reached, and which application is whose.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::context::Context;
use crate::error::{Error, Result};
use crate::fetch::Fetch;
use crate::providers::{Application, Catalogue, Documents, Provider, Row};
use crate::settings::{Problem, ProviderSettings, Settings};

/// Names that stand below the prefix already.
const TAKEN: &[&str] =
    &["login", "logout", "user", "password", "registration", "token", "mfa", "social", "socialaccounts"];

/// What every login by a provider shares.
pub struct Social {
    /// Every row that can be named.
    pub catalogue: Catalogue,
    /// How providers are reached.
    pub fetch: Arc<dyn Fetch>,
    /// Their keys and discovery documents.
    pub documents: Arc<Documents>,
}

impl Social {
    /// Reads the rows of a deployment, and tries what its settings say of each provider.
    pub fn new(settings: &Settings, fetch: Arc<dyn Fetch>) -> std::result::Result<Self, Vec<Problem>> {
        let providers = &settings.socialaccount.providers;
        let own: BTreeMap<String, toml::Table> =
            providers.iter().map(|(name, provider)| (name.clone(), provider.row.clone())).collect();
        let catalogue = Catalogue::read(&own)?;
        let mut problems = Vec::new();
        for name in providers.keys() {
            let slug = catalogue.row(name).and_then(|row| row.slug.as_deref()).unwrap_or(name);
            let fits =
                !slug.is_empty() && slug.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
            if !fits || TAKEN.contains(&slug) {
                problems.push(Problem {
                    key: format!("socialaccount.providers.{name}"),
                    message: format!("`{slug}` cannot be part of an address of its own"),
                    hint: Some("give the row a `slug` of letters, digits, - and _".to_owned()),
                });
            }
        }
        for (name, provider) in providers.iter().filter(|(_, provider)| !provider.client_id.is_empty()) {
            if let Some(Err(more)) = catalogue.provider(name, application(provider)) {
                problems.extend(more);
            }
        }
        if problems.is_empty() {
            Ok(Self { catalogue, fetch, documents: Arc::default() })
        } else {
            Err(problems)
        }
    }

    /// The providers that the configuration names, with their rows: those that have endpoints.
    pub fn configured<'a>(&'a self, settings: &'a Settings) -> impl Iterator<Item = (&'a str, &'a Row)> {
        let names = settings.socialaccount.providers.keys();
        names.filter_map(|name| Some((name.as_str(), self.catalogue.row(name)?)))
    }
}

impl std::fmt::Debug for Social {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Social").finish_non_exhaustive()
    }
}

fn application(provider: &ProviderSettings) -> Application {
    let mut settings = provider.settings.clone();
    if !provider.scope.is_empty() {
        settings.entry("scope").or_insert_with(|| provider.scope.clone().into());
    }
    Application {
        id: None,
        name: String::new(),
        provider_id: provider.provider_id.clone(),
        client_id: provider.client_id.clone(),
        secret: provider.secret.clone(),
        key: provider.key.clone(),
        settings,
    }
}

/// The provider of a name with its application: the one of the configuration and those of the database together must be
/// one, hidden ones aside. allauth's `get_app`.
pub(crate) async fn provider(cx: &Context, name: &str) -> Result<Provider> {
    let wrong = |what: &str| Error::internal(format!("socialaccount.providers.{name}: {what}"));
    let configured = cx.settings.socialaccount.providers.get(name);
    let mut found: Vec<Application> =
        configured.filter(|provider| !provider.client_id.is_empty()).map(application).into_iter().collect();
    let mut records = cx.store.read().await?;
    let site = records.site(cx.settings.email.site_id).await?.map(|_| cx.settings.email.site_id);
    found.extend(
        records.social_applications(name, site).await?.into_iter().map(|(_, application)| application),
    );
    if found.len() > 1 {
        found.retain(|application| application.settings.get("hidden").is_none_or(|hidden| hidden != true));
    }
    let mut found = found.into_iter();
    let (Some(mut application), None) = (found.next(), found.next()) else {
        return Err(wrong(
            "there must be one application: a client_id here, or one row of socialaccount_socialapp",
        ));
    };
    if let (Some(configured), Some(_)) = (configured, application.id) {
        // A row's own settings go before those of the configuration.
        for (key, value) in self::application(configured).settings {
            application.settings.entry(key).or_insert(value);
        }
    }
    let provider =
        cx.social.catalogue.provider(name, application).ok_or_else(|| wrong("there is no such row"))?;
    provider.map_err(|problems| {
        let lines = problems.iter().map(|problem| format!("{}: {}", problem.key, problem.message));
        Error::internal(lines.collect::<Vec<_>>().join("; "))
    })
}

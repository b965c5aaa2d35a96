//! `socialapp`: the applications that identity providers know the deployment as, in allauth's table. What Django's
//! administration is for.

use serde_json::{Map, Value};

use crate::context::Context;
use crate::error::Error;
use crate::model::Secret;
use crate::providers::Application;
use crate::settings::{FeatureName, nearest};
use crate::store::{ListedApplication, Records, Site, StoreError};

/// The most characters that the columns take.
const COLUMNS: [(&str, usize); 6] =
    [("provider", 30), ("name", 40), ("client-id", 191), ("secret", 191), ("key", 191), ("provider-id", 200)];

/// What the command is told.
#[derive(Clone, Debug, Default)]
pub struct NewSocialapp {
    /// The provider's name in the table of providers.
    pub provider: String,
    /// A name for people; empty: the provider's.
    pub name: String,
    /// The client's id at the provider.
    pub client_id: String,
    /// The client's secret; some providers give out none.
    pub secret: Secret,
    /// A further value that some providers give out.
    pub key: Secret,
    /// What accounts are stored under where that is not the provider's name.
    pub provider_id: String,
    /// The provider's own settings.
    pub settings: Map<String, Value>,
    /// Keys or domains of sites; empty: the site of the configuration.
    pub sites: Vec<String>,
}

/// Why nothing was done.
#[derive(Debug)]
pub enum SocialappError {
    /// What is wrong with what was told, a sentence each.
    Refused(Vec<String>),
    /// The database.
    Failed(Error),
}

impl SocialappError {
    fn refused(sentence: impl Into<String>) -> Self {
        Self::Refused(vec![sentence.into()])
    }
}

impl From<StoreError> for SocialappError {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Every application of the database with its sites, by key.
pub async fn list_socialapps(cx: &Context) -> Result<Vec<ListedApplication>, SocialappError> {
    has_social(cx)?;
    Ok(cx.store.read().await?.all_social_applications().await?)
}

/// Looks at what is told before the secret is asked for: whether there is such a provider.
pub fn check_provider(cx: &Context, provider: &str) -> Result<(), SocialappError> {
    has_social(cx)?;
    if cx.social.catalogue.row(provider).is_some() {
        return Ok(());
    }
    let names: Vec<&str> = cx.social.catalogue.names().collect();
    let hint = match nearest(provider, &names) {
        Some(name) => format!("did you mean `{name}`?"),
        None => "docs/features/social_providers.md lists them, and a table [socialaccount.providers.NAME] adds one".to_owned(),
    };
    Err(SocialappError::refused(format!("there is no provider `{provider}`; {hint}")))
}

/// Adds an application: its key.
pub async fn add_socialapp(cx: &Context, new: NewSocialapp) -> Result<i64, SocialappError> {
    check_provider(cx, &new.provider)?;
    check_values(&new)?;
    let NewSocialapp { provider, client_id, secret, key, provider_id, settings, sites, mut name } = new;
    if name.is_empty() {
        name = cx.social.catalogue.row(&provider).map(|row| row.title.clone()).unwrap_or_default();
    }
    let application = Application { id: None, name, provider_id, client_id, secret, key, settings };
    if let Some(Err(problems)) =
        cx.social.catalogue.provider(&provider, with_configured(cx, &provider, &application))
    {
        return Err(SocialappError::Refused(
            problems.iter().map(|problem| problem.message.clone()).collect(),
        ));
    }
    let mut tx = cx.store.write().await?;
    let sites = find_sites(cx, tx.as_mut(), &sites).await?;
    refuse_second(cx, tx.as_mut(), &provider, &application, &sites).await?;
    let id = tx.add_social_application(&provider, &application, None).await?;
    for site in &sites {
        tx.add_application_site(id, *site).await?;
    }
    tx.commit().await?;
    Ok(id)
}

/// Removes an application. Accounts stay, and so do the tokens that were kept of them.
pub async fn remove_socialapp(cx: &Context, id: i64) -> Result<(), SocialappError> {
    has_social(cx)?;
    let mut tx = cx.store.write().await?;
    if !tx.delete_social_application(id).await? {
        return Err(SocialappError::refused(format!(
            "there is no application {id}; `socialapp list` shows them"
        )));
    }
    tx.commit().await?;
    Ok(())
}

fn has_social(cx: &Context) -> Result<(), SocialappError> {
    if cx.settings.has(FeatureName::Social) {
        return Ok(());
    }
    Err(SocialappError::refused(
        "http.features: nobody logs in by providers here; add \"social\" to the list",
    ))
}

fn check_values(new: &NewSocialapp) -> Result<(), SocialappError> {
    let values = [
        new.provider.as_str(),
        &new.name,
        &new.client_id,
        new.secret.expose(),
        new.key.expose(),
        &new.provider_id,
    ];
    let mut sentences: Vec<String> = COLUMNS
        .iter()
        .zip(values)
        .filter(|((_, most), value)| value.chars().count() > *most)
        .map(|((name, most), _)| format!("{name}: has more than {most} characters"))
        .collect();
    if new.client_id.is_empty() {
        sentences.push("client-id: is empty".to_owned());
    }
    if sentences.is_empty() { Ok(()) } else { Err(SocialappError::Refused(sentences)) }
}

/// The application as a login will see it: what its own settings leave open the configuration says.
fn with_configured(cx: &Context, provider: &str, application: &Application) -> Application {
    let mut application = application.clone();
    for (key, value) in
        cx.settings.socialaccount.providers.get(provider).map(|known| &known.settings).into_iter().flatten()
    {
        application.settings.entry(key.clone()).or_insert_with(|| value.clone());
    }
    application
}

/// The keys of the sites that are named, or that of the configuration's. A database without sites has none.
async fn find_sites(
    cx: &Context,
    records: &mut dyn Records,
    named: &[String],
) -> Result<Vec<i64>, SocialappError> {
    let known = records.sites().await?;
    if named.is_empty() {
        let own = cx.settings.email.site_id;
        return Ok(known.iter().map(|(id, _)| *id).filter(|id| *id == own).collect());
    }
    let find = |name: &String| {
        let is_it =
            |(id, site): &&(i64, Site)| id.to_string() == *name || site.domain.eq_ignore_ascii_case(name);
        known.iter().find(is_it).map(|(id, _)| *id).ok_or_else(|| {
            let all: Vec<String> = known.iter().map(|(id, site)| format!("{id} ({})", site.domain)).collect();
            let all = if all.is_empty() { "no site at all".to_owned() } else { all.join(", ") };
            format!("there is no site `{name}`; there is {all}")
        })
    };
    let mut found: Vec<i64> =
        named.iter().map(find).collect::<Result<_, _>>().map_err(SocialappError::refused)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// With two applications of one provider nobody logs in any more, hidden ones aside.
async fn refuse_second(
    cx: &Context,
    records: &mut dyn Records,
    provider: &str,
    application: &Application,
    sites: &[i64],
) -> Result<(), SocialappError> {
    let is_hidden =
        |settings: &Map<String, Value>| settings.get("hidden").is_some_and(|hidden| *hidden == true);
    if is_hidden(&application.settings) {
        return Ok(());
    }
    let configured = cx.settings.socialaccount.providers.get(provider);
    if configured
        .is_some_and(|configured| !configured.client_id.is_empty() && !is_hidden(&configured.settings))
    {
        return Err(SocialappError::refused(format!(
            "socialaccount.providers.{provider}.client_id: the configuration has an application of this provider, and a \
             second one would keep everybody out; remove that first"
        )));
    }
    let all = records.all_social_applications().await?;
    let shares_site = |known: &ListedApplication| {
        known.sites.iter().any(|site| sites.contains(site)) || (sites.is_empty() && known.sites.is_empty())
    };
    let second = all.iter().find(|known| {
        known.provider == provider && shares_site(known) && !is_hidden(&known.application.settings)
    });
    match second.and_then(|known| known.application.id) {
        None => Ok(()),
        Some(id) => Err(SocialappError::refused(format!(
            "application {id} is of this provider already, and a second one would keep everybody out; `socialapp remove {id}` \
             removes it"
        ))),
    }
}

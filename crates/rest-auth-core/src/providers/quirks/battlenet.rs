//! Battle.net: China has a host of its own, and counts its accounts anew.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::{Quirk, Situation};
use crate::providers::identity::{Input, ProviderError};
use crate::providers::path::{Answers, text_of};

const REGIONS: &[&str] = &["apac", "cn", "eu", "kr", "sea", "tw", "us"];

pub(super) struct Battlenet;

#[async_trait]
impl Quirk for Battlenet {
    fn names(&self) -> &'static [&'static str] {
        &["battlenet_url"]
    }

    async fn values(&self, at: &Situation<'_>) -> Result<Vec<(&'static str, String)>, ProviderError> {
        let url = match region(at) {
            "cn" => "https://oauth.battlenet.com.cn",
            _ => "https://oauth.battle.net",
        };
        Ok(vec![("battlenet_url", url.to_owned())])
    }

    fn work_out(&self, at: &Situation<'_>, answers: &mut Answers) {
        let region = region(at);
        let Some(Value::Object(profile)) = answers.profiles.first_mut() else { return };
        let id = profile.get("id").and_then(text_of);
        answers.quirk = json!({"uid": id.map(|id| if region == "cn" { format!("{id}-cn") } else { id })});
        profile.insert("region".to_owned(), region.into());
    }
}

/// The client's region, else the deployment's, else that of the United States, which South-East Asia shares.
fn region(at: &Situation<'_>) -> &'static str {
    let known = |name: &str| REGIONS.iter().copied().find(|region| region.eq_ignore_ascii_case(name));
    match known(at.given.input(Input::Region)) {
        Some("sea") => "us",
        Some(region) => region,
        None => at.provider.setting("REGION").and_then(known).unwrap_or("us"),
    }
}

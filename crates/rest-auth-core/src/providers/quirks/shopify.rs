//! Shopify: every shop is a host of its own, which the client names. What logs in is the shop; or, where the deployment
//! asks for it (`AUTH_PARAMS = { "grant_options[]" = "per-user" }`), somebody who works there.

use async_trait::async_trait;
use serde_json::{Map, Value, json};

use super::{Quirk, Situation};
use crate::providers::identity::{Input, ProviderError};
use crate::providers::path::Answers;
use crate::providers::provider::Application;

const DOMAIN: &str = ".myshopify.com";

pub(super) struct Shopify;

#[async_trait]
impl Quirk for Shopify {
    fn names(&self) -> &'static [&'static str] {
        &["shop"]
    }

    async fn values(&self, at: &Situation<'_>) -> Result<Vec<(&'static str, String)>, ProviderError> {
        let refuse = |why: &str| Err(ProviderError::Refused(format!("Shopify: {why}")));
        if at.given.access_token.is_some() {
            return refuse("an access token says not of which shop it is; only codes are taken");
        }
        let given = at.given.input(Input::Shop);
        let name = given.strip_suffix(DOMAIN).unwrap_or(given);
        let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || name.len() > 63 || !name.chars().all(is_name) {
            return refuse("`shop` names no shop");
        }
        Ok(vec![("shop", format!("{name}{DOMAIN}"))])
    }

    fn work_out(&self, at: &Situation<'_>, answers: &mut Answers) {
        let somebody = answers.token.get("associated_user").filter(|user| user.is_object()).cloned();
        let Some(Value::Object(profile)) = answers.profiles.first_mut() else { return };
        answers.quirk = if is_per_user(&at.provider.application) {
            somebody.as_ref().map_or(Value::Null, person)
        } else {
            profile.get("shop").map_or(Value::Null, |shop| json!({"id": shop["id"], "email": shop["email"]}))
        };
        if let Some(somebody) = somebody {
            profile.insert("associated_user".to_owned(), somebody);
        }
    }
}

fn person(user: &Value) -> Value {
    let names = ["id", "email", "first_name", "last_name", "email_verified"];
    let members = names.into_iter().filter_map(|name| Some((name.to_owned(), user.get(name)?.clone())));
    Value::Object(members.collect::<Map<_, _>>())
}

fn is_per_user(application: &Application) -> bool {
    let params = application.settings.get("AUTH_PARAMS").or_else(|| application.settings.get("auth_params"));
    let option = params.and_then(|params| params.get("grant_options[]")?.as_str()).unwrap_or_default();
    option.trim().eq_ignore_ascii_case("per-user")
}

//! `[socialaccount]`: allauth's SOCIALACCOUNT_ settings, and the providers of a deployment.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::section::section;
use super::{EmailVerification, OrFalse, Seconds};
use crate::model::Secret;

section! {
    /// SOCIALACCOUNT_: logging in by an identity provider; it holds with the feature "social".
    SocialAccount in "socialaccount" {
        /// Somebody who is new gets an account. false: only who has one already may log in.
        auto_signup: bool = true;
        /// Ask providers for addresses that a profile does not hold; always so where sign-up requires an address.
        query_email: bool = false;
        /// "mandatory", "optional", "none" for accounts from providers. false: as account.email_verification.
        email_verification: OrFalse<EmailVerification> = OrFalse::off();
        /// An address that the provider has verified logs into the account that has it here.
        email_authentication: bool = false;
        /// And connects it, so that the next login needs no address.
        email_authentication_auto_connect: bool = false;
        /// Keep the providers' tokens, in clear text as upstream does unless encrypt_tokens is on.
        store_tokens: bool = false;
        /// Encrypt the tokens that are kept, by secret_key. Django cannot read them then.
        encrypt_tokens: bool = false, strict = true;
        /// Connecting another provider's account asks for the password again; who has none must have logged in by a provider
        /// within account.reauthentication_timeout. So does account.reauthentication_required.
        reauthentication_required: bool = false, strict = true;
        /// Accounts have no passwords of their own: the last provider cannot be disconnected.
        only: bool = false;
        /// How long a request to a provider may take, redirects and all.
        requests_timeout: Seconds = Seconds(5);
        /// Providers may be on this machine or in a private network, there also by plain HTTP.
        allow_private_addresses: bool = false;
        /// Believe access tokens of providers that do not say for which application one was made. Whoever runs another
        /// application that your users log into can then log in here as them (W-27); codes and id_tokens are safe.
        allow_unbound_access_token: bool = true, strict = false;
        /// Front ends, by the exact address that a browser comes back to after PROVIDER/authorize/: "https://app.example.com/login".
        /// The first one counts where a request names none. Empty: there is no such way in (docs/features/social_redirect.md).
        allowed_redirects: Vec<String> = Vec::new();
        /// A front end must send a code_challenge along, so that nobody else can use the code that it gets.
        require_code_challenge: bool = false, strict = true;
        /// By name: { github = { client_id = "…", secret = "…", scope = ["…"], callback_url = "https://app.example.com/…",
        /// settings = { … } } }, and any key of the provider's row (docs/features/social_providers.md).
        providers: BTreeMap<String, ProviderSettings> = BTreeMap::new();
    }
}

/// What a deployment says of one provider. Its `Debug` shows no value: secrets are among the settings.
#[derive(Clone, Default, PartialEq)]
pub struct ProviderSettings {
    /// The client's id at the provider; empty if the application is a row of the database.
    pub client_id: String,
    /// The client's secret.
    pub secret: Secret,
    /// A further value that some providers give out.
    pub key: Secret,
    /// What accounts are stored under, where that is not the provider's name.
    pub provider_id: String,
    /// The front end's address that codes are sent to.
    pub callback_url: String,
    /// Scopes instead of the row's.
    pub scope: Vec<String>,
    /// The provider's own settings.
    pub settings: Map<String, Value>,
    /// Whether an address that the provider has verified logs into an account that is there; `None`: as the section says.
    pub email_authentication: Option<bool>,
    /// Whether every address of the provider counts as verified or none; `None`: as the provider says.
    pub verified_email: Option<bool>,
    /// Keys of the row that are replaced.
    pub row: toml::Table,
}

/// The keys that are no row's.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Own {
    client_id: String,
    secret: Secret,
    key: Secret,
    provider_id: String,
    callback_url: String,
    scope: Vec<String>,
    settings: Map<String, Value>,
    email_authentication: Option<bool>,
    verified_email: Option<bool>,
}

const OWN: &[&str] = &[
    "client_id",
    "secret",
    "key",
    "provider_id",
    "callback_url",
    "scope",
    "settings",
    "email_authentication",
    "verified_email",
];

/// The keys that hold secrets: what is wrong with one is said without showing it.
const SECRET: &[&str] = &["secret", "key", "settings"];

impl<'de> Deserialize<'de> for ProviderSettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut row = toml::Table::deserialize(deserializer)?;
        let mut own = toml::Table::new();
        for key in OWN {
            let Some(value) = row.remove(*key) else { continue };
            let alone = toml::Table::from_iter([((*key).to_owned(), value.clone())]);
            if let Err(error) = Own::deserialize(toml::Value::Table(alone)) {
                let what = if SECRET.contains(key) { "is of the wrong kind" } else { error.message().trim() };
                return Err(D::Error::custom(format!("`{key}`: {what}")));
            }
            own.insert((*key).to_owned(), value);
        }
        let own = Own::deserialize(toml::Value::Table(own)).map_err(D::Error::custom)?;
        Ok(Self {
            client_id: own.client_id,
            secret: own.secret,
            key: own.key,
            provider_id: own.provider_id,
            callback_url: own.callback_url,
            scope: own.scope,
            settings: own.settings,
            email_authentication: own.email_authentication,
            verified_email: own.verified_email,
            row,
        })
    }
}

/// Shows what is no secret.
impl Serialize for ProviderSettings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = self.row.clone();
        table.insert("client_id".to_owned(), self.client_id.clone().into());
        table.insert("callback_url".to_owned(), self.callback_url.clone().into());
        table.serialize(serializer)
    }
}

impl std::fmt::Debug for ProviderSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ProviderSettings").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<SocialAccount, String> {
        toml::from_str(text).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_providers_own_keys_are_told_from_those_of_its_row() {
        let text = "[providers.github]\nclient_id = \"id\"\nsecret = \"hunter2\"\nprofile_url = \"https://x/me\"\n\
                    settings = { GITHUB_URL = \"https://git.example.org\" }";
        let read = read(text).unwrap();
        let github = &read.providers["github"];
        assert_eq!((github.client_id.as_str(), github.secret.expose().as_str()), ("id", "hunter2"));
        assert_eq!(github.settings["GITHUB_URL"], "https://git.example.org");
        assert_eq!(github.row["profile_url"].as_str(), Some("https://x/me"));
        let shown = format!("{read:?} {}", toml::to_string(&read).unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_named_and_a_secret_is_not_shown() {
        assert!(read("[providers.github]\nscope = 3").unwrap_err().starts_with("`scope`: "));
        let refusal = read("[providers.github]\nsecret = 918273").unwrap_err();
        assert_eq!(refusal, "`secret`: is of the wrong kind");
    }
}

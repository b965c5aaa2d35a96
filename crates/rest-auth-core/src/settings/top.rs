//! The top level of the file, and the whole of it.

use serde::{Deserialize, Serialize};

use super::section::section;
use super::{
    Account, AuthenticatorName, Csrf, Database, Email, ExternalIssuer, FeatureName, Http, JwtAuth, Key,
    Links, OrFalse, Password, RestAuth, RestFramework, Rownd, Section, Session, SimpleJwt, SocialAccount,
    Templates, UserModel,
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
        /// Whose tokens let people in beside our own: [[external_issuers]] with name, issuer, audience and more
        /// (docs/features/external_issuers.md); it holds with "external_issuers" in http.authentication.
        external_issuers: Vec<ExternalIssuer> = Vec::new();
    }
}

/// The whole configuration.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// `[simple_jwt]`
    pub simple_jwt: SimpleJwt,
    /// `[jwt_auth]`
    pub jwt_auth: JwtAuth,
    /// `[rest_framework]`
    pub rest_framework: RestFramework,
    /// `[account]`
    pub account: Account,
    /// `[socialaccount]`
    pub socialaccount: SocialAccount,
    /// `[rownd]`
    pub rownd: Rownd,
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
            simple_jwt: SimpleJwt, jwt_auth: JwtAuth, rest_framework: RestFramework, account: Account, socialaccount: SocialAccount, rownd: Rownd, password: Password, session: Session, csrf: Csrf,
            user_model: UserModel, templates: Templates,
        }
    };
}
pub(super) use for_each_section;

impl Settings {
    /// Whether a group of endpoints is switched on.
    pub fn has(&self, feature: FeatureName) -> bool {
        self.http.features.contains(&feature)
    }

    /// Whether requests can be authenticated in a way.
    pub fn asks(&self, authenticator: AuthenticatorName) -> bool {
        self.http.authentication.contains(&authenticator)
    }

    /// Whether JSON web tokens of simplejwt are made or read.
    pub fn uses_jwt(&self) -> bool {
        self.rest_auth.use_jwt || self.asks(AuthenticatorName::Jwt) || self.asks(AuthenticatorName::JwtCookie)
    }

    /// Whether those of its predecessors are.
    pub fn uses_legacy_jwt(&self) -> bool {
        self.has(FeatureName::LegacyJwt) || self.asks(AuthenticatorName::LegacyJwt)
    }

    /// Whether browsers are sent to identity providers and come back with a code for a front end.
    pub fn hands_over_social_logins(&self) -> bool {
        self.has(FeatureName::Social) && !self.socialaccount.allowed_redirects.is_empty()
    }

    /// Whether people come in by Rownd.
    pub fn uses_rownd(&self) -> bool {
        self.has(FeatureName::Rownd) || self.asks(AuthenticatorName::Rownd)
    }

    /// Whether sign-up asks for a field: `ACCOUNT_SIGNUP_FIELDS` lists it with a star.
    pub fn signup_requires(&self, field: &str) -> bool {
        self.account.signup_fields.iter().any(|name| name.strip_suffix('*') == Some(field))
    }

    /// Every section, in the order of the sample.
    pub fn sections() -> Vec<SectionInfo> {
        macro_rules! list {
            ($($field:ident: $ty:ty,)*) => {
                vec![$(SectionInfo { name: <$ty>::NAME, doc: <$ty>::DOC, keys: <$ty>::keys() }),*]
            };
        }
        for_each_section!(list)
    }
}

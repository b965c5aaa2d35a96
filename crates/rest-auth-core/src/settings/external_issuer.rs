//! An entry of `external_issuers`: somebody else whose tokens let people in.

use std::collections::BTreeMap;

use rest_auth_formats::jwt::Algorithm;
use serde::{Deserialize, Serialize};

use super::{AlgorithmName, AudienceNames, OrFalse, Seconds};

/// Fields of an account that a claim may fill, beside those of `user_model.extra_fields`, and the claims that do unless an
/// entry says otherwise: those of OpenID Connect.
pub const CLAIMED_FIELDS: [(&str, &str); 5] = [
    ("username", "preferred_username"),
    ("email", "email"),
    ("email_verified", "email_verified"),
    ("first_name", "given_name"),
    ("last_name", "family_name"),
];

/// Somebody whose tokens are believed, because the keys that sign them are published.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct ExternalIssuer {
    /// What accounts are connected under: provider in `socialaccount_socialaccount`.
    pub name: String,
    /// `iss` of its tokens, exactly; below it stands its discovery document.
    pub issuer: String,
    /// `aud` of tokens that are for us: one of these.
    pub audience: AudienceNames,
    /// Where its keys are; `None`: where its discovery document says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jwks_url: Option<String>,
    /// What may sign. Never a shared secret.
    pub algorithms: Vec<AlgorithmName>,
    /// Words before the token in the `Authorization` header.
    pub header_types: Vec<String>,
    /// By how much clocks may differ.
    pub leeway: Seconds,
    /// The claim that tells its accounts apart, for good.
    pub subject: String,
    /// The claims that fill a new account's fields, by field, over those of [`CLAIMED_FIELDS`]; empty: none does.
    pub claims: BTreeMap<String, String>,
    /// Claims that must have these values.
    pub required_claims: BTreeMap<String, toml::Value>,
    /// Whether somebody new gets an account.
    pub create_users: bool,
    /// Whether an address that the issuer has verified leads to the account that has it here.
    pub match_email: bool,
    /// Whether a token opens a session at `/NAME/session_authenticate`, which `/NAME/session_sign_out` ends.
    pub sessions: bool,
    /// Whether these two ask for a proof against CSRF.
    pub csrf_protect_routes: bool,
    /// How long such a session lives; `false`: as `session.cookie_age`.
    pub session_age: OrFalse<Seconds>,
}

impl Default for ExternalIssuer {
    fn default() -> Self {
        Self {
            name: String::new(),
            issuer: String::new(),
            audience: AudienceNames::Several(Vec::new()),
            jwks_url: None,
            algorithms: vec![AlgorithmName(Algorithm::Rs256), AlgorithmName(Algorithm::Es256)],
            header_types: vec!["Bearer".to_owned()],
            leeway: Seconds(30),
            subject: "sub".to_owned(),
            claims: BTreeMap::new(),
            required_claims: BTreeMap::new(),
            create_users: true,
            match_email: false,
            sessions: false,
            csrf_protect_routes: true,
            session_age: OrFalse::off(),
        }
    }
}

impl ExternalIssuer {
    /// The claim that fills a field; `None` for no claim.
    pub fn claim_for<'a>(&'a self, field: &str) -> Option<&'a str> {
        let usual = || CLAIMED_FIELDS.iter().find(|(name, _)| *name == field).map(|(_, claim)| *claim);
        let given = self.claims.get(field).map(String::as_str);
        given.or_else(usual).filter(|claim| !claim.is_empty())
    }

    /// The audiences, as a list.
    pub fn audiences(&self) -> Vec<String> {
        match &self.audience {
            AudienceNames::One(name) => vec![name.clone()],
            AudienceNames::Several(names) => names.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_of_ones_own_replaces_the_usual_one_and_an_empty_one_removes_it() {
        let issuer: ExternalIssuer = toml::from_str(
            "name = \"a\"\naudience = \"api\"\nclaims = { username = \"nickname\", email = \"\", company = \"org\" }",
        )
        .unwrap();
        let claims =
            ["username", "email", "first_name", "company", "other"].map(|field| issuer.claim_for(field));
        assert_eq!(claims, [Some("nickname"), None, Some("given_name"), Some("org"), None]);
        assert_eq!(issuer.audiences(), ["api"]);
    }
}

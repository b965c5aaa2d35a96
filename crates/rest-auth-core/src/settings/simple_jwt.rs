//! `[simple_jwt]`: SIMPLE_JWT, and what is ours beside it: key rotation and families of refresh tokens.

use rest_auth_formats::jwt::Algorithm;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::section::section;
use super::{OrFalse, Seconds};
use crate::model::Secret;

/// ALGORITHM, by its name: HS256, RS256, ES256, PS256, EdDSA and their kin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlgorithmName(pub Algorithm);

impl<'de> Deserialize<'de> for AlgorithmName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Algorithm::named(&name).map(Self).ok_or_else(|| {
            let names = Algorithm::ALL.map(|algorithm| format!("`{algorithm}`"));
            D::Error::custom(format!("unknown algorithm `{name}`, expected one of {}", names.join(", ")))
        })
    }
}

impl Serialize for AlgorithmName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.name())
    }
}

/// AUDIENCE: one name, which tokens carry as a text, or several, which they carry as a list.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged, expecting = "expected a text or a list of texts")]
pub enum AudienceNames {
    /// One.
    One(String),
    /// Several.
    Several(Vec<String>),
}

/// A class of AUTH_TOKEN_CLASSES, by its last name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum TokenClass {
    /// Access tokens.
    AccessToken,
    /// Sliding tokens.
    SlidingToken,
}

/// USER_ID_FIELD: what of an account stands in its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UserIdField {
    /// The primary key.
    #[serde(alias = "pk", alias = "uuid")]
    Id,
    /// The user name.
    Username,
    /// The address on the user row.
    Email,
}

/// A public key that verifies beside the signing key's own half: a former key, or the next one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyingKeyEntry {
    /// The id that tokens name it by.
    pub kid: String,
    /// The text of a PEM file.
    pub key: String,
    /// Until when it verifies, "2027-01-31T00:00:00Z"; without it there is no end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<String>,
}

section! {
    /// SIMPLE_JWT: how JSON web tokens are made and checked.
    SimpleJwt in "simple_jwt" {
        /// ACCESS_TOKEN_LIFETIME
        access_token_lifetime: Seconds = Seconds(300);
        /// REFRESH_TOKEN_LIFETIME
        refresh_token_lifetime: Seconds = Seconds(86_400);
        /// token/refresh/ answers a new refresh token too.
        rotate_refresh_tokens: bool = false, strict = true;
        /// The refresh token that was used ends then. Needs the feature "blacklist".
        blacklist_after_rotation: bool = false, strict = true;
        /// Refresh tokens that come from one login are a family. Logging out ends all of it, and so does a token that
        /// is used again after its successor was; while the successor is unused, its parent gets that one again.
        /// Needs the feature "blacklist".
        refresh_token_families: bool = false, strict = true;
        /// For so long after it was replaced a refresh token that comes again is refused and nothing more: of two tabs
        /// of one browser one may be late.
        refresh_token_reuse_grace: Seconds = Seconds(10);
        /// After so long a family ends, however often it was refreshed. false: never.
        refresh_token_family_lifetime: OrFalse<Seconds> = OrFalse::off(), strict = OrFalse::of(Seconds(2_592_000));
        /// A login with tokens notes the time in last_login where no session is opened, which notes it anyhow.
        update_last_login: bool = false;
        /// "HS256", "RS256", "ES256", "PS256", each also with 384 and 512, "ES256K" or "EdDSA". Exactly this one is accepted.
        algorithm: AlgorithmName = AlgorithmName::default();
        /// SIGNING_KEY: for HS… a secret of 32 bytes at least, empty for secret_key; else the text of a PEM file with the
        /// private key, empty where tokens are only checked.
        signing_key: Secret = Secret::default();
        /// A file that holds the signing key, instead of the key itself.
        signing_key_file: OrFalse<String> = OrFalse::off();
        /// The id (kid) of the signing key, which its tokens then name. Upstream's name none. Wanted where other services
        /// fetch our keys.
        signing_key_id: OrFalse<String> = OrFalse::off();
        /// Former secrets for HS…: what they signed is still accepted. With secret_key, secret_key_fallbacks are too.
        signing_key_fallbacks: Vec<Secret> = Vec::new();
        /// VERIFYING_KEY: the public key, as the text of a PEM file. Empty: the signing key's own half.
        verifying_key: String = String::new();
        /// More public keys: { kid = "2026", key = "-----BEGIN PUBLIC KEY-----…", until = "2027-01-31T00:00:00Z" }, where
        /// until may be left out.
        verifying_keys: Vec<VerifyingKeyEntry> = Vec::new();
        /// JWK_URL: where the keys are published that verify, as a JSON web key set. Nothing else verifies then, and a token
        /// must name its key (kid). Not for HS…. false: our own keys verify.
        jwk_url: OrFalse<String> = OrFalse::off();
        /// AUDIENCE: a text or a list of texts that tokens carry and must carry. false: it is not looked at.
        audience: OrFalse<AudienceNames> = OrFalse::off();
        /// ISSUER: likewise.
        issuer: OrFalse<String> = OrFalse::off();
        /// LEEWAY: by how much clocks may differ.
        leeway: Seconds = Seconds(0);
        /// AUTH_HEADER_TYPES: the words before a token in the header. The first one stands in the challenge.
        auth_header_types: Vec<String> = vec!["Bearer".to_owned()];
        /// AUTH_HEADER_NAME, as Django writes it.
        auth_header_name: String = "HTTP_AUTHORIZATION".to_owned();
        /// USER_ID_FIELD: "id", "username" or "email".
        user_id_field: UserIdField = UserIdField::Id;
        /// USER_ID_CLAIM
        user_id_claim: String = "user_id".to_owned();
        /// An account that is switched off is refused.
        check_user_is_active: bool = true;
        /// AUTH_TOKEN_CLASSES, by their last names: "AccessToken", "SlidingToken".
        auth_token_classes: Vec<TokenClass> = vec![TokenClass::AccessToken];
        /// TOKEN_TYPE_CLAIM. false: a token of any kind passes for any other.
        token_type_claim: OrFalse<String> = OrFalse::of("token_type".to_owned());
        /// JTI_CLAIM. false: tokens have no id, and none can be blacklisted.
        jti_claim: OrFalse<String> = OrFalse::of("jti".to_owned());
        /// CHECK_REVOKE_TOKEN: tokens end with the password that they were made under.
        check_revoke_token: bool = false, strict = true;
        /// REVOKE_TOKEN_CLAIM
        revoke_token_claim: String = "hash_password".to_owned();
        /// SLIDING_TOKEN_LIFETIME
        sliding_token_lifetime: Seconds = Seconds(300);
        /// SLIDING_TOKEN_REFRESH_LIFETIME
        sliding_token_refresh_lifetime: Seconds = Seconds(86_400);
        /// SLIDING_TOKEN_REFRESH_EXP_CLAIM
        sliding_token_refresh_exp_claim: String = "refresh_exp".to_owned();
    }
}

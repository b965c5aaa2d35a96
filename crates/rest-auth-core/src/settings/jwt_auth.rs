//! `[jwt_auth]`: JWT_AUTH, the settings of djangorestframework-jwt and drf-jwt, for clients that still hold their tokens.

use serde::{Deserialize, Serialize};

use super::section::section;
use super::{AlgorithmName, OrFalse, Seconds};
use crate::model::Secret;

/// Which of the two packages a deployment ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub enum JwtPackage {
    /// djangorestframework-jwt 1.11, which django-rest-auth used.
    #[serde(rename = "djangorestframework-jwt")]
    DjangorestframeworkJwt,
    /// Its fork drf-jwt 1.19.
    #[serde(rename = "drf-jwt")]
    DrfJwt,
}

section! {
    /// JWT_AUTH: the tokens of simplejwt's predecessors. For the time of a migration.
    JwtAuth in "jwt_auth" {
        /// "djangorestframework-jwt" or "drf-jwt": which one's tokens and words.
        package: JwtPackage = JwtPackage::DjangorestframeworkJwt;
        /// JWT_SECRET_KEY. Empty: secret_key.
        jwt_secret_key: Secret = Secret::default();
        /// JWT_ALGORITHM
        jwt_algorithm: AlgorithmName = AlgorithmName::default();
        /// JWT_PRIVATE_KEY: the text of a PEM file, for other algorithms than HS….
        jwt_private_key: Secret = Secret::default();
        /// JWT_PUBLIC_KEY: likewise. Empty: the private key's own half.
        jwt_public_key: String = String::new();
        /// JWT_EXPIRATION_DELTA
        jwt_expiration_delta: Seconds = Seconds(300);
        /// JWT_VERIFY_EXPIRATION. false: tokens never end.
        jwt_verify_expiration: bool = true;
        /// JWT_ALLOW_REFRESH: new tokens can be exchanged for newer ones.
        jwt_allow_refresh: bool = false;
        /// JWT_REFRESH_EXPIRATION_DELTA: for how long after the login.
        jwt_refresh_expiration_delta: Seconds = Seconds(604_800);
        /// JWT_LEEWAY
        jwt_leeway: Seconds = Seconds(0);
        /// JWT_AUDIENCE
        jwt_audience: OrFalse<String> = OrFalse::off();
        /// JWT_ISSUER
        jwt_issuer: OrFalse<String> = OrFalse::off();
        /// JWT_AUTH_HEADER_PREFIX: the word before a token in the header, in any case.
        jwt_auth_header_prefix: String = "JWT".to_owned();
        /// JWT_AUTH_COOKIE: a cookie that is read where there is no header, and set at login.
        jwt_auth_cookie: OrFalse<String> = OrFalse::off();
    }
}

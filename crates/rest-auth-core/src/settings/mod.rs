//! Every key of the configuration: name, default, meaning. The commented sample is generated from this, and
//! the sample *is* the default.
//!
//! The keys are upstream's setting names in lower case; the sections are upstream's prefixes. Where Python says
//! `None` a key says `false`. How the file is found, read and overlaid with the environment is the server's
//! business; what a wrong value means is [`crate::checks`]'.

mod account;
mod csrf;
mod database;
mod email;
mod external_issuer;
mod extra_field;
mod http;
mod jwt_auth;
mod links;
mod password;
mod problem;
mod rate_limits;
mod reading;
mod rest_auth;
mod rest_framework;
mod rownd;
mod section;
mod session;
mod simple_jwt;
mod social_account;
mod templates;
mod throttle_rate;
mod top;
mod upstream;
mod user_model;
mod values;

pub use account::{Account, EmailVerification, LoginMethod, UsernameValidator};
pub use csrf::Csrf;
pub use database::Database;
pub use email::{Email, EmailBackend};
pub use external_issuer::{CLAIMED_FIELDS, ExternalIssuer};
pub use extra_field::{Choice, ExtraField, ExtraFieldKind, Scalar};
pub use http::{AuthenticatorName, FeatureName, Http};
pub use jwt_auth::{JwtAuth, JwtPackage};
pub use links::Links;
pub use password::{HasherEntry, Password, TunedHasher, ValidatorEntry};
pub(crate) use problem::nearest;
pub use problem::{NOT_YET, NOT_YET_VALUES, Problem};
pub use rate_limits::{LimitPart, Per, RateLimit, RateLimits};
pub use rest_auth::{JwtAnswer, PermissionName, RestAuth};
pub use rest_framework::{ParserName, RendererName, RestFramework};
pub use rownd::{Rownd, RowndUserField};
pub use section::{Key, Section};
pub use session::Session;
pub use simple_jwt::{AlgorithmName, AudienceNames, SimpleJwt, TokenClass, UserIdField, VerifyingKeyEntry};
pub use social_account::{ProviderSettings, SocialAccount};
pub use templates::Templates;
pub use throttle_rate::{ThrottleName, ThrottleRate};
pub use top::{Profile, SectionInfo, Settings, TopLevel};
pub use upstream::{NOT_TAKEN, NotTaken};
pub use user_model::{LoginField, UserModel};
pub use values::{OrFalse, SameSite, Seconds};

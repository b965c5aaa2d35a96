//! JSON web tokens as simplejwt 5.5 makes and reads them with PyJWT 2, and those of its predecessors,
//! djangorestframework-jwt and drf-jwt, for as long as clients still hold them.
//!
//! The algorithm comes from the key, and the key from the configuration: a token is only compared with it.
//! Nothing that a token says can make a reader panic, look anything up, or fetch a key. Whether a token was
//! revoked and whether its user exists is for a store to say, between [`decode`] and [`verify`].
//!
//! ring, which signs with RSA, P-256 and P-384, takes the randomness for that from the operating system and from
//! nowhere else. Everything else here follows from the arguments.
//!
//! | module | knows |
//! | --- | --- |
//! | `algorithm`, `keys` | what signs and verifies |
//! | `jwks` | keys as JSON |
//! | `rules`, `claims` | what the configuration and a token say |
//! | `segments` | the three parts of a token |
//! | `mint` | new claims |
//! | `check`, `registered` | accepting a token |
//! | `at_hash` | what an id_token says of the access token beside it |
//! | `authorization` | the header or cookie that carries it |
//! | [`legacy`] | the predecessors |

mod algorithm;
mod at_hash;
mod authorization;
mod check;
mod claims;
mod jwks;
mod keys;
pub mod legacy;
mod mint;
mod registered;
mod rules;
mod segments;
#[cfg(test)]
mod tests;

pub use algorithm::Algorithm;
pub use at_hash::is_at_hash;
pub use authorization::{
    AuthenticationFailure, CookieCsrf, HEADER_TYPE, Presented, cookie_lifetime, find_token, read_header,
};
pub use check::{TokenError, Unverified, check, decode, hold_now, peek, signed, verify};
pub use claims::{Claims, UserIdClaim};
pub use jwks::{key_set, read_key_set};
pub use keys::{KeyError, SigningKey, VerifyingKey};
pub use mint::{Mint, TokenId, TokenUser, encode, password_claim};
pub use rules::{Audience, ClaimNames, Lifetimes, Rules, TokenKind};

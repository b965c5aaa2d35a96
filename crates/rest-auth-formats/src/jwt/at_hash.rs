//! What an id_token says of the access token beside it (OpenID Connect Core, section 3.1.3.6).

use sha2::{Digest, Sha256, Sha384, Sha512};

use super::segments::Segments;
use crate::base64url;
use crate::salted_hmac::constant_time_equal;

/// Whether `at_hash` is that of the access token: the left half of its digest, by the hash of the token's algorithm. The
/// token has been verified before.
pub fn is_at_hash(id_token: &str, at_hash: &str, access_token: &str) -> bool {
    let Some(segments) = Segments::split(id_token.as_bytes()) else { return false };
    let digest = match segments.header.algorithm() {
        Some(name) if name.ends_with("256") || name == "ES256K" => Sha256::digest(access_token).to_vec(),
        Some(name) if name.ends_with("384") => Sha384::digest(access_token).to_vec(),
        Some(name) if name.ends_with("512") || name == "EdDSA" => Sha512::digest(access_token).to_vec(),
        _ => return false,
    };
    constant_time_equal(at_hash, &base64url::encode(&digest[..digest.len() / 2]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_83_the_hash_is_the_left_half_of_the_digest() {
        // OpenID Connect Core, appendix A.3, whose id_token is signed with RS256.
        let token = format!("{}.e30.", base64url::encode(br#"{"alg":"RS256"}"#));
        let access_token = "jHkWEdUXMU1BwAsC4vtUsZwnvNM1A_lNQqvq5bWnpTE";
        let hash = base64url::encode(&Sha256::digest(access_token)[..16]);
        assert!(is_at_hash(&token, &hash, access_token));
        assert!(!is_at_hash(&token, &hash, "another"));
        assert!(!is_at_hash("no token", &hash, access_token));
        let unsigned = format!("{}.e30.", base64url::encode(br#"{"alg":"none"}"#));
        assert!(!is_at_hash(&unsigned, &hash, access_token));
    }
}

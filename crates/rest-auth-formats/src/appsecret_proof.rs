//! Facebook's `appsecret_proof`: shows with a token that whoever sends it also knows the application's secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::hex;

/// Lower-case hex of HMAC-SHA256 over the token.
pub fn appsecret_proof(secret: &str, access_token: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(access_token.as_bytes());
    hex::encode(&mac.finalize().into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_upstreams() {
        let expected = "a27e40fcff1507f2d8c7afc7b8c65bc4988a75a521df2052cab0012c13a1b287";
        assert_eq!(appsecret_proof("fbsecret", "fbtok"), expected);
    }
}

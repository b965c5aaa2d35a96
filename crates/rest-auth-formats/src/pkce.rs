//! Proof keys for code exchange (RFC 7636): the verifier stays with the client, its digest goes through the browser.

use sha2::{Digest, Sha256};

use crate::base64url;

/// Whether a text is a verifier: 43 to 128 letters, digits and `-._~`.
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// The challenge of a verifier, by the method S256.
pub fn challenge(verifier: &str) -> String {
    base64url::encode(&Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_challenge_is_the_one_of_the_rfc() {
        // RFC 7636, appendix B.
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(is_verifier(verifier));
        assert_eq!(challenge(verifier), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }

    #[test]
    fn s_81_a_verifier_has_a_length_and_an_alphabet() {
        assert!(is_verifier(&"a".repeat(43)) && is_verifier(&"~".repeat(128)));
        for wrong in
            [String::new(), "a".repeat(42), "a".repeat(129), "ü".repeat(30), format!("{}+", "a".repeat(50))]
        {
            assert!(!is_verifier(&wrong), "{wrong}");
        }
    }
}

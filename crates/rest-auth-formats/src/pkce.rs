//! Proof keys for code exchange (RFC 7636): the verifier stays with the client, its digest goes through the browser.

use sha2::{Digest, Sha256};

use crate::base64url;

/// Whether a text is a verifier: 43 to 128 letters, digits and `-._~`.
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// Whether a text is a challenge by the method S256: 32 bytes in base 64 for addresses.
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43 && base64url::decode_strict(text.as_bytes()).is_some_and(|digest| digest.len() == 32)
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
    fn s_96_only_a_digest_is_a_challenge() {
        assert!(is_challenge(&challenge(&"a".repeat(43))));
        for wrong in
            ["", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM="]
        {
            assert!(!is_challenge(wrong), "{wrong}");
        }
        assert!(!is_challenge(&"~".repeat(43)) && !is_challenge(&"é".repeat(43)));
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

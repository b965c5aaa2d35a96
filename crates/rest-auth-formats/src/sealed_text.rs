//! Texts that a table holds and whoever reads only the table cannot read: AES-256-GCM under a key that HKDF-SHA256 derives
//! from the secret of the deployment. rest-auth's own; nothing of Django reads it.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, Salt};

use crate::{SecretKeys, base64url};

/// What sealed texts begin with.
const PREFIX: &str = "rest-auth$1$";
const SALT: &[u8] = b"rest-auth.sealed_text";

/// Random bytes, used for one text and never again.
pub type SealingNonce = [u8; NONCE_LEN];

/// Seals a text for one place, such as a row and a column: moved elsewhere it cannot be opened. A sealed text is longer
/// by some 50 characters.
pub fn seal(keys: &SecretKeys, place: &str, nonce: SealingNonce, text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    key(keys.current())
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place), &mut bytes)
        .expect("a text is far below what AES-GCM can seal");
    let sealed = [nonce.as_slice(), &bytes].concat();
    format!("{PREFIX}{}", base64url::encode(&sealed))
}

/// Whether a text claims to be sealed.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(PREFIX)
}

/// Opens a sealed text, with the current secret or an older one. `None`: it was sealed with another secret or for another
/// place, or was changed.
pub fn open(keys: &SecretKeys, place: &str, text: &str) -> Option<String> {
    let sealed = base64url::decode_strict(text.strip_prefix(PREFIX)?.as_bytes())?;
    let (nonce, bytes) = sealed.split_first_chunk::<NONCE_LEN>()?;
    keys.all().find_map(|secret| {
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let mut bytes = bytes.to_vec();
        let opened = key(secret).open_in_place(nonce, Aad::from(place), &mut bytes).ok()?;
        String::from_utf8(opened.to_vec()).ok()
    })
}

fn key(secret: &str) -> LessSafeKey {
    let derived = Salt::new(HKDF_SHA256, SALT).extract(secret.as_bytes());
    let derived = derived.expand(&[b"AES-256-GCM"], &AES_256_GCM).expect("the key is not too long");
    LessSafeKey::new(UnboundKey::from(derived))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONCE: SealingNonce = *b"twelve bytes";

    fn keys() -> SecretKeys {
        SecretKeys::new("a secret of the deployment")
    }

    #[test]
    fn s_92_a_sealed_text_opens_in_its_place_only_and_shows_nothing() {
        for text in ["", "gho_16C7e42F292c6912E7710c838347Ae178B4a", "ü日本"] {
            let sealed = seal(&keys(), "token of 1", NONCE, text);
            assert!(is_sealed(&sealed) && (text.is_empty() || !sealed.contains(text)));
            assert_eq!(open(&keys(), "token of 1", &sealed).as_deref(), Some(text));
            assert_eq!(open(&keys(), "token of 2", &sealed), None);
            assert_eq!(open(&SecretKeys::new("another"), "token of 1", &sealed), None);
        }
    }

    #[test]
    fn s_92_a_changed_or_broken_text_does_not_open() {
        let sealed = seal(&keys(), "p", NONCE, "hunter2");
        let body = sealed.strip_prefix(PREFIX).unwrap();
        for at in 0..body.len() {
            let mut changed = body.as_bytes().to_vec();
            changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
            let changed = format!("{PREFIX}{}", String::from_utf8(changed).unwrap());
            assert_eq!(open(&keys(), "p", &changed), None, "{changed}");
        }
        for broken in ["", "x", PREFIX, &sealed[..20], body, "hunter2"] {
            assert_eq!(open(&keys(), "p", broken), None, "{broken}");
        }
    }

    #[test]
    fn an_older_secret_still_opens() {
        let sealed = seal(&keys(), "p", NONCE, "hunter2");
        let rotated = SecretKeys::new("a newer secret").with_fallbacks(["a secret of the deployment"]);
        assert_eq!(open(&rotated, "p", &sealed).as_deref(), Some("hunter2"));
        assert_ne!(seal(&rotated, "p", NONCE, "hunter2"), sealed);
    }

    #[test]
    fn the_format_stays_as_it_is() {
        // Computed once by an independent HKDF and AES-GCM.
        assert_eq!(
            seal(&keys(), "p", NONCE, "hunter2"),
            "rest-auth$1$dHdlbHZlIGJ5dGVz2tERx2OhjVpe4ZVwldjSRUedUsTtiiA"
        );
    }
}

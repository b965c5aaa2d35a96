//! Keys as configurations bring them.

use serde_json::Value;

use super::{pair, reference_pem};
use crate::jwt::{Algorithm, KeyError, SigningKey, VerifyingKey};

fn key_file(name: &str) -> String {
    let files: Value = serde_json::from_str(include_str!("key_files.json")).expect("JSON");
    files["files"][name].as_str().unwrap_or_else(|| panic!("no file {name}")).to_owned()
}

#[test]
fn private_keys_are_read_in_every_form_that_openssl_writes() {
    for (name, algorithm) in [
        ("rsa-pkcs1", Algorithm::Rs256),
        ("rsa-pkcs1", Algorithm::Ps512),
        ("p256-sec1", Algorithm::Es256),
        ("p256-sec1-with-parameters", Algorithm::Es256),
        ("p384-sec1", Algorithm::Es384),
        ("p521-sec1", Algorithm::Es512),
        ("secp256k1-sec1", Algorithm::Es256k),
    ] {
        let (_, verifying) = pair(algorithm);
        let file = key_file(name);
        // As it is, without line breaks, indented, with text around, and with the line breaks of Windows.
        for text in [
            file.clone(),
            file.replace('\n', " "),
            file.replace('\n', "\n    "),
            format!("My key:\n{file}\nThe end."),
            file.replace('\n', "\r\n"),
        ] {
            let key = SigningKey::new(algorithm, &text).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(verifying.verifies(b"message", &key.sign(b"message")), "{name}");
            assert_eq!(key.verifying_key().public(), verifying.public(), "{name}");
        }
    }
}

#[test]
fn rsa_public_keys_are_read_in_both_forms() {
    let (_, verifying) = pair(Algorithm::Rs256);
    let key = VerifyingKey::new(Algorithm::Rs256, &key_file("rsa-pkcs1-public")).expect("a public key");
    assert_eq!(key.public(), verifying.public());
}

#[test]
fn a_key_that_cannot_be_used_is_refused_with_its_reason() {
    let rs256 = Algorithm::Rs256;
    let public = reference_pem("rsa1", "public_pem");
    for (text, algorithm, reason) in [
        (String::new(), rs256, KeyError::Empty),
        (String::new(), Algorithm::Hs256, KeyError::Empty),
        ("secret".into(), rs256, KeyError::NotPem),
        ("-----BEGIN PRIVATE KEY-----".into(), rs256, KeyError::Unreadable),
        ("-----BEGIN ".into(), rs256, KeyError::Unreadable),
        ("-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----".into(), rs256, KeyError::Unreadable),
        ("-----BEGIN PRIVATE KEY-----\nMII!\n-----END PRIVATE KEY-----".into(), rs256, KeyError::Unreadable),
        ("-----BEGIN EC PARAMETERS-----\n-----END EC PARAMETERS-----".into(), rs256, KeyError::NotPem),
        (public.into(), rs256, KeyError::NotPrivate),
        (key_file("rsa-pkcs1-public"), rs256, KeyError::NotPrivate),
        (key_file("rsa-encrypted"), rs256, KeyError::Encrypted),
        (key_file("rsa-encrypted-traditional"), rs256, KeyError::Encrypted),
        (key_file("rsa-1024"), rs256, KeyError::UnsafeRsa),
        (key_file("rsa-exponent-3"), rs256, KeyError::UnsafeRsa),
        (key_file("certificate"), rs256, KeyError::Unreadable),
        (key_file("ed448"), Algorithm::EdDsa, KeyError::Unreadable),
        (key_file("x25519"), Algorithm::EdDsa, KeyError::Unreadable),
        (key_file("p256-without-public-half"), Algorithm::Es256, KeyError::NoPublicHalf),
        (key_file("p256-explicit-curve"), Algorithm::Es256, KeyError::Unreadable),
    ] {
        assert_eq!(SigningKey::new(algorithm, &text).err(), Some(reason), "{text:.60}");
    }
    for (text, reason) in [
        (String::new(), KeyError::Empty),
        ("secret".into(), KeyError::NotPem),
        (reference_pem("rsa1", "private_pem").into(), KeyError::NotPublic),
        (key_file("rsa-pkcs1"), KeyError::NotPublic),
        (key_file("p256-sec1"), KeyError::NotPublic),
        (key_file("certificate"), KeyError::Unreadable),
        (public.replace("MIIB", "MIIC"), KeyError::Unreadable),
    ] {
        assert_eq!(VerifyingKey::new(rs256, &text).err(), Some(reason), "{text:.60}");
    }
}

#[test]
fn a_secret_may_be_any_text_but_a_key() {
    for secret in ["kurz", " ", "ключ", "{\"a\":1}", "[1,2]", "ssh", "-----", "null", "\"kty\"", "ssh rsa"]
    {
        assert!(SigningKey::new(Algorithm::Hs256, secret).is_ok(), "{secret}");
    }
    for key in [
        "ssh-rsa AAAAB3NzaC1yc2E",
        "ssh-ed25519 AAAA",
        "ecdsa-sha2-nistp256 AAAA",
        "-----BEGIN PUBLIC KEY-----",
        "text before -----BEGIN CERTIFICATE-----",
        r#"{"kty":"oct","k":"c2VjcmV0"}"#,
        r#"{"keys":[{"kty":"RSA"}]}"#,
        r#"[{"kty":"oct"}]"#,
    ] {
        for algorithm in [Algorithm::Hs256, Algorithm::Hs384, Algorithm::Hs512] {
            assert_eq!(SigningKey::new(algorithm, key).err(), Some(KeyError::NotASecret), "{key}");
            assert_eq!(VerifyingKey::new(algorithm, key).err(), Some(KeyError::NotASecret), "{key}");
        }
    }
}

/// The PEM text with one base 64 digit of the key's last bytes changed.
fn damaged(pem: &str) -> String {
    let end = pem.find("\n-----END").expect("an end");
    let place = end - 12;
    let digit = if pem.as_bytes()[place] == b'A' { "B" } else { "A" };
    format!("{}{digit}{}", &pem[..place], &pem[place + 1..])
}

#[test]
fn halves_that_do_not_belong_together_are_refused() {
    // The last bytes are the public half of an EC key and the CRT numbers of an RSA key.
    for (name, algorithm) in
        [("rsa1", Algorithm::Rs256), ("p256", Algorithm::Es256), ("p384", Algorithm::Es384)]
    {
        let private = damaged(reference_pem(name, "private_pem"));
        let refused = SigningKey::new(algorithm, &private).err();
        assert_eq!(refused, Some(KeyError::Inconsistent), "{name}");
    }
}

#[test]
fn points_off_their_curve_are_refused() {
    for (name, algorithm) in [
        ("p256", Algorithm::Es256),
        ("p384", Algorithm::Es384),
        ("p521", Algorithm::Es512),
        ("secp256k1", Algorithm::Es256k),
    ] {
        let public = damaged(reference_pem(name, "public_pem"));
        let refused = VerifyingKey::new(algorithm, &public).err();
        assert_eq!(refused, Some(KeyError::Inconsistent), "{name}");
    }
}

#[test]
fn no_reason_repeats_the_key() {
    let secret = "super-secret-not-a-key";
    for algorithm in Algorithm::ALL {
        for error in [SigningKey::new(algorithm, secret).err(), VerifyingKey::new(algorithm, secret).err()] {
            let said = format!("{error:?} {}", error.map(|error| error.to_string()).unwrap_or_default());
            assert!(!said.contains("super-secret"), "{said}");
        }
    }
}

//! `django.utils.crypto.salted_hmac`: an HMAC whose key is the hash of a salt and a secret.
//!
//! The salt names the purpose, so that a signature made for one purpose proves nothing for another.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// A hash function that Django's signing can be told to use (the argument `algorithm`).
///
/// Everything that rest-auth shares with Django is SHA-256; the others read values that a project signed
/// with an own `Signer`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HashAlgorithm {
    /// MD5, which Django takes as well.
    Md5,
    /// SHA-1, Django's default before version 3.1.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256, Django's default.
    #[default]
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

/// The HMAC-SHA-256 of `value` under the key `SHA-256(key_salt || secret)`.
pub fn salted_hmac(key_salt: &str, value: &str, secret: &str) -> [u8; 32] {
    let key = Sha256::new().chain_update(key_salt).chain_update(secret).finalize();
    keyed::<Hmac<Sha256>>(&key, value).into()
}

/// [`salted_hmac`] with another hash function; the length of the result is the hash's.
pub fn salted_hmac_with(algorithm: HashAlgorithm, key_salt: &str, value: &str, secret: &str) -> Vec<u8> {
    let material = [key_salt.as_bytes(), secret.as_bytes()].concat();
    match algorithm {
        HashAlgorithm::Md5 => keyed::<Hmac<md5::Md5>>(&md5::Md5::digest(material), value).to_vec(),
        HashAlgorithm::Sha1 => keyed::<Hmac<sha1::Sha1>>(&sha1::Sha1::digest(material), value).to_vec(),
        HashAlgorithm::Sha224 => keyed::<Hmac<sha2::Sha224>>(&sha2::Sha224::digest(material), value).to_vec(),
        HashAlgorithm::Sha256 => salted_hmac(key_salt, value, secret).to_vec(),
        HashAlgorithm::Sha384 => keyed::<Hmac<sha2::Sha384>>(&sha2::Sha384::digest(material), value).to_vec(),
        HashAlgorithm::Sha512 => keyed::<Hmac<sha2::Sha512>>(&sha2::Sha512::digest(material), value).to_vec(),
    }
}

fn keyed<M: Mac + KeyInit>(key: &[u8], value: &str) -> hmac::digest::Output<M> {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("an HMAC takes a key of any length");
    mac.update(value.as_bytes());
    mac.finalize().into_bytes()
}

/// Whether two texts are equal, in a time that depends on their lengths only
/// (`django.utils.crypto.constant_time_compare`).
pub fn constant_time_equal(left: &str, right: &str) -> bool {
    left.as_bytes().ct_eq(right.as_bytes()).into()
}

//! Keys in PEM files (RFC 7468): PKCS #8 and SubjectPublicKeyInfo, and the older forms of RSA and of elliptic
//! curves alone.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use pkcs8::der::asn1::{AnyRef, UintRef};
use pkcs8::der::{Decode, Reader, SliceReader, Tagged};
use pkcs8::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use pkcs8::{ObjectIdentifier, PrivateKeyInfoRef};
use sec1::EcPrivateKey;

use super::{KeyError, PublicKey};
use crate::jwt::algorithm::Curve;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const ELLIPTIC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");

const CURVES: [(ObjectIdentifier, Curve); 4] = [
    (ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7"), Curve::P256),
    (ObjectIdentifier::new_unwrap("1.3.132.0.34"), Curve::P384),
    (ObjectIdentifier::new_unwrap("1.3.132.0.35"), Curve::P521),
    (ObjectIdentifier::new_unwrap("1.3.132.0.10"), Curve::Secp256k1),
];

/// A private key as it was found, its numbers not yet checked.
pub(super) enum PrivateKey {
    /// PKCS #1.
    Rsa(Vec<u8>),
    /// The number, and the point if it was there.
    Elliptic { curve: Curve, number: Vec<u8>, point: Option<Vec<u8>> },
    /// PKCS #8.
    Ed25519(Vec<u8>),
}

/// One block of a PEM file.
struct Block<'t> {
    label: &'t str,
    der: Vec<u8>,
}

/// The private key in a PEM text.
pub(super) fn read_private(text: &str) -> Result<PrivateKey, KeyError> {
    let Block { label, der } = read_block(text)?;
    match label {
        "PRIVATE KEY" => read_pkcs8(&der),
        "RSA PRIVATE KEY" => Ok(PrivateKey::Rsa(der)),
        "EC PRIVATE KEY" => read_sec1(&der, None),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Err(KeyError::NotPrivate),
        _ => Err(KeyError::Unreadable),
    }
}

/// The public key in a PEM text.
pub(super) fn read_public(text: &str) -> Result<PublicKey, KeyError> {
    let Block { label, der } = read_block(text)?;
    match label {
        "PUBLIC KEY" => read_subject_public_key(&der),
        "RSA PUBLIC KEY" => read_rsa_public(&der),
        "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => Err(KeyError::NotPublic),
        _ => Err(KeyError::Unreadable),
    }
}

/// The public key in a certificate (RFC 5280, section 4.1).
pub(super) fn read_certificate(text: &str) -> Result<PublicKey, KeyError> {
    let Block { label, der } = read_block(text)?;
    if label != "CERTIFICATE" {
        return Err(KeyError::Unreadable);
    }
    let unreadable = |_| KeyError::Unreadable;
    let certificate = AnyRef::from_der(&der).map_err(unreadable)?;
    let mut reader = SliceReader::new(certificate.value()).map_err(unreadable)?;
    let body = AnyRef::decode(&mut reader).map_err(unreadable)?;
    let mut fields = SliceReader::new(body.value()).map_err(unreadable)?;
    // Serial number, algorithm, issuer, dates, subject; the version in front of them may be left out.
    let first = AnyRef::decode(&mut fields).map_err(unreadable)?;
    for _ in 0..if first.tag().is_context_specific() { 5 } else { 4 } {
        AnyRef::decode(&mut fields).map_err(unreadable)?;
    }
    subject_public_key(&SubjectPublicKeyInfoRef::decode(&mut fields).map_err(unreadable)?)
}

/// The first block of a PEM text that is not just the parameters of a curve. Lines may have any length.
fn read_block(text: &str) -> Result<Block<'_>, KeyError> {
    let mut rest = text;
    loop {
        let (_, begun) = rest.split_once("-----BEGIN ").ok_or(KeyError::NotPem)?;
        let (label, begun) = begun.split_once("-----").ok_or(KeyError::Unreadable)?;
        let (body, after) =
            begun.split_once(&format!("-----END {label}-----")).ok_or(KeyError::Unreadable)?;
        if label == "EC PARAMETERS" {
            rest = after;
            continue;
        }
        if label == "ENCRYPTED PRIVATE KEY" || body.contains("ENCRYPTED") {
            return Err(KeyError::Encrypted);
        }
        let digits: String = body.split_ascii_whitespace().collect();
        let der = STANDARD.decode(digits).map_err(|_| KeyError::Unreadable)?;
        return Ok(Block { label, der });
    }
}

fn read_pkcs8(der: &[u8]) -> Result<PrivateKey, KeyError> {
    let info = PrivateKeyInfoRef::from_der(der).map_err(|_| KeyError::Unreadable)?;
    match info.algorithm.oid {
        RSA => Ok(PrivateKey::Rsa(info.private_key.as_bytes().to_vec())),
        ELLIPTIC => read_sec1(info.private_key.as_bytes(), curve_of(&info.algorithm)),
        ED25519 => Ok(PrivateKey::Ed25519(der.to_vec())),
        _ => Err(KeyError::Unreadable),
    }
}

/// A key on the given curve, or on the one that it names itself.
fn read_sec1(der: &[u8], curve: Option<Curve>) -> Result<PrivateKey, KeyError> {
    let key = EcPrivateKey::from_der(der).map_err(|_| KeyError::Unreadable)?;
    let own = key.parameters.as_ref().and_then(|parameters| parameters.named_curve());
    let curve = curve.or_else(|| own.and_then(named_curve)).ok_or(KeyError::Unreadable)?;
    let number = key.private_key.iter().copied().skip_while(|byte| *byte == 0).collect::<Vec<_>>();
    let missing = curve.bytes().checked_sub(number.len()).ok_or(KeyError::Unreadable)?;
    let number = [vec![0; missing], number].concat();
    Ok(PrivateKey::Elliptic { curve, number, point: key.public_key.map(<[u8]>::to_vec) })
}

fn read_subject_public_key(der: &[u8]) -> Result<PublicKey, KeyError> {
    subject_public_key(&SubjectPublicKeyInfoRef::from_der(der).map_err(|_| KeyError::Unreadable)?)
}

fn subject_public_key(info: &SubjectPublicKeyInfoRef<'_>) -> Result<PublicKey, KeyError> {
    let key = info.subject_public_key.as_bytes().ok_or(KeyError::Unreadable)?;
    match info.algorithm.oid {
        RSA => read_rsa_public(key),
        ELLIPTIC => PublicKey::elliptic(curve_of(&info.algorithm).ok_or(KeyError::Unreadable)?, key),
        ED25519 => PublicKey::ed25519(key),
        _ => Err(KeyError::Unreadable),
    }
}

/// RSAPublicKey of PKCS #1: the modulus and the exponent.
fn read_rsa_public(der: &[u8]) -> Result<PublicKey, KeyError> {
    let read = || -> pkcs8::der::Result<_> {
        let mut reader = SliceReader::new(der)?;
        let numbers = reader.sequence(|reader| -> pkcs8::der::Result<_> {
            Ok((UintRef::decode(reader)?, UintRef::decode(reader)?))
        })?;
        reader.finish()?;
        Ok(numbers)
    };
    let (modulus, exponent) = read().map_err(|_| KeyError::Unreadable)?;
    PublicKey::rsa(modulus.as_bytes(), exponent.as_bytes())
}

fn curve_of(algorithm: &AlgorithmIdentifierRef<'_>) -> Option<Curve> {
    algorithm.parameters_oid().ok().and_then(named_curve)
}

fn named_curve(id: ObjectIdentifier) -> Option<Curve> {
    CURVES.into_iter().find(|(known, _)| *known == id).map(|(_, curve)| curve)
}

//! The keys of an issuer, read from its document once and not for each token.

use std::sync::{Arc, Mutex, PoisonError};

use rest_auth_formats::jwt::{self, VerifyingKey};
use serde_json::Value;

use crate::fetch::Outgoing;
use crate::providers::Wanted;
use crate::settings::AlgorithmName;

/// The keys of the document that was seen last.
#[derive(Debug, Default)]
pub(crate) struct Keyring {
    read: Mutex<Option<Read>>,
}

#[derive(Debug)]
struct Read {
    document: Arc<Value>,
    keys: Arc<[VerifyingKey]>,
}

impl Keyring {
    /// The keys in a document that may sign with one of these algorithms. Those that cannot be read are left out, and a
    /// shared secret is none (S-83): whoever knows a public key could sign with it.
    pub(crate) fn keys(&self, document: &Arc<Value>, algorithms: &[AlgorithmName]) -> Arc<[VerifyingKey]> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(read) = &*read
            && Arc::ptr_eq(&read.document, document)
        {
            return Arc::clone(&read.keys);
        }
        let asymmetric = algorithms.iter().filter(|name| !name.0.is_symmetric());
        let keys: Arc<[VerifyingKey]> =
            asymmetric.flat_map(|name| jwt::read_key_set(document, name.0)).collect();
        *read = Some(Read { document: Arc::clone(document), keys: Arc::clone(&keys) });
        keys
    }
}

/// Where a set of keys is. RFC 7517, section 5.
pub(crate) fn key_set(url: impl Into<String>) -> Wanted {
    Wanted::fitting(Outgoing::get(url), |document| document["keys"].is_array())
}

/// Whether a key of this id is among them. A token that names none may be of any.
pub(super) fn has(keys: &[VerifyingKey], id: Option<&str>) -> bool {
    id.is_none_or(|id| keys.iter().any(|key| key.id().is_none_or(|own| own == id)))
}

//! What signs and verifies, made of the settings once. A key that cannot work stops the start and no login.

use std::sync::Arc;

use rest_auth_formats::jwt::{
    self, Audience, ClaimNames, KeyError, Lifetimes, Rules, SigningKey, VerifyingKey,
};
use serde_json::Value;

use super::published::Published;
use crate::model::{Secret, Timestamp};
use crate::settings::{AudienceNames, Problem, Settings, SimpleJwt};

/// The keys and rules of a deployment's tokens.
#[derive(Debug)]
pub struct Jwt {
    /// What tokens say and are checked for.
    pub rules: Rules,
    /// How long they last.
    pub lifetimes: Lifetimes,
    signing: Option<SigningKey>,
    /// Those without an end first, then those that end last.
    verifying: Vec<VerifyingKey>,
    /// The ends of the last ones of them.
    ends: Vec<Timestamp>,
    /// What verifies in their place.
    published: Option<Published>,
}

impl Jwt {
    /// Reads the settings; everything that is wrong with the keys.
    pub(crate) fn of(settings: &Settings) -> Result<Arc<Self>, Vec<Problem>> {
        let own = &settings.simple_jwt;
        let mut reading = Reading { own, problems: Vec::new() };
        let signing = reading.signing_key(settings);
        let published = reading.published();
        let mut verifying = reading.verifying_keys(settings, signing.as_ref());
        let dated = reading.dated_keys(&mut verifying);
        let has_none = verifying.is_empty() && dated.is_empty() && published.is_none();
        if has_none && reading.problems.is_empty() {
            reading.take::<()>("simple_jwt.signing_key", Err(KeyError::Empty));
        }
        if !reading.problems.is_empty() {
            return Err(reading.problems);
        }
        let (ends, dated): (Vec<_>, Vec<_>) = dated.into_iter().unzip();
        verifying.extend(dated);
        let (rules, lifetimes) = (rules(own), lifetimes(own));
        Ok(Arc::new(Self { rules, lifetimes, signing, verifying, ends, published }))
    }

    /// Our own keys that verify at a time, unless others are published for us.
    pub(super) fn verifying_keys(&self, now: Timestamp) -> &[VerifyingKey] {
        let ended = self.ends.iter().rev().take_while(|end| **end <= now).count();
        &self.verifying[..self.verifying.len() - ended]
    }

    /// The keys that verify in place of our own.
    pub(super) fn published(&self) -> Option<&Published> {
        self.published.as_ref()
    }

    /// The key that signs; `None` where tokens are only checked.
    pub(super) fn signing_key(&self) -> Option<&SigningKey> {
        self.signing.as_ref()
    }

    /// What others need to check our tokens, as a JSON web key set (RFC 7517); `None` where the key is a secret.
    pub fn key_set(&self, now: Timestamp) -> Option<Value> {
        let keys = self.verifying_keys(now);
        keys.iter().any(|key| !key.algorithm().is_symmetric()).then(|| jwt::key_set(keys))
    }

    /// Whether there is such a set.
    pub fn has_key_set(&self) -> bool {
        self.verifying.iter().any(|key| !key.algorithm().is_symmetric())
    }
}

/// The keys of the settings, and what is wrong with them.
struct Reading<'s> {
    own: &'s SimpleJwt,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn take<K>(&mut self, key: &str, made: Result<K, KeyError>) -> Option<K> {
        made.map_err(|error| {
            let (key, message) = (key.to_owned(), error.to_string());
            self.problems.push(Problem { key, message, hint: None });
        })
        .ok()
    }

    /// A shared secret is in no set that is published, and nobody is to believe that it were checked by one.
    fn published(&mut self) -> Option<Published> {
        if self.own.jwk_url.get().is_some() && self.own.algorithm.0.is_symmetric() {
            self.problems.push(Problem {
                key: "simple_jwt.jwk_url".to_owned(),
                message: format!("is set, and {} is signed by a shared secret", self.own.algorithm.0),
                hint: Some("set simple_jwt.algorithm to that of the published keys, or remove it".to_owned()),
            });
        }
        Published::of(self.own)
    }

    fn signing_key(&mut self, settings: &Settings) -> Option<SigningKey> {
        let (algorithm, text) = (self.own.algorithm.0, signing_text(settings).expose());
        if text.is_empty() && !algorithm.is_symmetric() {
            return None;
        }
        let key = self.take("simple_jwt.signing_key", SigningKey::new(algorithm, text))?;
        Some(match &self.own.signing_key_id.0 {
            Some(id) => key.with_id(id),
            None => key,
        })
    }

    /// Those without an end. A public key that is configured stands for the private one's own half.
    fn verifying_keys(&mut self, settings: &Settings, signing: Option<&SigningKey>) -> Vec<VerifyingKey> {
        let algorithm = self.own.algorithm.0;
        let mut keys: Vec<VerifyingKey> = signing.map(SigningKey::verifying_key).into_iter().collect();
        if !self.own.verifying_key.is_empty() && !algorithm.is_symmetric() {
            let key = VerifyingKey::new(algorithm, &self.own.verifying_key);
            let key =
                self.take("simple_jwt.verifying_key", key).map(|key| match &self.own.signing_key_id.0 {
                    Some(id) => key.with_id(id),
                    None => key,
                });
            keys = key.into_iter().collect();
        }
        for former in former_secrets(settings) {
            keys.extend(self.take("simple_jwt.signing_key_fallbacks", VerifyingKey::new(algorithm, former)));
        }
        keys
    }

    /// Those of the list: the ones without an end join the others, the rest comes with its ends, the last first.
    fn dated_keys(&mut self, endless: &mut Vec<VerifyingKey>) -> Vec<(Timestamp, VerifyingKey)> {
        let mut dated = Vec::new();
        for entry in &self.own.verifying_keys {
            let key = VerifyingKey::new(self.own.algorithm.0, &entry.key).map(|key| key.with_id(&entry.kid));
            let Some(key) = self.take("simple_jwt.verifying_keys", key) else { continue };
            match entry.until.as_deref().map(|text| (text, Timestamp::parse(text))) {
                None => endless.push(key),
                Some((_, Some(end))) => dated.push((end, key)),
                Some((text, None)) => self.problems.push(Problem {
                    key: "simple_jwt.verifying_keys".to_owned(),
                    message: format!("`{text}` is no time"),
                    hint: Some("write it as \"2027-01-31T00:00:00Z\"".to_owned()),
                }),
            }
        }
        dated.sort_by_key(|(end, _)| std::cmp::Reverse(*end));
        dated
    }
}

/// The text of the signing key: its own, or for a secret the deployment's.
pub(crate) fn signing_text(settings: &Settings) -> &Secret {
    let own = &settings.simple_jwt;
    if own.signing_key.expose().is_empty() && own.algorithm.0.is_symmetric() {
        &settings.top.secret_key
    } else {
        &own.signing_key
    }
}

/// Secrets that signed once.
fn former_secrets(settings: &Settings) -> impl Iterator<Item = &str> {
    let own = &settings.simple_jwt;
    let is_secret = own.algorithm.0.is_symmetric();
    let shared = is_secret && own.signing_key.expose().is_empty();
    let of_deployment = settings.top.secret_key_fallbacks.iter().filter(move |_| shared);
    let former = own.signing_key_fallbacks.iter().filter(move |_| is_secret);
    former.chain(of_deployment).map(|secret| secret.expose().as_str())
}

fn rules(own: &SimpleJwt) -> Rules {
    Rules {
        issuer: own.issuer.0.clone(),
        audience: own.audience.0.clone().map(|audience| match audience {
            AudienceNames::One(name) => Audience::One(name),
            AudienceNames::Several(names) => Audience::Several(names),
        }),
        leeway: own.leeway.signed(),
        names: ClaimNames {
            token_type: own.token_type_claim.0.clone(),
            token_id: own.jti_claim.0.clone(),
            user_id: own.user_id_claim.clone(),
            password: own.revoke_token_claim.clone(),
            refresh_expiry: own.sliding_token_refresh_exp_claim.clone(),
        },
    }
}

fn lifetimes(own: &SimpleJwt) -> Lifetimes {
    Lifetimes {
        access: own.access_token_lifetime.signed(),
        refresh: own.refresh_token_lifetime.signed(),
        sliding: own.sliding_token_lifetime.signed(),
        sliding_refresh: own.sliding_token_refresh_lifetime.signed(),
    }
}

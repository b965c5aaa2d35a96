//! A row: whose tokens, and which of them are believed. What a token says of keys, algorithms and issuers chooses
//! nothing but the row (S-83).

use std::sync::Arc;

use rest_auth_formats::jwt::{self, Audience, Claims, Rules, TokenError, Unverified};
use serde_json::Value;

use super::keys::{self, Keyring, key_set};
use super::refusal::Refusal;
use crate::context::{App, Context};
use crate::error::{Error, Result};
use crate::features::rownd::Rownd;
use crate::fetch::Outgoing;
use crate::model::Timestamp;
use crate::providers::{ProviderError, Wanted};
use crate::settings::{ExternalIssuer, Settings};

/// Somebody whose tokens are believed.
#[derive(Debug)]
pub struct Issuer {
    row: ExternalIssuer,
    rownd: Option<Rownd>,
    keyring: Keyring,
}

impl Issuer {
    /// An entry of `external_issuers`.
    pub(super) fn listed(row: ExternalIssuer) -> Self {
        Self { row, rownd: None, keyring: Keyring::default() }
    }

    /// Rownd.
    pub(super) fn rownd(settings: &Settings) -> Self {
        let rownd = Rownd::of(settings);
        Self { row: rownd.row(), rownd: Some(rownd), keyring: Keyring::default() }
    }

    /// What its accounts are connected under.
    pub fn name(&self) -> &str {
        &self.row.name
    }

    /// Its settings.
    pub fn row(&self) -> &ExternalIssuer {
        &self.row
    }

    /// What it is beside its settings, if it is Rownd.
    pub(crate) fn as_rownd(&self) -> Option<&Rownd> {
        self.rownd.as_ref()
    }

    /// Whether it is Rownd.
    pub fn is_rownd(&self) -> bool {
        self.rownd.is_some()
    }

    /// Whether a token says that it is of this issuer. Rownd's are told by their algorithm too.
    pub(super) fn is_named_by(&self, said: &Unverified) -> bool {
        match &self.rownd {
            None => said.issuer.as_deref() == Some(&self.row.issuer),
            Some(rownd) => {
                said.issuer.as_deref().is_some_and(|issuer| rownd.is_issuer(issuer))
                    && said.algorithm.as_deref() == Some("EdDSA")
            }
        }
    }

    /// The claims of a token, if they can be believed.
    pub(super) async fn verify(&self, cx: &Context, token: &[u8]) -> Result<Result<Claims, Refusal>> {
        let Some(said) = jwt::peek(token) else {
            let has_parts = token.split(|byte| *byte == b'.').nth(2).is_some();
            return Ok(Err(if has_parts { Refusal::Malformed } else { Refusal::Segments }));
        };
        let key_id = said.key_id.as_deref();
        if self.is_rownd() && key_id.is_none() {
            return Ok(Err(Refusal::UnknownKey(None)));
        }
        let document = self.key_document(cx, Freshness::Kept).await.map_err(|error| self.away(cx, &error))?;
        let mut known = self.keyring.keys(&document, &self.row.algorithms);
        let mut signed = jwt::signed(token, &known);
        // Issuers change their keys: look again before refusing.
        if !keys::has(&known, key_id) || key_id.is_none() && signed.is_err() {
            let document =
                self.key_document(cx, Freshness::Renewed).await.map_err(|error| self.away(cx, &error))?;
            known = self.keyring.keys(&document, &self.row.algorithms);
            signed = jwt::signed(token, &known);
        }
        let claims = match signed {
            Ok(claims) => claims,
            Err(_) if !keys::has(&known, key_id) => return Ok(Err(Refusal::UnknownKey(said.key_id))),
            Err(_)
                if !self
                    .row
                    .algorithms
                    .iter()
                    .any(|name| Some(name.0.name()) == said.algorithm.as_deref()) =>
            {
                return Ok(Err(Refusal::Algorithm));
            }
            Err(_) => return Ok(Err(Refusal::Signature)),
        };
        let audiences = self.audiences(cx).await?;
        Ok(self.holds(cx, &claims, audiences).map(|()| claims))
    }

    /// Whether signed claims are of this issuer, for us, and hold now.
    fn holds(&self, cx: &Context, claims: &Claims, audiences: Vec<String>) -> Result<(), Refusal> {
        let rules = Rules { leeway: self.row.leeway.signed(), ..Rules::default() };
        match jwt::hold_now(claims, &rules, cx.now) {
            Ok(()) => {}
            Err(TokenError::Expired) => return Err(Refusal::Expired),
            Err(_) => {
                let latest = cx.now.plus_seconds(rules.leeway);
                let is_early = |name: &&str| claims.time(name).is_some_and(|time| time > latest);
                return Err(["iat", "nbf"]
                    .into_iter()
                    .find(is_early)
                    .map_or(Refusal::Invalid, Refusal::Early));
            }
        }
        // A token without an end would be good for ever.
        if claims.expires_at().is_none() {
            return Err(Refusal::Invalid);
        }
        let of_issuer = |issuer: &str| match &self.rownd {
            None => issuer == self.row.issuer,
            Some(rownd) => rownd.is_issuer(issuer),
        };
        if !claims.text("iss").is_some_and(of_issuer) {
            return Err(Refusal::Invalid);
        }
        let for_us = Rules { audience: Some(Audience::Several(audiences.clone())), ..rules };
        if jwt::hold_now(claims, &for_us, cx.now).is_err() {
            let names_any = claims.get("aud").is_some();
            return Err(if names_any { Refusal::Audience(audiences) } else { Refusal::NoAudience });
        }
        let required = self.row.required_claims.iter();
        let is = |value: &toml::Value| serde_json::to_value(value).unwrap_or_default();
        if required.into_iter().all(|(name, value)| claims.get(name) == Some(&is(value))) {
            Ok(())
        } else {
            Err(Refusal::Invalid)
        }
    }

    /// Fetches what every token needs, so that no request has to.
    pub(super) async fn keep(&self, app: &App) -> Result<(), ProviderError> {
        let (social, now) = (&app.social, app.clock.now());
        if let Some(rownd) = &self.rownd {
            social.documents.keep(&social.fetch, rownd.config_request(), now).await?;
        }
        if self.row.jwks_url.is_none() {
            social.documents.keep(&social.fetch, self.discovery_request(), now).await?;
        }
        let request = self.keys_request(app, now).await?;
        social.documents.keep(&social.fetch, request, now).await.map(drop)
    }

    /// Who tokens that are for us name as their audience.
    async fn audiences(&self, cx: &Context) -> Result<Vec<String>> {
        match &self.rownd {
            None => Ok(self.row.audiences()),
            Some(rownd) => {
                let app = rownd.app_id(cx, cx.now).await.map_err(|error| self.away(cx, &error))?;
                Ok(vec![format!("app:{app}")])
            }
        }
    }

    async fn key_document(&self, cx: &Context, freshness: Freshness) -> Result<Arc<Value>, ProviderError> {
        let request = self.keys_request(cx, cx.now).await?;
        let (documents, fetch) = (&cx.social.documents, &cx.social.fetch);
        match freshness {
            Freshness::Kept => documents.get(fetch, request, cx.now).await,
            Freshness::Renewed => documents.renewed(fetch, request, cx.now).await,
        }
    }

    async fn keys_request(&self, app: &App, now: Timestamp) -> Result<Wanted, ProviderError> {
        if let Some(url) = &self.row.jwks_url {
            return Ok(key_set(url));
        }
        let (documents, fetch) = (&app.social.documents, &app.social.fetch);
        let found = documents.get(fetch, self.discovery_request(), now).await?;
        let wrong = |what: &str| {
            ProviderError::Misconfigured(format!(
                "external_issuers.{}: its discovery document {what}",
                self.name()
            ))
        };
        if found["issuer"] != self.row.issuer.as_str() {
            return Err(wrong("is of another issuer"));
        }
        found["jwks_uri"].as_str().map(key_set).ok_or_else(|| wrong("has no jwks_uri"))
    }

    /// OpenID Connect Discovery 1.0, section 4.
    fn discovery_request(&self) -> Wanted {
        let base = self.row.issuer.strip_suffix('/').unwrap_or(&self.row.issuer);
        let request = Outgoing::get(format!("{base}/.well-known/openid-configuration"));
        Wanted::fitting(request, |document| document["jwks_uri"].is_string())
    }

    /// Whoever is away, or answers nothing usable, lets nobody in (S-93), and a client does well to try again.
    pub(crate) fn away(&self, cx: &Context, error: &ProviderError) -> Error {
        tracing::warn!(issuer = self.name(), request = cx.meta.request_id, %error, "an issuer cannot be asked");
        Error::Unavailable { retry_after: 5, what: "the issuer" }
    }
}

enum Freshness {
    Kept,
    Renewed,
}

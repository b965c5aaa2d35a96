//! Rownd, as rownd-django has it: an issuer whose audience its app configuration tells, and who is asked for the data of
//! somebody new.
//!
//! Upstream asks Rownd for its keys with every request, takes any address for its owner's, an account that is off for one
//! that is on, and tells clients whatever exception it has met. Here keys and configuration are kept, an address counts
//! where Rownd has verified it, and whoever cannot be asked is a 503.

use rest_auth_formats::jwt::{Algorithm, Claims};
use rest_auth_formats::percent;
use serde_json::{Map, Value};

use super::external_issuers::{Issuer, Named, Person, Refusal};
use crate::context::{App, Context};
use crate::error::{Error, Result};
use crate::fetch::{Method, Outgoing, host};
use crate::messages;
use crate::model::{Secret, Timestamp};
use crate::providers::{ProviderError, Wanted};
use crate::settings::{AlgorithmName, ExternalIssuer, FeatureName, RowndUserField, Seconds, Settings};
use crate::store::UserLookup;

/// What accounts are connected under, and where the addresses for sessions stand.
pub const NAME: &str = "rownd";
/// Who makes Rownd's tokens, wherever its interface is reached.
const ISSUER: &str = "https://api.rownd.io";
/// The claim with somebody's id in the app.
const APP_USER_ID: &str = "https://auth.rownd.io/app_user_id";
/// The claim that says whether Rownd has verified anything of somebody.
const IS_VERIFIED: &str = "https://auth.rownd.io/is_verified_user";
/// Characters of a key's id that are repeated to whoever has sent it.
const KEY_ID_LENGTH: usize = 100;

/// An app at Rownd.
#[derive(Clone, Debug)]
pub(crate) struct Rownd {
    api_url: String,
    app_key: String,
    app_secret: Secret,
    has_sessions: bool,
    protects_sessions: bool,
    user_field: RowndUserField,
}

impl Rownd {
    /// The app of the settings.
    pub(crate) fn of(settings: &Settings) -> Self {
        let own = &settings.rownd;
        Self {
            api_url: own.api_url.trim_end_matches('/').to_owned(),
            app_key: own.app_key.clone(),
            app_secret: own.app_secret.clone(),
            has_sessions: settings.has(FeatureName::Rownd),
            protects_sessions: own.csrf_protect_routes,
            user_field: own.user_model_username_field,
        }
    }

    /// Rownd as a row of `external_issuers`. The audience is not known before the app's configuration is.
    pub(crate) fn row(&self) -> ExternalIssuer {
        ExternalIssuer {
            name: NAME.to_owned(),
            issuer: ISSUER.to_owned(),
            jwks_url: Some(format!("{}/hub/auth/keys", self.api_url)),
            algorithms: vec![AlgorithmName(Algorithm::EdDsa)],
            leeway: Seconds(0),
            match_email: true,
            sessions: self.has_sessions,
            csrf_protect_routes: self.protects_sessions,
            ..ExternalIssuer::default()
        }
    }

    /// Whether tokens of this `iss` are Rownd's.
    pub(crate) fn is_issuer(&self, issuer: &str) -> bool {
        let issuer = issuer.trim_end_matches('/');
        issuer == ISSUER || issuer == self.api_url
    }

    /// Where rownd-django has left somebody's id.
    pub(crate) fn left_behind<'a>(&self, id: &'a str) -> UserLookup<'a> {
        match self.user_field {
            RowndUserField::Username => UserLookup::Username(id),
            RowndUserField::Email => UserLookup::EmailFolded(id),
        }
    }

    /// Asks for the app's configuration.
    pub(crate) fn config_request(&self) -> Wanted {
        let request = self.request(format!("{}/hub/app-config", self.api_url));
        Wanted::fitting(request, |config| config["app"]["id"].as_str().is_some_and(|id| !id.is_empty()))
    }

    fn request(&self, url: String) -> Outgoing {
        let headers = vec![("x-rownd-app-key".to_owned(), self.app_key.clone())];
        Outgoing { method: Method::Get, url, headers, body: None }
    }

    /// The app's id, from its configuration.
    pub(crate) async fn app_id(&self, app: &App, now: Timestamp) -> Result<String, ProviderError> {
        let social = &app.social;
        let config = social.documents.get(&social.fetch, self.config_request(), now).await?;
        Ok(config["app"]["id"].as_str().unwrap_or_default().to_owned())
    }

    /// Asks Rownd who somebody is. Without the id of somebody, or for an id that nobody has, there is no such person.
    pub(crate) async fn person(
        &self,
        cx: &Context,
        issuer: &Issuer,
        claims: &Claims,
        subject: &str,
    ) -> Result<Result<Person, Refusal>> {
        let Some(id) = app_user_id(claims) else { return Ok(Err(Refusal::Malformed)) };
        let app = self.app_id(cx, cx.now).await.map_err(|error| issuer.away(cx, &error))?;
        let (app, user) = (percent::encode(&app), percent::encode(id));
        let mut request = self.request(format!("{}/applications/{app}/users/{user}/data", self.api_url));
        let secret = self.app_secret.expose().clone();
        request.headers.push(("x-rownd-app-secret".to_owned(), secret));
        let answer = cx.social.fetch.fetch(request).await;
        let answer = answer.map_err(|error| issuer.away(cx, &error.into()))?;
        let away = |what: String| issuer.away(cx, &ProviderError::Unreachable(what));
        match answer.status {
            200 => {}
            // The key or the secret is wrong, or Rownd is in trouble: not the client's doing.
            status @ (401 | 403 | 429 | 500..) => {
                return Err(away(format!("{} answered {status} for a user", host(&self.api_url))));
            }
            _ => return Ok(Err(Refusal::Malformed)),
        }
        let answer: Value = serde_json::from_slice(&answer.body)
            .map_err(|_| away("Rownd sent no JSON for a user".to_owned()))?;
        let Some(data) = answer["data"].as_object() else { return Ok(Err(Refusal::Malformed)) };
        let text = |name: &str| data.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let email = text("email");
        let named = Named {
            username: Some(id),
            email,
            verified: is_verified(&answer, email, claims),
            first_name: text("first_name"),
            last_name: text("last_name"),
        };
        let profile = named.profile(subject, data.clone().into_iter().collect::<Map<String, Value>>());
        // Upstream keeps the spelling, and without an address the id stands in its place.
        let email_column = email.filter(|_| !profile.email.is_empty()).unwrap_or(id).to_owned();
        Ok(Ok(Person { profile, email_column, extra: Vec::new() }))
    }
}

/// Somebody's id in the app.
pub(crate) fn app_user_id(claims: &Claims) -> Option<&str> {
    claims.text(APP_USER_ID).filter(|id| !id.is_empty() && !id.contains('\0'))
}

/// Whether Rownd has verified an address: it lists what it has, and older answers know only whether that is anything.
fn is_verified(answer: &Value, email: Option<&str>, claims: &Claims) -> bool {
    match answer.get("verified_data").and_then(Value::as_object) {
        Some(listed) => email.is_some() && listed.get("email").and_then(Value::as_str) == email,
        None => claims.get(IS_VERIFIED) == Some(&Value::Bool(true)),
    }
}

/// What is told of a token: PyJWT's sentences, as rownd-django hands them on, and its own for everything else.
pub(crate) fn refused(refusal: &Refusal) -> Error {
    Error::AuthenticationFailed(match refusal {
        Refusal::UnknownKey(id) if id.as_ref().is_none_or(|id| id.chars().count() <= KEY_ID_LENGTH) => {
            messages::rownd_unknown_key(id.as_deref().unwrap_or("None"))
        }
        Refusal::Algorithm => messages::ROWND_ALGORITHM,
        Refusal::Signature => messages::ROWND_SIGNATURE,
        Refusal::Expired => messages::ROWND_EXPIRED,
        Refusal::Audience(audiences) => messages::rownd_audience(audiences),
        Refusal::NoAccount | Refusal::EmailTaken => messages::ROWND_NO_ACCOUNT,
        Refusal::Inactive => messages::USER_INACTIVE,
        Refusal::Segments => messages::ROWND_SEGMENTS,
        Refusal::Early(claim) => messages::rownd_early(claim),
        Refusal::NoAudience => messages::ROWND_NO_AUDIENCE,
        Refusal::Malformed | Refusal::Invalid | Refusal::UnknownKey(_) => messages::ROWND_MALFORMED,
    })
}

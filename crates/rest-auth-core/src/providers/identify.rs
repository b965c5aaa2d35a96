//! The whole exchange with a provider: from the code or token that a client posted to who that is.

use rest_auth_formats::oauth1::Moment;
use serde_json::Value;

use super::binding::once;
use super::discovery::Discovery;
use super::exchange::token_of;
use super::identity::{Asking, Given, Identity, ProviderError, ProviderToken};
use super::mapping::{Profile, openid_connect_extra_data};
use super::path::{Answers, is_true};
use super::provider::Provider;
use super::quirks::Situation;
use super::requests::{Login, Question};
use super::row::Protocol;
use super::telegram;
use crate::fetch::{Outgoing, host};
use crate::model::Secret;

impl Provider {
    /// Asks the provider who somebody is.
    pub async fn identify(&self, asking: &Asking<'_>, given: &Given) -> Result<Identity, ProviderError> {
        let discovery = match self.row.protocol {
            Protocol::OpenidConnect => Some(self.discover(asking).await?),
            Protocol::Telegram => return telegram::identify(self, asking, given),
            Protocol::Oauth1 | Protocol::Oauth2 => None,
        };
        let situation = Situation { provider: self, asking, given };
        let extra = match self.quirk() {
            Some(quirk) => quirk.values(&situation).await?,
            None => Vec::new(),
        };
        Exchange { provider: self, asking, given, discovery, extra }.run().await
    }
}

/// One login at one provider.
pub(super) struct Exchange<'a> {
    pub(super) provider: &'a Provider,
    pub(super) asking: &'a Asking<'a>,
    pub(super) given: &'a Given,
    pub(super) discovery: Option<Discovery>,
    /// Values of placeholders that a quirk gave.
    pub(super) extra: Vec<(&'static str, String)>,
}

impl Exchange<'_> {
    async fn run(&self) -> Result<Identity, ProviderError> {
        let (asking, given) = (self.asking, self.given);
        let mut answers = Answers::default();
        let exchanged = given.access_token.is_none();
        if exchanged {
            answers.token = self.exchange().await?;
        }
        let token = token_of(&answers.token, given, asking.now);
        let id_token = match answers.token.get("id_token").and_then(Value::as_str) {
            Some(id_token) => Some(Secret::from(id_token)),
            None => given.id_token.clone().filter(|_| !exchanged),
        };
        if let Some(id_token) = &id_token {
            let claims = self.believe(&token, id_token).await?;
            answers.id_token = claims.map_or(Value::Null, Value::Object);
        }
        let stated = answers.id_token.is_object();
        let mut bound = exchanged || stated;
        if !bound {
            // What the profile says is compared when it is there.
            bound = self.introspect(&token).await? || self.provider.patterns.audience.is_some();
        }
        if !bound && !asking.allow_unbound {
            let why = format!(
                "{} does not say which application an access token was made for",
                self.provider.row.title
            );
            return Err(ProviderError::Refused(why));
        }
        self.ask(&token, &mut answers).await?;
        self.check_audience(&answers)?;
        if let Some(quirk) = self.provider.quirk() {
            quirk.work_out(&self.situation(), &mut answers);
        }
        let profile = self.read_profile(&answers)?;
        let once = once(&answers.id_token);
        Ok(Identity { profile, token, bound, once })
    }

    fn read_profile(&self, answers: &Answers) -> Result<Profile, ProviderError> {
        let refused = |error| ProviderError::Refused(format!("{}: {error}", self.provider.row.title));
        let mut profile = self.provider.profile(answers).map_err(refused)?;
        if self.discovery.is_some() {
            let sub = |value: &Value| value.get("sub").cloned();
            let userinfo = answers.profiles.first().filter(|profile| **profile != answers.id_token);
            // OpenID Connect Core, section 5.3.2: userinfo of somebody else is not to be used.
            if let Some(userinfo) = userinfo
                && answers.id_token.is_object()
                && sub(userinfo) != sub(&answers.id_token)
            {
                return Err(ProviderError::Refused(
                    "userinfo and id_token are about different people".to_owned(),
                ));
            }
            profile.extra_data = openid_connect_extra_data(userinfo, &answers.id_token);
        }
        Ok(profile)
    }

    /// Puts the profile requests, one after the other.
    async fn ask(&self, token: &ProviderToken, answers: &mut Answers) -> Result<(), ProviderError> {
        let (asking, discovery) = (self.asking, self.discovery.as_ref());
        let stated = answers.id_token.is_object();
        let wants_userinfo = self.provider.setting("fetch_userinfo") != Some("false");
        let userinfo = discovery.and_then(|found| found.userinfo_endpoint.as_deref());
        let statement_is_profile = stated && (discovery.is_none() || !wants_userinfo || userinfo.is_none());
        if statement_is_profile {
            answers.profiles = vec![answers.id_token.clone()];
            return Ok(());
        }
        if discovery.is_some() && !stated {
            return Err(ProviderError::Refused(format!("{} sent no id_token", self.provider.row.title)));
        }
        let login = Login { userinfo, ..self.login(token) };
        let questions = match discovery {
            Some(_) => vec![Question::Profile],
            None => self.provider.questions(asking.query_email),
        };
        for question in questions {
            if question == Question::Details && self.has_details(answers) {
                continue;
            }
            let own =
                self.provider.quirk().and_then(|quirk| quirk.profile_request(&self.situation(), answers));
            let request = own
                .or_else(|| self.provider.profile_request(question, &login, answers))
                .ok_or_else(|| ProviderError::Refused(format!("{} needs a code", self.provider.row.title)))?;
            let answer = self.put_question(question, request).await?;
            answers.profiles.push(answer);
        }
        Ok(())
    }

    /// Whether what `details_url` is for has been answered already.
    fn has_details(&self, answers: &Answers) -> bool {
        let path = self.provider.patterns.details_unless.as_ref();
        path.is_some_and(|path| path.values(answers).into_iter().flatten().any(is_true))
    }

    async fn put_question(&self, question: Question, request: Outgoing) -> Result<Value, ProviderError> {
        let answer = self.asking.fetch.fetch(request).await?;
        // An account without addresses, or a token without the scope: there are then none.
        if question == Question::Emails
            && (answer.status == 404 || (self.provider.row.emails_optional && !answer.is_success()))
        {
            return Ok(Value::Null);
        }
        if !answer.is_success() {
            return Err(match self.provider.row.protocol {
                Protocol::Oauth1 => {
                    let url = self.provider.row.request_token_url.as_deref().unwrap_or_default();
                    ProviderError::NoAccess(host(url).to_owned())
                }
                _ => {
                    ProviderError::Refused(format!("{} answered {}", self.provider.row.title, answer.status))
                }
            });
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| ProviderError::Refused(format!("{} answered no JSON", self.provider.row.title)))
    }

    fn moment(&self) -> Moment<'_> {
        Moment { nonce: &self.asking.nonce, timestamp: self.asking.now.seconds() }
    }

    fn situation(&self) -> Situation<'_> {
        Situation { provider: self.provider, asking: self.asking, given: self.given }
    }

    pub(super) fn login<'a>(&'a self, token: &'a ProviderToken) -> Login<'a> {
        Login {
            code: text(self.given.code.as_ref()),
            code_verifier: "",
            redirect_uri: self.asking.redirect_uri,
            access_token: token.token.expose(),
            token_secret: token.token_secret.expose(),
            moment: self.moment(),
            userinfo: None,
            query_email: self.asking.query_email,
            extra: &self.extra,
            given: self.given,
        }
    }
}

pub(super) fn text(secret: Option<&Secret>) -> &str {
    secret.map_or("", |secret| secret.expose().as_str())
}

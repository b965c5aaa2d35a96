//! The codes that front ends get: what one stands for, how it is used once, and what happens if it is used again.

use rest_auth_formats::salted_hmac::constant_time_equal;
use rest_auth_formats::{pkce, sealed_text};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::draw;
use crate::context::Context;
use crate::credentials::Credentials;
use crate::error::{Error, Result};
use crate::features::jwt;
use crate::messages;
use crate::model::{Secret, SessionKey, Timestamp, User, UserId};
use crate::providers::{Identity, Profile, ProviderToken};
use crate::store::Tx;

/// Seconds in which a code must be exchanged.
const LIFETIME: i64 = 60;
/// Seconds for which it is known after that, so that its second use is noticed.
pub(crate) const REMEMBERED: i64 = 600;
/// Characters of a code: 256 bits and more.
const LENGTH: usize = 48;

/// What a code stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HandOver {
    /// The provider's name.
    pub(super) provider: String,
    /// Who it says somebody is.
    pub(super) identity: Identity,
    /// The digest of the front end's verifier.
    pub(super) challenge: Option<String>,
    /// The account that the provider's is to be connected to.
    pub(super) user: Option<String>,
}

/// The same as it is stored.
#[derive(Serialize, Deserialize)]
struct Stored {
    provider: String,
    profile: Profile,
    /// Access token, refresh token, end: only where the deployment keeps a provider's tokens.
    token: Option<(String, String, Option<i64>)>,
    bound: bool,
    once: Option<(String, i64)>,
    challenge: Option<String>,
    user: Option<String>,
}

/// What a code gave, for the case that it is used again.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Gave {
    challenge: Option<String>,
    user: Option<String>,
    /// Whether the account's token was handed out.
    token: bool,
    session: Option<String>,
    /// The id of the refresh token.
    refresh: Option<String>,
}

/// A code that somebody redeems, and has proven to be theirs.
#[derive(Clone)]
pub(crate) struct Redemption {
    pub(super) digest: String,
    pub(super) challenge: Option<String>,
}

/// Keeps what a code stands for, and hands out the code.
pub(super) async fn issue(cx: &Context, hand_over: &HandOver) -> Result<Secret> {
    let Identity { profile, token, bound, once } = &hand_over.identity;
    let token = cx.settings.socialaccount.store_tokens.then(|| {
        let ProviderToken { token, token_secret, expires_at } = token;
        (token.expose().clone(), token_secret.expose().clone(), expires_at.map(Timestamp::micros))
    });
    let stored = Stored {
        provider: hand_over.provider.clone(),
        profile: profile.clone(),
        token,
        bound: *bound,
        once: once.as_ref().map(|(key, end)| (key.clone(), end.micros())),
        challenge: hand_over.challenge.clone(),
        user: hand_over.user.clone(),
    };
    let code = Secret::new(draw(cx, LENGTH));
    let digest = digest(&code);
    let content = seal(cx, &digest, &stored)?;
    let mut tx = cx.store.write().await?;
    tx.add_social_code(&digest, &content, cx.now.plus_seconds(LIFETIME)).await?;
    tx.commit().await?;
    Ok(code)
}

/// What a code stands for, if whoever brings it has the verifier that it was asked for with. A code that was used already
/// takes back what it gave (S-95).
pub(super) async fn look(
    cx: &Context,
    code: &Secret,
    verifier: Option<&Secret>,
) -> Result<(HandOver, Redemption)> {
    let refused = || Error::non_field(messages::SOCIAL_CODE);
    let digest = digest(code);
    let row = cx.store.read().await?.social_code(&digest).await?.ok_or_else(refused)?;
    if row.used {
        let gave: Gave = open(cx, &digest, &row.content).ok_or_else(refused)?;
        if !proves(gave.challenge.as_deref(), verifier) {
            return Err(refused());
        }
        return Err(Redemption { digest, challenge: gave.challenge }.take_back(cx).await?);
    }
    let stored: Stored = open(cx, &digest, &row.content).ok_or_else(refused)?;
    if row.expires <= cx.now || !proves(stored.challenge.as_deref(), verifier) {
        return Err(refused());
    }
    let redemption = Redemption { digest, challenge: stored.challenge.clone() };
    Ok((stored.into_hand_over(), redemption))
}

impl Stored {
    fn into_hand_over(self) -> HandOver {
        let token = self.token.map(|(token, token_secret, expires)| ProviderToken {
            token: Secret::new(token),
            token_secret: Secret::new(token_secret),
            expires_at: expires.map(Timestamp::from_micros),
        });
        let once = self.once.map(|(key, end)| (key, Timestamp::from_micros(end)));
        let identity =
            Identity { profile: self.profile, token: token.unwrap_or_default(), bound: self.bound, once };
        HandOver { provider: self.provider, identity, challenge: self.challenge, user: self.user }
    }
}

impl Redemption {
    /// Uses the code up; whether nobody else has. First of all in the transaction of the login.
    pub(crate) async fn take(&self, cx: &Context, tx: &mut dyn Tx) -> Result<bool> {
        let gave = Gave { challenge: self.challenge.clone(), ..Gave::default() };
        Ok(tx.use_social_code(&self.digest, &seal(cx, &self.digest, &gave)?, cx.now).await?)
    }

    /// Notes what it gave.
    pub(crate) async fn note(
        &self,
        cx: &Context,
        tx: &mut dyn Tx,
        user: &User,
        issued: &Credentials,
    ) -> Result<()> {
        let refresh = issued.jwt.as_ref().map(|pair| jwt::id_of_refresh(cx, pair)).transpose()?;
        let gave = Gave {
            challenge: self.challenge.clone(),
            user: Some(user.id.to_string()),
            token: issued.token.is_some(),
            session: issued.session.as_ref().map(|session| session.key.expose().to_owned()),
            refresh: refresh.flatten(),
        };
        Ok(tx.set_social_code(&self.digest, &seal(cx, &self.digest, &gave)?).await?)
    }

    /// Ends what the code gave when it was used first, as a logout would, and says how its second use is answered:
    /// one of the two was no front end's.
    pub(crate) async fn take_back(&self, cx: &Context) -> Result<Error> {
        let mut tx = cx.store.write().await?;
        let row = tx.social_code(&self.digest).await?.filter(|row| row.used);
        if let Some(gave) = row.and_then(|row| open::<Gave>(cx, &self.digest, &row.content)) {
            let kind = cx.settings.user_model.id_kind;
            let user: Option<UserId> = gave.user.as_deref().and_then(|user| UserId::parse(user, kind));
            if let Some(user) = user.filter(|_| gave.token) {
                tx.delete_token(user).await?;
            }
            if let Some(session) = gave.session.as_deref().and_then(SessionKey::parse) {
                tx.delete_session(&session).await?;
            }
            if let (Some(user), Some(refresh)) = (user, &gave.refresh) {
                jwt::end_family_of(cx, tx.as_mut(), user, refresh).await?;
            }
            // Once is enough: what is issued later is not this code's.
            let nothing = Gave { challenge: gave.challenge, ..Gave::default() };
            tx.set_social_code(&self.digest, &seal(cx, &self.digest, &nothing)?).await?;
            tx.commit().await?;
            tracing::warn!(
                request_id = cx.meta.request_id,
                user = user.map(|user| user.to_string()),
                "a code of a social login was used twice; what it gave has ended"
            );
        }
        Ok(Error::non_field(messages::SOCIAL_CODE))
    }
}

/// As a row holds it: whoever reads the table finds neither people nor tokens, and cannot move it to another code.
fn seal<T: Serialize>(cx: &Context, digest: &str, content: &T) -> Result<Secret> {
    let text = serde_json::to_string(content).map_err(Error::internal)?;
    Ok(Secret::new(sealed_text::seal(&cx.keys, digest, cx.entropy.bytes(), &text)))
}

/// `None`: it was sealed by a secret that is gone.
fn open<T: DeserializeOwned>(cx: &Context, digest: &str, content: &Secret) -> Option<T> {
    serde_json::from_str(&sealed_text::open(&cx.keys, digest, content.expose())?).ok()
}

/// RFC 7636, section 4.6. A verifier where no challenge was sent is refused too: somebody may have taken the challenge out
/// (S-96).
fn proves(challenge: Option<&str>, verifier: Option<&Secret>) -> bool {
    match (challenge, verifier.map(|verifier| verifier.expose().as_str())) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            pkce::is_verifier(verifier) && constant_time_equal(challenge, &pkce::challenge(verifier))
        }
        _ => false,
    }
}

/// What a code is stored under: its SHA-256. It is random and long, so nobody finds it by trying.
fn digest(code: &Secret) -> String {
    pkce::challenge(code.expose())
}

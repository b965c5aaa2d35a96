//! Rows that have ended: sessions, refresh tokens, stored confirmation keys, codes of social logins and hits of throttles are deleted now and
//! then, a few at a time, so that nobody waits behind a long deletion.
//!
//! Nothing depends on it. What has ended counts as gone wherever it is read, and any number of processes may clean the
//! same database. Mails that were given up are not ended: the operator has not seen them yet.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use crate::context::App;
use crate::features::{jwt, social_redirect};
use crate::model::Timestamp;
use crate::settings::FeatureName;
use crate::store::{Store, StoreResult, Tx};

/// Rows that one transaction deletes.
const PORTION: u32 = 500;
/// Between two of them others get their turn to write.
const BREATH: Duration = Duration::from_millis(20);
/// The first round comes within this time, but not at once: starting is busy enough.
const FIRST: Duration = Duration::from_mins(5);

/// What a round has deleted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cleared {
    /// Sessions.
    pub sessions: u64,
    /// Outstanding refresh tokens, with what was noted of them.
    pub refresh_tokens: u64,
    /// Stored confirmation keys.
    pub confirmation_keys: u64,
    /// Hits that count no more, beside those that requests sweep.
    pub throttle_hits: u64,
    /// Codes that handed a social login over.
    pub social_codes: u64,
}

/// Cleans at the pace of `database.clear_expired`, for as long as it is polled. Dropping it at any time is safe.
pub async fn run(app: Arc<App>) -> Infallible {
    let Some(every) = app.settings.database.clear_expired.get() else { return std::future::pending().await };
    let every = every.duration();
    sleep(scattered(&app, every.min(FIRST)) / 2).await;
    loop {
        match clear(&app).await {
            Ok(nothing) if nothing == Cleared::default() => {}
            Ok(cleared) => {
                let Cleared { sessions, refresh_tokens, confirmation_keys, throttle_hits, social_codes } =
                    cleared;
                tracing::info!(
                    sessions,
                    refresh_tokens,
                    confirmation_keys,
                    throttle_hits,
                    social_codes,
                    "expired rows were deleted"
                );
            }
            Err(error) => {
                tracing::warn!(%error, "expired rows could not be deleted; the next round tries again");
            }
        }
        sleep(scattered(&app, every)).await;
    }
}

/// Deletes everything that has ended.
pub async fn clear(app: &App) -> StoreResult<Cleared> {
    let (store, now) = (app.store.as_ref(), app.clock.now());
    let mut cleared = Cleared {
        sessions: clear_sessions(store, now).await?,
        throttle_hits: in_portions(store, Ended::ThrottleHits { now }).await?,
        ..Cleared::default()
    };
    if jwt::are_noted(&app.settings) {
        cleared.refresh_tokens = clear_refresh_tokens(store, now).await?;
    }
    if app.settings.has(FeatureName::Registration) {
        let days = i64::from(app.settings.account.email_confirmation_expire_days);
        let sent_before = now.minus_seconds(days * 86_400);
        cleared.confirmation_keys = in_portions(store, Ended::ConfirmationKeys { sent_before }).await?;
    }
    if app.settings.hands_over_social_logins() {
        let before = now.minus_seconds(social_redirect::REMEMBERED);
        cleared.social_codes = in_portions(store, Ended::SocialCodes { before }).await?;
    }
    Ok(cleared)
}

/// Deletes the sessions that have ended by now: Django's command `clearsessions`. How many there were.
pub async fn clear_sessions(store: &dyn Store, now: Timestamp) -> StoreResult<u64> {
    in_portions(store, Ended::Sessions { now }).await
}

/// Deletes the refresh tokens that have ended by now: simplejwt's command `flushexpiredtokens`. How many there were.
pub async fn clear_refresh_tokens(store: &dyn Store, now: Timestamp) -> StoreResult<u64> {
    in_portions(store, Ended::RefreshTokens { now }).await
}

/// A kind of rows that end.
#[derive(Clone, Copy)]
enum Ended {
    Sessions { now: Timestamp },
    RefreshTokens { now: Timestamp },
    ThrottleHits { now: Timestamp },
    ConfirmationKeys { sent_before: Timestamp },
    SocialCodes { before: Timestamp },
}

impl Ended {
    async fn delete_portion(self, tx: &mut dyn Tx) -> StoreResult<u64> {
        match self {
            Self::Sessions { now } => tx.delete_expired_sessions(now, PORTION).await,
            Self::RefreshTokens { now } => tx.delete_expired_refresh_tokens(now, PORTION).await,
            Self::ThrottleHits { now } => tx.delete_expired_hits(now, PORTION).await,
            Self::ConfirmationKeys { sent_before } => {
                tx.delete_email_confirmations(sent_before, PORTION).await
            }
            Self::SocialCodes { before } => tx.delete_expired_social_codes(before, PORTION).await,
        }
    }
}

async fn in_portions(store: &dyn Store, ended: Ended) -> StoreResult<u64> {
    let mut total = 0;
    loop {
        let mut tx = store.write().await?;
        let deleted = ended.delete_portion(tx.as_mut()).await?;
        tx.commit().await?;
        total += deleted;
        if deleted < u64::from(PORTION) {
            return Ok(total);
        }
        sleep(BREATH).await;
    }
}

/// Between three and five quarters of a time: processes that were started together do not clean together.
fn scattered(app: &App, time: Duration) -> Duration {
    let random = u16::from_le_bytes(app.entropy.bytes());
    time * 3 / 4 + time * u32::from(random) / u32::from(u16::MAX) / 2
}

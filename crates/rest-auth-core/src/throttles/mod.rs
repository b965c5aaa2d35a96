//! How often somebody may try: DRF's throttles, for any request of an endpoint, and in [`rate_limits`] allauth's
//! limits, for one thing that a flow does.
//!
//! Hits are rows of the database, so that all instances count together, and exactly. With nothing configured nothing
//! is asked.

pub(crate) mod rate_limits;

use std::net::{IpAddr, Ipv6Addr};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::model::UserId;
use crate::settings::{Settings, ThrottleName};
use crate::store::{Hit, Tx, Window};

/// dj-rest-auth's scope for what takes or changes credentials.
pub const SCOPE: &str = "dj_rest_auth";

/// One hit in so many looks for hits that count no more, and removes up to [`SWEPT`] of them: more than were added
/// since, so the table stays as small as what counts.
const SWEEP_EVERY: u64 = 64;
const SWEPT: u32 = 256;

/// Something that is counted: whose, and how much room there is.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    key: String,
    window: Window,
}

/// Which rates the configured classes look for.
pub(crate) fn scopes(settings: &Settings) -> impl Iterator<Item = &'static str> {
    settings.rest_framework.default_throttle_classes.iter().map(|class| match class {
        ThrottleName::AnonRateThrottle => "anon",
        ThrottleName::UserRateThrottle => "user",
        ThrottleName::ScopedRateThrottle => SCOPE,
    })
}

/// Counts a request as DRF's `check_throttles`: every class that has room counts it, also where another one has not,
/// and the longest wait is told. `scope` is the endpoint's, `user` whoever sends it.
pub async fn throttle(cx: &Context, scope: Option<&str>, user: Option<UserId>) -> Result<()> {
    let framework = &cx.settings.rest_framework;
    let places = framework.default_throttle_classes.iter().filter_map(|class| {
        let scope = match class {
            ThrottleName::AnonRateThrottle if user.is_some() => return None,
            ThrottleName::AnonRateThrottle => "anon",
            ThrottleName::UserRateThrottle => "user",
            ThrottleName::ScopedRateThrottle => scope?,
        };
        let rate = framework.default_throttle_rates.get(scope)?.get()?;
        let ident = user.map_or_else(|| address(cx), |user| user.to_string());
        Some(Place { key: format!("throttle_{scope}_{ident}"), window: rate.window })
    });
    let places: Vec<Place> = places.collect();
    if places.is_empty() {
        return Ok(());
    }
    let mut waits = Vec::new();
    let mut tx = cx.store.write().await?;
    for place in &places {
        if let Hit::Refused { wait } = tx.add_hit(&place.key, place.window, cx.now).await? {
            waits.push(wait);
        }
    }
    if waits.len() < places.len() {
        tx.commit().await?;
        sweep(cx).await;
    }
    if waits.is_empty() { Ok(()) } else { Err(refusal(waits.into_iter().flatten().max())) }
}

/// Whether an address may get a mail about a sign-up now, since strangers can have such mails sent: allauth's rate limit
/// `confirm_email`. Ask it last in the transaction that queues the mail, and [`sweep`] after its commit.
pub(crate) async fn may_mail(cx: &Context, tx: &mut dyn Tx, email: &str) -> Result<bool> {
    let pause = cx.settings.account.email_confirmation_cooldown.signed();
    if pause == 0 {
        return Ok(true);
    }
    let one = Window { limit: 1, micros: pause.saturating_mul(1_000_000) };
    let hit = tx.add_hit(&format!("confirm_email_{}", email.to_lowercase()), one, cx.now).await?;
    Ok(matches!(hit, Hit::Counted { .. }))
}

/// DRF's `Throttled`: whole seconds, rounded up.
fn refusal(wait: Option<i64>) -> Error {
    let seconds = |micros: i64| u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000);
    Error::Throttled { wait: wait.map(seconds) }
}

/// Who counts as one client: an IPv4 address, or all addresses of one IPv6 network (/64), since whoever has one has
/// them all. Requests whose address nobody knows count as one client's.
fn address(cx: &Context) -> String {
    match cx.meta.address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.to_string(),
        Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).to_string(),
        None => "unknown".to_owned(),
    }
}

/// Now and then removes hits that count no more. Not being able to is no reason to refuse a request.
pub(crate) async fn sweep(cx: &Context) {
    let number = u64::from_le_bytes(cx.entropy.bytes());
    if !number.is_multiple_of(SWEEP_EVERY) {
        return;
    }
    if let Err(error) = remove_expired(cx).await {
        tracing::warn!(error = %error, "hits that count no more stay for now");
    }
}

async fn remove_expired(cx: &Context) -> Result<()> {
    let mut tx = cx.store.write().await?;
    tx.delete_expired_hits(cx.now, SWEPT).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_rounded_up_as_drf_does() {
        let wait = |micros| match refusal(micros) {
            Error::Throttled { wait } => wait,
            other => panic!("{other}"),
        };
        assert_eq!(wait(Some(59_000_001)), Some(60));
        assert_eq!(wait(Some(60_000_000)), Some(60));
        assert_eq!(wait(Some(1)), Some(1));
        assert_eq!(wait(Some(0)), Some(0));
        assert_eq!(wait(None), None);
    }
}

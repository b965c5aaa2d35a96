//! A database that is away: told once, and asked again with growing pauses.

use std::time::Duration;

use crate::store::StoreError;

/// The longest pause.
const LONGEST: Duration = Duration::from_secs(30);

/// How often in a row the database has failed.
#[derive(Debug, Default)]
pub(super) struct Outage {
    failures: u32,
}

impl Outage {
    /// Another failure: how long to wait before the next try.
    pub(super) fn pause_after(&mut self, error: &StoreError) -> Duration {
        if self.failures == 0 {
            tracing::warn!(%error, "the outbox cannot be read; mails wait");
        }
        self.failures = self.failures.saturating_add(1);
        Duration::from_millis(500).saturating_mul(1 << self.failures.min(10)).min(LONGEST)
    }

    /// The database has answered.
    pub(super) fn over(&mut self) {
        if std::mem::take(&mut self.failures) > 0 {
            tracing::info!("the outbox can be read again");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_up_to_a_limit_and_start_anew() {
        let mut outage = Outage::default();
        let error = StoreError::Unavailable("gone".into());
        let pauses: Vec<u64> = (0..8).map(|_| outage.pause_after(&error).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 30, 30, 30]);
        outage.over();
        assert_eq!(outage.pause_after(&error).as_secs(), 1);
    }
}

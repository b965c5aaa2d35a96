//! Who has tried how often: one row for each hit that counts, shared by every instance of one database.

use async_trait::async_trait;

use super::StoreResult;
use crate::model::Timestamp;

/// So many hits in any stretch of time of this length: a sliding window, as DRF's `SimpleRateThrottle`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many hits have room.
    pub limit: u32,
    /// How long a hit counts, in microseconds.
    pub micros: i64,
}

/// What became of a hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// There was room, and it counts.
    Counted {
        /// The row, for whoever takes the hit back.
        id: i64,
    },
    /// There was no room. It does not count.
    Refused {
        /// Microseconds until there is room; `None` where that cannot be said, after the limit was lowered.
        wait: Option<i64>,
    },
}

/// The rows of `rest_auth_throttle`.
#[async_trait]
pub trait Throttles: Send {
    /// Counts a hit under a key if the window has room. Of any number of transactions that do so at once one goes
    /// first, and the next sees what it left: so never more hits count than have room. Whoever adds hits under
    /// several keys does so in the same order everywhere, or two would wait for each other.
    async fn add_hit(&mut self, key: &str, window: Window, now: Timestamp) -> StoreResult<Hit>;
    /// Takes a hit back. None of this row is no error.
    async fn delete_hit(&mut self, id: i64) -> StoreResult<()>;
    /// Takes every hit under a key back.
    async fn delete_hits(&mut self, key: &str) -> StoreResult<()>;
    /// Removes up to `limit` hits that count no more, and says how many.
    async fn delete_expired_hits(&mut self, now: Timestamp, limit: u32) -> StoreResult<u64>;
}

//! The one place of the load program that reads a clock.

use std::time::Instant;

/// The present.
#[expect(clippy::disallowed_methods, reason = "measuring time is what the load program is for")]
pub(super) fn now() -> Instant {
    Instant::now()
}

/// Sleeps until a moment, if it is not past.
pub(super) fn sleep_until(moment: Instant) {
    std::thread::sleep(moment.saturating_duration_since(now()));
}

//! Whether the database answers: one log line when it goes away, one when it is back, and no queue of requests that
//! each find out for themselves.

use std::fmt::Display;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::{Error, Result, locked};

/// While the database is away one caller in so much time tries it; the others are refused at once.
const BETWEEN_TRIES: Duration = Duration::from_millis(500);

/// What is known of one database.
pub(super) struct Availability {
    database: String,
    away: AtomicBool,
    next_try: Mutex<Option<Instant>>,
}

impl Availability {
    /// `database` names it in log lines, without credentials.
    pub(super) fn new(database: String) -> Self {
        Self { database, away: AtomicBool::new(false), next_try: Mutex::new(None) }
    }

    /// Refuses at once while the database is known to be away, except for one caller at a time, who tries.
    pub(super) fn admit(&self) -> Result<()> {
        if !self.away.load(Ordering::Relaxed) {
            return Ok(());
        }
        let now = Instant::now();
        let mut next_try = locked(&self.next_try);
        if next_try.is_some_and(|next| now < next) {
            return Err(Error::unavailable(format!("{} is away", self.database)));
        }
        *next_try = Some(now + BETWEEN_TRIES);
        Ok(())
    }

    /// The database did not answer.
    pub(super) fn went_away(&self, cause: &dyn Display) {
        if !self.away.swap(true, Ordering::Relaxed) {
            *locked(&self.next_try) = Some(Instant::now() + BETWEEN_TRIES);
            tracing::error!("{} is away: {cause}; requests that need it are answered 503", self.database);
        }
    }

    /// The database answered.
    pub(super) fn answered(&self) {
        if self.away.load(Ordering::Relaxed) && self.away.swap(false, Ordering::Relaxed) {
            tracing::info!("{} is back", self.database);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn while_the_database_is_away_one_caller_tries_and_the_others_are_refused() {
        let availability = Availability::new("it".to_owned());
        assert!(availability.admit().is_ok());
        availability.went_away(&"no route");
        assert!(matches!(availability.admit(), Err(Error::Unavailable(_))));
        *locked(&availability.next_try) = Some(Instant::now());
        assert!(availability.admit().is_ok());
        assert!(availability.admit().is_err());
        availability.answered();
        assert!(availability.admit().is_ok());
    }
}

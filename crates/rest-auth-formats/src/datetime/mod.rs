//! Points in time, and the text they have in databases, JSON and cookies.
//!
//! Python's `datetime` ends at the years 1 and 9999, so a [`Timestamp`] does too, and every way to write one
//! has an answer. Reading the clock is not done here.

mod date;
mod read;
mod write;
mod zone;

use jiff::SignedDuration;
use jiff::civil::DateTime;

pub use date::Date;
pub use read::DateTimeText;
pub use zone::TimeZone;

/// A point in time with the resolution of the databases: microseconds since 1970-01-01T00:00:00 UTC.
///
/// Limited to the years 1 to 9999; making one from a number beyond saturates, and so does arithmetic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The first microsecond of year 1 (`datetime.min`).
    pub const MIN: Self = Self(-62_135_596_800_000_000);
    /// The last microsecond of year 9999 (`datetime.max`).
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        if micros < Self::MIN.0 {
            Self::MIN
        } else if micros > Self::MAX.0 {
            Self::MAX
        } else {
            Self(micros)
        }
    }

    /// From whole seconds since the epoch.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self::from_micros(seconds.saturating_mul(1_000_000))
    }

    /// From seconds since the epoch with a fraction, as Python's `time.time()` has them; rounded to the nearest
    /// microsecond. What is not a number becomes the epoch.
    #[expect(clippy::cast_possible_truncation, reason = "the cast saturates, and so does from_micros")]
    pub fn from_fractional_seconds(seconds: f64) -> Self {
        Self::from_micros((seconds * 1e6).round() as i64)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// The microseconds within the second, 0 to 999,999.
    pub const fn subsec_micros(self) -> i64 {
        self.0.rem_euclid(1_000_000)
    }

    /// So many seconds later.
    #[must_use]
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_add(seconds.saturating_mul(1_000_000)))
    }

    /// So many seconds earlier.
    #[must_use]
    pub const fn minus_seconds(self, seconds: i64) -> Self {
        Self::from_micros(self.0.saturating_sub(seconds.saturating_mul(1_000_000)))
    }

    /// The microseconds that have passed since another time, negative if it is later.
    pub const fn micros_since(self, earlier: Self) -> i64 {
        self.0 - earlier.0
    }

    /// The whole seconds that have passed since another time, rounded down.
    pub const fn seconds_since(self, earlier: Self) -> i64 {
        self.micros_since(earlier).div_euclid(1_000_000)
    }

    /// What clocks in UTC show. (jiff's calendar covers the whole range, its own time stamps do not.)
    fn wall(self) -> DateTime {
        EPOCH
            .checked_add(SignedDuration::from_micros(self.0))
            .expect("the years 1 to 9999 are within jiff's calendar")
    }

    /// The time at which clocks that are so many microseconds ahead of UTC show this; `None` outside the years
    /// 1 to 9999.
    fn from_wall(wall: DateTime, ahead: i64) -> Option<Self> {
        let micros = i64::try_from(wall.duration_since(EPOCH).as_micros()).ok()?.checked_sub(ahead)?;
        (Self::MIN.0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }
}

/// The start of Unix time on the wall clock.
const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limits_are_those_of_pythons_datetime() {
        assert_eq!(Timestamp::MIN.sqlite_text(), "0001-01-01 00:00:00");
        assert_eq!(Timestamp::MAX.sqlite_text(), "9999-12-31 23:59:59.999999");
        assert_eq!(Timestamp::from_micros(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::from_seconds(i64::MIN), Timestamp::MIN);
        assert_eq!(Timestamp::from_fractional_seconds(f64::INFINITY), Timestamp::MAX);
        assert_eq!(Timestamp::from_fractional_seconds(f64::NAN), Timestamp::default());
        assert_eq!(Timestamp::MAX.plus_seconds(i64::MAX), Timestamp::MAX);
        assert_eq!(Timestamp::MIN.minus_seconds(i64::MAX), Timestamp::MIN);
        assert_eq!(Timestamp::default().minus_seconds(i64::MIN), Timestamp::MAX);
    }

    #[test]
    fn seconds_are_rounded_down_before_the_epoch_too() {
        let time = Timestamp::from_micros(-1);
        assert_eq!((time.seconds(), time.subsec_micros()), (-1, 999_999));
        assert_eq!(time.seconds_since(Timestamp::default()), -1);
        assert_eq!(Timestamp::default().seconds_since(time), 0);
    }
}

//! Time zones, for the few texts that depend on a deployment's `TIME_ZONE`.

use std::fmt;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset};

use super::Timestamp;

/// A time zone by its IANA name (`TIME_ZONE`), with the data compiled in.
#[derive(Clone, PartialEq, Eq)]
pub struct TimeZone(jiff::tz::TimeZone);

impl TimeZone {
    /// UTC.
    pub const UTC: Self = Self(jiff::tz::TimeZone::UTC);

    /// The zone with this name, such as `Europe/Berlin`; case does not matter.
    pub fn named(name: &str) -> Option<Self> {
        jiff::tz::TimeZone::get(name).ok().map(Self)
    }

    /// The zone that is always this many seconds ahead of UTC; `None` from 26 hours on.
    pub fn fixed(seconds: i32) -> Option<Self> {
        Offset::from_seconds(seconds).ok().map(|offset| Self(offset.to_time_zone()))
    }

    /// Seconds since 1970-01-01T00:00:00 on the wall clocks of this zone, rounded down.
    pub fn wall_seconds(&self, time: Timestamp) -> i64 {
        time.seconds() + i64::from(self.offset_seconds(time))
    }

    /// How many seconds the zone is ahead of UTC at that time.
    pub(super) fn offset_seconds(&self, time: Timestamp) -> i32 {
        // jiff's time stamps end a day before Python's calendar does.
        let time = jiff::Timestamp::from_second(time.seconds()).unwrap_or(jiff::Timestamp::MAX);
        self.0.to_offset(time).seconds()
    }

    /// The time at which the zone's wall clocks show this. In the hour that a clock skips it is read with the
    /// offset before; `None` in the hour that comes twice, as Django REST framework refuses it.
    pub(super) fn time_of(&self, wall: DateTime) -> Option<Timestamp> {
        let offset = match self.0.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Gap { before: offset, .. } => offset,
            AmbiguousOffset::Fold { .. } => return None,
        };
        Timestamp::from_wall(wall, i64::from(offset.seconds()) * 1_000_000)
    }
}

impl fmt::Debug for TimeZone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "TimeZone({})", self.0.iana_name().unwrap_or("fixed"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, zone: &str) -> Option<String> {
        let zone = TimeZone::named(zone).expect("a zone");
        crate::datetime::DateTimeText::parse(text)?.in_zone(&zone).map(Timestamp::json_text)
    }

    #[test]
    fn an_hour_that_comes_twice_is_refused_and_one_that_is_skipped_is_not() {
        assert_eq!(read("2023-10-29T02:30:00", "Europe/Berlin"), None);
        assert_eq!(read("2023-03-26T02:30:00", "Europe/Berlin").as_deref(), Some("2023-03-26T01:30:00Z"));
        assert_eq!(read("2023-06-01T02:30:00", "Europe/Berlin").as_deref(), Some("2023-06-01T00:30:00Z"));
    }

    #[test]
    fn an_unknown_zone_is_none() {
        assert_eq!(TimeZone::named("Europe/Atlantis"), None);
        assert_eq!(TimeZone::fixed(i32::MAX), None);
    }
}

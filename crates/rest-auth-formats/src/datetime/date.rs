//! A day of the calendar, as Django's `DateField` has it.

use jiff::civil;

use super::read;

/// A day of the years 1 to 9999, without a time and a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(civil::Date);

/// 2000-01-01: where PostgreSQL's calendar starts.
const POSTGRES_EPOCH: civil::Date = civil::Date::constant(2000, 1, 1);

impl Date {
    /// Reads a text as `django.utils.dateparse.parse_date` does: what Python's `date.fromisoformat` takes, and
    /// `YYYY-M-D`. `None` for what is no day of the years 1 to 9999.
    pub fn parse(text: &str) -> Option<Self> {
        read::date(text).filter(|date| date.year() >= 1).map(Self)
    }

    /// Days since 2000-01-01, as PostgreSQL counts them.
    pub fn days(self) -> i32 {
        self.0.since(POSTGRES_EPOCH).map_or(0, |span| span.get_days())
    }

    /// The day that is so many days after 2000-01-01; `None` outside of the years 1 to 9999.
    pub fn from_days(days: i32) -> Option<Self> {
        let span = jiff::Span::new().try_days(days).ok()?;
        POSTGRES_EPOCH.checked_add(span).ok().filter(|date| date.year() >= 1).map(Self)
    }
}

/// `YYYY-MM-DD`, as databases and JSON have it.
impl std::fmt::Display for Date {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.0.year(), self.0.month(), self.0.day())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each line was tried on Django's own function, on Python 3.11.
    #[test]
    fn days_are_read_as_django_reads_them() {
        for (text, day) in [
            ("2026-01-15", Some("2026-01-15")),
            ("2026-1-5", Some("2026-01-05")),
            ("2026-1-5\n", Some("2026-01-05")),
            ("20260115", Some("2026-01-15")),
            ("2026-W03-4", Some("2026-01-15")),
            ("2026W034", Some("2026-01-15")),
            ("2026-W03", Some("2026-01-12")),
            ("0001-01-01", Some("0001-01-01")),
            ("9999-12-31", Some("9999-12-31")),
            ("2026-02-30", None),
            ("2026-13-01", None),
            ("0000-01-01", None),
            ("15.01.2026", None),
            ("2026-01-15T00:00", None),
            (" 2026-01-15", None),
            ("2026-01-15 ", None),
            ("2026-001-15", None),
            ("", None),
            ("heute", None),
        ] {
            assert_eq!(Date::parse(text).map(|date| date.to_string()).as_deref(), day, "{text:?}");
        }
    }

    #[test]
    fn postgresqls_days_count_from_the_year_2000() {
        for (text, days) in
            [("2000-01-01", 0), ("1999-12-31", -1), ("2026-01-15", 9511), ("0001-01-01", -730_119)]
        {
            let date = Date::parse(text).unwrap();
            assert_eq!((date.days(), Date::from_days(days)), (days, Some(date)), "{text}");
        }
        assert_eq!((Date::from_days(i32::MAX), Date::from_days(-730_120)), (None, None));
    }
}

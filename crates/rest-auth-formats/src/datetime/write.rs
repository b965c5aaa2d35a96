//! The texts of a point in time.

use super::{TimeZone, Timestamp};

impl Timestamp {
    /// As Django writes a `datetime` column of SQLite: `YYYY-MM-DD HH:MM:SS` in UTC, with six digits of
    /// fraction only if it is not zero.
    pub fn sqlite_text(self) -> String {
        self.wall_text(0, ' ')
    }

    /// As PostgreSQL prints a `timestamp with time zone` in a session whose zone is UTC: `+00` at the end, and
    /// no zeros at the end of the fraction.
    pub fn postgresql_text(self) -> String {
        let text = self.sqlite_text();
        let text = if self.subsec_micros() == 0 { text.as_str() } else { text.trim_end_matches('0') };
        format!("{text}+00")
    }

    /// `YYYY-MM-DD HH:MM:SS` in UTC without a fraction: the last login in a password reset token.
    pub fn whole_second_text(self) -> String {
        Self::from_seconds(self.seconds()).sqlite_text()
    }

    /// As Django REST framework writes a date-time into JSON on its own, in UTC: ISO 8601 with `Z` at the end
    /// and six digits of fraction or none.
    pub fn json_text(self) -> String {
        self.wall_text(0, 'T') + "Z"
    }

    /// As a serializer's `DateTimeField` writes it: ISO 8601 in the project's zone, with `Z` for no offset.
    ///
    /// In the first and last hours of Python's calendar, where the zone's date would be outside it and
    /// upstream fails, the text is in UTC.
    pub fn json_text_in(self, zone: &TimeZone) -> String {
        let offset = zone.offset_seconds(self);
        let micros = self.micros() + i64::from(offset) * 1_000_000;
        if offset == 0 || Self::from_micros(micros).micros() != micros {
            return self.json_text();
        }
        self.wall_text(offset, 'T') + &offset_text(offset)
    }

    /// ISO 8601 as Python's `isoformat` writes a time in UTC, with `+00:00` at the end: the form of the expiry
    /// in Django's sessions.
    pub fn iso_text(self) -> String {
        self.wall_text(0, 'T') + "+00:00"
    }

    /// As HTTP writes a date (RFC 9110, IMF-fixdate), for the `expires` of cookies. The fraction is cut off.
    pub fn http_date(self) -> String {
        self.wall().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// The wall clock at so many seconds ahead of UTC; the result must lie within the calendar.
    fn wall_text(self, offset: i32, separator: char) -> String {
        let wall = self.plus_seconds(offset.into()).wall();
        let date = wall.strftime("%Y-%m-%d");
        let time = wall.strftime("%H:%M:%S");
        match self.subsec_micros() {
            0 => format!("{date}{separator}{time}"),
            micros => format!("{date}{separator}{time}.{micros:06}"),
        }
    }
}

/// `+HH:MM`, with seconds where history has them.
fn offset_text(offset: i32) -> String {
    let sign = if offset < 0 { '-' } else { '+' };
    let seconds = offset.unsigned_abs();
    let text = format!("{sign}{:02}:{:02}", seconds / 3600, seconds / 60 % 60);
    match seconds % 60 {
        0 => text,
        rest => format!("{text}:{rest:02}"),
    }
}

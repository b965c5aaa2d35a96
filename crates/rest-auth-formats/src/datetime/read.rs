//! Reading date-times, in every form that `django.utils.dateparse.parse_datetime` reads: what Python's
//! `datetime.fromisoformat` takes, and beside it a laxer form with one-digit months and blanks before the
//! offset. Where versions of Python differ (a fraction of a minute, a blank before `Z` in basic notation), this
//! is as strict as the newer ones.

use jiff::civil::{Date, DateTime, ISOWeekDate, Weekday};

use super::{TimeZone, Timestamp};

/// A date-time as it was written: a wall clock, with an offset from UTC or without one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateTimeText {
    wall: DateTime,
    /// Whole seconds ahead of UTC and microseconds, the latter only in Python's own notation.
    offset: Option<(i32, i32)>,
}

impl DateTimeText {
    /// Reads a text; `None` for what is no date-time of the years 1 to 9999.
    ///
    /// Digits are ASCII, seconds end at 59, hours at 23, and offsets are below 24 hours. More than six digits
    /// of fraction are cut off. A bare date is its midnight.
    pub fn parse(text: &str) -> Option<Self> {
        from_iso_format(text).or_else(|| lax(text)).filter(|parsed| parsed.wall.year() >= 1)
    }

    /// Whether an offset or `Z` was written.
    pub fn has_offset(&self) -> bool {
        self.offset.is_some()
    }

    /// The point in time, with an unmarked text read in this zone. `None` outside the years 1 to 9999 and for a
    /// wall time that the zone has twice.
    pub fn in_zone(&self, zone: &TimeZone) -> Option<Timestamp> {
        let Some((seconds, micros)) = self.offset else { return zone.time_of(self.wall) };
        Timestamp::from_wall(self.wall, i64::from(seconds) * 1_000_000 + i64::from(micros))
    }
}

impl Timestamp {
    /// Reads what a database column holds (SQLite's text, PostgreSQL's output) or a form sent; without an
    /// offset it is UTC.
    pub fn parse(text: &str) -> Option<Self> {
        plain(text.as_bytes()).or_else(|| DateTimeText::parse(text)?.in_zone(&TimeZone::UTC))
    }
}

/// What Django writes into SQLite, `YYYY-MM-DD HH:MM:SS[.ffffff]`, at a glance: rows are full of it. `None` for anything
/// else, also for what only looks like it.
fn plain(text: &[u8]) -> Option<Timestamp> {
    let (fixed, fraction) = text.split_first_chunk::<19>()?;
    let micros = match fraction {
        [] => 0,
        [b'.', digits @ ..] if digits.len() == 6 => digits_of(digits)?,
        _ => return None,
    };
    if [fixed[4], fixed[7], fixed[10], fixed[13], fixed[16]] != *b"-- ::" {
        return None;
    }
    let (year, month, day) = (digits_of(&fixed[..4])?, digits_of(&fixed[5..7])?, digits_of(&fixed[8..10])?);
    let (hour, minute) = (digits_of(&fixed[11..13])?, digits_of(&fixed[14..16])?);
    let second = digits_of(&fixed[17..])?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_before(year, month, day)?;
    let seconds = i64::from(days) * 86_400 + i64::from(hour * 3600 + minute * 60 + second);
    Some(Timestamp::from_micros(seconds * 1_000_000 + i64::from(micros)))
}

/// Days from 1970-01-01 to a date, counted in years that begin in March, so that the leap day is the last one.
fn days_before(year: i32, month: i32, day: i32) -> Option<i32> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let length = match month {
        2 => 28 + i32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if year < 1 || !(1..=length).contains(&day) {
        return None;
    }
    let (years, months) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let whole_years = years * 365 + years / 4 - years / 100 + years / 400;
    Some(whole_years + (153 * months + 2) / 5 + day - 1 - DAYS_TO_1970)
}

/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_1970: i32 = 719_468;

/// A number of at most six digits and nothing else.
fn digits_of(digits: &[u8]) -> Option<i32> {
    digits
        .iter()
        .try_fold(0, |number, byte| byte.is_ascii_digit().then(|| number * 10 + i32::from(byte - b'0')))
}

/// The rest of a text, eaten from the front.
#[derive(Clone, Copy)]
struct Cursor<'t>(&'t str);

impl<'t> Cursor<'t> {
    fn peek(self) -> Option<char> {
        self.0.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.0 = &self.0[character.len_utf8()..];
        Some(character)
    }

    fn take_if(&mut self, wanted: impl Fn(char) -> bool) -> Option<char> {
        self.peek().filter(|character| wanted(*character))?;
        self.take()
    }

    /// Exactly so many digits.
    fn number(&mut self, digits: usize) -> Option<i32> {
        let text = self.0.get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?;
        self.0 = &self.0[digits..];
        text.parse().ok()
    }

    /// One or two digits.
    fn short_number(&mut self) -> Option<i32> {
        self.number(2).or_else(|| self.number(1))
    }

    /// One or more digits as millionths; those after the sixth are skipped.
    fn fraction(&mut self) -> Option<i32> {
        let digits: &'t str = &self.0[..self.0.bytes().take_while(u8::is_ascii_digit).count()];
        self.0 = &self.0[digits.len()..];
        let kept = digits.get(..6).unwrap_or(digits);
        let value: i32 = kept.parse().ok()?;
        let missing = u32::try_from(6 - kept.len()).ok()?;
        Some(value * 10_i32.pow(missing))
    }

    fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

/// Hours, minutes, seconds, microseconds; not yet checked for their ranges.
#[derive(Clone, Copy, Default)]
struct Clock([i32; 3], i32);

impl Clock {
    fn on(self, date: Date) -> Option<DateTime> {
        let [hour, minute, second] = self.0.map(i8::try_from);
        let time = jiff::civil::Time::new(hour.ok()?, minute.ok()?, second.ok()?, self.1 * 1000).ok()?;
        Some(date.to_datetime(time))
    }

    /// As an offset, which must be below a day.
    fn as_offset(self, sign: i32) -> Option<(i32, i32)> {
        let [hours, minutes, seconds] = self.0;
        let total = hours * 3600 + minutes * 60 + seconds;
        (total < 86_400).then_some((sign * total, sign * self.1))
    }
}

/// Python's `datetime.fromisoformat`: extended or basic ISO 8601, any one character between date and time.
fn from_iso_format(text: &str) -> Option<DateTimeText> {
    let (date, clock) = text.split_at_checked(separator(text.as_bytes())?)?;
    let date = iso_date(date)?;
    let mut clock = Cursor(clock);
    if clock.take().is_none() {
        return Some(DateTimeText { wall: date.to_datetime(jiff::civil::Time::midnight()), offset: None });
    }
    let (wall, zone) = match clock.0.find(['+', '-', 'Z']) {
        Some(at) => clock.0.split_at(at),
        None => (clock.0, ""),
    };
    let mut zone = Cursor(zone);
    let offset = match zone.take() {
        None => None,
        Some('Z') => zone.is_empty().then_some(Some((0, 0)))?,
        Some(sign) => Some(iso_clock(zone)?.as_offset(if sign == '-' { -1 } else { 1 })?),
    };
    Some(DateTimeText { wall: iso_clock(Cursor(wall))?.on(date)?, offset })
}

/// A bare day: Python's `date.fromisoformat`, or Django's own pattern `YYYY-M-D`, which a line break may end.
pub(super) fn date(text: &str) -> Option<Date> {
    iso_date(text).or_else(|| {
        let mut rest = Cursor(text);
        let date = lax_date(&mut rest)?;
        matches!(rest.0, "" | "\n").then_some(date)
    })
}

/// Where the date ends, which depends on its notation: `YYYY-MM-DD`, `YYYYMMDD`, `YYYY-Www[-D]`, `YYYYWww[D]`.
fn separator(text: &[u8]) -> Option<usize> {
    let is_digit = |at: usize| text.get(at).is_some_and(u8::is_ascii_digit);
    match (text.get(4)?, text.get(5)?, text.len()) {
        (_, _, ..7) => None,
        (_, _, 7) => Some(7),
        (b'-', b'W', 9) if text[8] == b'-' => None,
        (b'-', b'W', 10..) if text[8] == b'-' => Some(if is_digit(10) { 8 } else { 10 }),
        (b'-', b'W', _) => Some(8),
        (b'-', _, _) => Some(10),
        (b'W', _, length) => match (7..length).find(|at| !is_digit(*at)).unwrap_or(length) {
            end @ ..9 => Some(end),
            end => Some(if end % 2 == 0 { 7 } else { 8 }),
        },
        _ => Some(8),
    }
}

fn iso_date(text: &str) -> Option<Date> {
    let mut rest = Cursor(text);
    let year = i16::try_from(rest.number(4)?).ok()?;
    let extended = rest.take_if(|character| character == '-').is_some();
    if rest.take_if(|character| character == 'W').is_some() {
        let week = i8::try_from(rest.number(2)?).ok()?;
        let mut day = 1;
        if !rest.is_empty() {
            if extended {
                rest.take_if(|character| character == '-')?;
            }
            day = i8::try_from(rest.number(1)?).ok()?;
        }
        let weekday = Weekday::from_monday_one_offset(day).ok()?;
        return rest.is_empty().then_some(ISOWeekDate::new(year, week, weekday).ok()?.date());
    }
    let month = i8::try_from(rest.number(2)?).ok()?;
    if extended {
        rest.take_if(|character| character == '-')?;
    }
    let day = i8::try_from(rest.number(2)?).ok()?;
    rest.is_empty().then_some(Date::new(year, month, day).ok()?)
}

/// `HH[:MM[:SS[.fraction]]]`, or the same without colons.
fn iso_clock(mut rest: Cursor<'_>) -> Option<Clock> {
    let mut clock = Clock([rest.number(2)?, 0, 0], 0);
    let colons = rest.peek() == Some(':');
    for part in 1..3 {
        if rest.is_empty() {
            return Some(clock);
        }
        if colons {
            rest.take_if(|character| character == ':')?;
        }
        clock.0[part] = rest.number(2)?;
    }
    if rest.take_if(|character| matches!(character, '.' | ',')).is_some() {
        clock.1 = rest.fraction()?;
    }
    rest.is_empty().then_some(clock)
}

/// `YYYY-M-D`
fn lax_date(rest: &mut Cursor<'_>) -> Option<Date> {
    let year = i16::try_from(rest.number(4)?).ok()?;
    rest.take_if(|character| character == '-')?;
    let month = i8::try_from(rest.short_number()?).ok()?;
    rest.take_if(|character| character == '-')?;
    Date::new(year, month, i8::try_from(rest.short_number()?).ok()?).ok()
}

/// Django's own pattern: `YYYY-M-D`, `T` or a blank, `H:M[:S[.fraction]]`, white space, `Z` or `±HH[[:]MM]`.
fn lax(text: &str) -> Option<DateTimeText> {
    let mut rest = Cursor(text);
    let date = lax_date(&mut rest)?;
    rest.take_if(|character| matches!(character, 'T' | ' '))?;
    let mut clock = Clock([rest.short_number()?, 0, 0], 0);
    rest.take_if(|character| character == ':')?;
    clock.0[1] = rest.short_number()?;
    if rest.take_if(|character| character == ':').is_some() {
        clock.0[2] = rest.short_number()?;
        if rest.take_if(|character| matches!(character, '.' | ',')).is_some() {
            clock.1 = rest.fraction()?;
        }
    }
    while rest.take_if(char::is_whitespace).is_some() {}
    let offset = match rest.take() {
        None => None,
        Some('Z') => Some((0, 0)),
        Some(sign @ ('+' | '-')) => {
            let hours = rest.number(2)?;
            let mut minutes = 0;
            if !rest.is_empty() {
                rest.take_if(|character| character == ':');
                minutes = rest.number(2)?;
            }
            Some(Clock([hours, minutes, 0], 0).as_offset(if sign == '-' { -1 } else { 1 })?)
        }
        Some(_) => return None,
    };
    rest.is_empty().then_some(DateTimeText { wall: clock.on(date)?, offset })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_glance_sees_what_reading_finds(
            text in "[012][0-9]{3}-[01][0-9]-[0-3][0-9][ T][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{5,7}|[.:0x+]{0,2})"
        ) {
            let read = DateTimeText::parse(&text).and_then(|parsed| parsed.in_zone(&TimeZone::UTC));
            let seen = plain(text.as_bytes());
            prop_assert!(seen.is_none() || seen == read, "{text}: {seen:?}, {read:?}");
        }
    }

    #[test]
    fn every_day_is_counted() {
        let days = std::iter::successors(Some(Date::constant(1, 1, 1)), |day| day.tomorrow().ok());
        for (number, day) in (Timestamp::MIN.seconds() / 86_400..).zip(days) {
            let counted = days_before(day.year().into(), day.month().into(), day.day().into());
            assert_eq!(counted.map(i64::from), Some(number), "{day}");
        }
        for (year, month, day) in
            [(0, 1, 1), (2026, 0, 1), (2026, 13, 1), (2026, 1, 0), (2026, 4, 31), (2100, 2, 29)]
        {
            assert_eq!(days_before(year, month, day), None);
        }
    }

    #[test]
    fn what_django_writes_is_seen_at_a_glance() {
        for text in ["2026-02-28 23:59:59", "0001-01-01 00:00:00.000000", "9999-12-31 23:59:59.999999"] {
            assert_eq!(
                plain(text.as_bytes()),
                DateTimeText::parse(text).and_then(|parsed| parsed.in_zone(&TimeZone::UTC))
            );
            assert!(plain(text.as_bytes()).is_some(), "{text}");
        }
        for text in
            ["2026-02-29 00:00:00", "0000-01-01 00:00:00", "2026-02-28 24:00:00", "2026-02-28 23:59:5\u{e9}"]
        {
            assert_eq!(plain(text.as_bytes()), None, "{text}");
        }
    }
}

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
        DateTimeText::parse(text)?.in_zone(&TimeZone::UTC)
    }
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

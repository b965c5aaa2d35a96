//! Date-times in JSON, databases and cookies, and the columns beside them.

use rest_auth_formats::datetime::DateTimeText;
use rest_auth_formats::{TimeZone, Timestamp, json, user_id_text};
use serde_json::Value;

use crate::cases::{Case, VectorFile};

#[test]
fn every_case_of_datetimes_holds() {
    VectorFile::parse("datetimes", include_str!("datetimes.json")).run(&[
        ("drf_field", drf_field),
        ("drf_json_encoder", drf_json_encoder),
        ("parse_datetime", parse_datetime),
        ("drf_parse", drf_parse),
        ("stored", stored),
        ("stored_other", stored_other),
        ("sqlite_read", sqlite_read),
        ("http_date", http_date),
    ]);
}

/// The value of a case: Python's text of it, or seconds and microseconds; `None` for null. Without an offset it
/// is read as UTC, which is what a deployment without time zones amounts to here.
fn given(case: &Case<'_>) -> Option<Timestamp> {
    let time = Timestamp::parse(case.optional_text("given")?).expect("a time");
    if let Some(parts) = case.value("unix_and_micros").as_array() {
        let parts = (parts[0].as_i64().expect("seconds"), parts[1].as_i64().expect("microseconds"));
        assert_eq!((time.seconds(), time.subsec_micros()), parts);
        assert_eq!(Timestamp::from_micros(parts.0 * 1_000_000 + parts.1), time);
    }
    Some(time)
}

fn drf_field(case: &Case<'_>) {
    let Some(time) = given(case) else { return assert!(case.value("text").is_null()) };
    let text = time.json_text_in(&case.time_zone());
    match (case.optional_text("raises"), case.flag("use_tz")) {
        // Upstream fails where the zone's date is outside Python's calendar; here the text is in UTC then.
        (Some(_), _) => assert_eq!(text, time.json_text()),
        (None, true) => assert_eq!(text, case.text("text")),
        (None, false) => assert_eq!(text.strip_suffix('Z'), Some(case.text("text"))),
    }
}

/// A time in its own offset, which for this crate is a zone with that offset.
fn drf_json_encoder(case: &Case<'_>) {
    let time = given(case).expect("a time");
    let (text, own) = (case.text("given"), case.text("text"));
    if text.ends_with("+00:00") {
        assert_eq!(time.json_text(), own);
    }
    let (sign, offset) = match text.rsplit_once('+') {
        Some((_, offset)) => (1, offset),
        None => (-1, text.rsplit_once('-').expect("an offset").1),
    };
    let (hours, minutes) = offset.split_once(':').expect("hours and minutes");
    let number = |text: &str| text.parse::<i32>().expect("a number");
    let zone = TimeZone::fixed(sign * (number(hours) * 3600 + number(minutes) * 60)).expect("a zone");
    assert_eq!(time.json_text_in(&zone), own);
}

/// Compares with Python's text of the result: the same point in time, and an offset where that has one.
fn assert_parsed(parsed: Option<DateTimeText>, expected: Option<&str>) {
    let Some(expected) = expected else { return assert_eq!(parsed, None) };
    let parsed = parsed.expect("a time");
    assert_eq!(parsed.in_zone(&TimeZone::UTC), Timestamp::parse(expected));
    assert_eq!(parsed.has_offset(), expected.get(19..).is_some_and(|rest| rest.contains(['+', '-'])));
}

fn parse_datetime(case: &Case<'_>) {
    assert_parsed(DateTimeText::parse(case.text("text")), case.optional_text("value"));
}

fn drf_parse(case: &Case<'_>) {
    let time = DateTimeText::parse(case.text("text")).and_then(|parsed| parsed.in_zone(&case.time_zone()));
    let result = case.value("result");
    assert_eq!(time.map(Timestamp::iso_text).as_deref(), result["value"].as_str());
    assert_eq!(time.is_none(), result["errors"][0]["code"] == "invalid");
}

fn stored(case: &Case<'_>) {
    let Some(time) = given(case) else { return assert!(case.value("text").is_null()) };
    let text = match case.text("database") {
        "sqlite" => time.sqlite_text(),
        _ => time.postgresql_text(),
    };
    assert_eq!(text, case.text("text"));
    assert_eq!(Timestamp::parse(&text), Some(time));
    assert_eq!(Timestamp::parse(case.text("read_back")), Some(time));
    let rendered = time.json_text();
    let expected = if case.flag("use_tz") { Some(rendered.as_str()) } else { rendered.strip_suffix('Z') };
    assert_eq!(expected, Some(case.text("drf")));
}

/// PostgreSQL prints booleans, `jsonb` and `uuid` itself; what it prints is read here.
fn stored_other(case: &Case<'_>) {
    let uuid = user_id_text::uuid_from_text(case.text("uuid")).expect("a UUID");
    assert_eq!(user_id_text::uuid_text(uuid), case.text("uuid"));
    assert_eq!(user_id_text::uuid_from_text(case.text("uuid_text")), Some(uuid));
    let data: Value = serde_json::from_str(case.text("data_text")).expect("JSON");
    assert_eq!(&data, case.value("data"));
    if case.text("database") == "sqlite" {
        assert_eq!(json::spaced(case.value("data")), case.text("data_text"));
        assert_eq!(user_id_text::uid_from_uuid(uuid), case.text("uuid_text"));
    }
}

/// In a deployment with time zones Django reads an unmarked column as UTC.
fn sqlite_read(case: &Case<'_>) {
    assert_eq!(Timestamp::parse(case.text("text")), case.optional_text("value").and_then(Timestamp::parse));
}

fn http_date(case: &Case<'_>) {
    assert_eq!(case.time("unix").http_date(), case.text("text"));
}

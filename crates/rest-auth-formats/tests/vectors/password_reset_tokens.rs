//! Password reset tokens and the ids beside them.

use rest_auth_formats::reset_token::{self, ResetClock, ResetSubject};
use rest_auth_formats::{SecretKeys, TimeZone, Timestamp, base36, user_id_text};
use serde_json::Value;

use crate::cases::{Case, VectorFile};

#[test]
fn every_case_of_password_reset_tokens_holds() {
    VectorFile::parse("password_reset_tokens", include_str!("password_reset_tokens.json")).run(&[
        ("make", make),
        ("check", check),
        ("check_none", check_none),
        ("uid", uid),
        ("django_uid_decode", django_uid_decode),
        ("allauth_uid_decode_int_pk", allauth_uid_decode_int_pk),
        ("allauth_uid_decode_uuid_pk", allauth_uid_decode_uuid_pk),
        ("base36_to_int", base36_to_int),
        ("int_to_base36", int_to_base36),
    ]);
}

/// The text of a primary key: a number or a text in the file.
fn pk_text(pk: &Value) -> String {
    pk.as_str().map_or_else(|| pk.to_string(), str::to_owned)
}

/// Hands the user of a case to the action, with the address rows if the generator is allauth's.
fn with_subject<T>(case: &Case<'_>, action: impl FnOnce(&ResetSubject<'_>) -> T) -> T {
    let user = case.value("user");
    let user_id = pk_text(&user["pk"]);
    let addresses = case.texts("email_addresses");
    // Rows come back from a database in UTC, so the offset of a time that was never stored is dropped, as the
    // reference does when it prints one.
    let wall = user["last_login"].as_str().map(|login| login.split('+').next().unwrap_or(login));
    action(&ResetSubject {
        user_id: &user_id,
        password: user["password"].as_str().expect("a text"),
        last_login: wall.map(|login| Timestamp::parse(login).expect("a time")),
        email: user["email"].as_str().expect("a text"),
        addresses: (case.text("generator") == "allauth").then_some(addresses.as_slice()),
    })
}

fn make(case: &Case<'_>) {
    let token = with_subject(case, |subject| {
        reset_token::make(subject, &case.secret_keys(), &case.time_zone(), case.time("now"))
    });
    assert_eq!(token, case.text("token"));
    let second = token.split('-').next().and_then(base36::decode);
    assert_eq!(second, Some(case.integer("timestamp").into()));
}

fn check(case: &Case<'_>) {
    let zone = case.time_zone();
    let timeout = case.integer("password_reset_timeout");
    let clock = ResetClock { zone: &zone, now: case.time("now"), timeout };
    let valid = with_subject(case, |subject| {
        reset_token::check(case.text("token"), subject, &case.secret_keys(), &clock)
    });
    assert_eq!(valid, case.flag("valid"));
}

/// Without a user there is nothing to check: the caller never gets that far. A user with nothing in it stands
/// in for one.
fn check_none(case: &Case<'_>) {
    assert!(case.value("user").is_null() && !case.flag("valid"));
    let nobody = ResetSubject { user_id: "", password: "", last_login: None, email: "", addresses: None };
    let clock =
        ResetClock { zone: &TimeZone::UTC, now: Timestamp::from_seconds(1_700_000_000), timeout: 259_200 };
    assert!(!reset_token::check(case.text("token"), &nobody, &SecretKeys::new("any"), &clock));
}

fn uid(case: &Case<'_>) {
    let pk = case.value("pk");
    let text = pk_text(pk);
    let (allauth, back) = if let Some(id) = pk.as_i64() {
        let uid = user_id_text::uid_from_integer(id);
        let back = user_id_text::integer_from_uid(&uid).map(|id| id.to_string());
        (uid, back)
    } else {
        let uid = user_id_text::uid_from_uuid(user_id_text::uuid_from_text(&text).expect("a UUID"));
        let back = user_id_text::uuid_from_text(&uid).map(user_id_text::uuid_text);
        (uid, back)
    };
    assert_eq!(allauth, case.text("allauth_uid"));
    assert_eq!(back.as_deref(), Some(case.text("allauth_back")));
    let django = user_id_text::django_uid_from_text(&text);
    assert_eq!(django, case.text("django_uidb64"));
    assert_eq!(user_id_text::text_from_django_uid(&django).as_deref(), Some(case.text("django_back")));
}

fn django_uid_decode(case: &Case<'_>) {
    assert_eq!(user_id_text::text_from_django_uid(case.text("uid")).as_deref(), case.text_outcome());
}

/// A number that no 64-bit column can hold finds no user, and is none here.
fn allauth_uid_decode_int_pk(case: &Case<'_>) {
    let expected = case.text_outcome().and_then(|number| number.parse::<i64>().ok());
    assert_eq!(user_id_text::integer_from_uid(case.text("uid")), expected);
}

fn allauth_uid_decode_uuid_pk(case: &Case<'_>) {
    let text = user_id_text::uuid_from_text(case.text("uid")).map(user_id_text::uuid_text);
    assert_eq!(text.as_deref(), case.text_outcome());
}

fn base36_to_int(case: &Case<'_>) {
    let number = base36::decode(case.text("text")).map(|number| number.to_string());
    assert_eq!(number.as_deref(), case.text_outcome());
}

fn int_to_base36(case: &Case<'_>) {
    assert_eq!(base36::encode(case.text("n").parse().expect("a number")), case.text("text"));
}

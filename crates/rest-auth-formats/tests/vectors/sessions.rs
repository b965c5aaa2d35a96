//! Session rows, keys, hashes, expiry and cookies.

use rest_auth_formats::cookie::{Lifetime, SameSite, SetCookie};
use rest_auth_formats::random_text::LOWER_CASE_AND_DIGITS;
use rest_auth_formats::session::{
    self, AuthHash, Expiry, ExpirySettings, LogInOver, NewExpiry, SessionData, auth_hash, authenticated,
    check_auth_hash, log_in, log_in_over, renew_auth_hash, set_expiry,
};
use rest_auth_formats::{Timestamp, signing, user_id_text};
use serde_json::Value;

use crate::cases::{Case, VectorFile};

#[test]
fn every_case_of_sessions_holds() {
    VectorFile::parse("sessions", include_str!("sessions.json")).run(&[
        ("session_auth_hash", session_auth_hash),
        ("session_auth_fallback_hashes", session_auth_fallback_hashes),
        ("user_id_text", user_id_text_case),
        ("encode", encode),
        ("decode", decode),
        ("key_rule", key_rule),
        ("key_accepted_from_cookie", key_accepted_from_cookie),
        ("load", load),
        ("clear_expired", clear_expired),
        ("expiry", expiry),
        ("set_expiry", set_expiry_case),
        ("login", login),
        ("login_over_anonymous", login_over_anonymous),
        ("login_again", login_again),
        ("logout", logout),
        ("get_user", get_user),
    ]);
}

const MODEL_BACKEND: &str = "django.contrib.auth.backends.ModelBackend";
const BACKENDS: [&str; 2] = [MODEL_BACKEND, "allauth.account.auth_backends.AuthenticationBackend"];
const SECRET: &str = "rest-auth-vectors-primary-secret-key-0123456789-abcdefghijklmnop";
/// The password columns of the reference's users; 44 is inactive and has that of 42.
const PASSWORD_OF_42: &str =
    "pbkdf2_sha256$1000$seasaltseasaltseasalt1$UwZ9Q2m0Ckq3cfzq0m3hJ2N6sVb9K4l1m8x5Q0v7e1Y=";
const PASSWORD_OF_43: &str =
    "pbkdf2_sha256$1000$othersaltothersalt1234$9JQxV8l2mJm3p0s6R1y4Tt7u2w5Z8c0bE3f6H9k2N5Q=";

fn data(value: &Value) -> SessionData {
    value.as_object().expect("an object").clone()
}

fn session_auth_hash(case: &Case<'_>) {
    assert_eq!(auth_hash(case.text("password_column"), case.text("secret_key")), case.text("hash"));
}

fn session_auth_fallback_hashes(case: &Case<'_>) {
    let (keys, password) = (case.secret_keys(), case.text("password_column"));
    assert_eq!(check_auth_hash(Some(case.text("hash")), password, &keys), AuthHash::Current);
    let hashes: Vec<_> = keys.fallbacks().map(|key| auth_hash(password, key)).collect();
    assert_eq!(hashes, case.texts("fallback_hashes"));
    for hash in &hashes {
        assert_eq!(check_auth_hash(Some(hash), password, &keys), AuthHash::Fallback);
    }
}

fn user_id_text_case(case: &Case<'_>) {
    let text = match case.value("pk") {
        Value::String(pk) => user_id_text::uuid_text(user_id_text::uuid_from_text(pk).expect("a UUID")),
        pk => pk.to_string(),
    };
    assert_eq!(text, case.text("session_value"));
}

fn encode(case: &Case<'_>) {
    let (keys, now, session) = (case.secret_keys(), case.time("now"), data(case.value("session")));
    assert_eq!(case.text("key_salt"), case.shared("key_salt").as_str().expect("a salt"));
    assert_eq!(rest_auth_formats::json::compact(&session.clone().into()), case.text("json_text"));
    for text in ["session_data", "session_data_never_compressed"] {
        assert_eq!(session::decode(case.text(text), &keys), session);
    }
    let plain = signing::dumps(
        &session.clone().into(),
        &keys,
        case.text("key_salt"),
        now,
        signing::Compression::Never,
    );
    assert_eq!(plain, case.text("session_data_never_compressed"));
    let ours = session::encode(&session, &keys, now);
    assert_eq!(session::decode(&ours, &keys), session);
    assert_eq!(ours.starts_with('.'), case.flag("compressed"));
    if !case.flag("compressed") {
        assert_eq!(ours, case.text("session_data"));
    }
}

/// Upstream hands back a list that was properly signed; here what is no object is an empty session.
fn decode(case: &Case<'_>) {
    let expected = case.value("session").as_object().cloned().unwrap_or_default();
    assert_eq!(session::decode(case.text("session_data"), &case.secret_keys()), expected);
}

fn key_rule(case: &Case<'_>) {
    let key = session::draw_key(&mut |bytes| bytes.fill(3));
    assert_eq!(i64::try_from(key.len()), Ok(case.integer("length")));
    assert_eq!(case.text("alphabet"), LOWER_CASE_AND_DIGITS);
    assert!(case.integer("length") <= case.integer("column_max_length"));
}

fn key_accepted_from_cookie(case: &Case<'_>) {
    let key = case.optional_text("key").and_then(session::key_from_cookie);
    assert_eq!(key, case.optional_text("session_key"));
}

/// A case without an expiry has no row with this key, which the store finds out.
fn load(case: &Case<'_>) {
    let expires = case.optional_text("expire_date").map(|date| Timestamp::parse(date).expect("a time"));
    let is_found = session::key_from_cookie(case.text("session_key")).is_some()
        && expires.is_some_and(|expires| session::is_live(expires, case.time("now")));
    assert_eq!(is_found, case.flag("found"));
}

/// The rows of the `load` cases.
fn clear_expired(case: &Case<'_>) {
    let now = case.time("now");
    let rows = [
        ("exactexactexactexactexactexact12", now),
        ("livelivelivelivelivelivelivelive", now.plus_seconds(100)),
        ("pastpastpastpastpastpastpastpast", now.minus_seconds(1)),
    ];
    let kept: Vec<_> =
        rows.iter().filter(|(_, expires)| !session::is_cleared(*expires, now)).map(|(key, _)| *key).collect();
    assert_eq!(kept, case.texts("kept"));
}

fn expiry_settings(case: &Case<'_>) -> ExpirySettings {
    let given = case.value("settings");
    ExpirySettings {
        cookie_age: given["SESSION_COOKIE_AGE"].as_i64().unwrap_or(1_209_600),
        at_browser_close: given["SESSION_EXPIRE_AT_BROWSER_CLOSE"] == true,
    }
}

fn expiry(case: &Case<'_>) {
    let expiry = Expiry::of(&data(case.value("session")), &expiry_settings(case), case.time("now"));
    assert_eq!(Some(expiry.date), Timestamp::parse(case.text("date")));
    assert_eq!(expiry.at_browser_close, case.flag("at_browser_close"));
    match case.value("age").as_i64() {
        Some(age) => assert_eq!(expiry.age, age),
        // A time without an offset, which upstream cannot subtract from; here it is in UTC.
        None => assert_eq!(expiry.age, expiry.date.seconds_since(case.time("now"))),
    }
}

fn set_expiry_case(case: &Case<'_>) {
    let new = match case.value("given") {
        Value::Null => NewExpiry::Default,
        Value::Number(seconds) => NewExpiry::Seconds(seconds.as_i64().expect("an integer")),
        // Python's notation of a span from now and of a point in time.
        Value::String(text) if text == "datetime.timedelta(days=2, seconds=3)" => {
            NewExpiry::At(case.time("now").plus_seconds(2 * 86_400 + 3))
        }
        other => {
            assert_eq!(other, "datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)");
            NewExpiry::At(Timestamp::from_seconds(1_704_067_200))
        }
    };
    let mut session = SessionData::new();
    set_expiry(&mut session, NewExpiry::Seconds(17));
    set_expiry(&mut session, new);
    assert_eq!(Value::Object(session), *case.value("session"));
}

/// The cookie for a key under the settings of a case.
fn session_cookie<'a>(case: &Case<'a>, key: &'a str, lifetime: Lifetime) -> SetCookie<'a> {
    let given = case.value("settings");
    SetCookie {
        domain: given["SESSION_COOKIE_DOMAIN"].as_str(),
        path: given["SESSION_COOKIE_PATH"].as_str().unwrap_or("/"),
        lifetime,
        http_only: given["SESSION_COOKIE_HTTPONLY"] != false,
        secure: given["SESSION_COOKIE_SECURE"] == true,
        same_site: match given.get("SESSION_COOKIE_SAMESITE") {
            None => Some(SameSite::Lax),
            Some(Value::Bool(false)) => None,
            Some(value) => Some([SameSite::Lax, SameSite::Strict][usize::from(value == "Strict")]),
        },
        ..SetCookie::new("sessionid", key)
    }
}

fn login(case: &Case<'_>) {
    let now = case.time("now");
    let keys = rest_auth_formats::SecretKeys::new(SECRET);
    let user = case.value("user");
    let hash = auth_hash(user["password"].as_str().expect("a text"), keys.current());
    let mut session = SessionData::new();
    log_in(&mut session, &user["pk"].to_string(), case.text("backend"), &hash);
    assert_eq!(Value::Object(session.clone()), *case.value("session"));
    assert_eq!(session::decode(case.text("session_data"), &keys), session);

    let expiry = Expiry::of(&session, &expiry_settings(case), now);
    assert_eq!(Some(expiry.date), Timestamp::parse(case.text("expire_date")));
    let cookie = session_cookie(case, case.text("session_key"), expiry.cookie_lifetime(now));
    assert_eq!(cookie.to_string(), case.text("set_cookie"));
}

/// Logs user 42 in over a session and returns what is left of it, with whether it got a new key.
fn log_in_42_over(before: &SessionData) -> (SessionData, bool) {
    let hash = auth_hash(PASSWORD_OF_42, SECRET);
    let over = log_in_over(before, "42", &hash);
    let mut after = if over == LogInOver::Another { SessionData::new() } else { before.clone() };
    log_in(&mut after, "42", MODEL_BACKEND, &hash);
    (after, over != LogInOver::SameUser)
}

fn login_over_anonymous(case: &Case<'_>) {
    let (after, key_changed) = log_in_42_over(&data(case.value("before")));
    assert_eq!(Value::Object(after), *case.value("after"));
    assert_eq!(key_changed, case.flag("key_changed"));
}

/// The reference logged 42 in, again, and then 43.
fn login_again(case: &Case<'_>) {
    let mut before = SessionData::new();
    before.insert("cart".into(), serde_json::json!([1, 2]));
    let (before, _) = log_in_42_over(&before);
    let (user, password) =
        if case.text("id").ends_with("same-user") { ("42", PASSWORD_OF_42) } else { ("43", PASSWORD_OF_43) };
    let hash = auth_hash(password, SECRET);
    let over = log_in_over(&before, user, &hash);
    let mut after = if over == LogInOver::Another { SessionData::new() } else { before };
    log_in(&mut after, user, MODEL_BACKEND, &hash);
    assert_eq!(Value::Object(after), *case.value("after"));
    assert_eq!(over != LogInOver::SameUser, case.flag("key_changed"));
}

/// Which requests lose the cookie is a matter of the row; here is the line that takes it away.
fn logout(case: &Case<'_>) {
    if let Some(line) = case.optional_text("set_cookie") {
        let cookie = SetCookie { http_only: true, ..SetCookie::new("sessionid", "any") };
        assert_eq!(cookie.deletion().to_string(), line);
    }
}

/// The user of a session among the reference's three, and what becomes of the session.
fn get_user(case: &Case<'_>) {
    let keys = case.secret_keys();
    let mut session = data(case.value("session"));
    let (mut user, mut key_changed) = (None, false);
    let named = authenticated(&session).filter(|named| BACKENDS.contains(&named.backend));
    let id = named.as_ref().and_then(|named| user_id_text::integer_from_text(&named.user_id));
    let row = id.and_then(|id| match id {
        42 => Some((PASSWORD_OF_42, true)),
        43 => Some((PASSWORD_OF_43, true)),
        44 => Some((PASSWORD_OF_42, false)),
        _ => None,
    });
    // An inactive user is anonymous and the session stays, as with one who is gone.
    if let (Some(named), Some((password, true))) = (named, row) {
        let hash = named.hash.filter(|hash| !hash.is_empty());
        match check_auth_hash(hash, password, &keys) {
            AuthHash::Current => user = id,
            AuthHash::Fallback => {
                (user, key_changed) = (id, true);
                renew_auth_hash(&mut session, &auth_hash(password, keys.current()));
            }
            AuthHash::Wrong => {
                key_changed = true;
                session = SessionData::new();
            }
        }
    }
    assert_eq!(user, case.value("user_pk").as_i64());
    assert_eq!(key_changed, case.flag("key_changed"));
    assert_eq!(Value::Object(session), *case.value("session_after"));
}

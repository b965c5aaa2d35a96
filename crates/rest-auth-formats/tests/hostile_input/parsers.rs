//! One function for each parser: feeds it any bytes, and checks what must hold whatever they are.
//!
//! The same functions are the targets of the fuzzer in `/fuzz`.

use rest_auth_formats::auth_token::{self, KEYWORD};
use rest_auth_formats::cookie::SetCookie;
use rest_auth_formats::csrf::{self, CsrfRequest, CsrfSecret, CsrfSettings};
use rest_auth_formats::datetime::DateTimeText;
use rest_auth_formats::jwt::legacy::{Dialect, LegacyRules};
use rest_auth_formats::jwt::{
    self, Algorithm, Claims, CookieCsrf, Lifetimes, Mint, Rules, SigningKey, TokenId, TokenKind, VerifyingKey,
};
use rest_auth_formats::passwords::{EncodedPassword, Parameters, identify, is_usable};
use rest_auth_formats::reset_token::{self, ResetClock, ResetSubject};
use rest_auth_formats::session::{self, Expiry, ExpirySettings};
use rest_auth_formats::signing::{self, MaxAge, Signer, TimestampSigner};
use rest_auth_formats::validators::{email, password, username};
use rest_auth_formats::{
    SecretKeys, TimeZone, Timestamp, allowed_host, base36, base62, base64url, email_confirmation, hex, json,
    user_id_text,
};

const NOW: Timestamp = Timestamp::from_seconds(1_700_000_000);

fn keys() -> SecretKeys {
    SecretKeys::new("current").with_fallbacks(["older"])
}

/// The bytes as text, and a second text where they hold a line feed.
fn texts(bytes: &[u8]) -> (String, String) {
    let text = String::from_utf8_lossy(bytes).into_owned();
    match text.split_once('\n') {
        Some((first, second)) => (first.to_owned(), second.to_owned()),
        None => (text, String::new()),
    }
}

/// A copy of a text with another character in one place; `None` for an empty one.
fn tampered(text: &str, place: usize) -> Option<String> {
    let at = text.char_indices().map(|(at, _)| at).nth(place % text.chars().count().max(1))?;
    let (before, after) = text.split_at(at);
    let old = after.chars().next()?;
    let new = if old == 'x' { 'y' } else { 'x' };
    Some(format!("{before}{new}{}", &after[old.len_utf8()..]))
}

/// Base 36, 62 and 64, hex and JSON.
pub(crate) fn primitives(bytes: &[u8]) {
    let (text, _) = texts(bytes);
    assert_eq!(base64url::decode(&base64url::encode(bytes)).as_deref(), Some(bytes));
    assert_eq!(hex::decode(&hex::encode(bytes)).as_deref(), Some(bytes));
    let _ = (base64url::decode(&text), base64url::decode_uid(&text), hex::decode(&text));
    if let Some(number) = base62::decode(&text) {
        assert_eq!(base62::decode(&base62::encode(number)), Some(number));
    }
    if let Some(number) = base36::decode(&text).and_then(|number| u64::try_from(number).ok()) {
        assert_eq!(base36::decode(&base36::encode(number)), Some(i128::from(number)));
    }
    if let Some(value) = json::from_latin1(bytes) {
        let compact = json::compact(&value);
        assert!(compact.is_ascii());
        let again = json::from_latin1(compact.as_bytes()).expect("what was written can be read");
        assert!(json::from_latin1(json::spaced(&again).as_bytes()).is_some());
        // Reading may miss the last bit of a number with a fraction, so only the others are exact.
        if !compact.contains(['.', 'e']) {
            assert_eq!(again, value);
        }
    }
}

/// Signed values: nothing that was not signed is believed, and nothing that was signed panics.
pub(crate) fn signed_value(bytes: &[u8]) {
    let (text, salt) = texts(bytes);
    let keys = keys();
    let limit = Some(MaxAge { seconds: 300, now: NOW });
    assert!(Signer::new(&keys, salt.as_str()).unsign(&text).is_err());
    assert!(signing::loads(&text, &keys, &salt, limit).is_err());

    let with_time = TimestampSigner::new(&keys, salt.as_str());
    let signed = with_time.sign(&text, NOW);
    assert_eq!(with_time.unsign(&signed, limit), Ok(text.as_str()));
    if let Some(wrong) = tampered(&signed, bytes.len()) {
        assert!(with_time.unsign(&wrong, limit).is_err(), "{wrong}");
    }
    let elsewhere = TimestampSigner::new(&keys, "elsewhere");
    assert!(salt == "elsewhere" || elsewhere.unsign(&signed, limit).is_err());

    // Any payload and any stamp behind a good signature.
    for value in [
        text.as_str(),
        &format!(".{text}"),
        &base64url::encode(bytes),
        &format!(".{}", base64url::encode(bytes)),
    ] {
        let _ = signing::loads(&with_time.sign(value, NOW), &keys, &salt, limit);
    }
    let _ = with_time.unsign(&Signer::new(&keys, salt.as_str()).sign(&text), limit);
}

/// Session rows, their keys and expiry.
pub(crate) fn session_data(bytes: &[u8]) {
    let (text, _) = texts(bytes);
    let keys = keys();
    assert!(session::decode(&text, &keys).is_empty());
    let _ = session::key_from_cookie(&text);

    let with_time = TimestampSigner::new(&keys, "django.contrib.sessions.SessionStore");
    for payload in [base64url::encode(bytes), format!(".{}", base64url::encode(bytes))] {
        let data = session::decode(&with_time.sign(&payload, NOW), &keys);
        let expiry = Expiry::of(&data, &ExpirySettings { cookie_age: 60, at_browser_close: false }, NOW);
        let _ = SetCookie { lifetime: expiry.cookie_lifetime(NOW), ..SetCookie::new("sessionid", &text) }
            .to_string();
        let _ = (session::authenticated(&data).is_some(), session::log_in_over(&data, "42", &text));
        assert_eq!(session::decode(&session::encode(&data, &keys, NOW), &keys).len(), data.len());
    }
    let own = format!("{{\"_session_expiry\":{text}}}");
    if let Some(serde_json::Value::Object(data)) = json::from_latin1(own.as_bytes()) {
        let _ = Expiry::of(&data, &ExpirySettings { cookie_age: 60, at_browser_close: false }, NOW);
    }
}

/// Password reset tokens and the ids beside them.
pub(crate) fn reset_link(bytes: &[u8]) {
    let (token, other) = texts(bytes);
    let keys = keys();
    let addresses = [other.as_str(), "ann@example.org"];
    let subject = ResetSubject {
        user_id: "1",
        password: &other,
        last_login: Some(NOW),
        email: "Ann@example.org",
        addresses: Some(&addresses),
    };
    let clock = ResetClock { zone: &TimeZone::UTC, now: NOW, timeout: 259_200 };
    assert!(!reset_token::check(&token, &subject, &keys, &clock));
    let made = reset_token::make(&subject, &keys, &TimeZone::UTC, NOW);
    assert!(reset_token::check(&made, &subject, &keys, &clock));
    if let Some(wrong) = tampered(&made, bytes.len()) {
        assert!(!reset_token::check(&wrong, &subject, &keys, &clock), "{wrong}");
    }

    if let Some(id) = user_id_text::integer_from_uid(&token).filter(|id| *id >= 0) {
        assert_eq!(user_id_text::integer_from_uid(&user_id_text::uid_from_integer(id)), Some(id));
    }
    if let Some(id) = user_id_text::uuid_from_text(&token) {
        assert_eq!(user_id_text::uuid_from_text(&user_id_text::uuid_text(id)), Some(id));
    }
    let django = user_id_text::django_uid_from_text(&token);
    assert_eq!(user_id_text::text_from_django_uid(&django).as_deref(), Some(token.as_str()));
    let _ = (user_id_text::text_from_django_uid(&token), user_id_text::integer_from_text(&token));
    assert_eq!(user_id_text::is_same(&token, &other), user_id_text::is_same(&other, &token));
}

/// The keys in confirmation mails.
pub(crate) fn confirmation_key(bytes: &[u8]) {
    let (key, salt) = texts(bytes);
    let keys = keys();
    let limit = MaxAge { seconds: 259_200, now: NOW };
    assert_eq!(email_confirmation::read(&key, &keys, &salt, limit), None);
    let payload = TimestampSigner::new(&keys, salt.as_str()).sign(&base64url::encode(bytes), NOW);
    let _ = email_confirmation::read(&payload, &keys, &salt, limit);
    let id = i64::try_from(bytes.len()).expect("a length");
    let made = email_confirmation::make(id, &keys, &salt, NOW);
    assert_eq!(email_confirmation::read(&made, &keys, &salt, limit), Some(id));
    if let Some(wrong) = tampered(&made, bytes.len()) {
        assert_eq!(email_confirmation::read(&wrong, &keys, &salt, limit), None, "{wrong}");
    }
    let _ = email_confirmation::database_key(&key);
}

/// CSRF tokens, origins and referers.
pub(crate) fn csrf_request(bytes: &[u8]) {
    let (text, other) = texts(bytes);
    let secret = CsrfSecret::draw(&mut |slice| slice.fill(u8::try_from(bytes.len() % 200).expect("small")));
    let bare = secret.text();
    if let Ok(read) = CsrfSecret::read(&text) {
        assert_eq!(read.check(&text), Ok(()));
        assert_eq!(CsrfSecret::read(&read.masked(&secret)).map(|secret| secret.text()), Ok(read.text()));
    }
    let settings = CsrfSettings::new(&[other.as_str(), "https://*.example.net"]);
    for is_secure in [false, true] {
        let request = CsrfRequest {
            is_secure,
            host: Some("testserver"),
            server_port: 443,
            origin: None,
            referer: Some("https://testserver/"),
            secret: Some(&bare),
            form_token: None,
            header_token: Some(&bare),
        };
        assert_eq!(csrf::check(&request, &settings), Ok(()));
        let _ = csrf::check(&CsrfRequest { origin: Some(&text), ..request }, &settings);
        let _ = csrf::check(&CsrfRequest { referer: Some(&text), host: None, ..request }, &settings);
        let _ = csrf::check(&CsrfRequest { secret: Some(&text), ..request }, &settings);
        for token in [
            &CsrfRequest { form_token: Some(&text), ..request },
            &CsrfRequest { header_token: Some(&text), ..request },
        ] {
            if CsrfSecret::read(&text).map(|secret| secret.text()).as_deref() != Ok(bare.as_str())
                && !text.is_empty()
            {
                assert!(csrf::check(token, &settings).is_err());
            }
        }
    }
}

/// The header of token authentication.
pub(crate) fn token_header(bytes: &[u8]) {
    if let Ok(Some(key)) = auth_token::read_header(bytes, KEYWORD) {
        assert!(!key.is_empty() && !key.contains(' '));
        assert_eq!(auth_token::read_header(format!("Token {key}").as_bytes(), KEYWORD), Ok(Some(key)));
    }
}

/// JSON web tokens and the headers that carry them: nothing that was not signed is believed, and no claims that
/// were signed make a check panic.
pub(crate) fn web_token(bytes: &[u8]) {
    let (text, _) = texts(bytes);
    let signing = SigningKey::new(Algorithm::Hs256, "a secret").expect("a secret");
    let (keys, rules) = ([signing.verifying_key()], Rules::default());
    assert!(jwt::decode(bytes, &keys, &rules, NOW).is_err());
    let _ = (jwt::read_header(bytes, &[&text]), jwt::read_header(bytes, &[jwt::HEADER_TYPE]));
    let _ = jwt::find_token(None, Some(bytes), &[jwt::HEADER_TYPE], CookieCsrf::default());
    let legacy = [Dialect::DjangorestframeworkJwt, Dialect::DrfJwt].map(LegacyRules::new);
    for rules in &legacy {
        assert!(rules.read(bytes, &keys, NOW).is_err());
        let _ = rules.find_token(Some(bytes), None, rules.header_prefix());
    }

    let Ok(claims) = serde_json::from_slice::<serde_json::Map<_, _>>(bytes).map(Claims::from) else { return };
    let token = jwt::encode(&claims, &signing);
    if let Ok(read) = jwt::decode(token.as_bytes(), &keys, &rules, NOW) {
        assert!(read.expires_at().is_none_or(|end| end > NOW));
        for kind in [TokenKind::Access, TokenKind::Refresh, TokenKind::Sliding] {
            if jwt::verify(&read, Some(kind), &rules).is_ok() {
                assert_eq!(read.text("token_type"), Some(kind.name()));
            }
        }
    }
    if let Some(wrong) = tampered(&token, bytes.len()) {
        assert!(jwt::decode(wrong.as_bytes(), &keys, &rules, NOW).is_err(), "{wrong}");
    }
    let mint = Mint { rules: &rules, lifetimes: &Lifetimes::default(), now: NOW };
    let id = TokenId::from_random([7; 16]);
    let _ = (claims.user_id(&rules.names), mint.slid(&claims), mint.rotated(&claims, id));
    assert_eq!(mint.access_from(&claims, id).text("token_type"), Some("access"));
    for rules in &legacy {
        let _ = rules.read(token.as_bytes(), &keys, NOW);
    }
}

/// Keys in PEM files and as JSON: what is read can be published and read again.
pub(crate) fn web_key(bytes: &[u8]) {
    let (text, _) = texts(bytes);
    let digits = base64url::encode(bytes).replace('-', "+").replace('_', "/");
    let padding = "=".repeat(digits.len().wrapping_neg() % 4);
    let file = |label: &str| format!("-----BEGIN {label}-----\n{digits}{padding}\n-----END {label}-----\n");
    for algorithm in [
        Algorithm::Hs256,
        Algorithm::Rs256,
        Algorithm::Es256,
        Algorithm::Es512,
        Algorithm::Es256k,
        Algorithm::EdDsa,
    ] {
        for private in [text.clone(), file("PRIVATE KEY"), file("RSA PRIVATE KEY"), file("EC PRIVATE KEY")] {
            let _ = SigningKey::new(algorithm, &private);
        }
        let value = serde_json::from_slice(bytes).unwrap_or_default();
        let read = [
            VerifyingKey::new(algorithm, &text),
            VerifyingKey::new(algorithm, &file("PUBLIC KEY")),
            VerifyingKey::new(algorithm, &file("RSA PUBLIC KEY")),
            VerifyingKey::from_web_key(algorithm, &value),
        ];
        for key in read.into_iter().flatten() {
            let Some(published) = key.web_key() else { continue };
            let again =
                VerifyingKey::from_web_key(algorithm, &published).expect("what was published is a key");
            assert_eq!(again.thumbprint(), key.thumbprint());
        }
        let _ = jwt::read_key_set(&serde_json::json!({ "keys": [value] }), algorithm);
    }
}

/// Date-times of columns and forms.
pub(crate) fn date_time(bytes: &[u8]) {
    let (text, zone) = texts(bytes);
    let berlin = TimeZone::named(&zone).or_else(|| TimeZone::named("Europe/Berlin")).expect("a zone");
    if let Some(parsed) = DateTimeText::parse(&text) {
        let _ = parsed.in_zone(&berlin);
        if let Some(time) = parsed.in_zone(&TimeZone::UTC) {
            assert_eq!(Timestamp::parse(&time.sqlite_text()), Some(time));
            assert_eq!(Timestamp::parse(&time.postgresql_text()), Some(time));
            assert_eq!(Timestamp::parse(&time.iso_text()), Some(time));
            assert_eq!(Timestamp::parse(&time.json_text_in(&berlin)), Some(time));
        }
    }
    if let Some(eight) = bytes.first_chunk() {
        let time = Timestamp::from_micros(i64::from_le_bytes(*eight));
        assert_eq!(Timestamp::parse(&time.json_text_in(&berlin)), Some(time));
        let _ = (time.http_date(), berlin.wall_seconds(time));
    }
}

/// Hosts and cookies.
pub(crate) fn host_and_cookie(bytes: &[u8]) {
    let (text, pattern) = texts(bytes);
    let _ = allowed_host::is_allowed(&text, &[pattern.as_str()]);
    let line = SetCookie::new("name", &text).to_string();
    assert!(line.is_ascii() && !line.contains(|character: char| character.is_ascii_control()), "{line}");
    assert_eq!(line.matches(';').count(), 2, "{line}");
}

/// Password columns, of which none is hashed.
pub(crate) fn password_column(bytes: &[u8]) {
    let (text, _) = texts(bytes);
    let column = EncodedPassword::from_column(text.as_str());
    let _ = is_usable(&text);
    if let Some(parameters) = Parameters::of_column(&text) {
        assert_eq!(identify(&text), Some(parameters.algorithm()));
        if let Ok(hasher) = parameters.hasher() {
            let _ = (hasher.can_read(&column), hasher.must_update(&column));
        }
    }
}

/// User names, addresses and poor passwords.
pub(crate) fn account_text(bytes: &[u8]) {
    let (text, other) = texts(bytes);
    if email::is_email(&text) {
        assert!(email::is_email(&email::normalize(&text)));
    }
    if username::is_username(&text, username::Alphabet::Ascii) {
        assert!(username::is_username(&text, username::Alphabet::Unicode));
    }
    let _ = username::normalize(&text);
    let _ = (password::is_common(&text), password::is_numeric(&text));
    assert_eq!(password::quick_ratio(&text, &text).total_cmp(&1.0), std::cmp::Ordering::Equal);
    let _ = password::resembles(&text, &other, 0.7);
}

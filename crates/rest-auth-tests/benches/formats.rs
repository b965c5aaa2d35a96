//! What Django's small formats cost: everything in a request that is neither HTTP, nor a query, nor a password.
//!
//! Run with `cargo bench -p rest-auth-tests --bench formats`.

use std::hint::black_box;

use divan::Bencher;
use rest_auth_formats::csrf::CsrfSecret;
use rest_auth_formats::reset_token::{self, ResetClock, ResetSubject};
use rest_auth_formats::session::{self, SessionData};
use rest_auth_formats::signing::{self, Compression, Signer};
use rest_auth_formats::{SecretKeys, TimeZone, Timestamp, auth_token, email_confirmation};
use serde_json::json;

fn main() {
    divan::main();
}

fn keys() -> SecretKeys {
    SecretKeys::new("a key of fifty characters, as startproject makes it")
}

fn now() -> Timestamp {
    Timestamp::from_seconds(1_750_000_000)
}

/// Bytes of a sequence: the operating system's generator is not what is measured here.
fn sequence() -> impl FnMut(&mut [u8]) {
    let mut next = 0_u8;
    move |bytes| {
        for byte in bytes {
            next = next.wrapping_mul(5).wrapping_add(17);
            *byte = next;
        }
    }
}

/// What a login writes into a session.
fn logged_in() -> SessionData {
    let mut data = SessionData::new();
    let hash = session::auth_hash("pbkdf2_sha256$1000000$salt$digest", keys().current());
    session::log_in(&mut data, "4711", "django.contrib.auth.backends.ModelBackend", &hash);
    data
}

/// Signed text and signed JSON.
mod signed {
    use super::{Bencher, Compression, Signer, black_box, email_confirmation, json, keys, now, signing};

    const VALUE: &str = "4711:somebody@example.org";

    #[divan::bench]
    fn sign(bencher: Bencher) {
        let keys = keys();
        let signer = Signer::new(&keys, "bench");
        bencher.bench_local(|| signer.sign(black_box(VALUE)));
    }

    #[divan::bench]
    fn unsign(bencher: Bencher) {
        let keys = keys();
        let signer = Signer::new(&keys, "bench");
        let text = signer.sign(VALUE);
        bencher.bench_local(|| signer.unsign(black_box(&text)).is_ok());
    }

    #[divan::bench]
    fn dumps(bencher: Bencher) {
        let (keys, value) = (keys(), json!({ "user": 4711, "next": "/account/" }));
        bencher.bench_local(|| signing::dumps(black_box(&value), &keys, "bench", now(), Compression::Never));
    }

    #[divan::bench]
    fn loads(bencher: Bencher) {
        let (keys, value) = (keys(), json!({ "user": 4711, "next": "/account/" }));
        let text = signing::dumps(&value, &keys, "bench", now(), Compression::Never);
        bencher.bench_local(|| signing::loads(black_box(&text), &keys, "bench", None));
    }

    #[divan::bench]
    fn email_confirmation_key(bencher: Bencher) {
        let keys = keys();
        bencher.bench_local(|| email_confirmation::make(black_box(4711), &keys, "account", now()));
    }
}

/// Rows of `django_session`.
mod sessions {
    use super::{Bencher, black_box, keys, logged_in, now, session};

    #[divan::bench]
    fn encode(bencher: Bencher) {
        let (keys, data) = (keys(), logged_in());
        bencher.bench_local(|| session::encode(black_box(&data), &keys, now()));
    }

    #[divan::bench]
    fn decode(bencher: Bencher) {
        let keys = keys();
        let text = session::encode(&logged_in(), &keys, now());
        bencher.bench_local(|| session::decode(black_box(&text), &keys));
    }

    #[divan::bench]
    fn check_of_the_password(bencher: Bencher) {
        let (keys, data) = (keys(), logged_in());
        let hash = session::authenticated(&data).and_then(|found| found.hash);
        let column = "pbkdf2_sha256$1000000$salt$digest";
        bencher.bench_local(|| session::check_auth_hash(black_box(hash), column, &keys));
    }
}

/// CSRF secrets and tokens.
mod csrf {
    use super::{Bencher, CsrfSecret, black_box, sequence};

    #[divan::bench]
    fn draw(bencher: Bencher) {
        let mut fill = sequence();
        bencher.bench_local(|| CsrfSecret::draw(&mut fill));
    }

    #[divan::bench]
    fn mask(bencher: Bencher) {
        let (secret, mask) = (CsrfSecret::draw(&mut sequence()), CsrfSecret::draw(&mut sequence()));
        bencher.bench_local(|| black_box(&secret).masked(&mask));
    }

    #[divan::bench]
    fn check(bencher: Bencher) {
        let secret = CsrfSecret::draw(&mut sequence());
        let token = secret.masked(&CsrfSecret::draw(&mut sequence()));
        bencher.bench_local(|| secret.check(black_box(&token)));
    }
}

/// Password reset tokens, allauth's kind.
mod reset {
    use super::{Bencher, ResetClock, ResetSubject, TimeZone, black_box, keys, now, reset_token};

    const SUBJECT: ResetSubject<'static> = ResetSubject {
        user_id: "4711",
        password: "pbkdf2_sha256$1000000$saltsaltsaltsaltsalts$digestdigestdigestdigestdigestdigestdigest=",
        last_login: None,
        email: "somebody@example.org",
        addresses: Some(&["somebody@example.org", "else@example.org"]),
    };

    #[divan::bench]
    fn make(bencher: Bencher) {
        let (keys, zone) = (keys(), TimeZone::UTC);
        bencher.bench_local(|| reset_token::make(black_box(&SUBJECT), &keys, &zone, now()));
    }

    #[divan::bench]
    fn check(bencher: Bencher) {
        let (keys, zone) = (keys(), TimeZone::UTC);
        let token = reset_token::make(&SUBJECT, &keys, &zone, now());
        let clock = ResetClock { zone: &zone, now: now(), timeout: 259_200 };
        bencher.bench_local(|| reset_token::check(black_box(&token), &SUBJECT, &keys, &clock));
    }
}

/// What every request with a token passes.
mod token {
    use super::{auth_token, black_box};

    #[divan::bench]
    fn read_header() -> bool {
        let header = b"Token 0123456789abcdef0123456789abcdef01234567";
        auth_token::read_header(black_box(header), auth_token::KEYWORD).is_ok()
    }

    #[divan::bench]
    fn make_key() -> String {
        auth_token::key_from_bytes(black_box(&[7; 20]))
    }
}

/// Times as the databases and JSON spell them.
mod datetime {
    use super::{black_box, now};

    #[divan::bench]
    fn sqlite_text() -> String {
        black_box(now()).sqlite_text()
    }

    #[divan::bench]
    fn json_text() -> String {
        black_box(now()).json_text()
    }
}

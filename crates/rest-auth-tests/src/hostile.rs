//! Requests that nobody would send who means well: generated from a number, so that each one can be had again.

use axum::body::Body;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// A sequence of numbers that is the same every time.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    /// The sequence of this number.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(sides.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    /// True once in so many times.
    pub fn once_in(&mut self, times: usize) -> bool {
        self.roll(times) == 0
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.roll(of.len())]
    }

    /// One of these texts.
    pub fn word<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    fn bytes(&mut self, most: usize) -> Vec<u8> {
        (0..self.roll(most + 1)).map(|_| u8::try_from(self.roll(256)).unwrap_or(0)).collect()
    }
}

/// What somebody hostile knows, and what must never come back to them.
#[derive(Clone, Debug)]
pub struct Bait {
    /// Goes into every password field: no answer and no log line may have it.
    pub password: String,
    /// A token that is valid, of an account that may be spoilt.
    pub token: String,
    /// A cookie header that is valid, of the same account, and the proof that goes with it.
    pub cookies: (String, String),
}

/// What an endpoint expects; everything else is a mixture.
const FITTING: [(&str, &str); 12] = [
    ("POST", "/rest-auth/login/"),
    ("POST", "/rest-auth/logout/"),
    ("GET", "/rest-auth/user/"),
    ("PUT", "/rest-auth/user/"),
    ("PATCH", "/rest-auth/user"),
    ("POST", "/rest-auth/registration/"),
    ("POST", "/rest-auth/registration/"),
    ("POST", "/rest-auth/registration/verify-email/"),
    ("POST", "/rest-auth/registration/resend-email/"),
    ("POST", "/rest-auth/password/change/"),
    ("POST", "/rest-auth/password/reset/"),
    ("POST", "/rest-auth/password/reset/confirm/"),
];

const METHODS: [&str; 9] = ["POST", "PUT", "PATCH", "GET", "HEAD", "OPTIONS", "DELETE", "TRACE", "BREW"];

const PATHS: [&str; 17] = [
    "/rest-auth/login/",
    "/rest-auth/login",
    "/rest-auth/logout/",
    "/rest-auth/user/",
    "/rest-auth/user",
    "/rest-auth/registration/",
    "/rest-auth/registration/verify-email/",
    "/rest-auth/registration/resend-email/",
    "/rest-auth/registration/account-confirm-email/MQ:1vgMX2:xxxx/",
    "/rest-auth/registration/account-email-verification-sent/",
    "/rest-auth/password/change",
    "/rest-auth/password/reset/confirm/",
    "/rest-auth/password/reset/confirm/1/bkrfgg-81550b09be1da14356992cbcc6a8c093/",
    "/protected/",
    "/readyz",
    "/healthz",
    "/",
];

const ODD_PATHS: [&str; 16] = [
    "//rest-auth/login/",
    "/rest-auth//login/",
    "/rest-auth/%6Cogin/",
    "/rest-auth/login%00/",
    "/rest-auth/login/%ff%fe",
    "/rest-auth/../rest-auth/login/",
    "/rest-auth/login/%2e%2e%2fuser/",
    "/rest-auth/registration/account-confirm-email/%00/",
    "/rest-auth/registration/account-confirm-email/%F0%9F%92%A9/",
    "/rest-auth/registration/account-confirm-email/a%2Fb/",
    "/rest-auth/password/reset/confirm/%00/%ff/",
    "/rest-auth/password/reset/confirm/%F0%9F%92%A9/a%2Fb-c/",
    "/rest-auth/login;x=y/",
    "*",
    "http://testserver/rest-auth/login/",
    "http://user:pass@evil.example:99/rest-auth/login/",
];

const QUERIES: [&str; 10] = [
    "?format=json",
    "?format=api",
    "?format=xml",
    "?format=",
    "?format=%00",
    "?%ff=%fe",
    "?a=b&a=c&&=",
    "?format=json;",
    "?username=ann&password=x",
    "?next=//evil.example",
];

const CONTENT_TYPES: [&str; 14] = [
    "application/json",
    "application/json",
    "application/json; charset=utf-16",
    "application/json; charset=nonsense",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=latin-1",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "multipart/form-data; boundary=\"\u{e9}\"",
    "multipart/mixed; boundary=x",
    "text/plain",
    "application/xml",
    "/",
    "",
];

const FIELDS: [&str; 18] = [
    "username",
    "email",
    "password",
    "password1",
    "password2",
    "new_password1",
    "new_password2",
    "uid",
    "token",
    "key",
    "first_name",
    "last_name",
    "pk",
    "is_staff",
    "is_superuser",
    "csrfmiddlewaretoken",
    "company",
    "__proto__",
];

const HEADERS: [(&str, &[&str]); 12] = [
    (
        "authorization",
        &[
            "Token",
            "Token ",
            "Token a b",
            "token dead",
            "Basic YTpi",
            "Bearer a.b.c",
            "Token \u{e9}",
            "",
            "\t",
        ],
    ),
    (
        "accept",
        &[
            "text/html",
            "*/*;q=x",
            "application/json; indent=99",
            ",,,",
            "application/json; indent=-1",
            "\u{ff}",
            "",
        ],
    ),
    (
        "cookie",
        &[
            "sessionid=",
            "sessionid=x; sessionid=y",
            "csrftoken=\u{ff}",
            "=;=;;",
            "sessionid=\"\\777\"",
            "a",
            "sessionid=%00",
        ],
    ),
    ("origin", &["null", "https://evil.example", "http://testserver", "", "https://[::1", "\u{e9}"]),
    ("referer", &["https://evil.example/", "nonsense", "http://[", "https://testserver:99999/", ""]),
    ("host", &["testserver", "evil.example", "", "a b", "[::1", "testserver:99999", "\u{e9}.example"]),
    ("x-csrftoken", &["", "short", "\u{e9}", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"]),
    ("x-request-id", &["", "a b", "\u{ff}", "<script>", "plain-id"]),
    ("x-forwarded-proto", &["https", "http, https", ""]),
    ("x-forwarded-for", &["1.2.3.4", "::1, evil", ""]),
    ("x-http-method-override", &["DELETE", "PATCH"]),
    ("content-length", &["5", "0", "99999999"]),
];

/// The request of this number.
pub fn request(number: u64, bait: &Bait) -> Request<Body> {
    let dice = &mut Dice::new(number);
    let (method, target) = if dice.once_in(4) {
        (method(dice), target(dice))
    } else {
        let (method, path) = *dice.pick(&FITTING);
        (Method::from_bytes(method.as_bytes()).expect("it is one"), Uri::from_static(path))
    };
    let mut builder = Request::builder().method(method).uri(target);
    let (content_type, body) = body(dice, bait);
    let mut headers: Vec<(&str, Vec<u8>)> = Vec::new();
    if let Some(content_type) = content_type {
        headers.push(("content-type", content_type.into_bytes()));
    }
    if dice.once_in(3) {
        headers.push(("authorization", format!("Token {}", bait.token).into_bytes()));
    }
    if dice.once_in(6) {
        headers.push(("cookie", bait.cookies.0.clone().into_bytes()));
        if dice.once_in(2) {
            headers.push(("x-csrftoken", bait.cookies.1.clone().into_bytes()));
        }
    }
    for _ in 0..dice.roll(4) {
        let (name, values) = dice.pick(&HEADERS);
        let value = match dice.roll(12) {
            0 => vec![b'x'; 1 << dice.roll(20)],
            1 => dice.bytes(40),
            _ => dice.pick(values).as_bytes().to_vec(),
        };
        headers.push((*name, value));
    }
    if !headers.iter().any(|(name, _)| *name == "host") {
        headers.push(("host", b"testserver".to_vec()));
    }
    for (name, value) in headers {
        if let (Ok(name), Ok(value)) =
            (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(&value))
        {
            builder = builder.header(name, value);
        }
    }
    builder.body(Body::from(body)).expect("each part is one of a request")
}

fn method(dice: &mut Dice) -> Method {
    let name = dice.word(&METHODS);
    let name = if dice.once_in(20) { name.to_lowercase() } else { name.to_owned() };
    Method::from_bytes(name.as_bytes()).expect("letters are a method")
}

fn target(dice: &mut Dice) -> Uri {
    let mut target = if dice.once_in(8) { dice.word(&ODD_PATHS) } else { dice.word(&PATHS) }.to_owned();
    if dice.once_in(20) {
        target.push_str(&"a".repeat(1 << dice.roll(14)));
    }
    if dice.once_in(6) && target != "*" {
        target.push_str(dice.word(&QUERIES));
    }
    target.parse().unwrap_or_else(|_| Uri::from_static("/rest-auth/login/"))
}

/// A body and the type that it is said to have.
fn body(dice: &mut Dice, bait: &Bait) -> (Option<String>, Vec<u8>) {
    let (kind, mut body) = match dice.roll(10) {
        0..=4 => ("application/json", json_object(dice, bait).into_bytes()),
        5 => ("application/x-www-form-urlencoded", form(dice, bait).into_bytes()),
        6 => ("multipart/form-data; boundary=x", multipart(dice, bait).into_bytes()),
        7 => ("application/json", json_value(dice, 3).into_bytes()),
        8 => ("application/json", dice.bytes(200)),
        _ => ("application/json", Vec::new()),
    };
    match dice.roll(14) {
        0 => body.truncate(dice.roll(body.len() + 1)),
        1 => body.insert(dice.roll(body.len() + 1), 0xff),
        2 => body.insert(dice.roll(body.len() + 1), 0),
        3 => body = "[".repeat(1 << dice.roll(17)).into_bytes(),
        4 => body = format!("{{\"username\": \"{}\"}}", "x".repeat(1 << dice.roll(21))).into_bytes(),
        5 => body = "a=b&".repeat(1 << dice.roll(13)).into_bytes(),
        _ => {}
    }
    let kind = match dice.roll(5) {
        0 => Some(dice.word(&CONTENT_TYPES).to_owned()),
        1 if dice.once_in(3) => None,
        _ => Some(kind.to_owned()),
    };
    (kind, body)
}

/// Some of it is wrong most of the time, and all of it is fine now and then.
fn json_object(dice: &mut Dice, bait: &Bait) -> String {
    if dice.once_in(4) {
        let name = format!("guest{}", dice.roll(1000));
        let wrong = if dice.once_in(3) { json_value(dice, 2) } else { format!("\"{name}\"") };
        let password = &bait.password;
        return format!(
            r#"{{"username": {wrong}, "password": "{password}", "password1": "{password}", "password2": "{password}"}}"#
        );
    }
    let fields: Vec<String> = (0..dice.roll(7))
        .map(|_| {
            let name = dice.word(&FIELDS);
            let value = match dice.roll(3) {
                0 if name.contains("password") => format!("\"{}\"", bait.password),
                0 => format!("\"{}{}\"", dice.word(&["ann", "bob", "a@b.com", ""]), dice.roll(50)),
                _ => json_value(dice, 2),
            };
            format!("\"{name}\": {value}")
        })
        .collect();
    format!("{{{}}}", fields.join(", "))
}

fn json_value(dice: &mut Dice, depth: usize) -> String {
    match dice.roll(if depth == 0 { 12 } else { 14 }) {
        0 => "null".to_owned(),
        1 => dice.word(&["true", "false", "NaN", "-Infinity"]).to_owned(),
        2 => dice.word(&["0", "-1", "1e999", "1.5", "9223372036854775808", "-0", "1e-400"]).to_owned(),
        3 => "9".repeat(1 + dice.roll(5000)),
        4 => format!("\"{}\"", "y".repeat(1 << dice.roll(13))),
        5 => dice.word(&[r#""\u0000""#, r#""\ud800""#, r#""a\u0000b""#, r#""\udfff\ud800""#]).to_owned(),
        6 => dice
            .word(&["\"\u{202e}ann\"", "\"\u{feff}\"", "\"ı@example.com\"", "\"ann@exam\u{ff50}le.com\""])
            .to_owned(),
        7 => dice
            .word(&[
                "\"a@b.com\\r\\nBcc: c@d.com\"",
                "\"' OR 1=1 --\"",
                "\"{{7*7}}\"",
                "\"<script>\"",
                "\"../../etc\"",
            ])
            .to_owned(),
        8 => dice.word(&["\"\"", "\" \"", "\"\\t\\n\"", "\"\u{3000}\""]).to_owned(),
        9 => "\"c0rrect-horse\"".to_owned(),
        10 => dice.word(&["[]", "{}", "[[]]", "{\"a\": []}"]).to_owned(),
        11 => format!("\"{}@example.com\"", "z".repeat(1 + dice.roll(300))),
        12 => {
            let items: Vec<String> = (0..dice.roll(4)).map(|_| json_value(dice, depth - 1)).collect();
            format!("[{}]", items.join(","))
        }
        _ => format!("{{\"$\": {}}}", json_value(dice, depth - 1)),
    }
}

fn text(dice: &mut Dice, name: &str, bait: &Bait) -> String {
    match dice.roll(8) {
        0 => "%00".to_owned(),
        1 => "%ff%fe".to_owned(),
        2 => "%".to_owned(),
        3 => "x".repeat(1 << dice.roll(13)),
        4 if name.starts_with("password") => bait.password.clone(),
        5 => "\u{e9}+%e9".to_owned(),
        6 => String::new(),
        _ => format!("ann{}", dice.roll(50)),
    }
}

fn form(dice: &mut Dice, bait: &Bait) -> String {
    let pairs: Vec<String> = (0..dice.roll(8))
        .map(|_| {
            let name = dice.word(&FIELDS);
            format!("{name}={}", text(dice, name, bait))
        })
        .collect();
    pairs.join(dice.word(&["&", "&&", ";"]))
}

fn multipart(dice: &mut Dice, bait: &Bait) -> String {
    let mut body = String::new();
    for _ in 0..dice.roll(6) {
        let file = if dice.once_in(4) { "; filename=\"../x.png\"" } else { "" };
        let name = dice.word(&FIELDS);
        let (value, end) = (text(dice, name, bait), dice.word(&["\r\n", "\n", ""]));
        body.push_str("--x\r\nContent-Disposition: form-data; name=\"");
        body.push_str(&[name, "\"", file, "\r\n\r\n", &value, end].concat());
    }
    body.push_str(dice.word(&["--x--\r\n", "--x--", "--x", "", "--y--\r\n"]));
    body
}

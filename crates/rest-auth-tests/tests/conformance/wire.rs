//! One request, byte for byte as a client would send it, and the cookies that clients keep.

use axum::body::Body;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE, COOKIE, HOST};
use http::{HeaderName, HeaderValue, Method};
use serde_json::Value;

use crate::scenario::Request;

const BOUNDARY: &str = "boundary-of-the-parts";

/// A request on the wire. `prefix` is where a path without a leading slash stands.
pub(crate) fn request(request: &Request, prefix: &str, cookies: &[(String, String)]) -> http::Request<Body> {
    let (method, target) = request.send.split_once(' ').expect("send is a method and a target");
    let path = if target.starts_with('/') { target.to_owned() } else { format!("{prefix}{target}") };
    let uri = if request.https { format!("https://testserver{path}") } else { path };
    let (kind, body) = body(request);
    let method = Method::from_bytes(method.as_bytes()).expect("the method is one");
    let mut built = http::Request::builder().method(method).uri(uri).body(Body::empty()).unwrap();
    let headers = built.headers_mut();
    headers.insert(HOST, HeaderValue::from_static("testserver"));
    if let Some(kind) = kind {
        headers.insert(CONTENT_TYPE, value(kind.as_bytes()));
    }
    if !body.is_empty() {
        headers.insert(CONTENT_LENGTH, body.len().into());
    }
    if !cookies.is_empty() {
        let pairs: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        headers.insert(COOKIE, value(pairs.join("; ").as_bytes()));
    }
    let text = request.headers.iter().map(|(name, value)| (name, value.as_bytes().to_vec()));
    let hex = request.headers_hex.iter().map(|(name, value)| (name, bytes(value)));
    for (name, bytes) in text.chain(hex) {
        headers.insert(HeaderName::from_bytes(name.as_bytes()).unwrap(), value(&bytes));
    }
    *built.body_mut() = Body::from(body);
    built
}

fn value(bytes: &[u8]) -> HeaderValue {
    HeaderValue::from_bytes(bytes).expect("the value can be a header's")
}

/// The type, if one is sent, and the bytes.
fn body(request: &Request) -> (Option<String>, Vec<u8>) {
    let (kind, body) = if let Some(json) = &request.json {
        (Some("application/json".to_owned()), json.to_string().into_bytes())
    } else if let Some(form) = &request.form {
        let pairs = form.iter().flat_map(|(key, value)| match value {
            Value::Array(values) => values.iter().map(|value| (key, value)).collect(),
            value => vec![(key, value)],
        });
        let pairs: Vec<String> =
            pairs.map(|(key, value)| format!("{}={}", escaped(key), escaped(&plain(value)))).collect();
        (Some("application/x-www-form-urlencoded".to_owned()), pairs.join("&").into_bytes())
    } else if let Some(fields) = &request.multipart {
        (Some(format!("multipart/form-data; boundary={BOUNDARY}")), multipart(fields).into_bytes())
    } else if let Some(hex) = &request.raw_hex {
        (Some("application/json".to_owned()), bytes(hex))
    } else if let Some(raw) = &request.raw {
        (Some("application/json".to_owned()), raw.repeat(request.raw_times).into_bytes())
    } else {
        (None, Vec::new())
    };
    match &request.content_type {
        Some(Value::String(kind)) => (Some(kind.clone()), body),
        Some(_) => (None, body),
        None => (kind, body),
    }
}

/// A text is a field, a table with `filename` and `content` a file.
fn multipart(fields: &serde_json::Map<String, Value>) -> String {
    let mut out = String::new();
    for (name, value) in fields {
        let (file, content) = match value {
            Value::Object(file) => (
                format!(
                    "; filename=\"{}\"\r\nContent-Type: application/octet-stream",
                    plain(&file["filename"])
                ),
                plain(&file["content"]),
            ),
            text => (String::new(), plain(text)),
        };
        let head = format!("Content-Disposition: form-data; name=\"{name}\"{file}");
        out.extend(["--", BOUNDARY, "\r\n", &head, "\r\n\r\n", &content, "\r\n"]);
    }
    out.extend(["--", BOUNDARY, "--\r\n"]);
    out
}

/// A value in a form: texts without quotes.
fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// As browsers escape forms.
fn escaped(text: &str) -> String {
    let escape = |byte: u8| match byte {
        b' ' => "+".to_owned(),
        b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(escape).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    rest_auth_formats::hex::decode(hex).expect("hexadecimal digits")
}

/// A client's cookies by name. Paths, domains and ages are the client's business, not ours.
#[derive(Default)]
pub(crate) struct Jar {
    pub(crate) cookies: Vec<(String, String)>,
}

impl Jar {
    /// Keeps or forgets what a `Set-Cookie` line says.
    pub(crate) fn take(&mut self, line: &str) {
        let mut parts = line.split("; ");
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap_or((line, ""));
        if parts.any(|attribute| attribute == "Max-Age=0") {
            self.cookies.retain(|(known, _)| known != name);
        } else {
            put(&mut self.cookies, name, value);
        }
    }

    /// These cookies and a request's own; `false` leaves one out.
    pub(crate) fn sent_with(&self, own: &serde_json::Map<String, Value>) -> Vec<(String, String)> {
        let mut cookies = self.cookies.clone();
        for (name, value) in own {
            match value.as_str() {
                Some(value) => put(&mut cookies, name, value),
                None => cookies.retain(|(known, _)| known != name),
            }
        }
        cookies
    }
}

fn put(cookies: &mut Vec<(String, String)>, name: &str, value: &str) {
    match cookies.iter_mut().find(|(known, _)| known == name) {
        Some((_, known)) => value.clone_into(known),
        None => cookies.push((name.to_owned(), value.to_owned())),
    }
}

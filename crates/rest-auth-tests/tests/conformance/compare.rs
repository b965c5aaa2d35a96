//! Compares what came with what is expected, and says in what it differs.
//!
//! Some things may differ everywhere, as the README says: rest-auth adds `Cache-Control: no-store` and names more
//! headers in `Vary` (W-01), it adds `X-Request-Id` and never forgets a security header, and it describes its endpoints
//! in words of its own.

use std::collections::BTreeMap;

use rest_auth::core::settings::Settings;
use rest_auth_tests::app::{Database, TestApp};
use serde_json::{Map, Value, json};

use crate::files;
use crate::placeholders::{Placeholders, with_dates};
use crate::play::{self, Heard, Played};
use crate::providers::Providers;
use crate::recording::{Answer, Expected, Recording};
use crate::scenario::{Request, Scenario};

/// Headers that every answer has, in lower case; only exceptions are recorded.
const USUAL: [(&str, &str); 4] = [
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
];

/// Headers that no recording has.
const UNRECORDED: [&str; 4] = ["date", "server", "content-length", "x-request-id"];

/// Every difference of a scenario, as lines of text.
pub(crate) fn differences(scenario: &Scenario, recording: &Recording, played: &Played) -> Vec<String> {
    let stated = scenario.users.iter().filter_map(|user| user.token.clone()).collect();
    let mut comparison = Comparison { played, placeholders: Placeholders::new(stated), found: Vec::new() };
    let paired = scenario.requests.iter().zip(&recording.answers).zip(&played.answers).enumerate();
    for (index, ((request, answer), heard)) in paired {
        comparison.answer(index + 1, request, answer, heard);
    }
    comparison.rest(scenario, recording);
    comparison.found
}

struct Comparison<'a> {
    played: &'a Played,
    placeholders: Placeholders,
    found: Vec<String>,
}

impl Comparison<'_> {
    fn answer(&mut self, number: usize, request: &Request, answer: &Answer, heard: &Heard) {
        let expected = answer.expected();
        let mut found = Vec::new();
        let includes = request.expected.as_ref().is_none_or(|expectation| expected.includes(expectation));
        if request.send != answer.request || request.deviates != answer.deviates || !includes {
            let stale = format!("{}: run peer/peer record", answer.request);
            found.push(("the recording is another request's", request.send.clone(), stale));
        }
        if expected.status != heard.status {
            found.push(("status", expected.status.to_string(), heard.status.to_string()));
        }
        self.headers(request, expected, heard, &mut found);
        let cookies = self.cookies(expected, heard);
        let wanted: Vec<String> = expected.cookies.iter().map(|line| with_dates(line, heard.now)).collect();
        if cookies != wanted {
            found.push(("cookies", wanted.join("\n"), cookies.join("\n")));
        }
        self.body(request, expected, heard, &mut found);
        let jwts = self.placeholders.new_jwts(heard.now, &expected.jwts);
        if jwts != expected.jwts {
            let text = |jwts: &BTreeMap<String, String>| {
                let lines: Vec<String> =
                    jwts.iter().map(|(number, told)| format!("{number}: {told}")).collect();
                lines.join("\n")
            };
            found.push(("tokens", text(&expected.jwts), text(&jwts)));
        }
        if !found.is_empty() {
            let mark = answer.deviates.as_ref().map(|mark| format!(" ({mark})")).unwrap_or_default();
            self.found.push(format!("-- request {number}: {}{mark}", request.send));
            self.found.extend(found.into_iter().map(shown));
        }
    }

    fn headers(
        &mut self,
        request: &Request,
        expected: &Expected,
        heard: &Heard,
        found: &mut Vec<(&'static str, String, String)>,
    ) {
        let mut wanted: BTreeMap<String, String> = USUAL
            .iter()
            .filter(|(name, _)| {
                !expected.missing_headers.iter().any(|missing| missing.eq_ignore_ascii_case(name))
            })
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        wanted
            .extend(expected.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
        let is_head = request.send.starts_with("HEAD ");
        let mut names: Vec<&String> = wanted.keys().chain(heard.headers.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            if UNRECORDED.contains(&name.as_str()) && !(is_head && name == "content-length") {
                continue;
            }
            let (wanted, ours) = (wanted.get(name), heard.headers.get(name));
            let ours = ours.map(|ours| self.placeholders.in_text(ours, wanted.map_or("", |text| text)));
            if wanted != ours.as_ref() && !is_allowed(name, wanted, ours.as_deref()) {
                let text =
                    |value: Option<&String>| format!("{name}: {}", value.map_or("(none)", |text| text));
                found.push(("header", text(wanted), text(ours.as_ref())));
            }
        }
        let length = heard.headers.get("content-length");
        let right = if heard.status == 204 { None } else { Some(heard.body.len().to_string()) };
        if !is_head && length != right.as_ref() {
            found.push(("content-length", format!("{right:?}"), format!("{length:?}")));
        }
    }

    fn cookies(&mut self, expected: &Expected, heard: &Heard) -> Vec<String> {
        let kinds = &self.played.cookie_kinds;
        let mut lines = Vec::new();
        for line in &heard.cookies {
            let name = line.split('=').next().unwrap_or_default();
            let kind = kinds.iter().find(|(known, _)| known == name).map(|(_, kind)| *kind);
            let named = |wanted: &&String| wanted.split('=').next() == Some(name);
            let wanted = expected.cookies.iter().find(named).map_or("", |wanted| wanted);
            lines.push(self.placeholders.in_set_cookie(line, kind, wanted));
        }
        lines
    }

    fn body(
        &mut self,
        request: &Request,
        expected: &Expected,
        heard: &Heard,
        found: &mut Vec<(&'static str, String, String)>,
    ) {
        let ours = String::from_utf8_lossy(&heard.body).into_owned();
        if let Some(start) = &expected.body_starts {
            let ours = self.placeholders.in_text(&ours, start);
            if !ours.starts_with(start.as_str()) {
                found.push(("body", format!("{start}…"), ours));
            }
            return;
        }
        let wanted = expected.body.clone().unwrap_or_default();
        let ours = self.placeholders.in_text(&ours, &wanted);
        let (wanted, ours) = if request.send.starts_with("OPTIONS ") {
            (without_description(&wanted), without_description(&ours))
        } else {
            (wanted, ours)
        };
        if wanted != ours {
            found.push(("body", wanted, ours));
        }
    }

    /// What is left when the requests are over.
    fn rest(&mut self, scenario: &Scenario, recording: &Recording) {
        if let Some(trouble) = &self.played.trouble {
            self.found.push(format!("-- {trouble}"));
            return;
        }
        // Whoever refuses may have asked in vain, and we ask whose a token is.
        let lets_in = recording.answers.iter().any(|answer| answer.expected().status < 400);
        if lets_in && scenario.marks().next().is_none() {
            let in_vain = |question: &&String| !self.played.asked.contains(question);
            let missing = recording.asked.iter().filter(in_vain);
            self.found.extend(missing.map(|question| format!("-- nobody was asked: {question}")));
        }
        if scenario.requests.len() != recording.answers.len() {
            let (sent, recorded) = (scenario.requests.len(), recording.answers.len());
            self.found
                .push(format!("-- {sent} requests, {recorded} answers are recorded: run peer/peer record"));
        }
        let left = scenario.left_behind.as_ref();
        let says = left.map(|left| (Some(&left.deviates), left.mails.as_ref(), left.rows.as_ref()));
        let recorded = (
            recording.deviates.as_ref(),
            recording.expected_mails.as_ref(),
            recording.expected_rows.as_ref(),
        );
        if says.unwrap_or_default() != recorded {
            self.found.push("-- left_behind is not as recorded: run peer/peer record".to_owned());
        }
        let (wanted, ours) = (recording.mails(), self.mails(&recording.mails()));
        if wanted != ours {
            let text = |mails: &[Map<String, Value>]| serde_json::to_string_pretty(mails).unwrap();
            self.found.push("-- mails".to_owned());
            self.found.push(shown(("mails", text(&wanted), text(&ours))));
        }
        let rows = self.rows(recording.rows());
        if *recording.rows() != rows {
            let text = |rows: &Value| serde_json::to_string_pretty(rows).unwrap();
            self.found.push("-- rows".to_owned());
            self.found.push(shown(("rows", text(recording.rows()), text(&rows))));
        }
    }

    /// Our rows with placeholders: those of outstanding tokens have values that differ from run to run.
    fn rows(&mut self, expected: &Value) -> Value {
        let (mut rows, now) = (self.played.rows.clone(), self.played.now);
        let tokens = rows.get_mut("outstanding").and_then(Value::as_array_mut);
        for (index, row) in tokens.into_iter().flatten().enumerate() {
            for (column, cell) in row.as_object_mut().into_iter().flatten() {
                if let Value::String(text) = cell {
                    let wanted = expected["outstanding"][index][column].as_str().unwrap_or("");
                    *text = self.placeholders.in_row(text, now, wanted);
                }
            }
        }
        rows
    }

    /// Our mails with placeholders; of each only what is expected of it.
    fn mails(&mut self, expected: &[Map<String, Value>]) -> Vec<Map<String, Value>> {
        let mut mails = Vec::new();
        for (index, mail) in self.played.mails.iter().enumerate() {
            let wanted = expected.get(index).cloned().unwrap_or_default();
            let mut mail = mail.clone();
            mail.retain(|key, _| wanted.is_empty() || wanted.contains_key(key));
            if let Some(Value::Array(lines)) = mail.get_mut("body") {
                for (number, line) in lines.iter_mut().enumerate() {
                    let wanted = wanted.get("body").and_then(|body| body[number].as_str()).unwrap_or("");
                    *line = self.placeholders.in_text(line.as_str().unwrap_or(""), wanted).into();
                }
            }
            mails.push(mail);
        }
        mails
    }
}

/// Whether a header may differ so.
fn is_allowed(name: &str, wanted: Option<&String>, ours: Option<&str>) -> bool {
    let names = |text: &str| -> Vec<String> {
        text.split(',').map(|name| name.trim().to_ascii_lowercase()).filter(|name| !name.is_empty()).collect()
    };
    let usual = USUAL.iter().find(|(known, _)| *known == name);
    match name {
        _ if usual.is_some() => wanted.is_none() && ours == usual.map(|(_, value)| *value),
        "cache-control" => wanted.is_none() && ours == Some("no-store"),
        "vary" => {
            let ours = names(ours.unwrap_or_default());
            names(wanted.map_or("", |text| text)).iter().all(|name| ours.contains(name))
        }
        _ => false,
    }
}

/// The metadata of an endpoint without the sentences that describe it.
fn without_description(body: &str) -> String {
    let Some((before, after)) = body.split_once("\"description\":") else { return body.to_owned() };
    let mut text = serde_json::Deserializer::from_str(after).into_iter::<String>();
    let length = match text.next() {
        Some(Ok(_)) => text.byte_offset(),
        _ => 0,
    };
    format!("{before}\"description\":…{}", &after[length..])
}

/// A difference for people: the two below each other, line by line where they are long.
fn shown((what, expected, ours): (&str, String, String)) -> String {
    let marked = |sign: &str, text: &str| -> String {
        let lines: Vec<String> = text.split('\n').map(|line| format!("     {sign} {line}\n")).collect();
        lines.concat()
    };
    if expected.lines().count().max(ours.lines().count()) <= 3 {
        return format!("   {what}\n{}{}", marked("-", &expected), marked("+", &ours)).trim_end().to_owned();
    }
    let (expected, ours): (Vec<&str>, Vec<&str>) =
        (expected.split('\n').collect(), ours.split('\n').collect());
    let mut out = format!("   {what}\n");
    for line in merged(&expected, &ours) {
        out += &line;
    }
    out.trim_end().to_owned()
}

/// Both texts in one, by their longest common subsequence.
fn merged(expected: &[&str], ours: &[&str]) -> Vec<String> {
    let mut longest = vec![vec![0_usize; ours.len() + 1]; expected.len() + 1];
    for (i, wanted) in expected.iter().enumerate().rev() {
        for (j, line) in ours.iter().enumerate().rev() {
            longest[i][j] = if wanted == line {
                longest[i + 1][j + 1] + 1
            } else {
                longest[i + 1][j].max(longest[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    while i < expected.len() || j < ours.len() {
        if i < expected.len() && j < ours.len() && expected[i] == ours[j] {
            lines.push(format!("       {}\n", ours[j]));
            (i, j) = (i + 1, j + 1);
        } else if j == ours.len() || (i < expected.len() && longest[i + 1][j] >= longest[i][j + 1]) {
            lines.push(format!("     - {}\n", expected[i]));
            i += 1;
        } else {
            lines.push(format!("     + {}\n", ours[j]));
            j += 1;
        }
    }
    lines
}

/// A scenario as it is played, and whether a recording of it, or of another, would be noticed.
async fn noticing(feature: &str, name: &str) -> (Value, impl Fn(&Value) -> bool) {
    let scenario = files::scenarios(feature).into_iter().find(|s| s.name == name).unwrap();
    let settings = Settings::from_table(scenario.settings.clone()).unwrap();
    let providers = Providers::new(&scenario.providers);
    let fetch = providers.clone();
    let app = Box::pin(TestApp::configured(Database::file(), settings, |builder| builder.fetch(fetch))).await;
    let played = Box::pin(play::play(&scenario, app, providers)).await;
    let file = files::folder().join(format!("recordings/{feature}.json"));
    let recorded = serde_json::from_str::<Value>(&files::read(&file)).unwrap()[name].take();
    let differs = move |recording: &Value| {
        let recording = serde_json::from_value(recording.clone()).unwrap();
        !differences(&scenario, &recording, &played).is_empty()
    };
    (recorded, differs)
}

/// The recording with something else in one place.
fn with(recorded: &Value, place: &str, value: Value) -> Value {
    let mut recording = recorded.clone();
    let (parent, key) = place.rsplit_once('/').unwrap();
    match recording.pointer_mut(parent).unwrap() {
        Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
        parent => parent[key] = value,
    }
    recording
}

#[tokio::test]
async fn whatever_differs_is_noticed() {
    let name = "the mailed key verifies the address and lets log in, once";
    let (recorded, differs) = noticing("email_verification", name).await;
    assert!(!differs(&recorded));
    let line = "/answers/3/cookies/1";
    let cookie = recorded.pointer(line).unwrap().as_str().unwrap();
    let tampered = [
        ("/answers/0/request", json!("POST login/")),
        ("/answers/0/status", json!(200)),
        ("/answers/0/body", json!("{\"detail\":\"Verification e-mail sent\"}")),
        ("/answers/1/headers/Allow", json!("POST, OPTIONS")),
        ("/answers/1/headers/Vary", json!("Accept, Cookie, Origin")),
        ("/answers/1/headers/Retry-After", json!("1")),
        ("/answers/1/missing_headers", json!(["Referrer-Policy"])),
        ("/answers/3/cookies", json!([])),
        (line, json!(cookie.replace("+1209600", "+1209601"))),
        (line, json!(cookie.replace("HttpOnly; ", ""))),
        (line, json!(cookie.replace("<session:2>", "<session:1>"))),
        ("/mails", json!([])),
        ("/mails/0/body/4", json!("To confirm this is correct, go to http://testserver/<key:2>/")),
        ("/mails/0/subject", json!("Please Confirm Your Email Address")),
        ("/rows/tokens", json!(0)),
        ("/rows/users/0/last_login", json!(null)),
        ("/deviates", json!("W-99")),
    ];
    for (place, value) in tampered {
        // Headers that the recording says are missing may be there, which is the one difference that is let pass.
        assert_eq!(differs(&with(&recorded, place, value)), !place.ends_with("missing_headers"), "{place}");
    }
}

#[tokio::test]
async fn whatever_tokens_say_otherwise_is_noticed() {
    let name = "three rotations leave three tokens of which one is alive";
    let (recorded, differs) = noticing("jwt_refresh", name).await;
    assert!(!differs(&recorded));
    let told = |place: &str| recorded.pointer(place).unwrap().as_str().unwrap().to_owned();
    let (access, refresh) = ("/answers/0/jwts/1", "/answers/2/jwts/6");
    let tampered = [
        (access, json!(told(access).replace("+300", "+301"))),
        (access, json!(told(access).replace("HS256", "HS512"))),
        (access, json!(told(access).replace("\"user_id\":\"1\"", "\"user_id\":1"))),
        (access, json!(told(access).replace("\"typ\":\"JWT\"", "\"typ\":\"jwt\""))),
        (refresh, json!(told(refresh).replace("refresh", "access"))),
        (refresh, json!(told(refresh).replace("<jti:6>", "<jti:2>"))),
        (refresh, json!(told(refresh).replace(",\"iat\":<now+0>", ""))),
        ("/answers/2/jwts", json!({})),
        ("/rows/outstanding/0/blacklisted_at", json!(false)),
        ("/rows/outstanding/3/blacklisted_at", json!("<now+0>")),
        ("/rows/outstanding/1/jti", json!("<jti:2>")),
        ("/rows/outstanding/1/token", json!("<jwt:2>")),
        ("/rows/outstanding/1/expires_at", json!("<now+86400>")),
        ("/rows/outstanding", json!([])),
    ];
    for (place, value) in tampered {
        let recording = with(&recorded, place, value);
        assert_ne!(recording, recorded, "{place}");
        assert!(differs(&recording), "{place}");
    }
}

#[tokio::test]
async fn whatever_providers_are_asked_otherwise_is_noticed() {
    let (recorded, differs) = noticing("social_login", "a code signs up who is new").await;
    assert!(!differs(&recorded));
    let told = |place: &str| recorded.pointer(place).unwrap().as_str().unwrap().to_owned();
    let tampered = [
        ("/asked/0", told("/asked/0").replace("POST", "GET")),
        ("/asked/0", told("/asked/0").replace("grant_type=authorization_code", "grant_type=code")),
        ("/asked/0", told("/asked/0").replace(" client_secret=github-secret", "")),
        ("/asked/1", told("/asked/1").replace("Authorization: token", "Authorization: Bearer")),
    ];
    for (place, question) in tampered {
        let recording = with(&recorded, place, question.into());
        assert_ne!(recording, recorded, "{place}");
        assert!(differs(&recording), "{place}");
    }
}

//! Plays one scenario: the clients' cookies, the saved values, the moving clock.

use std::collections::BTreeMap;

use http_body_util::BodyExt as _;
use regex_lite::Regex;
use rest_auth::core::model::Timestamp;
use rest_auth_tests::app::{BEGINNING, TestApp};
use serde_json::{Map, Value};
use tower::ServiceExt as _;

use crate::forgery::forge;
use crate::providers::Providers;
use crate::scenario::{Request, Scenario};
use crate::stage;
use crate::wire::{self, Jar};

/// What came of a scenario.
pub(crate) struct Played {
    pub(crate) answers: Vec<Heard>,
    pub(crate) mails: Vec<Map<String, Value>>,
    pub(crate) rows: Value,
    /// What providers were asked.
    pub(crate) asked: Vec<String>,
    /// When they were looked at.
    pub(crate) now: Timestamp,
    /// Which cookies hold a session and a CSRF secret.
    pub(crate) cookie_kinds: [(String, &'static str); 2],
    /// What kept it from being played to its end.
    pub(crate) trouble: Option<String>,
}

/// An answer as it came.
pub(crate) struct Heard {
    pub(crate) now: Timestamp,
    pub(crate) status: u16,
    /// Every header but the cookies, those of one name joined.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) cookies: Vec<String>,
    pub(crate) body: Vec<u8>,
}

/// A scenario while it is played.
struct Play<'a> {
    app: TestApp,
    providers: Providers,
    scenario: &'a Scenario,
    jars: BTreeMap<String, Jar>,
    saved: BTreeMap<String, String>,
}

/// Plays a scenario on an app that has seen nobody yet.
pub(crate) async fn play(scenario: &Scenario, app: TestApp, providers: Providers) -> Played {
    let settings = &app.app().settings;
    let cookie_kinds =
        [(settings.session.cookie_name.clone(), "session"), (settings.csrf.cookie_name.clone(), "csrf")];
    stage::add_users(&app, &scenario.users).await;
    stage::add_applications(&app, &scenario.applications).await;
    let mut play = Play { app, providers, scenario, jars: BTreeMap::new(), saved: scenario.keys.clone() };
    let (answers, trouble) = play.send_all().await;
    let mails = play.app.mailbox.sent().into_iter().map(|queued| {
        let mail = queued.mail;
        let lines: Vec<&str> = mail.text.split('\n').collect();
        let fields =
            serde_json::json!({ "from": mail.from, "to": [mail.to], "subject": mail.subject, "body": lines });
        fields.as_object().unwrap().clone()
    });
    let rows = stage::rows(&play.app, &scenario.rows, scenario.users.len() + scenario.requests.len()).await;
    let now = play.app.clock.now();
    Played {
        answers,
        mails: mails.collect(),
        rows,
        asked: play.providers.asked(),
        now,
        cookie_kinds,
        trouble,
    }
}

impl Play<'_> {
    async fn send_all(&mut self) -> (Vec<Heard>, Option<String>) {
        let scenario = self.scenario;
        let mut answers = Vec::new();
        for request in &scenario.requests {
            let heard = self.send(request).await;
            self.app.deliver().await;
            let saved = self.save(request, &heard);
            answers.push(heard);
            if let Err(trouble) = saved {
                return (answers, Some(trouble));
            }
        }
        (answers, None)
    }

    async fn send(&mut self, request: &Request) -> Heard {
        stage::change_users(&self.app, &request.before).await;
        self.app.clock.advance(request.after_seconds);
        let now = self.app.clock.now();
        let mut no_jar = Jar::default();
        let jar = match jar_of(request) {
            Some(name) => self.jars.entry(name).or_default(),
            None => &mut no_jar,
        };
        let of_jar = jar.cookies.iter().map(|(name, value)| (format!("cookie.{name}"), value.clone()));
        let mut variables: BTreeMap<String, String> = of_jar.chain(self.saved.clone()).collect();
        for (name, forgery) in &request.forge {
            let token = forge(&forgery.filled(&variables), secret_of(self.scenario), now);
            variables.insert(name.clone(), token.clone());
            self.saved.insert(name.clone(), token);
        }
        self.providers.set_variables(&variables);
        let filled = request.filled(&variables);
        let cookies = jar.sent_with(&filled.cookies);
        let prefix = &self.app.app().settings.http.prefix;
        let sent = wire::request(&filled, prefix, &cookies);
        let answer = self.app.site.clone().oneshot(sent).await.expect("the site never fails");
        let heard = hear(now, answer).await;
        heard.cookies.iter().for_each(|line| jar.take(line));
        heard
    }

    fn save(&mut self, request: &Request, heard: &Heard) -> Result<(), String> {
        for (name, source) in &request.save {
            let found = self.find(source, request, heard);
            match found {
                Some(value) => {
                    self.saved.insert(name.clone(), value);
                }
                // What only upstream's answer lacks, or ours, is not used afterwards.
                None if request.deviates.is_some() => {}
                None => return Err(format!("{}: nothing to save for {name} = {source:?}", request.send)),
            }
        }
        Ok(())
    }

    fn find(&self, source: &str, request: &Request, heard: &Heard) -> Option<String> {
        let (place, rest) = source.split_once('.')?;
        match place {
            "body" => {
                let body: Value = serde_json::from_slice(&heard.body).ok()?;
                let value = rest.split('.').try_fold(&body, |value, key| value.get(key))?;
                Some(value.as_str().map_or_else(|| value.to_string(), str::to_owned))
            }
            "cookie" => {
                let jar = self.jars.get(&jar_of(request)?)?;
                jar.cookies.iter().find(|(name, _)| name == rest).map(|(_, value)| value.clone())
            }
            "mail" => {
                let pattern = Regex::new(rest).expect("the pattern is one");
                let mails = self.app.mailbox.sent();
                let found = pattern.captures(&mails.last()?.mail.text)?;
                Some(found.get(1)?.as_str().to_owned())
            }
            _ => panic!("{source:?} is no place to save from"),
        }
    }
}

/// What signs a deployment's tokens, unless that is a key pair.
fn secret_of(scenario: &Scenario) -> &str {
    let settings = &scenario.settings;
    let own = settings.get("simple_jwt").and_then(|section| section.get("signing_key"));
    own.or_else(|| settings.get("secret_key")).and_then(toml::Value::as_str).expect("there is a secret")
}

/// Which client's cookies a request has: those of `"browser"` unless it says otherwise.
fn jar_of(request: &Request) -> Option<String> {
    match &request.jar {
        None => Some("browser".to_owned()),
        Some(name) => name.as_str().map(str::to_owned),
    }
}

async fn hear(now: Timestamp, answer: axum::response::Response) -> Heard {
    let (head, body) = answer.into_parts();
    let body = body.collect().await.expect("the body comes whole").to_bytes().to_vec();
    let mut headers: BTreeMap<String, String> = BTreeMap::new();
    let mut cookies = Vec::new();
    for (name, value) in &head.headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        if name == http::header::SET_COOKIE {
            cookies.push(value);
        } else {
            let known = headers.entry(name.to_string()).or_default();
            *known = if known.is_empty() { value } else { format!("{known}, {value}") };
        }
    }
    Heard { now, status: head.status.as_u16(), headers, cookies, body }
}

/// The clock of `base.toml` and the one of a [`TestApp`] are the same.
#[test]
fn scenarios_begin_when_they_were_recorded() {
    let clock = crate::files::clock();
    let beginning = BEGINNING.http_date();
    assert_eq!(
        (clock.as_str(), beginning.as_str()),
        ("2026-01-15T12:00:00+00:00", "Thu, 15 Jan 2026 12:00:00 GMT")
    );
}

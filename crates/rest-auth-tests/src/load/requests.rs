//! What clients ask, and what they must be answered.

use std::net::SocketAddr;
use std::time::Duration;

use super::Failure;
use super::connection::Answer;
use super::crowd::{Outcome, Visitor};
use crate::population::{Population, Sequence, password, token, username};

/// Asks for the details of one user after another, in no order. What it asks is written before it begins, so that it
/// takes no more of the machine than a client of the bare route.
pub(super) struct Details {
    /// Requests, and the bodies of their answers.
    script: Vec<(Vec<u8>, String)>,
    /// The next one.
    place: usize,
}

/// Users that a client knows. All clients together know thousands.
const SCRIPT: usize = 256;

/// Logs one user after another in, in no order.
pub(super) struct Login {
    users: Users,
    request: Vec<u8>,
}

/// Asks the bare route, which always answers the same.
pub(super) struct Bare {
    request: Vec<u8>,
    body: String,
}

/// Who is asked for.
struct Users {
    population: Population,
    host: SocketAddr,
    random: Sequence,
    /// The user of the last request.
    number: u32,
}

impl Users {
    fn new(population: Population, host: SocketAddr, seed: u32) -> Self {
        Self { population, host, random: Sequence::new(seed), number: 0 }
    }

    fn next(&mut self) -> u32 {
        self.number = self.random.below(self.population.users);
        self.number
    }
}

impl Details {
    pub(super) fn new(population: Population, host: SocketAddr, client: u32) -> Self {
        let mut users = Users::new(population, host, client);
        let mut line = || {
            let number = users.next();
            (details_request(host, number), population.details(number))
        };
        Self { script: std::iter::repeat_with(&mut line).take(SCRIPT).collect(), place: SCRIPT - 1 }
    }
}

impl Visitor for Details {
    fn request(&mut self) -> &[u8] {
        self.place = (self.place + 1) % self.script.len();
        &self.script[self.place].0
    }

    fn judge(&self, answer: &Answer<'_>) -> Result<Outcome, Failure> {
        expect(answer, &self.script[self.place].1)
    }
}

impl Login {
    pub(super) fn new(population: Population, host: SocketAddr, client: u32) -> Self {
        // Another sequence than that of the details.
        Self { users: Users::new(population, host, client + 1_000_000), request: Vec::new() }
    }
}

impl Visitor for Login {
    fn request(&mut self) -> &[u8] {
        let (number, host) = (self.users.next(), self.users.host);
        let body = format!(r#"{{"username":"{}","password":"{}"}}"#, username(number), password(number));
        let length = body.len();
        self.request = format!(
            "POST /rest-auth/login/ HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\naccept: application/json\r\n\r\n{body}"
        )
        .into_bytes();
        &self.request
    }

    fn judge(&self, answer: &Answer<'_>) -> Result<Outcome, Failure> {
        match (answer.status, answer.retry_after) {
            (503, Some(seconds)) => Ok(Outcome::Refused(Duration::from_secs(seconds))),
            _ => expect(answer, &format!(r#"{{"key":"{}"}}"#, token(self.users.number))),
        }
    }
}

impl Bare {
    /// A request as long as the one that it is compared with.
    pub(super) fn new(host: SocketAddr, body: String) -> Self {
        let request = String::from_utf8_lossy(&details_request(host, 0)).replace("/rest-auth/user/", "/");
        Self { request: request.into_bytes(), body }
    }
}

impl Visitor for Bare {
    fn request(&mut self) -> &[u8] {
        &self.request
    }

    fn judge(&self, answer: &Answer<'_>) -> Result<Outcome, Failure> {
        expect(answer, &self.body)
    }
}

/// `GET user/` of a user, with the user's token.
pub(super) fn details_request(host: SocketAddr, number: u32) -> Vec<u8> {
    let token = token(number);
    format!(
        "GET /rest-auth/user/ HTTP/1.1\r\nhost: {host}\r\nauthorization: Token {token}\r\n\
         accept: application/json\r\n\r\n"
    )
    .into_bytes()
}

/// Served means: 200, and exactly this body.
pub(super) fn expect(answer: &Answer<'_>, body: &str) -> Result<Outcome, Failure> {
    if answer.status == 200 && answer.body == body.as_bytes() {
        Ok(Outcome::Served)
    } else {
        Err(format!("expected 200 {body}, was answered {}", answer.describe()).into())
    }
}

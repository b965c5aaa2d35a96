//! JSON web tokens: made here with the server's secret, verified, used and exchanged there.

use std::cell::RefCell;
use std::net::SocketAddr;

use rest_auth_core::model::Timestamp;
use rest_auth_formats::jwt::{Algorithm, Lifetimes, Mint, Rules, SigningKey, TokenId, TokenKind, TokenUser};
use serde_json::Value;

use super::Failure;
use super::bare::Model;
use super::connection::Answer;
use super::crowd::{Outcome, Visitor};
use super::requests::expect;
use crate::population::{Population, Sequence};

/// The secret of the server and of this program.
pub(super) const SECRET: &str = "a secret of the load program, known to everybody";
/// How many tokens clients take turns with.
const TOKENS: u32 = 1000;

/// The settings that a server needs for these clients, beside those of the others.
pub(super) const SETTINGS: &str = "
[rest_auth]
use_jwt = true
session_login = false
jwt_auth_httponly = false
[simple_jwt]
access_token_lifetime = \"1d\"
rotate_refresh_tokens = true
blacklist_after_rotation = true
refresh_token_families = true
";

/// Signs tokens of users.
pub(super) struct Signer {
    key: SigningKey,
    rules: Rules,
    lifetimes: Lifetimes,
    now: Timestamp,
}

impl Signer {
    pub(super) fn new() -> Result<Self, Failure> {
        let lifetimes = Lifetimes { access: 86_400, ..Lifetimes::default() };
        let now = rest_auth_core::Clock::System.now();
        Ok(Self { key: SigningKey::new(Algorithm::Hs256, SECRET)?, rules: Rules::default(), lifetimes, now })
    }

    fn sign(&self, kind: TokenKind, population: Population, number: u32) -> String {
        let mint = Mint { rules: &self.rules, lifetimes: &self.lifetimes, now: self.now };
        let mut random = Sequence::new(number);
        let id = [random.draw().to_be_bytes(), random.draw().to_be_bytes()].concat();
        let id = TokenId::from_random(id.try_into().expect("two numbers of eight bytes are sixteen"));
        let user = population.id(number).to_string();
        let user = TokenUser { id: &user, password: None };
        mint.sign(mint.for_user(kind, &user, id), &self.key)
    }

    /// Access tokens of many users.
    pub(super) fn access(&self, population: Population) -> Vec<(u32, String)> {
        let users = 0..TOKENS.min(population.users);
        users.map(|number| (number, self.sign(TokenKind::Access, population, number))).collect()
    }

    /// A refresh token for a client, which nobody has used before.
    pub(super) fn refresh(&self, population: Population, client: u32) -> String {
        self.sign(TokenKind::Refresh, population, client % population.users)
    }
}

/// Presents one token after another, in the header or in the body, and expects what each must be answered.
pub(super) struct Present {
    requests: Vec<(Vec<u8>, String)>,
    last: usize,
}

impl Present {
    fn new(requests: Vec<(Vec<u8>, String)>, client: u32) -> Self {
        // Clients begin at different places.
        let last = client as usize * 7 % requests.len();
        Self { requests, last }
    }

    /// `token/verify/`.
    pub(super) fn to_verify(host: SocketAddr, tokens: &[(u32, String)], client: u32) -> Self {
        let request = |(_, token): &(u32, String)| (verify_request(host, token), "{}".to_owned());
        Self::new(tokens.iter().map(request).collect(), client)
    }

    /// `GET user/` with a token in the header.
    pub(super) fn to_user(
        host: SocketAddr,
        population: Population,
        tokens: &[(u32, String)],
        client: u32,
    ) -> Self {
        let request = |(number, token): &(u32, String)| {
            (get_request(host, "/rest-auth/user/", token), population.details(*number))
        };
        Self::new(tokens.iter().map(request).collect(), client)
    }

    /// A host's route that wants the claims, or one that wants nothing and is asked the same.
    pub(super) fn to_route(
        host: SocketAddr,
        path: &str,
        tokens: &[(u32, String)],
        model: &Model,
        client: u32,
    ) -> Self {
        let request = |(_, token): &(u32, String)| (get_request(host, path, token), model.body.clone());
        Self::new(tokens.iter().map(request).collect(), client)
    }

    /// The bare route, with requests as those to verify.
    pub(super) fn to_bare(host: SocketAddr, tokens: &[(u32, String)], model: &Model, client: u32) -> Self {
        let request = |(_, token): &(u32, String)| {
            let request = String::from_utf8_lossy(&verify_request(host, token)).into_owned();
            (request.replace("POST /rest-auth/token/verify/ ", "POST / ").into_bytes(), model.body.clone())
        };
        Self::new(tokens.iter().map(request).collect(), client)
    }
}

impl Visitor for Present {
    fn request(&mut self) -> &[u8] {
        self.last = (self.last + 1) % self.requests.len();
        &self.requests[self.last].0
    }

    fn judge(&self, answer: &Answer<'_>) -> Result<Outcome, Failure> {
        expect(answer, &self.requests[self.last].1)
    }
}

/// Exchanges a refresh token, and then the one that it got, and so on.
pub(super) struct Refresh {
    host: SocketAddr,
    token: RefCell<String>,
    request: Vec<u8>,
}

impl Refresh {
    pub(super) fn new(host: SocketAddr, token: String) -> Self {
        Self { host, token: RefCell::new(token), request: Vec::new() }
    }
}

impl Visitor for Refresh {
    fn request(&mut self) -> &[u8] {
        let body = format!(r#"{{"refresh":"{}"}}"#, self.token.borrow());
        self.request = post_request(self.host, "/rest-auth/token/refresh/", &body);
        &self.request
    }

    fn judge(&self, answer: &Answer<'_>) -> Result<Outcome, Failure> {
        let body: Value = serde_json::from_slice(answer.body).unwrap_or_default();
        match (answer.status, body["refresh"].as_str()) {
            (200, Some(token)) if *token != *self.token.borrow() => {
                self.token.replace(token.to_owned());
                Ok(Outcome::Served)
            }
            _ => Err(format!("expected another refresh token, was answered {}", answer.describe()).into()),
        }
    }
}

/// A token to be verified.
pub(super) fn verify_request(host: SocketAddr, token: &str) -> Vec<u8> {
    post_request(host, "/rest-auth/token/verify/", &format!(r#"{{"token":"{token}"}}"#))
}

fn post_request(host: SocketAddr, path: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         accept: application/json\r\n\r\n{body}"
    )
    .into_bytes()
}

/// A request with a token in the header.
pub(super) fn get_request(host: SocketAddr, path: &str, token: &str) -> Vec<u8> {
    format!(
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\naccept: application/json\r\n\r\n"
    )
    .into_bytes()
}

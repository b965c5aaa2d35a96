//! What clients ask, and what they must be answered.

use std::net::SocketAddr;

use super::Failure;
use super::connection::{Answer, Connection};
use super::crowd::Outcome;
use crate::population::{Population, Sequence, password, token, username};

/// What to ask of whom.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ask {
    pub(super) population: Population,
    pub(super) host: SocketAddr,
}

impl Ask {
    /// Asks for the details of one user after another, in no order.
    pub(super) fn details(
        self,
        client: u32,
    ) -> impl FnMut(&mut Connection) -> Result<Outcome, Failure> + Send {
        let Self { population, host } = self;
        let mut random = Sequence::new(client);
        move |connection| {
            let number = random.below(population.users);
            let request = details_request(host, number);
            expect(&connection.ask(&request)?, &population.details(number))
        }
    }

    /// Logs one user after another in, in no order.
    pub(super) fn login(self, client: u32) -> impl FnMut(&mut Connection) -> Result<Outcome, Failure> + Send {
        let Self { population, host } = self;
        let mut random = Sequence::new(client + 1_000_000);
        move |connection| {
            let number = random.below(population.users);
            let body = format!(r#"{{"username":"{}","password":"{}"}}"#, username(number), password(number));
            let request = format!(
                "POST /rest-auth/login/ HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n\
                 content-length: {}\r\naccept: application/json\r\n\r\n{body}",
                body.len()
            );
            let answer = connection.ask(request.as_bytes())?;
            match (answer.status, answer.retry_after) {
                (503, Some(seconds)) => Ok(Outcome::Refused(seconds)),
                _ => expect(&answer, &format!(r#"{{"key":"{}"}}"#, token(number))),
            }
        }
    }
}

/// `GET user/` of a user, with the user's token.
pub(super) fn details_request(host: SocketAddr, number: u32) -> Vec<u8> {
    format!(
        "GET /rest-auth/user/ HTTP/1.1\r\nhost: {host}\r\nauthorization: Token {}\r\n\
         accept: application/json\r\n\r\n",
        token(number)
    )
    .into_bytes()
}

/// As long as the request that it is compared with.
pub(super) fn bare_request(host: SocketAddr) -> Vec<u8> {
    let request = String::from_utf8_lossy(&details_request(host, 0)).replace("/rest-auth/user/", "/");
    request.into_bytes()
}

/// Served means: 200, and exactly this body.
pub(super) fn expect(answer: &Answer<'_>, body: &str) -> Result<Outcome, Failure> {
    if answer.status == 200 && answer.body == body.as_bytes() {
        Ok(Outcome::Served)
    } else {
        Err(format!("expected 200 {body}, was answered {}", answer.describe()).into())
    }
}

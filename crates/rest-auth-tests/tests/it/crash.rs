//! `kill -9` in the middle of everything: what was answered is there after the next start, and nothing is there by half.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rest_auth_tests::app::Rows;
use rest_auth_tests::postgres;
use rest_auth_tests::process::{Answer, Deployment, Server, wait_until};

const REGISTRATIONS: usize = 500;
const CLIENTS: usize = 8;
/// So many have been answered when the process is killed.
const KILL_AFTER: usize = 200;
const PASSWORD: &str = "c0rrect-horse";

const CONFIGURATION: &str = "secret_key = \"kGJ4b1oQz7YwqkPZx0n2Yk1lq1cVQm8f3mYvJ6p9a5E\"\n\
                             [email]\nbackend = \"file\"\nfile_path = \"mails\"\n";

/// Signs somebody up; nothing where the server is gone.
fn sign_up(address: SocketAddr, name: &str) -> Option<Answer> {
    let form =
        format!("username={name}&email={name}%40example.org&password1={PASSWORD}&password2={PASSWORD}");
    let mut stream = TcpStream::connect(address).ok()?;
    let request = format!(
        "POST /rest-auth/registration/ HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(request.as_bytes()).ok()?;
    Some(Answer::read(stream))
}

/// Many clients sign up one account after another until all are done or the server is gone; `kill` is called on the
/// way. Who was told that they are in: the name and the token.
fn crowd(server: &Server, kill: bool) -> Vec<(String, String)> {
    let (next, acknowledged) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..CLIENTS {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::SeqCst);
                    let name = format!("guest{number}");
                    if number >= REGISTRATIONS {
                        return;
                    }
                    let Some(answer) = sign_up(server.address(), &name) else { return };
                    if answer.status == 201 {
                        // An answer that was cut off has no whole token: nobody was told anything.
                        if let Some(key) = answer.body.split('"').nth(3).filter(|key| key.len() == 40) {
                            acknowledged.lock().unwrap().push((name, key.to_owned()));
                        }
                    } else {
                        assert!(matches!(answer.status, 0 | 400), "{}: {}", answer.status, answer.body);
                    }
                }
            });
        }
        if kill {
            wait_until(|| acknowledged.lock().unwrap().len() >= KILL_AFTER);
            server.signal("KILL");
        }
    });
    acknowledged.into_inner().unwrap()
}

/// The first column of a query.
fn texts(runtime: &tokio::runtime::Runtime, rows: &Rows, sql: &str) -> BTreeSet<String> {
    runtime.block_on(rows.texts(sql)).into_iter().collect()
}

fn survive(deployment: &Deployment, rows: &Rows) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let server = deployment.serve();
    let acknowledged = crowd(&server, true);
    server.wait();
    assert!((KILL_AFTER..REGISTRATIONS).contains(&acknowledged.len()), "{}", acknowledged.len());
    drop(server);

    let server = deployment.serve();
    let users = texts(&runtime, rows, "SELECT username FROM auth_user");
    let tokens = texts(&runtime, rows, "SELECT \"key\" FROM authtoken_token");
    for (name, key) in &acknowledged {
        assert!(users.contains(name), "{name} was told to be in");
        assert!(tokens.contains(key), "{name}'s token was handed out");
    }
    // Whoever is there is there as a whole.
    let addresses = texts(&runtime, rows, "SELECT email FROM account_emailaddress");
    let expected: BTreeSet<String> = users.iter().map(|name| format!("{name}@example.org")).collect();
    assert_eq!((addresses, tokens.len()), (expected.clone(), users.len()));
    let sessions = runtime.block_on(rows.count("django_session"));
    assert_eq!(sessions, users.len() as u64);

    // Everybody else gets in now, and whoever is in is told that the name is taken.
    let later = crowd(&server, false);
    assert_eq!(later.len() + users.len(), REGISTRATIONS);
    let everybody = texts(&runtime, rows, "SELECT username FROM auth_user");
    assert_eq!(everybody.len(), REGISTRATIONS);

    // Every mail leaves, but for the few that the killed process had in hand: their locks run out later.
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0), "{}", server.errors());
    let waiting = texts(&runtime, rows, "SELECT recipient FROM rest_auth_outbox");
    assert!(waiting.len() <= 8, "{waiting:?}\n{}", server.errors());
    let mailed = deployment.files("mails");
    let mailed = mailed.iter().filter_map(|mail| mail.lines().find_map(|line| line.strip_prefix("To: ")));
    let mailed: BTreeSet<String> = mailed.map(str::to_owned).chain(waiting).collect();
    let expected: BTreeSet<String> = everybody.iter().map(|name| format!("{name}@example.org")).collect();
    assert_eq!(mailed, expected);
}

#[test]
fn a_kill_during_five_hundred_registrations_loses_none_that_was_answered_on_sqlite() {
    let deployment = Deployment::new(CONFIGURATION).with_fast_hashes();
    let rows = Rows::of(&format!("sqlite://{}", deployment.path().join("rest-auth.sqlite3").display()));
    survive(&deployment, &rows);
}

#[test]
fn a_kill_during_five_hundred_registrations_loses_none_that_was_answered_on_postgresql() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let Some(url) = runtime.block_on(postgres::database()) else { return };
    let deployment = Deployment::new(CONFIGURATION).with_fast_hashes().with("REST_AUTH__DATABASE__URL", &url);
    survive(&deployment, &Rows::of(&url));
}

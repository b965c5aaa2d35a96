//! The binary as people run it: start, signals, a database that comes and goes, and nothing lost at the end.

use std::time::Duration;

use rest_auth_tests::postgres::{Cluster, Durability};
use rest_auth_tests::process::{Answer, Deployment, free_address, wait_until};
use tokio::time::Instant;

const REGISTRATION: &str = "/rest-auth/registration/";
const LOGIN: &str = "/rest-auth/login/";
const PASSWORD: &str = "Planted-Horse-42";
const SECRET: &str = "kGJ4b1oQz7YwqkPZx0n2Yk1lq1cVQm8f3mYvJ6p9a5E";

/// Mails in files, where a test can see them.
fn configuration() -> String {
    format!("secret_key = \"{SECRET}\"\n[email]\nbackend = \"file\"\nfile_path = \"mails\"\n")
}

fn deployment() -> Deployment {
    Deployment::new(&configuration()).with_fast_hashes()
}

fn sign_up(name: &str) -> String {
    format!("username={name}&email={name}%40example.org&password1={PASSWORD}&password2={PASSWORD}")
}

fn log_in(name: &str) -> String {
    format!("username={name}&password={PASSWORD}")
}

#[test]
fn without_a_configuration_it_serves_from_a_file_in_the_folder_and_warns_of_its_secret() {
    let deployment = Deployment::new("").with_fast_hashes();
    let server = deployment.serve();
    assert!(server.errors().contains("a development secret is drawn"), "{}", server.errors());
    assert_eq!((server.get("/healthz").status, server.get("/readyz").status), (200, 200));
    assert_eq!(server.post(REGISTRATION, &sign_up("ann")).status, 201);
    assert_eq!(server.post(LOGIN, &log_in("ann")).status, 200);
    server.wait_for_line(|line| line == "To: ann@example.org");
    assert!(deployment.path().join("rest-auth.sqlite3").is_file());
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0), "{}", server.errors());
}

#[test]
fn a_signal_ends_it_after_the_requests_and_mails_under_way() {
    for signal in ["TERM", "INT"] {
        // Hashes of full length: the request is still under way when the signal comes.
        let deployment = Deployment::new(&configuration());
        let server = deployment.serve();
        let under_way = server.send_post(REGISTRATION, &sign_up("ann"));
        std::thread::sleep(Duration::from_millis(150));
        let idle = server.send("");
        server.signal(signal);
        let answer = Answer::read(under_way);
        assert_eq!(answer.status, 201, "{signal}: {}", server.errors());
        assert_eq!(server.wait().code(), Some(0), "{signal}: {}", server.errors());
        let mails = deployment.files("mails");
        assert_eq!(mails.len(), 1, "{signal}: {}", server.errors());
        assert!(mails[0].contains("To: ann@example.org"));
        drop(idle);
    }
}

#[test]
fn what_was_answered_survives_a_kill_and_its_mail_is_sent_after_the_next_start() {
    // A mail server that nobody has started.
    let closed = free_address().port();
    let away = format!("secret_key = \"{SECRET}\"\n[email]\nbackend = \"smtp\"\nport = {closed}\n");
    let deployment = Deployment::new(&away).with_fast_hashes();
    let server = deployment.serve();
    assert_eq!(server.post(REGISTRATION, &sign_up("ann")).status, 201, "{}", server.errors());
    server.signal("KILL");
    server.wait();
    assert_eq!(deployment.files("mails").len(), 0);
    deployment.configure(&configuration());
    let server = deployment.serve();
    assert_eq!(server.post(LOGIN, &log_in("ann")).status, 200);
    wait_until(|| !deployment.files("mails").is_empty());
    assert_eq!(deployment.files("mails").len(), 1, "{}", server.errors());
}

#[test]
fn a_taken_port_is_one_clear_line() {
    let deployment = deployment();
    let server = deployment.serve();
    let done = deployment.run(&["serve", "--listen", &server.address().to_string()], &[]);
    assert_eq!((done.status.code(), done.output.as_str()), (Some(1), ""));
    let lines: Vec<&str> = done.errors.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(lines.len(), 1, "{}", done.errors);
    assert!(lines[0].contains("another process listens there"), "{}", lines[0]);
}

#[test]
fn a_wrong_configuration_is_a_line_for_each_mistake_and_status_1() {
    let deployment = Deployment::new("[account]\nemail_verificaton = \"none\"\n[http]\nprefix = 3\n");
    for command in ["serve", "check", "migrate", "createsuperuser"] {
        let done = deployment.run(&[command], &[]);
        assert_eq!(done.status.code(), Some(1), "{command}");
        assert_eq!(
            done.errors,
            "error: rest-auth.toml:2:1: account.email_verificaton: unknown key; did you mean `email_verification`?\n\
             error: rest-auth.toml:4:1: http.prefix: invalid type: integer `3`, expected a string\n",
            "{command}"
        );
    }
}

#[test]
fn two_processes_that_start_on_one_new_database_both_serve_it() {
    let deployment = deployment();
    let (one, two) = std::thread::scope(|scope| {
        let one = scope.spawn(|| deployment.serve());
        let two = scope.spawn(|| deployment.serve());
        (one.join().unwrap(), two.join().unwrap())
    });
    assert_eq!(one.post(REGISTRATION, &sign_up("ann")).status, 201, "{}", one.errors());
    assert_eq!(two.post(LOGIN, &log_in("ann")).status, 200, "{}", two.errors());
}

#[test]
fn a_superuser_of_the_command_line_logs_in_beside_a_running_server_and_changes_the_password() {
    let deployment = deployment();
    let server = deployment.serve();
    let done = deployment.run(&["createsuperuser"], &["ann", "ann@example.org", PASSWORD, PASSWORD]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(server.post(LOGIN, &log_in("ann")).status, 200);
    let done = deployment.run(&["changepassword", "ann"], &["Another-Horse-43"]);
    assert_eq!(done.status.code(), Some(0), "{done:?}");
    assert_eq!(server.post(LOGIN, &log_in("ann")).status, 400);
    assert_eq!(server.post(LOGIN, "username=ann&password=Another-Horse-43").status, 200);
}

#[test]
fn s_53_s_100_hostile_requests_end_their_connection_and_nothing_else() {
    let deployment = deployment();
    let server = deployment.serve();
    let mebibyte = "a".repeat(1 << 20);
    for hostile in [
        format!("GET /rest-auth/user/ HTTP/1.1\r\nhost: x\r\nauthorization: Token {mebibyte}\r\n\r\n"),
        format!("GET /rest-auth/user/ HTTP/1.1\r\nhost: x\r\ncookie: sessionid={mebibyte}\r\n\r\n"),
        format!("GET /{mebibyte} HTTP/1.1\r\nhost: x\r\n\r\n"),
        format!("GET / HTTP/1.1\r\n{}\r\n\r\n", "x: y\r\n".repeat(100_000)),
        format!("{mebibyte}{mebibyte}"),
    ] {
        let answer = Answer::read(server.send(&hostile));
        assert!(matches!(answer.status, 0 | 400 | 414 | 431), "{}: {}", answer.status, answer.body);
    }
    assert_eq!(server.get("/readyz").status, 200);
    assert!(!server.errors().contains("panicked"), "{}", server.errors());
}

#[test]
fn s_15_no_log_line_has_a_password_a_token_or_the_secret() {
    let deployment = deployment().with("REST_AUTH_LOG", "trace");
    let server = deployment.serve();
    let answer = server.post(REGISTRATION, &sign_up("ann"));
    let token = answer.body.split('"').nth(3).unwrap().to_owned();
    server.post(LOGIN, &log_in("ann"));
    server.post(LOGIN, "username=ann&password=Planted-Wrong-42");
    server.post("/rest-auth/logout/", "");
    server.signal("TERM");
    server.wait();
    let log = server.errors();
    assert!(log.contains("INSERT INTO"), "the log is detailed");
    for planted in [PASSWORD, "Planted-Wrong-42", &token, SECRET, "sessionid="] {
        let line = log.lines().find(|line| line.contains(planted));
        assert_eq!(line, None, "{planted}");
    }
}

#[test]
fn a_database_that_is_away_at_the_start_is_waited_for() {
    let Some(mut cluster) = Cluster::start(Durability::None) else { return };
    let url = tokio::runtime::Runtime::new().unwrap().block_on(cluster.database());
    cluster.stop();
    let deployment = deployment().with("REST_AUTH__DATABASE__URL", &url);
    let address = free_address();
    let server = deployment.serve_at(address);

    assert_eq!(server.get("/healthz").status, 200);
    assert_eq!(server.get("/readyz").status, 503);
    let answer = server.post(LOGIN, &log_in("ann"));
    assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{}", answer.body);
    assert_eq!(
        answer.body,
        r#"{"detail":"The service is temporarily unavailable. Please try again shortly."}"#
    );
    assert!(server.errors().contains("waiting for the database"), "{}", server.errors());
    assert!(!server.errors().contains("postgres@"), "an address may have a password in it");

    cluster.go().unwrap();
    server.wait_for_line(|line| line.contains(" listens on "));
    assert_eq!(server.get("/readyz").status, 200);
    assert_eq!(server.post(REGISTRATION, &sign_up("ann")).status, 201, "{}", server.errors());

    cluster.stop();
    wait_until(|| server.get("/readyz").status == 503);
    let since = Instant::now();
    let answer = server.post(LOGIN, &log_in("ann"));
    assert_eq!(answer.status, 503, "{}", server.errors());
    assert!(answer.header("retry-after").is_some());
    assert!(since.elapsed() < Duration::from_secs(5), "nobody waits long for a database that is away");
    assert_eq!(server.get("/healthz").status, 200);

    cluster.go().unwrap();
    wait_until(|| server.get("/readyz").status == 200);
    assert_eq!(server.post(LOGIN, &log_in("ann")).status, 200, "{}", server.errors());
}

#[test]
fn a_server_that_waits_for_its_database_ends_at_once() {
    let Some(mut cluster) = Cluster::start(Durability::None) else { return };
    let url = cluster.url("postgres");
    cluster.stop();
    let deployment = deployment().with("REST_AUTH__DATABASE__URL", &url);
    let address = free_address();
    let server = deployment.serve_at(address);
    let since = Instant::now();
    server.signal("TERM");
    assert_eq!(server.wait().code(), Some(0), "{}", server.errors());
    assert!(since.elapsed() < Duration::from_secs(5), "{:?}", since.elapsed());
}

#[test]
fn a_database_that_cannot_be_used_refuses_to_start_with_its_place() {
    let deployment = deployment();
    std::fs::write(deployment.path().join("rest-auth.sqlite3"), "no database at all ".repeat(100)).unwrap();
    let done = deployment.run(&["serve", "--listen", "127.0.0.1:0"], &[]);
    assert_eq!((done.status.code(), done.output.as_str()), (Some(1), ""), "{done:?}");
    let lines: Vec<&str> = done.errors.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(lines.len(), 1, "{}", done.errors);
    assert!(lines[0].starts_with("error: database.url: the database failed: "), "{}", lines[0]);
}

//! The SMTP side, against a server that behaves and misbehaves.

use std::time::Duration;

use rest_auth_core::mail::{Mail, MailError, Mailer};
use rest_auth_core::model::{Secret, Timestamp};
use rest_auth_core::settings::{Email, OrFalse, Seconds};
use rest_auth_core::store::QueuedMail;
use rest_auth_outbound::SmtpMailer;
use rest_auth_tests::smtp::{Conduct, Encryption, SmtpServer, Stage, authority};
use tokio::time::Instant;

fn settings(server: &SmtpServer) -> Email {
    Email { host: "127.0.0.1".to_owned(), port: server.port(), timeout: Seconds(1), ..Email::default() }
}

fn mailer(server: &SmtpServer) -> SmtpMailer {
    SmtpMailer::new(&settings(server)).expect("the settings are sound")
}

fn mail(id: i64) -> QueuedMail {
    let mail = Mail {
        from: "The Shop <shop@example.com>".to_owned(),
        to: format!("user{id}@example.org"),
        subject: "Hello".to_owned(),
        text: "One\n.\n..two\nhttp://example.com/?key=a:b".to_owned(),
        html: None,
    };
    QueuedMail { id, mail, created: Timestamp::from_seconds(1_700_000_000), attempts: 0 }
}

fn is_temporary(result: &Result<(), MailError>) -> bool {
    matches!(result, Err(MailError::Temporary(_)))
}

#[tokio::test]
async fn a_mail_arrives_as_it_was_written() {
    let server = SmtpServer::start().await;
    mailer(&server).send(&mail(7)).await.unwrap();
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert_eq!(
        (received[0].from.as_str(), received[0].to.as_str()),
        ("shop@example.com", "user7@example.org")
    );
    assert_eq!(received[0].header("Subject"), Some("Hello"));
    assert_eq!(received[0].header("From"), Some("\"The Shop\" <shop@example.com>"));
    assert_eq!(received[0].header("Message-ID"), Some("<1700000000000000.7.rest-auth@example.com>"));
    let (_, body) = received[0].data.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "One\r\n.\r\n..two\r\nhttp://example.com/?key=a:b");
}

#[tokio::test]
async fn one_connection_carries_many_mails() {
    let server = SmtpServer::start().await;
    let mailer = mailer(&server);
    for id in 0..20 {
        mailer.send(&mail(id)).await.unwrap();
    }
    assert_eq!(server.received().len(), 20);
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn no_mail_waits_for_an_acknowledgement_that_the_system_delays() {
    let server = SmtpServer::start().await;
    let mailer = mailer(&server);
    let since = Instant::now();
    for id in 0..100 {
        mailer.send(&mail(id)).await.unwrap();
    }
    // Each of them would wait for 40 ms.
    assert!(since.elapsed() < Duration::from_secs(3), "{:?}", since.elapsed());
}

#[tokio::test]
async fn a_connection_that_broke_while_it_waited_costs_no_mail() {
    let server = SmtpServer::start().await;
    let mailer = mailer(&server);
    mailer.send(&mail(1)).await.unwrap();
    let port = server.port();
    drop(server);
    let server = SmtpServer::listen(port, Encryption::None, None).await;
    mailer.send(&mail(2)).await.unwrap();
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_goodbye_on_a_waiting_connection_costs_no_mail() {
    let server = SmtpServer::start().await;
    let mailer = mailer(&server);
    mailer.send(&mail(1)).await.unwrap();
    server.behave(Conduct::Answer(Stage::Sender, "421 4.4.2 Timeout, closing"));
    assert!(is_temporary(&mailer.send(&mail(2)).await));
    assert_eq!(server.connections(), 2, "a fresh connection is tried before the mail is put off");
    server.behave(Conduct::Accept);
    mailer.send(&mail(2)).await.unwrap();
}

#[tokio::test]
async fn refusals_for_now_are_temporary_and_refusals_for_good_permanent() {
    let server = SmtpServer::start().await;
    let mailer = mailer(&server);
    for stage in [Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content] {
        server.behave(Conduct::Answer(stage, "451 4.3.0 Try again later"));
        let result = mailer.send(&mail(1)).await;
        assert!(is_temporary(&result), "{stage:?}: {result:?}");
        server.behave(Conduct::Answer(stage, "550 5.1.1 No such user"));
        let result = mailer.send(&mail(1)).await;
        assert!(
            matches!(&result, Err(MailError::Permanent(reason)) if reason.contains("No such user")),
            "{result:?}"
        );
    }
    server.behave(Conduct::Accept);
    mailer.send(&mail(1)).await.unwrap();
    assert_eq!(server.received().len(), 1);
}

#[tokio::test]
async fn a_server_that_refuses_everybody_refuses_no_mail_for_good() {
    let server = SmtpServer::start().await;
    server.behave(Conduct::Answer(Stage::Greeting, "554 5.3.2 Not today"));
    let result = mailer(&server).send(&mail(1)).await;
    assert!(is_temporary(&result), "{result:?}");
}

#[tokio::test]
async fn no_server_is_a_temporary_failure_that_names_the_address() {
    let server = SmtpServer::start().await;
    let (mailer, port) = (mailer(&server), server.port());
    drop(server);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let result = mailer.send(&mail(1)).await;
    assert!(
        matches!(&result, Err(MailError::Temporary(reason)) if reason.contains(&port.to_string())),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_left_within_the_time_limit() {
    for stage in [Stage::Greeting, Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content] {
        let server = SmtpServer::start().await;
        server.behave(Conduct::Hang(stage));
        let mailer = mailer(&server);
        let since = Instant::now();
        let result = mailer.send(&mail(1)).await;
        assert!(is_temporary(&result), "{stage:?}: {result:?}");
        assert!(since.elapsed() < settings(&server).send_limit() + Duration::from_secs(1), "{stage:?}");
        server.behave(Conduct::Accept);
        mailer.send(&mail(1)).await.unwrap();
    }
}

#[tokio::test]
async fn a_server_that_hangs_up_is_a_temporary_failure() {
    for stage in [Stage::Greeting, Stage::Sender, Stage::Recipient, Stage::Data, Stage::Content] {
        let server = SmtpServer::start().await;
        server.behave(Conduct::HangUp(stage));
        let mailer = mailer(&server);
        let result = mailer.send(&mail(1)).await;
        assert!(is_temporary(&result), "{stage:?}: {result:?}");
        server.behave(Conduct::Accept);
        mailer.send(&mail(1)).await.unwrap();
    }
}

#[tokio::test]
async fn mails_travel_encrypted_to_a_server_that_is_trusted() {
    for (encryption, use_tls, use_ssl) in
        [(Encryption::Starttls, true, false), (Encryption::Tls, false, true)]
    {
        let server = SmtpServer::listen(0, encryption, Some(("shop", "s3cret"))).await;
        let trusting = Email {
            use_tls,
            use_ssl,
            ca_file: OrFalse::of(authority()),
            host_user: "shop".to_owned(),
            host_password: Secret::from("s3cret"),
            ..settings(&server)
        };
        SmtpMailer::new(&trusting).unwrap().send(&mail(1)).await.unwrap();
        assert_eq!(server.received().len(), 1, "{encryption:?}");

        let distrusting = Email { ca_file: OrFalse::off(), ..trusting.clone() };
        let result = SmtpMailer::new(&distrusting).unwrap().send(&mail(2)).await;
        assert!(is_temporary(&result), "{encryption:?}: {result:?}");
        let wrong = Email { host_password: Secret::from("guess"), ..trusting };
        let result = SmtpMailer::new(&wrong).unwrap().send(&mail(3)).await;
        assert!(is_temporary(&result), "a wrong password is the operator's mistake: {result:?}");
        assert_eq!(server.received().len(), 1, "{encryption:?}");
    }
}

#[tokio::test]
async fn no_mail_travels_in_clear_where_starttls_is_required() {
    let server = SmtpServer::start().await;
    let strict = Email { use_tls: true, ..settings(&server) };
    let result = SmtpMailer::new(&strict).unwrap().send(&mail(1)).await;
    assert!(is_temporary(&result), "{result:?}");
    assert!(server.received().is_empty());
}

#[tokio::test]
async fn a_server_that_wants_a_login_refuses_no_mail_for_good() {
    let server = SmtpServer::listen(0, Encryption::None, Some(("shop", "s3cret"))).await;
    let result = mailer(&server).send(&mail(1)).await;
    assert!(is_temporary(&result), "{result:?}");
}

#[tokio::test]
async fn an_address_beyond_ascii_needs_a_server_that_takes_it() {
    let server = SmtpServer::start().await;
    let mut greek = mail(1);
    greek.mail.to = "καλη@example.org".to_owned();
    let result = mailer(&server).send(&greek).await;
    assert!(matches!(result, Err(MailError::Permanent(_))), "{result:?}");
}

#[test]
fn settings_that_cannot_work_are_refused_with_their_key() {
    let both = Email { use_tls: true, use_ssl: true, ..Email::default() };
    assert_eq!(SmtpMailer::new(&both).unwrap_err().key, "email.use_ssl");
    let nowhere =
        Email { use_tls: true, ca_file: OrFalse::of("/nowhere.pem".to_owned()), ..Email::default() };
    assert_eq!(SmtpMailer::new(&nowhere).unwrap_err().key, "email.ca_file");
}

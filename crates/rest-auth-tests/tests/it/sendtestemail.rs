//! The command that shows whether mails leave, against a real mail server.

use std::io::Write;
use std::sync::{Arc, Mutex};

use rest_auth_server::{Answers, Console, Process};
use rest_auth_tests::smtp::{Conduct, Encryption, SmtpServer, Stage, authority};

/// What a command writes to.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Vec<u8>>>);

impl Page {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The command's exit status, output and errors with these keys of `[email]`.
async fn send(server: &SmtpServer, keys: &[(&str, &str)]) -> (u8, String, String) {
    let (output, errors) = (Page::default(), Page::default());
    let port = server.port().to_string();
    let fixed = [("BACKEND", "smtp"), ("HOST", "localhost"), ("PORT", &*port), ("TIMEOUT", "2")];
    let variables = fixed.iter().chain(keys);
    let process = Process {
        arguments: ["rest-auth", "sendtestemail", "ann@example.com"].map(Into::into).to_vec(),
        variables: variables
            .map(|(key, value)| (format!("REST_AUTH__EMAIL__{key}").into(), (*value).into()))
            .collect(),
        folder: std::env::temp_dir(),
        console: Console::new(Answers::Piped, std::io::empty(), output.clone(), errors.clone()),
    };
    let status = tokio::task::spawn_blocking(|| rest_auth_server::run(process)).await.unwrap();
    (status, output.text(), errors.text())
}

#[tokio::test]
async fn a_test_mail_arrives_encrypted_and_after_a_login() {
    let server = SmtpServer::listen(0, Encryption::Starttls, Some(("ann", "secret"))).await;
    let ca_file = authority();
    let keys =
        [("USE_TLS", "true"), ("CA_FILE", &*ca_file), ("HOST_USER", "ann"), ("HOST_PASSWORD", "secret")];
    let (status, output, errors) = send(&server, &keys).await;
    let sent = format!("Sent to ann@example.com through localhost:{}.\n", server.port());
    assert_eq!((status, output, errors), (0, sent, String::new()));
    let received = server.received();
    assert_eq!((received.len(), received[0].to.as_str()), (1, "ann@example.com"));
    assert!(received[0].header("Subject").unwrap().starts_with("Test email from rest-auth on "));
}

#[tokio::test]
async fn each_failure_names_what_to_look_at() {
    let plain = || SmtpServer::start();
    let locked = || SmtpServer::listen(0, Encryption::None, Some(("ann", "secret")));
    let ca_file = authority();

    let server = plain().await;
    let (status, output, errors) = send(&server, &[("USE_TLS", "true"), ("CA_FILE", &ca_file)]).await;
    assert_eq!((status, output.as_str()), (1, ""));
    assert!(errors.contains("STARTTLS failed (email.use_tls): "), "{errors}");

    let (_, _, errors) = send(&server, &[("USE_SSL", "true"), ("CA_FILE", &ca_file)]).await;
    assert!(errors.contains("no connection (email.host, email.port, email.use_ssl): "), "{errors}");

    server.behave(Conduct::Answer(Stage::Recipient, "550 5.1.1 No such mailbox"));
    let (status, _, errors) = send(&server, &[]).await;
    assert_eq!(status, 1);
    assert!(errors.starts_with("error: ann@example.com: the mail cannot be sent: RCPT TO: "), "{errors}");
    assert!(errors.contains("No such mailbox"), "{errors}");

    server.behave(Conduct::Hang(Stage::Greeting));
    let (_, _, errors) = send(&server, &[]).await;
    assert!(errors.contains("no answer within the time limit"), "{errors}");

    let server = locked().await;
    let (_, _, errors) = send(&server, &[("HOST_USER", "ann"), ("HOST_PASSWORD", "wrong-s3cret")]).await;
    assert!(errors.contains("the login failed (email.host_user, email.host_password): "), "{errors}");
    assert!(!errors.contains("wrong-s3cret"), "{errors}");
}

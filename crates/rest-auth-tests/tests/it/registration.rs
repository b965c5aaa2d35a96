//! Sign-up: what becomes of it in the database, in the mails, and when many sign up at once.

use std::sync::{Arc, Mutex};

use rest_auth_core::outbox::Worker;
use rest_auth_outbound::{ConsoleMailer, FileMailer};
use rest_auth_tests::app::{Client, Database, PASSWORD, Response, TestApp};
use serde_json::{Value, json};

const REGISTRATION: &str = "/rest-auth/registration/";

/// A body that nobody has anything against.
fn body(username: &str) -> Value {
    json!({
        "username": username, "email": format!("{username}@example.com"),
        "password1": PASSWORD, "password2": PASSWORD,
    })
}

/// Sends all of them at once.
async fn crowd(app: &TestApp, bodies: Vec<Value>) -> Vec<Response> {
    let send = |body| {
        let client = app.client();
        tokio::spawn(async move { client.post(REGISTRATION).json(&body).send().await })
    };
    let members: Vec<_> = bodies.into_iter().map(send).collect();
    let mut answers = Vec::new();
    for member in members {
        answers.push(member.await.unwrap());
    }
    answers
}

/// How many were let in. Everybody else must have been told that the name is taken.
fn admitted(answers: &[Response]) -> usize {
    let taken = json!({"username": ["A user with that username already exists."]});
    let (made, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 201);
    for answer in refused {
        assert_eq!((answer.status, answer.json()), (400, taken.clone()));
    }
    made.len()
}

#[tokio::test]
async fn a_registration_is_whole_in_each_of_the_three_modes_of_verification() {
    let cases = [
        ("optional", [1, 1, 1, 1, 1]),
        // The session remembers the sign-up, and nobody is logged in.
        ("mandatory", [1, 1, 0, 1, 1]),
        ("none", [1, 1, 1, 1, 0]),
    ];
    let tables =
        ["auth_user", "account_emailaddress", "authtoken_token", "django_session", "rest_auth_outbox"];
    for (mode, expected) in cases {
        for database in Database::each().await {
            let settings = format!(
                "[account]\nemail_verification = \"{mode}\"\nsignup_fields = [\"email*\", \"username*\"]"
            );
            let app = TestApp::on(database, &settings).await;
            let browser = app.client();
            let answer = browser.post(REGISTRATION).json(&body("ann")).send().await;
            assert_eq!(answer.status, 201, "{mode}: {}", answer.text());
            for (table, rows) in tables.into_iter().zip(expected) {
                assert_eq!(app.rows().count(table).await, rows, "{mode}: {table}");
            }
            let session = browser.get("/rest-auth/user/").send().await;
            assert_eq!(session.status, if mode == "mandatory" { 401 } else { 200 }, "{mode}");
        }
    }
}

#[tokio::test]
async fn a_registration_that_is_refused_leaves_no_trace() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        app.register("ann").await;
        let before = app.rows().dump().await;
        for (key, value) in [
            ("username", json!("ann")),
            ("username", json!("ANN")),
            ("username", json!("a b")),
            ("email", json!("nowhere")),
            ("email", json!(format!("{}@example.com", "x".repeat(250)))),
            ("password1", json!("12345678")),
            ("password2", json!("something-else")),
            ("password2", Value::Null),
        ] {
            let mut wrong = body("bob");
            wrong[key] = value;
            let answer = app.client().post(REGISTRATION).json(&wrong).send().await;
            assert_eq!(answer.status, 400, "{wrong}: {}", answer.text());
            assert_eq!(answer.set_cookies(), Vec::<String>::new());
        }
        assert_eq!(app.rows().dump().await, before);
    }
}

#[tokio::test]
async fn names_may_be_kept_to_ascii() {
    let settings = "[account]\nusername_validators = [\"ASCIIUsernameValidator\"]";
    let app = TestApp::with(settings).await;
    let body = json!({"username": "zoë", "password1": PASSWORD, "password2": PASSWORD});
    let answer = app.client().post("/rest-auth/registration/").json(&body).send().await;
    assert_eq!(answer.status, 400);
    assert!(
        answer.text().contains("only unaccented lowercase a-z and uppercase A-Z letters"),
        "{}",
        answer.text()
    );
    let token = app.token_of("zoe").await;
    let rename =
        app.client().request("PATCH", "/rest-auth/user/").token(&token).json(&json!({"username": "zoë"}));
    let answer = rename.send().await;
    assert_eq!((answer.status, answer.text().contains("unaccented")), (400, true), "{}", answer.text());
}

#[tokio::test]
async fn fifty_registrations_of_one_name_make_one_account() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let answers = crowd(&app, vec![body("ann"); 50]).await;
        assert_eq!(admitted(&answers), 1);
        for table in ["auth_user", "account_emailaddress", "authtoken_token", "rest_auth_outbox"] {
            assert_eq!(app.rows().count(table).await, 1, "{table}");
        }
    }
}

#[tokio::test]
async fn of_spellings_of_one_name_that_register_at_once_one_is_let_in() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let spellings = ["annabel", "ANNABEL", "Annabel", "annaBel", "\u{ff41}nnabel"];
        let spelt = |name: &&str| json!({"username": name, "password1": PASSWORD, "password2": PASSWORD});
        let answers = crowd(&app, spellings.iter().cycle().take(30).map(spelt).collect()).await;
        assert_eq!(admitted(&answers), 1);
        assert_eq!(app.rows().count("auth_user").await, 1);
    }
}

#[tokio::test]
async fn thirty_registrations_at_once_all_succeed_and_each_is_whole() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let answers = crowd(&app, (0..30).map(|number| body(&format!("guest{number}"))).collect()).await;
        assert_eq!(admitted(&answers), 30);
        for (number, answer) in answers.iter().enumerate() {
            let key = answer.json()["key"].as_str().unwrap().to_owned();
            let user = app.client().get("/rest-auth/user/").token(&key).send().await.json();
            assert_eq!(user["username"], format!("guest{number}"));
        }
        app.deliver().await;
        assert_eq!(app.mailbox.sent().len(), 30);
        assert_eq!(app.rows().count("rest_auth_outbox").await, 0);
    }
}

#[tokio::test]
async fn a_name_is_made_from_the_address_where_none_is_asked_for_and_differs_for_each_of_a_crowd() {
    for database in Database::each().await {
        let settings =
            "[account]\nlogin_methods = [\"email\"]\nsignup_fields = [\"email*\"]\nunique_email = true";
        let app = TestApp::on(database, settings).await;
        let address = |number| json!({"email": format!("ann@example{number}.com"), "password1": PASSWORD, "password2": PASSWORD});
        let answers = crowd(&app, (0..10).map(address).collect()).await;
        // Two that draw the same name at the same moment are one of the refused cases; nobody gets a 500.
        assert!(admitted(&answers) >= 1);
        let names = app.rows().texts("SELECT username FROM auth_user").await;
        assert!(names.contains(&"ann".to_owned()), "{names:?}");
        assert!(names.iter().all(|name| name.starts_with("ann")), "{names:?}");
    }
}

/// With mandatory verification and nobody told whose address is taken.
const HIDING: &str = r#"
[account]
email_verification = "mandatory"
signup_fields = ["email*", "username*"]
prevent_enumeration = true
"#;

/// A sign-up with somebody's address.
fn with_address(username: &str, email: &str) -> Value {
    json!({"username": username, "email": email, "password1": PASSWORD, "password2": PASSWORD})
}

/// Ann, who has verified her address.
async fn ann(app: &TestApp) {
    app.register("ann").await;
    let address = app.store.read().await.unwrap().email_addresses("ann@example.com").await.unwrap().remove(0);
    let mut tx = app.store.write().await.unwrap();
    assert!(tx.set_email_verified(address.id).await.unwrap());
    tx.commit().await.unwrap();
    app.deliver().await;
    app.clock.advance(3600);
}

#[tokio::test]
async fn a_taken_address_looks_like_any_other_and_only_its_owner_is_told() {
    for database in Database::each().await {
        let app = TestApp::on(database, HIDING).await;
        ann(&app).await;
        let (accounts, mails) = (app.rows().count("auth_user").await, app.mailbox.sent().len());

        let (stranger, newcomer) = (app.client(), app.client());
        let taken = stranger.post(REGISTRATION).json(&with_address("eve", "ANN@example.com")).send().await;
        let free = newcomer.post(REGISTRATION).json(&with_address("bob", "bob@example.com")).send().await;
        assert_eq!((taken.status, taken.text()), (free.status, free.text()));
        let names = |answer: &Response| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&taken), names(&free));
        for client in [&stranger, &newcomer] {
            assert_eq!(client.cookie("sessionid").unwrap().len(), 32);
            assert_eq!(client.get("/rest-auth/user/").send().await.status, 401);
        }

        assert_eq!(app.rows().count("auth_user").await, accounts + 1, "Bob's");
        app.deliver().await;
        let sent = app.mailbox.sent();
        assert_eq!(sent.len(), mails + 2);
        let told = app.mailbox.last_to("ann@example.com").unwrap();
        assert_eq!(told.subject, "[example.com] Account Already Exists");
        assert!(told.text.contains("with your address ann@example.com."), "{}", told.text);
        assert!(!told.text.contains("eve"), "the stranger's words are not passed on");
        assert_eq!(app.log_in("eve", PASSWORD).await.status, 400);
    }
}

#[tokio::test]
async fn an_address_that_is_taken_by_its_column_is_kept_from_strangers_too() {
    for database in Database::each().await {
        let own_model =
            "[user_model]\ntable = \"members_member\"\nlogin_field = \"email\"\nusername_field = false\n";
        let by_email = HIDING.replace(", \"username*\"]", "]\nlogin_methods = [\"email\"]");
        let app = TestApp::on(database, &format!("{own_model}{by_email}")).await;
        let sign_up = async || {
            let body = json!({"email": "ann@example.com", "password1": PASSWORD, "password2": PASSWORD});
            app.client().post(REGISTRATION).json(&body).send().await
        };
        let first = sign_up().await;
        app.deliver().await;
        app.clock.advance(3600);
        let second = sign_up().await;
        assert_eq!((first.status, first.text()), (second.status, second.text()));
        assert_eq!(second.status, 201, "{}", second.text());
        assert_eq!(app.rows().count("members_member").await, 1);
        assert_eq!(app.last_mail_to("ann").await.subject, "[example.com] Account Already Exists");
    }
}

#[tokio::test]
async fn an_address_gets_one_mail_in_three_minutes_whoever_asks_and_wherever() {
    for database in Database::each().await {
        let app = TestApp::on(database, HIDING).await;
        let other = app.another().await;
        let ask = |number: usize| {
            let site = if number.is_multiple_of(2) { &app } else { &other };
            let client = site.client();
            tokio::spawn(async move {
                let (path, body) = if number < 10 {
                    (REGISTRATION, with_address(&format!("eve{number}"), "Shared@example.com"))
                } else {
                    ("/rest-auth/registration/resend-email/", json!({"email": "shared@example.com"}))
                };
                client.post(path).json(&body).send().await.status
            })
        };
        for round in 1..=2 {
            let members: Vec<_> = (0..20).filter(|number| round == 1 || *number >= 10).map(ask).collect();
            for member in members {
                assert!([200, 201].contains(&member.await.unwrap()));
            }
            app.deliver().await;
            assert_eq!(app.mailbox.sent().len(), round);
            app.clock.advance(180);
        }
    }
}

#[tokio::test]
async fn the_mail_of_a_sign_up_can_go_to_a_folder() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let folder = std::env::temp_dir().join(format!("rest-auth-mails-{}", std::process::id()));
    let mut email = app.app().settings.email.clone();
    email.file_path = rest_auth_core::settings::OrFalse::of(folder.display().to_string());
    deliver_to(&app, FileMailer::new(&email, app.clock.clone()).unwrap()).await;
    let files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let text = std::fs::read_to_string(&files[0]).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    assert!(text.contains("\r\nTo: ann@example.com\r\n"), "{text}");
    verify_with_link_in(&app.client(), &text.replace("=\r\n", "")).await;
}

#[tokio::test]
async fn the_mail_of_a_sign_up_can_go_to_the_console() {
    #[derive(Clone, Default)]
    struct Screen(Arc<Mutex<Vec<u8>>>);
    impl std::io::Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let (app, screen) = (TestApp::start().await, Screen::default());
    app.register("ann").await;
    deliver_to(&app, ConsoleMailer::to(screen.clone())).await;
    let text = String::from_utf8(screen.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("Subject: [example.com] Please Confirm Your Email Address\n"), "{text}");
    verify_with_link_in(&app.client(), &text).await;
}

async fn deliver_to(app: &TestApp, mailer: impl rest_auth_core::mail::Mailer) {
    let worker = Worker::new(Arc::clone(app.app()), Arc::new(mailer));
    worker.run(async { std::time::Duration::from_secs(5) }).await;
}

/// The link leads to the page, and the key in it verifies.
async fn verify_with_link_in(client: &Client, mail: &str) {
    let link = mail.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
    let path = link.strip_prefix("http://testserver").unwrap();
    assert_eq!(client.get(path).send().await.status, 200);
    let key = path.trim_end_matches('/').rsplit('/').next().unwrap();
    let answer =
        client.post("/rest-auth/registration/verify-email/").json(&json!({ "key": key })).send().await;
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"detail":"ok"}"#));
}

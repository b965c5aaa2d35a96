use rest_auth::core::Clock;
use rest_auth::core::model::{NewRefreshToken, Secret, SessionKey, SessionRow};
use rest_auth::core::settings::{Database, Settings};
use rest_auth::core::store::Store as _;
use rest_auth::sql::SqlStore;

use crate::testing::{Folder, Shell};

#[test]
fn init_writes_a_strict_project_that_checks_clean_and_never_replaces_one() {
    let folder = Folder::empty();
    let shell = Shell::new(&folder);
    let done = shell.run(&["init"]);
    assert_eq!((done.status, done.errors.as_str()), (0, ""));
    let text = folder.read("rest-auth.toml");
    assert!(text.contains("\nprofile = \"strict\"\n"));
    assert_eq!(shell.run(&["check"]).output, "The configuration is in order.\n");

    let again = shell.run(&["init"]);
    assert_eq!(again.status, 1);
    assert!(again.errors.starts_with("error: rest-auth.toml: the file exists"), "{}", again.errors);
    assert_eq!(folder.read("rest-auth.toml"), text);
}

#[test]
fn every_project_has_a_secret_of_its_own_that_only_its_owner_reads() {
    let folder = Folder::empty();
    let secret = |file: &str| {
        assert_eq!(Shell::new(&folder).run(&["init", "--config", file]).status, 0);
        let table: toml::Table = folder.read(file).parse().unwrap();
        table["secret_key"].as_str().unwrap().to_owned()
    };
    let (one, two) = (secret("one.toml"), secret("two.toml"));
    assert_eq!(one.len(), 50);
    assert_ne!(one, two);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(folder.path().join("one.toml")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn check_reports_each_mistake_on_a_line_with_its_place_id_and_hint() {
    let folder = Folder::with("rest-auth.toml", "secret_key = \"short\"\n\n[http]\n  prefix = \"auth\"\n");
    let done = Shell::new(&folder).with("REST_AUTH__TIME_ZONE", "Mars/Base").run(&["check"]);
    assert_eq!(done.status, 1);
    let lines: Vec<&str> = done.errors.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].starts_with("error: rest-auth.toml:1:1: secret_key: is shorter than 32 bytes; take 50"));
    assert!(lines[0].ends_with("(rest_auth.E001)"));
    assert!(
        lines[1].starts_with("error: rest-auth.toml:4:3: http.prefix: `auth` is no path"),
        "{}",
        lines[1]
    );
    assert!(lines[2].starts_with("error: REST_AUTH__TIME_ZONE: time_zone: `Mars/Base` is no time zone"));
    assert_eq!(done.output, "3 errors.\n");
    assert!(!done.errors.contains("short\""));
}

#[test]
fn check_of_an_unreadable_configuration_is_one_line_a_mistake() {
    let folder = Folder::with("rest-auth.toml", "[account]\nemail_verificaton = 1\nunique_email = 2\n");
    let done = Shell::new(&folder).run(&["check"]);
    assert_eq!((done.status, done.output.as_str()), (1, ""));
    assert_eq!(
        done.errors,
        "error: rest-auth.toml:2:1: account.email_verificaton: unknown key; did you mean `email_verification`?\n\
         error: rest-auth.toml:3:1: account.unique_email: invalid type: integer `2`, expected a boolean\n"
    );
}

#[test]
fn check_deploy_tells_deviations_and_they_are_no_errors() {
    let folder = Folder::empty();
    let shell = Shell::new(&folder);
    let done = shell.run(&["check"]);
    assert_eq!((done.status, done.output.as_str()), (0, "1 warning.\n"));
    let done = shell.run(&["check", "--deploy"]);
    assert_eq!(done.status, 0);
    let line = "deploy: session.cookie_secure: is false, and true in the strict profile; set it to true";
    assert!(done.errors.lines().any(|found| found.starts_with(line) && found.ends_with("(rest_auth.D001)")));
}

#[test]
fn a_secret_file_that_others_read_is_a_warning_of_check() {
    let folder = Folder::with("rest-auth.toml", "secret_key_file = \"key\"\n");
    folder.write("key", "kGJ4b1oQz7YwqkPZx0n2Yk1lq1cVQm8f3mYvJ6p9a5E");
    folder.allow_others("key");
    let done = Shell::new(&folder).run(&["check"]);
    let line =
        "warning: rest-auth.toml:1:1: secret_key_file: key: every user of this machine can read the secret";
    assert!(done.errors.starts_with(line), "{}", done.errors);
    assert_eq!(done.status, 0);
}

#[test]
fn help_and_version_are_no_errors_and_a_wrong_command_line_is() {
    let folder = Folder::empty();
    let shell = Shell::new(&folder);
    let help = shell.run(&["--help"]);
    assert_eq!(help.status, 0);
    for word in ["init", "check", "--config", "REST_AUTH__SECTION__KEY", "REST_AUTH_LOG"] {
        assert!(help.output.contains(word), "{word} is missing in {}", help.output);
    }
    let version = shell.run(&["--version"]);
    assert_eq!((version.status, version.output), (0, format!("rest-auth {}\n", env!("CARGO_PKG_VERSION"))));
    for wrong in [&["chek"][..], &["check", "--deep"], &[]] {
        assert_eq!(shell.run(wrong).status, 2, "{wrong:?}");
    }
}

const PASSWORD: &str = "correct horse 42";

#[test]
fn migrate_makes_the_tables_once_and_says_which() {
    let folder = Folder::empty();
    let shell = Shell::new(&folder).with_database();
    let done = shell.run(&["migrate"]);
    assert_eq!((done.status, done.errors.as_str()), (0, ""));
    for table in ["auth_user", "authtoken_token", "account_emailaddress", "rest_auth_outbox"] {
        assert!(done.output.contains(&format!("created table {table}\n")), "{}", done.output);
    }
    assert_eq!(shell.run(&["migrate"]).output, "The tables are complete: nothing to do.\n");
}

#[test]
fn a_database_that_cannot_be_opened_is_one_line() {
    let folder = Folder::empty();
    let shell = Shell::new(&folder).with("REST_AUTH__DATABASE__URL", "sqlite:///no/such/folder/db.sqlite3");
    for command in [&["migrate"][..], &["changepassword", "ann"]] {
        let done = shell.run(command);
        assert_eq!((done.status, done.errors.lines().count()), (1, 1), "{}", done.errors);
        assert!(done.errors.starts_with("error: the database is unavailable: "), "{}", done.errors);
    }
}

#[test]
fn without_tables_the_commands_say_which_command_makes_them() {
    let folder = Folder::empty();
    std::fs::write(folder.path().join("db.sqlite3"), "").unwrap();
    let done = Shell::new(&folder).with_database().piped(&["ann", "", PASSWORD]).run(&["createsuperuser"]);
    assert_eq!(done.status, 1);
    assert!(done.errors.contains("`rest-auth migrate` makes them"), "{}", done.errors);
}

/// A folder whose database has its tables.
fn migrated() -> Folder {
    let folder = Folder::empty();
    assert_eq!(Shell::new(&folder).with_database().run(&["migrate"]).status, 0);
    folder
}

#[test]
fn createsuperuser_reads_lines_where_nobody_is_asked() {
    let folder = migrated();
    let shell = || Shell::new(&folder).with_database();
    let done = shell().piped(&["ann", "ann@example.org", PASSWORD]).run(&["createsuperuser"]);
    assert_eq!(
        (done.status, done.output.as_str()),
        (0, "Superuser created successfully.\n"),
        "{}",
        done.errors
    );
    let done = shell().piped(&["", PASSWORD, PASSWORD]).run(&["createsuperuser", "--username", "bob"]);
    assert_eq!(done.status, 0, "{}", done.errors);

    let refused = |lines: &[&str], sentence: &str| {
        let done = shell().piped(lines).run(&["createsuperuser"]);
        assert_eq!((done.status, done.output.as_str()), (1, ""));
        assert_eq!(done.errors, format!("error: {sentence}\n"));
    };
    refused(&["ann", "", PASSWORD], "username: A user with that username already exists.");
    refused(&["cat", "cat", PASSWORD], "email: Enter a valid email address.");
    refused(&["cat", "", PASSWORD, "another"], "Your passwords didn't match.");
    refused(&["cat", "", ""], "Blank passwords aren't allowed.");
    refused(&["cat"], "the input has ended; nothing was changed");
    let sentence = "This password is too short. It must contain at least 8 characters.";
    refused(&["cat", "", "q7-Zx.b", "q7-Zx.b"], &format!("password: {sentence}"));
}

#[test]
fn createsuperuser_asks_a_person_again_and_lets_them_insist_on_a_weak_password() {
    let folder = migrated();
    let done = Shell::new(&folder)
        .with_database()
        .played(&[
            "",
            "ann",
            "ann",
            "ann@example.org",
            "a",
            "b",
            " ",
            " ",
            "12345678",
            "12345678",
            "n",
            "x1",
            "x1",
            "Y",
        ])
        .run(&["createsuperuser"]);
    assert_eq!(done.status, 0, "{}", done.errors);
    assert_eq!(
        done.output,
        "Username: Username: Email address: Email address: Password: Password (again): Password: Password (again): \
         Password: Password (again): Bypass password validation and create user anyway? [y/N]: Password: \
         Password (again): Bypass password validation and create user anyway? [y/N]: Superuser created successfully.\n"
    );
    assert_eq!(
        done.errors,
        "Error: This field may not be blank.\nError: Enter a valid email address.\n\
         Error: Your passwords didn't match.\nError: Blank passwords aren't allowed.\n\
         Error: This password is too common.\nError: This password is entirely numeric.\n\
         Error: This password is too short. It must contain at least 8 characters.\n"
    );
}

#[test]
fn changepassword_changes_it_and_bypasses_no_rule() {
    let folder = migrated();
    let shell = || Shell::new(&folder).with_database();
    shell().piped(&["ann", "", PASSWORD]).run(&["createsuperuser"]);
    let done = shell().piped(&["another horse 43"]).run(&["changepassword", "ann"]);
    assert_eq!((done.status, done.output.as_str()), (0, "Password changed successfully for user 'ann'.\n"));
    let done = shell().piped(&["12345678", "12345678"]).run(&["changepassword", "ann"]);
    assert_eq!(done.status, 1);
    assert!(done.errors.contains("error: This password is too common.\n"), "{}", done.errors);
    let done = shell().piped(&[PASSWORD]).run(&["changepassword", "nobody"]);
    assert_eq!((done.status, done.errors.as_str()), (1, "error: user 'nobody' does not exist\n"));
    let done = shell().played(&["a", "b", "a", "b", "a", "b"]).run(&["changepassword", "ann"]);
    assert_eq!(done.status, 1);
    assert!(done.errors.ends_with("is given up after 3 attempts\n"), "{}", done.errors);
    let done = shell().played(&["a", "b", PASSWORD, PASSWORD]).run(&["changepassword", "ann"]);
    assert_eq!(done.status, 0, "{}", done.errors);
}

#[test]
fn a_password_is_no_argument() {
    let folder = migrated();
    let shell = Shell::new(&folder).with_database();
    for arguments in [&["createsuperuser", "--password", PASSWORD][..], &["changepassword", "ann", PASSWORD]]
    {
        assert_eq!(shell.run(arguments).status, 2);
    }
}

#[test]
fn a_taken_port_is_one_line_with_its_place_and_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = Folder::empty();
    let done = Shell::new(&folder).with_database().run(&["serve", "--listen", &address]);
    assert_eq!((done.status, done.output.as_str()), (1, ""));
    let line = format!(
        "error: --listen: http.listen: cannot listen on {address}: Address already in use (os error 98); "
    );
    assert!(done.errors.starts_with(&line) && done.errors.lines().count() == 1, "{}", done.errors);
}

#[test]
fn serve_refuses_a_configuration_with_errors_before_it_listens() {
    let folder =
        Folder::with("rest-auth.toml", "secret_key = \"changeme\"\n[http]\nlisten = \"127.0.0.1:0\"\n");
    let done = Shell::new(&folder).with_database().run(&["serve"]);
    assert_eq!((done.status, done.output.as_str()), (1, ""));
    assert!(done.errors.starts_with("error: rest-auth.toml:1:1: secret_key: is shorter"), "{}", done.errors);
}

#[test]
fn serve_refuses_a_user_model_that_the_tables_do_not_have_at_its_place() {
    let text = "[http]\nlisten = \"127.0.0.1:0\"\n[user_model]\nextra_fields = [{ name = \"company\", max_length = 10 }]\n";
    let folder = Folder::with("rest-auth.toml", text);
    assert_eq!(Shell::new(&folder).with_database().run(&["migrate"]).status, 0);
    folder.write("rest-auth.toml", &text.replace("10", "11"));
    let done = Shell::new(&folder).with_database().run(&["serve"]);
    assert_eq!(done.status, 1);
    let line = "error: rest-auth.toml:4:1: user_model.extra_fields: auth_user.company is varchar(10); lower max_length";
    assert!(done.errors.lines().any(|told| told.starts_with(line)), "{}", done.errors);
    folder.write("rest-auth.toml", "[http]\nlisten = \"127.0.0.1:0\"\n");
    let done = Shell::new(&folder).with_database().run(&["serve"]);
    let line = "error: user_model.extra_fields: auth_user.company takes no NULL, has no default and is not listed; list it";
    assert!(done.errors.lines().any(|told| told.starts_with(line)), "{}", done.errors);
}

/// Does something in a folder's database.
fn in_database(folder: &Folder, work: impl AsyncFnOnce(&SqlStore)) {
    let url = format!("sqlite://{}", folder.path().join("db.sqlite3").display());
    let settings = Settings { database: Database { url, ..Database::default() }, ..Settings::default() };
    let work = async {
        let store = SqlStore::configured(&settings.database, &settings.user_model).unwrap();
        work(&store).await;
        store.close().await;
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(work);
}

/// Puts sessions into a folder's database that end so many seconds from now.
fn add_sessions(folder: &Folder, count: u32, seconds: i64) {
    in_database(folder, async |store| {
        let mut tx = store.write().await.unwrap();
        for number in 0..count {
            let key = SessionKey::parse(&format!("{seconds:016}{number:016}")).unwrap();
            let expires = Clock::System.now().plus_seconds(seconds);
            tx.add_session(&SessionRow { key, data: String::new(), expires }).await.unwrap();
        }
        tx.commit().await.unwrap();
    });
}

#[test]
fn clearsessions_deletes_what_has_ended_and_says_how_many_there_were() {
    let folder = migrated();
    let shell = Shell::new(&folder).with_database();
    add_sessions(&folder, 1203, -60);
    add_sessions(&folder, 2, 600);
    let done = shell.run(&["clearsessions"]);
    let expected = (0, "Deleted 1203 expired sessions.\n", "");
    assert_eq!((done.status, done.output.as_str(), done.errors.as_str()), expected);
    assert_eq!(shell.run(&["clearsessions"]).output, "Deleted 0 expired sessions.\n");
    add_sessions(&folder, 1, -1);
    assert_eq!(shell.run(&["clearsessions"]).output, "Deleted 1 expired session.\n");
}

#[test]
fn flushexpiredtokens_deletes_what_has_ended_and_says_how_many_there_were() {
    let folder = migrated();
    let shell = Shell::new(&folder).with_database();
    let add = |count: u32, seconds: i64| {
        in_database(&folder, async |store| {
            let now = Clock::System.now();
            let mut tx = store.write().await.unwrap();
            for number in 0..count {
                let id = format!("{seconds}-{number}");
                let (created, expires) = (now.plus_seconds(seconds - 60), now.plus_seconds(seconds));
                let token = NewRefreshToken { id, token: Secret::from("x"), user_id: None, created, expires };
                assert!(tx.add_refresh_token(&token).await.unwrap());
                tx.blacklist_refresh_token(&token.id, now).await.unwrap();
            }
            tx.commit().await.unwrap();
        });
    };
    add(603, -60);
    add(2, 600);
    let done = shell.run(&["flushexpiredtokens"]);
    let expected = (0, "Deleted 603 expired tokens.\n", "");
    assert_eq!((done.status, done.output.as_str(), done.errors.as_str()), expected);
    add(1, -1);
    assert_eq!(shell.run(&["flushexpiredtokens"]).output, "Deleted 1 expired token.\n");
}

#[test]
fn sendtestemail_sends_past_the_outbox() {
    let folder = Folder::empty();
    let mails = folder.path().join("mails");
    let shell = Shell::new(&folder)
        .with("REST_AUTH__EMAIL__BACKEND", "file")
        .with("REST_AUTH__EMAIL__FILE_PATH", &mails.display().to_string());
    let done = shell.run(&["sendtestemail", "ann@example.com", "bob@example.com"]);
    assert_eq!((done.status, done.errors.as_str()), (0, ""));
    let way = format!("as a file in {}", mails.display());
    assert_eq!(done.output, format!("Sent to ann@example.com {way}.\nSent to bob@example.com {way}.\n"));
    let mut files: Vec<_> = std::fs::read_dir(&mails).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    let texts: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    assert_eq!(texts.len(), 2);
    assert!(texts[0].contains("\r\nSubject: Test email from rest-auth on 20"), "{}", texts[0]);
    assert!(
        texts[0].contains("\r\nTo: ann@example.com\r\n") && texts[1].contains("\r\nTo: bob@"),
        "{texts:?}"
    );
    assert!(texts[0].trim_end().ends_with("If you're reading this, it was successful."), "{}", texts[0]);
}

#[test]
fn sendtestemail_fails_with_a_line_for_each_mail_that_did_not_leave() {
    // A port that was free a moment ago: nobody answers there.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let folder = Folder::empty();
    let shell = Shell::new(&folder)
        .with("REST_AUTH__EMAIL__BACKEND", "smtp")
        .with("REST_AUTH__EMAIL__HOST", "127.0.0.1")
        .with("REST_AUTH__EMAIL__PORT", &port.to_string());
    let done = shell.run(&["sendtestemail", "ann@example.com", "nobody"]);
    assert_eq!((done.status, done.output.as_str()), (1, ""));
    let lines: Vec<&str> = done.errors.lines().collect();
    let reason = format!(
        "error: ann@example.com: the mail could not be sent now: 127.0.0.1:{port}: no connection (email.host, email.port): "
    );
    assert!(lines[0].starts_with(&reason) && lines[0].contains("refused"), "{}", lines[0]);
    assert_eq!(lines[1..], ["error: nobody: the mail cannot be sent: that is no address"]);
    assert_eq!(shell.run(&["sendtestemail"]).status, 2);
}

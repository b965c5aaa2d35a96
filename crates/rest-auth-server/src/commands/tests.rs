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

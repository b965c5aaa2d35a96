use crate::testing::{Done, Folder, Shell};

const SECRET: &str = "hunter2-of-the-provider";

/// A folder whose database has its tables, and whose configuration knows logins by providers.
fn migrated(more: &str) -> Folder {
    let text = format!("[http]\nfeatures = [\"registration\", \"social\"]\n{more}");
    let folder = Folder::with("rest-auth.toml", &text);
    assert_eq!(Shell::new(&folder).with_database().run(&["migrate"]).status, 0);
    folder
}

fn run(folder: &Folder, arguments: &[&str]) -> Done {
    let arguments: Vec<&str> = std::iter::once("socialapp").chain(arguments.iter().copied()).collect();
    Shell::new(folder).with_database().piped(&[SECRET]).run(&arguments)
}

fn said(done: &Done, output: &str) {
    assert_eq!((done.status, done.output.as_str(), done.errors.as_str()), (0, output, ""));
}

fn refused(done: &Done, sentence: &str) {
    assert_eq!((done.status, done.output.as_str()), (1, ""));
    assert_eq!(done.errors, format!("error: {sentence}\n"));
}

const GITHUB: &[&str] = &["add", "github", "--client-id", "Iv1.0123"];

#[test]
fn an_application_is_added_listed_and_removed_and_its_secret_never_shown() {
    let folder = migrated("[socialaccount.providers.github]\n");
    said(&run(&folder, &["list"]), "There are no applications; `rest-auth socialapp add` adds one.\n");
    said(&run(&folder, GITHUB), "Added application 1 of github.\n");
    let listed = run(&folder, &["list"]);
    assert!(listed.output.starts_with("1  github  Iv1.0123  GitHub  "), "{}", listed.output);
    assert!(!listed.output.contains(SECRET));
    said(&run(&folder, &["remove", "1"]), "Removed application 1.\n");
    refused(&run(&folder, &["remove", "1"]), "there is no application 1; `socialapp list` shows them");
    said(&run(&folder, &["list"]), "There are no applications; `rest-auth socialapp add` adds one.\n");
}

#[test]
fn a_secret_comes_from_the_variable_the_input_or_whoever_is_asked_and_is_no_argument() {
    let stored = |folder: &Folder| {
        let database = rusqlite::Connection::open(folder.path().join("db.sqlite3")).unwrap();
        let sql = "SELECT secret FROM socialaccount_socialapp";
        database.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    let arguments: Vec<&str> = std::iter::once("socialapp").chain(GITHUB.iter().copied()).collect();
    let folder = migrated("");
    run(&folder, GITHUB);
    assert_eq!(stored(&folder), SECRET);
    let folder = migrated("");
    let shell = Shell::new(&folder).with_database().with("REST_AUTH_SOCIALAPP_SECRET", "of the variable");
    assert_eq!(shell.run(&arguments).status, 0);
    assert_eq!(stored(&folder), "of the variable");
    let folder = migrated("");
    let done = Shell::new(&folder).with_database().played(&[SECRET]).run(&arguments);
    assert!(done.output.starts_with("Secret: Added application 1 of github.\n"), "{}", done.output);
    assert_eq!(stored(&folder), SECRET);
    let folder = migrated("");
    assert_eq!(Shell::new(&folder).with_database().run(&arguments).status, 0, "a public client has none");
    assert_eq!(stored(&folder), "");
    assert_eq!(run(&folder, &[GITHUB, &["--secret", SECRET]].concat()).status, 2);
}

#[test]
fn who_adds_an_application_of_a_provider_without_an_address_is_told() {
    let folder = migrated("");
    let done = run(&folder, GITHUB);
    let note =
        "There is no address for it yet: write [socialaccount.providers.github] with its callback_url.";
    said(&done, &format!("Added application 1 of github.\n{note}\n"));
}

#[test]
fn a_provider_that_nobody_knows_is_refused_before_its_secret_is_asked_for() {
    let folder = migrated("");
    let done = run(&folder, &["add", "gihtub", "--client-id", "x"]);
    refused(&done, "there is no provider `gihtub`; did you mean `github`?");
    let done = run(&folder, &["add", "my-own-thing", "--client-id", "x"]);
    assert!(done.errors.contains("a table [socialaccount.providers.NAME] adds one"), "{}", done.errors);
    let own = "[socialaccount.providers.own]\nauthorize_url = \"https://id.example/a\"\naccess_token_url = \
               \"https://id.example/t\"\nprofile_url = \"https://id.example/u\"\nuid = \"$1.id\"\n";
    let folder = migrated(own);
    said(&run(&folder, &["add", "own", "--client-id", "x"]), "Added application 1 of own.\n");
}

#[test]
fn a_second_application_that_would_keep_everybody_out_is_refused() {
    let folder = migrated("");
    run(&folder, GITHUB);
    let second = "application 1 is of this provider already, and a second one would keep everybody out; \
                  `socialapp remove 1` removes it";
    refused(&run(&folder, GITHUB), second);
    folder.write("hidden.json", r#"{"hidden": true}"#);
    let hidden = [GITHUB, &["--settings", "hidden.json"]].concat();
    assert_eq!(run(&folder, &hidden).status, 0);
    let folder = migrated("[socialaccount.providers.github]\nclient_id = \"x\"\n");
    let done = run(&folder, GITHUB);
    assert!(done.errors.starts_with("error: socialaccount.providers.github.client_id: "), "{}", done.errors);
}

#[test]
fn values_and_settings_that_cannot_be_are_refused() {
    let folder = migrated("");
    refused(&run(&folder, &["add", "github", "--client-id", ""]), "client-id: is empty");
    let long = "x".repeat(192);
    let done = run(&folder, &["add", "github", "--client-id", &long]);
    refused(&done, "client-id: has more than 191 characters");
    let openid = ["add", "openid_connect", "--client-id", "x", "--provider-id", "company"];
    let done = run(&folder, &openid);
    assert_eq!(done.status, 1);
    assert!(done.errors.contains("server_url"), "{}", done.errors);
    folder.write("settings.json", "{\"server_url\": \"https://id.example.com\"}");
    let with = [&openid[..], &["--settings", "settings.json"]].concat();
    assert_eq!(run(&folder, &with).status, 0);
    assert!(run(&folder, &["list"]).output.starts_with("1  openid_connect as company  x  OpenID Connect  "));
    folder.write("settings.json", "[\"hunter2\"]");
    let done = run(&folder, &with);
    assert!(done.errors.contains("is not one JSON object (line 1, column"), "{}", done.errors);
    assert!(!done.errors.contains("hunter2"));
    let done = run(&folder, &[&openid[..], &["--settings", "no.json"]].concat());
    assert!(done.errors.starts_with("error: --settings: "), "{}", done.errors);
}

#[test]
fn sites_are_named_by_key_or_domain() {
    let folder = migrated("");
    let database = rusqlite::Connection::open(folder.path().join("db.sqlite3")).unwrap();
    database.execute_batch("DELETE FROM django_site").unwrap();
    let done = run(&folder, &[GITHUB, &["--site", "example.com"]].concat());
    refused(&done, "there is no site `example.com`; there is no site at all");
    let add = "INSERT INTO django_site (id, domain, name) VALUES (1, 'example.com', 'a'), (2, 'second.example', 'b')";
    database.execute_batch(add).unwrap();
    let done = run(&folder, &[GITHUB, &["--site", "third.example"]].concat());
    refused(&done, "there is no site `third.example`; there is 1 (example.com), 2 (second.example)");
    assert_eq!(run(&folder, GITHUB).status, 0);
    assert_eq!(run(&folder, &[GITHUB, &["--site", "SECOND.example"]].concat()).status, 0, "another site");
    let google =
        ["add", "google", "--client-id", "g", "--site", "1", "--site", "second.example", "--site", "2"];
    assert_eq!(run(&folder, &google).status, 0);
    let expected = "1  github  Iv1.0123  GitHub  site 1\n2  github  Iv1.0123  GitHub  site 2\n3  google  g  Google  sites 1, 2\n";
    said(&run(&folder, &["list"]), expected);
    assert_eq!(run(&folder, &["remove", "3"]).status, 0);
    let left: i64 = database
        .query_row("SELECT count(*) FROM socialaccount_socialapp_sites", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 2);
}

#[test]
fn without_logins_by_providers_there_are_no_applications() {
    let folder = Folder::empty();
    assert_eq!(Shell::new(&folder).with_database().run(&["migrate"]).status, 0);
    let sentence = "http.features: nobody logs in by providers here; add \"social\" to the list";
    for arguments in [&["list"][..], GITHUB, &["remove", "1"]] {
        refused(&run(&folder, arguments), sentence);
    }
}

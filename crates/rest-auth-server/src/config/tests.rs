use std::ffi::OsString;
use std::path::Path;

use rest_auth::core::settings::{LoginMethod, OrFalse, Seconds};

use super::{Configuration, Mistake, Sources, load};
use crate::testing::Folder;

type Variable<'a> = (&'a str, &'a str);

fn read(folder: &Folder, variables: &[Variable<'_>]) -> Result<Configuration, Vec<Mistake>> {
    let variables: Vec<(OsString, OsString)> =
        variables.iter().map(|(name, value)| (name.into(), value.into())).collect();
    load(Sources { file: None, listen: None, variables: &variables, folder: folder.path() })
}

/// The lines for a file and an environment that are wrong.
fn mistakes(text: &str, variables: &[Variable<'_>]) -> Vec<String> {
    let folder = Folder::with("rest-auth.toml", text);
    read(&folder, variables).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn nothing_configured_is_the_default() {
    let configuration = read(&Folder::empty(), &[]).unwrap();
    assert_eq!(configuration.settings, rest_auth::core::settings::Settings::default());
    assert_eq!(configuration.file, None);
}

#[test]
fn the_file_in_the_folder_is_found_and_the_environment_wins_over_it() {
    let folder = Folder::with("rest-auth.toml", "[http]\nlisten = \"127.0.0.1:1\"\nprefix = \"/a/\"");
    let configuration = read(&folder, &[("REST_AUTH__HTTP__LISTEN", "127.0.0.1:2")]).unwrap();
    assert_eq!(configuration.settings.http.listen, "127.0.0.1:2");
    assert_eq!(configuration.settings.http.prefix, "/a/");
    assert_eq!(configuration.origin("http.listen").unwrap().to_string(), "REST_AUTH__HTTP__LISTEN");
    assert_eq!(configuration.origin("http.prefix").unwrap().to_string(), "rest-auth.toml:3:1");
    assert_eq!(configuration.origin("http.base_url"), None);
}

#[test]
fn the_option_wins_over_the_variable_and_the_variable_over_the_folder() {
    let folder = Folder::with("rest-auth.toml", "time_zone = \"Asia/Tokyo\"");
    folder.write("other.toml", "time_zone = \"Asia/Seoul\"");
    folder.write("third.toml", "time_zone = \"Asia/Manila\"");
    let variables = [(OsString::from("REST_AUTH_CONFIG"), OsString::from("other.toml"))];
    let sources = Sources { file: None, listen: None, variables: &variables, folder: folder.path() };
    assert_eq!(load(sources).unwrap().settings.top.time_zone, "Asia/Seoul");
    let sources = Sources { file: Some(Path::new("third.toml")), listen: Some("127.0.0.1:9"), ..sources };
    let configuration = load(sources).unwrap();
    assert_eq!(configuration.settings.top.time_zone, "Asia/Manila");
    assert_eq!(configuration.settings.http.listen, "127.0.0.1:9");
    assert_eq!(configuration.origin("http.listen").unwrap().to_string(), "--listen");
}

#[test]
fn a_file_that_is_named_and_missing_is_a_mistake() {
    let folder = Folder::empty();
    for (file, variable) in [(Some(Path::new("gone.toml")), ""), (None, "gone.toml")] {
        let variables = [(OsString::from("REST_AUTH_CONFIG"), OsString::from(variable))];
        let sources = Sources { file, listen: None, variables: &variables, folder: folder.path() };
        let line = load(sources).unwrap_err()[0].to_string();
        assert!(line.starts_with("gone.toml: the file cannot be read: No such file"), "{line}");
        assert!(line.ends_with("`rest-auth init` writes a new one"), "{line}");
    }
}

#[test]
fn an_unknown_key_is_one_line_with_its_place_and_the_nearest_name() {
    assert_eq!(
        mistakes("# first\n[account]\n  email_verificaton = \"none\"\n", &[]),
        ["rest-auth.toml:3:3: account.email_verificaton: unknown key; did you mean `email_verification`?"]
    );
    assert_eq!(
        mistakes("[acount]\nunique_email = true", &[]),
        ["rest-auth.toml:1:2: acount: unknown key; did you mean `account`?"]
    );
}

#[test]
fn every_mistake_is_reported_in_the_order_of_its_place() {
    let text =
        "prefix = \"/x/\"\n[session]\ncookie_age = \"soon\"\n[http]\nlissten = 3\nhttp.\u{1F511} = 1\n";
    let text = text.replace("http.\u{1F511} = 1\n", "\"\u{1F511}\nx\" = 1\n").replace("\nx\"", "\\nx\"");
    assert_eq!(
        mistakes(&text, &[("REST_AUTH__EMAIL__PORT", "none"), ("REST_AUTH__EMAIL__PROT", "25")]),
        [
            "rest-auth.toml:1:1: prefix: unknown key; it belongs to [http]",
            "rest-auth.toml:3:1: session.cookie_age: invalid value: string \"soon\", expected a duration: \
             whole seconds, or text such as \"15m\", \"2h\", \"1d\"",
            "rest-auth.toml:5:1: http.lissten: unknown key; did you mean `listen`?",
            "rest-auth.toml:6:1: http.\u{1F511}\\nx: unknown key",
            "REST_AUTH__EMAIL__PORT: email.port: invalid type: string \"none\", expected u16",
            "REST_AUTH__EMAIL__PROT: email.prot: unknown key; did you mean `port`?",
        ]
    );
}

#[test]
fn a_file_that_is_no_toml_is_reported_with_line_and_column() {
    assert_eq!(
        mistakes("profile = strict\n\n[http]\nlisten = 127.0.0.1:8000\n", &[]),
        [
            "rest-auth.toml:1:11: string values must be quoted, expected literal string",
            "rest-auth.toml:4:15: invalid float, expected nothing",
        ]
    );
    assert_eq!(
        mistakes("[http]\nprefix = \"/a/\"\nprefix = \"/b/\"", &[]),
        ["rest-auth.toml:3:1: duplicate key"]
    );
}

#[test]
fn columns_count_characters_and_bytes_that_are_no_text_are_found() {
    assert_eq!(
        mistakes("email = { default_from = \"é@x\", prot = 3 }", &[]),
        ["rest-auth.toml:1:33: email.prot: unknown key; did you mean `port`?"]
    );
    let folder = Folder::empty();
    std::fs::write(folder.path().join("rest-auth.toml"), b"[http]\nprefix = \"\xff\"").unwrap();
    let line = read(&folder, &[]).unwrap_err()[0].to_string();
    assert_eq!(line, "rest-auth.toml:2:11: no UTF-8 from here on; save the file as UTF-8");
}

#[test]
fn a_field_of_ones_own_that_cannot_be_is_one_line_with_place_and_hint() {
    let of_kind = "[user_model]\nextra_fields = [{ name = \"income\", kind = \"decimal\" }]";
    assert_eq!(
        mistakes(of_kind, &[]),
        [
            "rest-auth.toml:2:1: user_model.extra_fields: unknown variant `decimal`; take one of `char`, `integer`, `boolean`, `date`"
        ]
    );
    let misspelt = "[[user_model.extra_fields]]\nname = \"size\"\nchoises = [\"S\"]";
    let lines = mistakes(misspelt, &[]);
    let start = "rest-auth.toml:1:14: user_model.extra_fields: unknown field `choises`; take one of `name`";
    assert!(lines[0].starts_with(start), "{lines:?}");

    let text = "[user_model]\nextra_fields = [{ name = \"a\", source = \"x y\" }]";
    let folder = Folder::with("rest-auth.toml", text);
    let found: Vec<String> =
        read(&folder, &[]).unwrap().findings(false).iter().map(|(_, it)| it.to_string()).collect();
    let line = "rest-auth.toml:2:1: user_model.extra_fields: `x y` is no name of a table or a column; \
                take letters, digits and underscores, no digit first, 63 characters at most (rest_auth.E080)";
    assert!(found.contains(&line.to_owned()), "{found:#?}");
}

#[test]
fn a_secret_is_in_no_line() {
    for text in [
        "secret_key = 4711",
        "secret_key = \"4711",
        "secret_key = [\"4711\"]",
        "secret_key_fallbacks = \"4711\"",
    ] {
        let lines = mistakes(text, &[("REST_AUTH__SECRET_KEY_FALLBACKS", "4712")]);
        assert!(!lines.iter().any(|line| line.contains("471")), "{lines:?}");
    }
}

#[test]
fn variables_are_text_where_text_is_expected_and_toml_where_it_is_not() {
    let configuration = read(
        &Folder::empty(),
        &[
            ("REST_AUTH__SECRET_KEY", "1234567890"),
            ("REST_AUTH__TIME_ZONE", "\"UTC\""),
            ("REST_AUTH__EMAIL__PORT", " 587 "),
            ("REST_AUTH__EMAIL__FILE_PATH", "42"),
            ("REST_AUTH__ACCOUNT__UNIQUE_EMAIL", "false"),
            ("REST_AUTH__ACCOUNT__LOGIN_METHODS", "[\"email\", \"username\"]"),
            ("REST_AUTH__ACCOUNT__SALT", "false"),
            ("REST_AUTH__SESSION__COOKIE_AGE", "15m"),
            ("REST_AUTH__CSRF__COOKIE_AGE", "60"),
            ("REST_AUTH__CSRF__COOKIE_SAMESITE", "false"),
            ("REST_AUTH__HTTP__SECURE_PROXY_SSL_HEADER", "['X-Forwarded-Proto', 'https']"),
            ("REST_AUTH__REST_AUTH__TOKEN_MODEL", "false"),
            ("REST_AUTH_LOG", "debug"),
            ("PATH", "/bin"),
        ],
    );
    let settings = configuration.unwrap().settings;
    assert_eq!(settings.top.secret_key.expose(), "1234567890");
    assert_eq!(settings.top.time_zone, "\"UTC\"");
    assert_eq!(settings.email.port, 587);
    assert_eq!(settings.email.file_path, OrFalse::of("42".to_owned()));
    assert!(!settings.account.unique_email);
    assert_eq!(settings.account.login_methods, [LoginMethod::Email, LoginMethod::Username]);
    assert_eq!(settings.account.salt, "false");
    assert_eq!(
        (settings.session.cookie_age, settings.csrf.cookie_age),
        (Seconds(900), OrFalse::of(Seconds(60)))
    );
    assert_eq!(settings.csrf.cookie_samesite, OrFalse::off());
    assert!(settings.http.secure_proxy_ssl_header.get().is_some());
    assert!(!settings.rest_auth.token_model);
}

#[test]
fn a_variable_that_names_no_key_refuses_to_start() {
    let lines = mistakes(
        "",
        &[
            ("REST_AUTH__HTTP", "x"),
            ("REST_AUTH__NO_SECTION__KEY", "x"),
            ("REST_AUTH__A__B__C", "x"),
            ("REST_AUTH__", "x"),
            ("REST_AUTH__SECRET_KY", "x"),
        ],
    );
    assert_eq!(
        lines,
        [
            "REST_AUTH__: names no key; write REST_AUTH__KEY, or REST_AUTH__SECTION__KEY",
            "REST_AUTH__A__B__C: names no key; write REST_AUTH__KEY, or REST_AUTH__SECTION__KEY",
            "REST_AUTH__HTTP: http: is a section, and takes no value; write [http], and its keys below",
            "REST_AUTH__NO_SECTION__KEY: no_section: unknown key",
            "REST_AUTH__SECRET_KY: secret_ky: unknown key; did you mean `secret_key`?",
        ]
    );
}

#[test]
#[cfg(unix)]
fn a_variable_that_is_no_text_refuses_to_start() {
    use std::os::unix::ffi::OsStringExt;
    let variables = [(OsString::from("REST_AUTH__TIME_ZONE"), OsString::from_vec(vec![0xff]))];
    let folder = Folder::empty();
    let sources = Sources { file: None, listen: None, variables: &variables, folder: folder.path() };
    let lines: Vec<String> = load(sources).unwrap_err().iter().map(ToString::to_string).collect();
    assert_eq!(lines, ["REST_AUTH__TIME_ZONE: time_zone: the value is no UTF-8"]);
}

#[test]
fn the_profile_may_come_from_the_environment() {
    let configuration = read(&Folder::empty(), &[("REST_AUTH__PROFILE", "strict")]).unwrap();
    assert!(configuration.settings.session.cookie_secure);
    let lines = mistakes("", &[("REST_AUTH__PROFILE", "Strict")]);
    assert_eq!(lines, ["REST_AUTH__PROFILE: profile: unknown variant `Strict`; take `compat` or `strict`"]);
}

#[test]
fn a_secret_may_stand_in_a_file_of_its_own() {
    let folder =
        Folder::with("rest-auth.toml", "secret_key_file = \"key\"\n[email]\nhost_password_file = \"mail\"");
    folder.write("key", "\n  a secret of its own \n");
    folder.write("mail", "pa ss\n");
    folder.write("url", "postgres://u:p@h/n\n");
    let configuration = read(&folder, &[("REST_AUTH__DATABASE__URL_FILE", "url")]).unwrap();
    assert_eq!(configuration.settings.top.secret_key.expose(), "a secret of its own");
    assert_eq!(configuration.settings.email.host_password.expose(), "pa ss");
    assert_eq!(configuration.settings.database.url, "postgres://u:p@h/n");
    assert_eq!(configuration.origin("secret_key").unwrap().to_string(), "rest-auth.toml:1:1");
}

#[test]
fn of_a_secret_and_its_file_the_later_source_holds() {
    let folder =
        Folder::with("rest-auth.toml", "secret_key_file = \"key\"\n[email]\nhost_password = \"old\"");
    folder.write("key", "from the file");
    folder.write("mail", "new");
    let variables =
        [("REST_AUTH__SECRET_KEY", "from outside"), ("REST_AUTH__EMAIL__HOST_PASSWORD_FILE", "mail")];
    let settings = read(&folder, &variables).unwrap().settings;
    assert_eq!(settings.top.secret_key.expose(), "from outside");
    assert_eq!(settings.email.host_password.expose(), "new");
    assert_eq!(
        mistakes("secret_key = \"a\"\nsecret_key_file = \"b\"", &[]),
        ["rest-auth.toml:2:1: secret_key_file: `secret_key` is given too; keep one of the two"]
    );
}

#[test]
fn a_secret_file_that_is_missing_or_empty_is_a_mistake() {
    let lines = mistakes("secret_key_file = \"gone\"", &[]);
    assert!(
        lines[0].starts_with("rest-auth.toml:1:1: secret_key_file: gone: the file cannot be read: No such")
    );
    let folder = Folder::with("rest-auth.toml", "secret_key_file = \"key\"");
    folder.write("key", " \n");
    let line = read(&folder, &[]).unwrap_err()[0].to_string();
    assert_eq!(line, "rest-auth.toml:1:1: secret_key_file: key: the file is empty; write the secret into it");
}

#[test]
#[cfg(unix)]
fn a_secret_file_that_everybody_can_read_is_worth_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::with("rest-auth.toml", "secret_key_file = \"key\"");
    folder.write("key", "secret");
    let key = folder.path().join("key");
    for (mode, warned) in [(0o644, true), (0o640, false), (0o600, false)] {
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        let warnings = read(&folder, &[]).unwrap().warnings;
        assert_eq!(!warnings.is_empty(), warned, "{mode:o}: {warnings:?}");
    }
}

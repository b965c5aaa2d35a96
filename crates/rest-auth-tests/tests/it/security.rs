//! The statements of docs/internals/security.md that no other story tells. Where the profile "compat" keeps what
//! upstream does, its story says so, and the one of "strict" says what the statement says.

use std::collections::BTreeSet;

use rest_auth::{BuildError, RestAuth};
use rest_auth_core::checks::{self, Level};
use rest_auth_core::commands::{NewSuperuser, change_password, create_superuser};
use rest_auth_core::model::{EncodedPassword, NewUser, Secret, UserId};
use rest_auth_core::store::UserLookup;
use rest_auth_sql::SqlStore;
use rest_auth_tests::app::{self, BEGINNING, Client, Database, PASSWORD, Response, TestApp};
use serde_json::{Value, json};

const LOGIN: &str = "/rest-auth/login/";
const REGISTRATION: &str = "/rest-auth/registration/";
const USER: &str = "/rest-auth/user/";
const FAILED: &str = r#"{"non_field_errors":["Unable to log in with provided credentials."]}"#;

/// The strict profile, with the cheapest hash that it takes.
const STRICT: &str = r#"
profile = "strict"
[http]
base_url = "https://testserver"
[password]
hashers = [{ algorithm = "argon2", memory_cost = 19456, time_cost = 2, parallelism = 1 }, "pbkdf2_sha256"]
"#;

/// Long enough for the strict profile.
const LONG_PASSWORD: &str = "c0rrect-horse-battery";

async fn sign_up(app: &TestApp, name: &str, password: &str) -> Response {
    let body = json!({
        "username": name, "email": format!("{name}@example.com"), "password1": password, "password2": password,
    });
    app.client().post(REGISTRATION).json(&body).send().await
}

/// What the password fields and the whole say of a password; nothing if it was taken.
async fn objections(app: &TestApp, name: &str, password: &str) -> Vec<String> {
    let answer = sign_up(app, name, password).await;
    if answer.status == 201 {
        return Vec::new();
    }
    assert_eq!(answer.status, 400, "{}", answer.text());
    let errors = answer.json();
    let lists =
        ["password1", "password2", "non_field_errors"].into_iter().filter_map(|key| errors[key].as_array());
    lists.flatten().map(|message| message.as_str().unwrap().to_owned()).collect()
}

/// Verifies the address of somebody who has signed up.
async fn verify(app: &TestApp, name: &str) {
    let mail = app.last_mail_to(name).await;
    let link = mail.text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
    let key = link.trim_end_matches('/').rsplit('/').next().unwrap();
    let body = json!({ "key": key });
    let answer = app.client().post("/rest-auth/registration/verify-email/").json(&body).send().await;
    assert_eq!(answer.status, 200, "{}", answer.text());
}

// Passwords.

#[tokio::test]
async fn s_01_the_least_length_is_counted_in_code_points() {
    for (settings, least) in [("", 8), (STRICT, 15)] {
        let app = TestApp::with(settings).await;
        let herd: String = "\u{1f40e}\u{1f434}\u{1f984}".chars().cycle().take(least).collect();
        assert_eq!(objections(&app, "ann", &herd).await, Vec::<String>::new());
        let short: String = herd.chars().take(least - 1).collect();
        assert!(short.len() > least, "it has enough bytes");
        let message = format!("This password is too short. It must contain at least {least} characters.");
        assert_eq!(objections(&app, "bob", &short).await, [message]);
    }
}

#[tokio::test]
async fn s_02_long_passwords_work_and_are_never_cut() {
    let app = TestApp::start().await;
    for length in [64, 128, 129, 1000] {
        let (name, password) =
            (format!("ann{length}"), "long words, ".chars().cycle().take(length).collect::<String>());
        assert_eq!(objections(&app, &name, &password).await, Vec::<String>::new(), "{length}");
        assert_eq!(app.log_in(&name, &password).await.status, 200, "{length}");
        assert_eq!(app.log_in(&name, &password[..length - 1]).await.status, 400, "{length}");
        assert_eq!(app.log_in(&name, &format!("{password}x")).await.status, 400, "{length}");
    }
}

#[tokio::test]
async fn s_02_the_strict_profile_takes_128_characters_and_refuses_129() {
    let app = TestApp::with(STRICT).await;
    let of = |length: usize| "lang\u{e9} words, ".chars().cycle().take(length).collect::<String>();
    for length in [64, 128] {
        assert_eq!(objections(&app, &format!("ann{length}"), &of(length)).await, Vec::<String>::new());
    }
    let message = "Ensure this field has no more than 128 characters.";
    assert_eq!(objections(&app, "bob", &of(129)).await, [message, message]);
}

#[tokio::test]
async fn s_03_what_is_typed_is_what_is_checked() {
    let app = TestApp::start().await;
    let passwords = [
        "  two spaces before and after  ",
        "tab\tand line\nand bell\u{7}",
        "Caf\u{e9} au lait",
        "Cafe\u{301} au lait",
        "\u{ff43}\u{ff41}\u{ff46}\u{e9} au lait",
        "\u{1f469}\u{200d}\u{1f680} astronaut",
        "caf\u{e9} au lait",
        "\u{202e}backwards",
    ];
    for (number, password) in passwords.into_iter().enumerate() {
        let name = format!("guest{number}");
        assert_eq!(objections(&app, &name, password).await, Vec::<String>::new(), "{password:?}");
        for (other, attempt) in passwords.into_iter().enumerate() {
            let expected = if other == number { 200 } else { 400 };
            assert_eq!(app.log_in(&name, attempt).await.status, expected, "{password:?} and {attempt:?}");
        }
        assert_eq!(app.log_in(&name, &password.to_uppercase()).await.status, 400, "{password:?}");
    }
    assert_eq!(app.log_in("guest0", "two spaces before and after").await.status, 400);
    let nul = sign_up(&app, "nul", "with a \0 in it").await;
    assert_eq!(nul.json()["password1"], json!(["Null characters are not allowed."]));
}

const COMMON: [&str; 12] = [
    "password",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "trustno1",
    "whatever",
    "passw0rd",
    "starwars",
    "qwertyuiop",
];

#[tokio::test]
async fn s_04_common_passwords_are_refused_on_every_way_to_set_one() {
    let app = TestApp::start().await;
    app.register("ann").await;
    let message = "This password is too common.";
    for (number, word) in COMMON.into_iter().enumerate() {
        for spelling in [word.to_owned(), word.to_uppercase(), format!(" {word} ")] {
            let name = format!("guest{number}");
            assert_eq!(objections(&app, &name, &spelling).await, [message], "{spelling:?}");
            let superuser = NewSuperuser {
                username: Some(name),
                email: String::new(),
                password: Secret::from(&*spelling),
            };
            let refused = create_superuser(&app.context(), superuser, false).await;
            assert!(refused.unwrap_err().to_string().contains(message), "{spelling:?}");
            let ann = app.store.read().await.unwrap().user(UserId::Int(1)).await.unwrap().unwrap();
            let refused = change_password(&app.context(), &ann, Secret::from(&*spelling), false).await;
            assert!(refused.unwrap_err().to_string().contains(message), "{spelling:?}");
        }
    }
    assert_eq!(app.log_in("ann", PASSWORD).await.status, 200);
}

#[tokio::test]
async fn s_06_no_kind_of_character_is_required() {
    for settings in ["", STRICT] {
        let app = TestApp::with(settings).await;
        for (number, password) in [
            "onlylowercaseletters",
            "ONLYUPPERCASELETTERS",
            "\u{43f}\u{440}\u{430}\u{432}\u{438}\u{43b}\u{44c}\u{43d}\u{430}\u{44f}\u{43b}\u{43e}\u{448}\u{430}\u{434}\u{44c}",
            "words with blanks only",
            "!!!???!!!???!!!???",
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(objections(&app, &format!("guest{number}"), password).await, Vec::<String>::new(), "{password}");
        }
    }
}

#[tokio::test]
async fn s_07_a_password_that_resembles_the_account_is_refused() {
    for settings in ["", STRICT] {
        let app = TestApp::with(settings).await;
        let body = |password: &str| {
            json!({
                "username": "annabelle-lee-the-third", "email": "captain.nemo.of.nautilus@example.com",
                "password1": password, "password2": password,
            })
        };
        for (password, attribute) in [
            ("annabelle-lee-the-third", "username"),
            ("Annabelle-Lee-The-Thirt", "username"),
            ("driht-eht-eel-ellebanna", "username"),
            ("captain.nemo.of.nautilus", "email address"),
        ] {
            let answer = app.client().post(REGISTRATION).json(&body(password)).send().await;
            let message = format!("The password is too similar to the {attribute}.");
            assert_eq!(
                (answer.status, answer.json()),
                (400, json!({"non_field_errors": [message]})),
                "{password}"
            );
        }
    }
}

#[tokio::test]
async fn s_07_strict_refuses_a_password_made_of_the_sites_name() {
    let site = "https://annabelles-bookshop.example.com";
    let compat = format!("[http]\nbase_url = \"{site}\"");
    let strict = STRICT.replace("https://testserver", site);
    for (settings, expected) in
        [(compat, vec![]), (strict, vec!["The password is too similar to the site's name."])]
    {
        let app = TestApp::with(&settings).await;
        let found = objections(&app, "guest", "Annabelles-Bookshop!").await;
        assert_eq!(found, expected, "{settings}");
    }
}

#[tokio::test]
async fn s_05_s_07_words_of_the_operators_own_are_refused() {
    let path = std::env::temp_dir().join(format!("rest-auth-words-{}.txt", std::process::id()));
    std::fs::write(&path, "Hunter-Of-Whales\nleaked-elsewhere\n").unwrap();
    let app = TestApp::with(&format!(
        "[password]\nvalidators = [{{ name = \"common\" }}, {{ name = \"common\", password_list_path = \"{}\" }}]",
        path.display()
    ))
    .await;
    std::fs::remove_file(&path).unwrap();
    let too_common = ["This password is too common."];
    for password in ["hunter-of-whales", " LEAKED-elsewhere ", "password"] {
        assert_eq!(objections(&app, "guest", password).await, too_common, "{password}");
    }
    assert_eq!(objections(&app, "guest", "hunter-of-wails").await, Vec::<String>::new());
}

#[tokio::test]
async fn s_09_a_hash_that_is_too_weak_is_refused_by_the_strict_profile_and_told_by_the_other() {
    let weak = "[password]\nhashers = [{ algorithm = \"pbkdf2_sha256\", iterations = 599999 }]";
    let strict =
        app::settings(&format!("profile = \"strict\"\n[http]\nbase_url = \"https://x.example\"\n{weak}"));
    let mut database = strict.database.clone();
    database.url = "sqlite::memory:".to_owned();
    let store = SqlStore::configured(&database, &strict.user_model).unwrap();
    store.migrate(BEGINNING).await.unwrap();
    match RestAuth::builder().settings(strict).store(store).build().await {
        Err(BuildError::Checks(findings)) => {
            assert_eq!(findings.iter().map(|finding| finding.id).collect::<Vec<_>>(), ["rest_auth.E061"]);
        }
        other => panic!("{other:?}"),
    }
    let findings = checks::run(&app::settings(weak));
    let found: Vec<_> = findings.iter().filter(|finding| finding.id == "rest_auth.W060").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].level, Level::Warning);
}

#[tokio::test]
async fn s_09_what_is_stored_by_default_is_as_strong_as_owasp_asks_for() {
    for (settings, expected) in [
        ("[password]\nhashers = [\"pbkdf2_sha256\"]", "pbkdf2_sha256$1000000$"),
        (
            "profile = \"strict\"\n[http]\nbase_url = \"https://testserver\"\n[password]\nhashers = [\"argon2\"]",
            "argon2$argon2id$v=19$m=102400,t=2,p=8$",
        ),
    ] {
        let app = TestApp::with(settings).await;
        assert_eq!(sign_up(&app, "ann", LONG_PASSWORD).await.status, 201);
        let user = app.store.read().await.unwrap().user(UserId::Int(1)).await.unwrap().unwrap();
        assert!(user.password.as_str().starts_with(expected), "{}", user.password.as_str());
    }
}

#[tokio::test]
async fn s_12_plain_bcrypt_takes_no_new_password_that_it_would_cut() {
    let app = TestApp::with("[password]\nhashers = [{ algorithm = \"bcrypt\", rounds = 4 }]").await;
    let fits = "\u{e9}".repeat(36);
    assert_eq!(objections(&app, "ann", &fits).await, Vec::<String>::new());
    assert_eq!(app.log_in("ann", &fits).await.status, 200);
    let message = "This password is too long. It must contain at most 72 bytes.";
    assert_eq!(objections(&app, "bob", &format!("{fits}x")).await, [message]);
    let superuser = NewSuperuser {
        username: Some("root".to_owned()),
        email: String::new(),
        password: Secret::from(&*"x".repeat(73)),
    };
    for despite_rules in [false, true] {
        let refused = create_superuser(&app.context(), superuser.clone(), despite_rules).await;
        assert!(refused.unwrap_err().to_string().contains(message));
    }
}

// Guessing and enumeration.

/// Accounts of every kind that cannot log in, and what is tried with each.
async fn outsiders(app: &TestApp, password: &str) -> Vec<(&'static str, Value)> {
    for name in ["ann", "off", "new"] {
        assert_eq!(sign_up(app, name, password).await.status, 201);
    }
    for name in ["ann", "off"] {
        verify(app, name).await;
    }
    let mut tx = app.store.write().await.unwrap();
    let off = tx.users(UserLookup::Username("off")).await.unwrap().remove(0);
    tx.set_active(off.id, false).await.unwrap();
    for (name, column) in
        [("unusable", "!aVeryUnusableColumn"), ("empty", ""), ("broken", "pbkdf2_sha256$x$y$z")]
    {
        let column = EncodedPassword::from_column(column);
        let user = NewUser::new(Some(name.to_owned()), format!("{name}@example.com"), column, BEGINNING);
        tx.add_user(user).await.unwrap();
    }
    tx.commit().await.unwrap();
    let by_name = |name: &str, password: &str| json!({"username": name, "password": password});
    let by_email =
        |name: &str, password: &str| json!({"email": format!("{name}@example.com"), "password": password});
    vec![
        ("unknown", by_name("nobody", password)),
        ("unknown address", by_email("nobody", password)),
        ("wrong password", by_name("ann", "wrong-wrong-wrong")),
        ("wrong password by address", by_email("ann", "wrong-wrong-wrong")),
        ("wrong password in another case", by_name("ann", &password.to_uppercase())),
        ("switched off, right password", by_name("off", password)),
        ("switched off, wrong password", by_name("off", "wrong-wrong-wrong")),
        ("unverified, wrong password", by_name("new", "wrong-wrong-wrong")),
        ("unusable", by_name("unusable", password)),
        ("unusable, with the column itself", by_name("unusable", "!aVeryUnusableColumn")),
        ("no hash at all", by_name("empty", password)),
        ("a broken hash", by_name("broken", password)),
    ]
}

/// An answer but for the id of its request.
fn seen(answer: &Response) -> (u16, String, Vec<(String, String)>) {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    (answer.status, answer.text(), headers)
}

/// How many hashes a login costs.
async fn cost(app: &TestApp, body: &Value) -> (Response, u64) {
    // No try is one too many.
    app.clock.advance(301);
    let before = hashes(app).await;
    let answer = app.client().post(LOGIN).json(body).send().await;
    (answer, hashes(app).await - before)
}

/// How many hashes have been made; those under way, whose answers may be out already, are waited for.
async fn hashes(app: &TestApp) -> u64 {
    let passwords = &app.app().passwords;
    while passwords.load() != (0, 0) {
        tokio::task::yield_now().await;
    }
    passwords.hashes()
}

#[tokio::test]
async fn s_16_s_17_whoever_cannot_log_in_reads_the_same_and_costs_the_same() {
    let both = "[account]\nlogin_methods = [\"username\", \"email\"]";
    for (settings, password) in [(both.to_owned(), PASSWORD), (format!("{STRICT}{both}"), LONG_PASSWORD)] {
        for database in Database::each().await {
            let app = TestApp::on(database, &settings).await;
            let tries = outsiders(&app, password).await;
            let (first, one_hash) = cost(&app, &tries[0].1).await;
            assert_eq!((first.text().as_str(), one_hash), (FAILED, 1));
            for (who, body) in &tries {
                let (answer, hashes) = cost(&app, body).await;
                assert_eq!(seen(&answer), seen(&first), "{who}");
                assert_eq!(hashes, 1, "{who}");
            }
            let right = json!({"username": "ann", "password": password});
            assert_eq!(cost(&app, &right).await.1, 1, "and whoever can log in costs as much");
            // Blanks around a password cost one more try, for everybody.
            for name in ["nobody", "ann", "off", "unusable"] {
                let blanks = json!({"username": name, "password": " wrong-wrong-wrong "});
                assert_eq!(cost(&app, &blanks).await.1, 2, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn s_16_only_whoever_has_the_password_learns_that_the_address_is_not_verified() {
    let app = TestApp::with(STRICT).await;
    sign_up(&app, "ann", LONG_PASSWORD).await;
    let right = app.log_in("ann", LONG_PASSWORD).await;
    assert_eq!(right.json(), json!({"non_field_errors": ["E-mail is not verified."]}));
    assert_eq!(app.log_in("ann", "wrong-wrong-wrong").await.text(), FAILED);
}

#[tokio::test]
async fn s_25_a_secret_that_is_short_or_well_known_is_no_secret() {
    for secret in ["changeme", "x", &"a".repeat(64), "please-change-this-secret-key-0123456789"] {
        let settings = app::settings(&format!("secret_key = \"{secret}\""));
        let ids: Vec<_> =
            checks::run(&settings).into_iter().filter(|finding| finding.level == Level::Error).collect();
        assert!(!ids.is_empty(), "{secret}");
        let store = SqlStore::configured(
            &rest_auth_core::settings::Database { url: "sqlite::memory:".to_owned(), ..Default::default() },
            &settings.user_model,
        );
        let built = RestAuth::builder().settings(settings).store(store.unwrap()).build().await;
        assert!(matches!(built, Err(BuildError::Checks(_))), "{secret}");
    }
    let app = TestApp::start().await;
    for name in ["admin", "root", "administrator", "test", "user", "guest", "demo"] {
        for password in ["", name, "admin", "password", "changeme"] {
            assert_eq!(app.log_in(name, password).await.status, 400, "there is no account from the start");
        }
    }
}

/// What no body decides. `verified` and the like stand for whatever somebody may think of.
const NOT_YOURS: [&str; 18] = [
    "id",
    "pk",
    "user",
    "user_id",
    "is_staff",
    "is_superuser",
    "is_active",
    "date_joined",
    "last_login",
    "groups",
    "user_permissions",
    "email_verified",
    "verified",
    "primary",
    "token",
    "key",
    "hash",
    "created",
];

#[tokio::test]
async fn s_30_no_body_decides_what_the_database_decides() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let mut body = json!({
            "username": "eve", "email": "eve@example.com", "password1": PASSWORD, "password2": PASSWORD,
        });
        for (number, name) in NOT_YOURS.into_iter().enumerate() {
            body[name] = if number % 2 == 0 { json!(7) } else { json!(true) };
        }
        let answer = app.client().post(REGISTRATION).json(&body).send().await;
        assert_eq!(answer.status, 201, "{}", answer.text());
        let key = answer.json()["key"].as_str().unwrap().to_owned();
        let eve = app.store.read().await.unwrap().users(UserLookup::Username("eve")).await.unwrap().remove(0);
        assert_eq!(
            (eve.id, eve.is_active, eve.is_staff, eve.is_superuser),
            (UserId::Int(1), true, false, false)
        );
        assert_eq!(eve.date_joined, BEGINNING);
        let rows = app.store.read().await.unwrap().user_email_addresses(eve.id).await.unwrap();
        assert!(!rows[0].verified);

        let before = app.rows().dump().await;
        for method in ["PUT", "PATCH"] {
            for value in [json!(7), json!(true), json!("2001-01-01"), json!([1]), Value::Null] {
                for name in NOT_YOURS.into_iter().chain(["email", "password"]) {
                    let mut body = json!({"username": "eve"});
                    body[name] = value.clone();
                    let answer = app.client().request(method, USER).token(&key).json(&body).send().await;
                    assert_eq!(answer.status, 200, "{method} {body}: {}", answer.text());
                }
            }
        }
        assert_eq!(app.rows().dump().await, before);
    }
}

// Sessions, cookies, answers.

#[tokio::test]
async fn s_31_keys_are_drawn_from_160_bits_and_never_twice() {
    let app = TestApp::start().await;
    let (mut tokens, mut sessions) = (BTreeSet::new(), BTreeSet::new());
    for number in 0..100 {
        let browser = app.client();
        let body =
            json!({"username": format!("guest{number}"), "password1": PASSWORD, "password2": PASSWORD});
        let answer = browser.post(REGISTRATION).json(&body).send().await.json();
        tokens.insert(answer["key"].as_str().unwrap().to_owned());
        sessions.insert(browser.cookie("sessionid").unwrap());
    }
    assert_eq!((tokens.len(), sessions.len()), (100, 100));
    // 40 digits of 4 bits, 32 letters of 5.17 bits.
    let is_hex = |text: &String| text.len() == 40 && text.bytes().all(|c| b"0123456789abcdef".contains(&c));
    let is_key = |text: &String| {
        text.len() == 32 && text.bytes().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    assert!(tokens.iter().all(is_hex) && sessions.iter().all(is_key));
    // No place of a key is always the same.
    for place in 0..32 {
        for keys in [&tokens, &sessions] {
            assert!(keys.iter().map(|key| key.as_bytes()[place]).collect::<BTreeSet<_>>().len() > 5);
        }
    }
}

#[tokio::test]
async fn s_32_cookies_of_the_strict_profile_are_bound_to_the_host_and_deleted_as_they_were_set() {
    let app = TestApp::with(STRICT).await;
    sign_up(&app, "ann", LONG_PASSWORD).await;
    verify(&app, "ann").await;
    let browser = app.client();
    let body = json!({"username": "ann", "password": LONG_PASSWORD});
    let login = browser.post(LOGIN).json(&body).send().await;
    let lines = login.set_cookies();
    assert_eq!(lines.len(), 2);
    assert!(
        lines[0].starts_with("__Host-csrftoken=") && !lines[0].contains("HttpOnly"),
        "scripts must read it"
    );
    assert!(lines[1].starts_with("__Host-sessionid=") && lines[1].contains("; HttpOnly"));
    let proof = browser.cookie("__Host-csrftoken").unwrap();
    let logout = browser.post("/rest-auth/logout/").header("X-CSRFToken", &proof).send().await;
    let deletion = logout.set_cookies();
    assert_eq!(deletion.len(), 1);
    assert!(deletion[0].starts_with("__Host-sessionid=\"\"; "), "{}", deletion[0]);
    for line in lines.iter().chain(&deletion) {
        assert!(line.len() < 4096);
        assert!(line.contains("; Path=/; SameSite=Lax; Secure") && !line.contains("Domain"), "{line}");
    }
}

#[tokio::test]
async fn s_32_cookies_of_the_compat_profile_are_djangos() {
    let app = TestApp::start().await;
    let lines = app.register("ann").await.set_cookies();
    assert!(lines[0].starts_with("csrftoken=") && lines[1].starts_with("sessionid="));
    assert!(lines.iter().all(|line| !line.contains("Secure") && line.contains("; SameSite=Lax")));
    let deviations = checks::deploy(&app.app().settings);
    for id in ["rest_auth.D001", "rest_auth.D002", "rest_auth.D016", "rest_auth.D017"] {
        assert!(deviations.iter().any(|finding| finding.id == id), "check --deploy tells {id}");
    }
}

#[tokio::test]
async fn s_40_answers_with_tokens_or_personal_data_are_kept_by_no_cache() {
    let app = TestApp::with("[http]\nfeatures = [\"registration\", \"example\"]").await;
    let registration = app.register("ann").await;
    let key = registration.json()["key"].as_str().unwrap().to_owned();
    let request = async |method: &str, path: &str| {
        app.client().request(method, path).token(&key).json(&json!({"username": "ann"})).send().await
    };
    let answers = [
        registration,
        app.log_in("ann", PASSWORD).await,
        request("GET", USER).await,
        request("HEAD", USER).await,
        request("PUT", USER).await,
        request("PATCH", USER).await,
        request("GET", "/protected/").await,
    ];
    for answer in answers {
        assert!(answer.status < 300, "{}", answer.text());
        assert_eq!(answer.header("cache-control"), "no-store");
        assert_eq!(answer.header("vary"), "Accept, Authorization, Cookie");
    }
}

// Mails.

#[tokio::test]
async fn s_58_links_lead_to_the_configured_host_whatever_a_request_says() {
    let app = TestApp::start().await;
    let body =
        json!({"username": "ann", "email": "ann@example.com", "password1": PASSWORD, "password2": PASSWORD});
    let answer = app
        .client()
        .post(REGISTRATION)
        .header("Host", "evil.example")
        .header("X-Forwarded-Host", "evil.example")
        .header("Forwarded", "host=evil.example")
        .header("X-Original-Host", "evil.example")
        .json(&body)
        .send()
        .await;
    assert_eq!(answer.status, 201);
    let mail = app.last_mail_to("ann").await;
    assert!(
        mail.text.contains("http://testserver/rest-auth/registration/account-confirm-email/"),
        "{}",
        mail.text
    );
    assert!(!format!("{}{}{}", mail.text, mail.subject, mail.from).contains("evil"));
}

#[tokio::test]
async fn s_59_a_look_alike_of_a_stored_address_gets_nothing() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        let body = json!({
            "username": "mike", "email": "mike@siskin.example", "password1": PASSWORD, "password2": PASSWORD,
        });
        assert_eq!(app.client().post(REGISTRATION).json(&body).send().await.status, 201);
        app.clock.advance(3600);
        for typed in [
            "m\u{131}ke@siskin.example",
            "mi\u{212a}e@siskin.example",
            "mike@\u{17f}iskin.example",
            "mike@s\u{131}skin.example",
            "mike@s\u{456}skin.example",
            "mike@\u{ff53}iskin.example",
            "mike@siskin\u{3002}example",
        ] {
            let body = json!({ "email": typed });
            let answer = app.client().post("/rest-auth/registration/resend-email/").json(&body).send().await;
            assert!([200, 400].contains(&answer.status), "{typed}: {}", answer.text());
        }
        app.deliver().await;
        let receivers: BTreeSet<_> = app.mailbox.sent().into_iter().map(|sent| sent.mail.to).collect();
        assert_eq!(receivers, BTreeSet::from(["mike@siskin.example".to_owned()]));
    }
}

#[tokio::test]
async fn s_60_an_address_is_one_address_and_nothing_else() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        for email in [
            "ann@example.com\r\nBcc: eve@evil.example",
            "ann@example.com\nBcc: eve@evil.example",
            "ann\r\n@example.com",
            "ann@evil.example@example.com",
            "ann@example.com, eve@evil.example",
            "ann@example.com;eve@evil.example",
            "Ann <ann@example.com>",
            "<ann@example.com>",
            "ann(comment)@example.com",
            "ann@example.com(comment)",
            "ann\u{ff20}example.com",
            "ann\u{fe6b}example.com",
            "ann@exa mple.com",
            "ann@-example.com",
            "ann@example",
            "ann@[127.0.0.1",
            "@example.com",
            "ann@",
            "ann\0@example.com",
        ] {
            let body =
                json!({"username": "ann", "email": email, "password1": PASSWORD, "password2": PASSWORD});
            let answer = app.client().post(REGISTRATION).json(&body).send().await;
            assert_eq!(
                (answer.status, answer.json().get("email").is_some()),
                (400, true),
                "{email:?}: {}",
                answer.text()
            );
        }
        assert_eq!(app.rows().count("rest_auth_outbox").await, 0);
        let body = json!({"username": "ann", "email": "  ANN@Example.COM\t", "password1": PASSWORD, "password2": PASSWORD});
        assert_eq!(app.client().post(REGISTRATION).json(&body).send().await.status, 201);
        assert_eq!(app.rows().texts("SELECT email FROM account_emailaddress").await, ["ann@example.com"]);
    }
}

#[tokio::test]
async fn s_61_looking_at_a_mailed_link_changes_nothing() {
    for database in Database::each().await {
        let app = TestApp::on(database, "").await;
        app.register("ann").await;
        let mail = app.last_mail_to("ann").await;
        let link = mail.text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
        let path = link.strip_prefix("http://testserver").unwrap();
        let before = app.rows().dump().await;
        for _ in 0..10 {
            for method in ["GET", "HEAD"] {
                assert_eq!(app.client().request(method, path).send().await.status, 200);
            }
        }
        assert_eq!(app.rows().dump().await, before);
        assert_eq!(app.client().post(path).send().await.status, 302);
        let verified = "SELECT email FROM account_emailaddress WHERE verified";
        assert_eq!(app.rows().texts(verified).await, ["ann@example.com"]);
    }
}
#[tokio::test]
async fn s_66_signing_up_tells_nobody_whether_an_address_is_known() {
    for database in Database::each().await {
        let app = TestApp::on(database, STRICT).await;
        sign_up(&app, "ann", LONG_PASSWORD).await;
        verify(&app, "ann").await;
        let with = async |client: &Client, name: &str, email: &str| {
            let body = json!({"username": name, "email": email, "password1": LONG_PASSWORD, "password2": LONG_PASSWORD});
            client.post(REGISTRATION).json(&body).send().await
        };
        let unknown = with(&app.client(), "bob", "bob@example.com").await;
        let known = with(&app.client(), "eve", "ann@example.com").await;
        assert_eq!((known.status, known.text()), (unknown.status, unknown.text()));
        let names = |answer: &Response| {
            let lines = answer.set_cookies();
            lines.iter().map(|line| line.split('=').next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(names(&known), names(&unknown));
        assert_eq!(app.log_in("eve", LONG_PASSWORD).await.text(), FAILED, "no account was made");
        let ann = json!({"username": "ann", "password": LONG_PASSWORD});
        assert_eq!(app.client().post(LOGIN).json(&ann).send().await.status, 200, "and hers is as it was");
    }
}

#[tokio::test]
async fn s_67_what_has_expired_is_refused_while_its_row_is_still_there() {
    let settings = "[account]\nemail_confirmation_hmac = false\n[database]\nclear_expired = false";
    let kept = ["django_session", "account_emailconfirmation"];
    for database in Database::each().await {
        let app = TestApp::on(database, settings).await;
        let browser = app.client();
        let body = json!({"username": "ann", "email": "ann@example.com", "password1": PASSWORD, "password2": PASSWORD});
        assert_eq!(browser.post(REGISTRATION).json(&body).send().await.status, 201);
        let mail = app.last_mail_to("ann").await;
        let link = mail.text.split_whitespace().find(|word| word.contains("account-confirm-email/")).unwrap();
        let key = json!({"key": link.trim_end_matches('/').rsplit('/').next().unwrap()});
        let ask = json!({"email": "ann@example.com"});
        assert_eq!(app.client().post("/rest-auth/password/reset/").json(&ask).send().await.status, 200);
        let mail = app.last_mail_to("ann").await;
        let link = mail.text.split_whitespace().find(|word| word.contains("/confirm/")).unwrap();
        let mut parts = link.trim_end_matches('/').rsplit('/');
        let (token, uid) = (parts.next().unwrap(), parts.next().unwrap());
        let new = json!({"uid": uid, "token": token, "new_password1": LONG_PASSWORD, "new_password2": LONG_PASSWORD});
        assert_eq!(browser.get("/rest-auth/user/").send().await.status, 200);

        app.clock.advance(15 * 86_400);
        assert_eq!(browser.get("/rest-auth/user/").send().await.status, 401, "the session");
        let verified = app.client().post("/rest-auth/registration/verify-email/").json(&key).send().await;
        assert_eq!(verified.status, 404, "the confirmation key");
        let reset = app.client().post("/rest-auth/password/reset/confirm/").json(&new).send().await;
        assert_eq!((reset.status, reset.json()), (400, json!({"token": ["Invalid value"]})), "the link");
        for table in kept {
            assert_eq!(app.rows().count(table).await, 1, "{table}");
        }
    }
}

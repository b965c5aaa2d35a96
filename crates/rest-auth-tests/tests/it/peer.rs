//! One database, two programs: a real dj-rest-auth and rest-auth, with the same secret. What one of them has made is
//! good for the other, in both directions.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};

use rest_auth_core::Clock;
use rest_auth_tests::app::{Client, Database, Dump, PASSWORD, TestApp};
use rest_auth_tests::peer::{self, Peer};
use rest_auth_tests::postgres;
use rest_auth_tests::process::Answer;
use serde_json::{Value, json};

const MAKE: &str = include_str!("../peer/make.py");
const JUDGE: &str = include_str!("../peer/judge.py");

const SETTINGS: &str = r#"
[password]
hashers = [{ algorithm = "pbkdf2_sha256", iterations = 100 }, "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt", "md5"]
"#;

/// Every hasher that Django has, the first one quick on both sides; and the secret of the stories.
fn peer_on(url: &str) -> Peer {
    let others = ["PBKDF2SHA1", "Argon2", "BCryptSHA256", "BCrypt", "Scrypt", "MD5"];
    let others = others.iter().map(|name| format!("django.contrib.auth.hashers.{name}PasswordHasher"));
    let hashers: Vec<String> =
        std::iter::once("project.hashers.QuickPBKDF2PasswordHasher".to_owned()).chain(others).collect();
    let secret = rest_auth_tests::app::settings("").top.secret_key;
    Peer::new(url, &json!({"SECRET_KEY": secret.expose(), "PASSWORD_HASHERS": hashers}))
}

/// With the machine's time, which is the peer's too.
async fn rest_auth_on(url: &str) -> TestApp {
    let database = Database::Url(url.to_owned());
    TestApp::built(database, SETTINGS, |builder| builder.clock(Clock::System)).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

/// A request to the peer's server: status and JSON, and the cookies that it set. A path without a leading slash stands
/// below the prefix.
pub(crate) fn ask_peer(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &str,
    body: &Value,
) -> (u16, Value, Vec<String>) {
    let body = body.to_string();
    let prefix = if path.starts_with('/') { "" } else { "/rest-auth/" };
    let mut stream = TcpStream::connect(address).unwrap();
    let request = format!(
        "{method} {prefix}{path} HTTP/1.1\r\nHost: testserver\r\nConnection: close\r\n{headers}\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let answer = Answer::read(stream);
    let cookies = answer.headers.iter().filter(|(name, _)| name == "set-cookie");
    let cookies = cookies.map(|(_, line)| line.split(';').next().unwrap().to_owned()).collect();
    (answer.status, serde_json::from_str(&answer.body).unwrap_or(Value::Null), cookies)
}

/// Where new tables are noted.
const NOTES: [&str; 3] = ["django_migrations", "django_content_type", "auth_permission"];

/// What was there is there, row by row. Tables may have come, and notes of them.
fn assert_untouched(before: &Dump, after: &Dump) {
    for (table, rows) in before {
        let lost: Vec<&String> = rows.iter().filter(|row| !after[table].contains(row)).collect();
        assert_eq!(lost, Vec::<&String>::new(), "{table}");
        assert!(NOTES.contains(&table.as_str()) || after[table].len() == rows.len(), "{table} has new rows");
    }
}

async fn who(client: &Client) -> Value {
    client.get("/rest-auth/user/").send().await.json()["username"].clone()
}

fn key_in(mail: &str) -> String {
    let mail = mail.replace("=\r\n", "").replace("=3D", "=");
    let link = mail.split_whitespace().find(|word| word.contains("confirm-email/")).unwrap();
    link.trim_end_matches('/').rsplit('/').next().unwrap().replace("%3A", ":")
}

/// A database of Django's: everybody in it is somebody here, and nothing of it is touched.
async fn takes_over(url: String) {
    let peer = peer_on(&url);
    let made = peer.run(MAKE, &Value::Null);
    let rows = Database::Url(url.clone()).rows();
    let before = rows.dump().await;
    let app = rest_auth_on(&url).await;
    assert_untouched(&before, &rows.dump().await);

    let made = made.as_array().unwrap();
    assert_eq!(made.len(), 7, "each hasher has its user");
    for user in made {
        let name = text(&user["name"]);
        let browser = app.client();
        browser.set_cookie("sessionid", text(&user["session"]));
        assert_eq!(who(&browser).await, name, "the session");
        let by_token = app.client().get("/rest-auth/user/").token(text(&user["token"])).send().await;
        assert_eq!(by_token.json()["username"], name, "the token");
        let login = app.log_in(name, PASSWORD).await;
        assert_eq!((login.status, &login.json()["key"]), (200, &user["token"]), "{name}: the password");
        assert_eq!(app.log_in(name, "wrong").await.status, 400, "{name}");
        let verify = app.client().post("/rest-auth/registration/verify-email/");
        assert_eq!(
            verify.json(&json!({"key": user["key"]})).send().await.status,
            200,
            "{name}: the mailed key"
        );
    }

    // Meanwhile the peer goes on with what we have written: hashes made anew, verified addresses.
    let server = peer.serve();
    for user in made {
        let body = json!({"username": user["name"], "password": PASSWORD});
        let (status, answer, _) = ask_peer(server.address(), "POST", "login/", "", &body);
        assert_eq!((status, &answer["key"]), (200, &user["token"]), "{user}");
    }
    // And a newcomer of the peer is one of ours.
    let body = json!({
        "username": "carol", "email": "carol@example.com", "password1": PASSWORD, "password2": PASSWORD,
    });
    let (status, answer, cookies) = ask_peer(server.address(), "POST", "registration/", "", &body);
    assert_eq!(status, 201, "{answer}");
    let browser = app.client();
    for cookie in &cookies {
        let (name, value) = cookie.split_once('=').unwrap();
        browser.set_cookie(name, value);
    }
    assert_eq!(who(&browser).await, "carol");
    let change = browser.request("PATCH", "/rest-auth/user/").csrf().json(&json!({"first_name": "Carol"}));
    assert_eq!(change.send().await.status, 200, "the peer's proof against CSRF counts");
    assert_eq!(app.log_in("carol", PASSWORD).await.json()["key"], answer["key"]);
    let key = key_in(peer.mails().last().unwrap());
    let verify = app.client().post("/rest-auth/registration/verify-email/").json(&json!({ "key": key }));
    assert_eq!(verify.send().await.status, 200);
}

/// A database of ours: Django finds nothing to do, and whoever registered here is somebody there.
async fn is_taken_over(url: String) {
    let app = rest_auth_on(&url).await;
    let browser = app.client();
    let body = json!({
        "username": "bob", "email": "bob@example.com", "password1": PASSWORD, "password2": PASSWORD,
    });
    let answer = browser.post("/rest-auth/registration/").json(&body).send().await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let mail = app.last_mail_to("bob").await;
    let token = answer.json()["key"].clone();
    let given = json!({
        "name": "bob", "token": token, "session": browser.cookie("sessionid"), "proof": browser.cookie("csrftoken"),
        "key": key_in(&mail.text),
    });
    let told = peer_on(&url).run(JUDGE, &given);
    assert!(text(&told["plan"]).contains("No planned migration operations."), "{}", told["plan"]);
    assert!(text(&told["changes"]).contains("No changes detected"), "{}", told["changes"]);
    assert_eq!(told["checked"], json!([true]));
    let bob =
        json!({"pk": 1, "username": "bob", "email": "bob@example.com", "first_name": "", "last_name": ""});
    assert_eq!(told["token"], json!([200, bob]));
    assert_eq!(told["session"], json!([200, bob]));
    assert_eq!(told["proof"][1]["first_name"], "Peer", "{}", told["proof"]);
    assert_eq!(told["login"], json!([200, { "key": token }]));
    assert_eq!(told["verify"], json!([200, {"detail": "ok"}]));
    // What it did there is so here.
    let user = app.client().get("/rest-auth/user/").token(text(&token)).send().await.json();
    assert_eq!(user["first_name"], "Peer");
    let verified = "SELECT email FROM account_emailaddress WHERE verified";
    assert_eq!(app.rows().texts(verified).await, ["bob@example.com"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_sqlite_file_of_djangos_is_taken_over_and_given_back() {
    if peer::is_there() {
        let file = rest_auth_tests::sqlite::SqliteFile::new();
        takes_over(file.url()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_postgresql_database_of_djangos_is_taken_over_and_given_back() {
    if let (true, Some(url)) = (peer::is_there(), postgres::database().await) {
        takes_over(url).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn django_finds_nothing_to_do_in_an_sqlite_file_of_ours_and_knows_everybody_in_it() {
    if peer::is_there() {
        let file = rest_auth_tests::sqlite::SqliteFile::new();
        is_taken_over(file.url()).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn django_finds_nothing_to_do_in_a_postgresql_database_of_ours_and_knows_everybody_in_it() {
    if let (true, Some(url)) = (peer::is_there(), postgres::database().await) {
        is_taken_over(url).await;
    }
}

//! JSON web tokens of rest-auth and of a real dj-rest-auth with simplejwt on one database: what one of them signs,
//! rotates or ends is signed, rotated or ended for the other.

use std::path::Path;
use std::time::Duration;

use rest_auth_core::Clock;
use rest_auth_core::store::UserLookup;
use rest_auth_tests::app::{Database, PASSWORD, TestApp};
use rest_auth_tests::peer::{self, Peer, PeerServer};
use serde_json::{Map, Value, json};

use crate::peer::ask_peer;

/// Deletes what has expired, as cron does.
const FLUSH: &str = "
from django.core.management import call_command
call_command('flushexpiredtokens')
print('RESULT null')
";

/// Whether there is anything to migrate.
const PLAN: &str = "
import io, json
from django.core.management import call_command
plan = io.StringIO()
call_command('migrate', plan=True, stdout=plan, no_color=True)
print('RESULT ' + json.dumps(plan.getvalue()))
";

/// One of the two programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Here,
    There,
}

use Side::{Here, There};

/// Both, on one database, with one secret and the time of this machine.
struct Both {
    app: TestApp,
    peer: Peer,
    server: PeerServer,
}

impl Both {
    /// The tables are Django's if its server is there first. `simple_jwt` is for both; `families` only we know.
    async fn on(database: &Database, first: Side, simple_jwt: &Value, families: bool) -> Self {
        let rest_auth = json!({
            "use_jwt": true, "session_login": false, "jwt_auth_httponly": false, "jwt_auth_cookie": "access",
            "jwt_auth_refresh_cookie": "refresh",
        });
        let django = json!({
            "SECRET_KEY": rest_auth_tests::app::settings("").top.secret_key.expose(),
            "PASSWORD_HASHERS": ["project.hashers.QuickPBKDF2PasswordHasher"],
            "FEATURES": ["registration", "blacklist"],
            "AUTHENTICATION": ["jwt_cookie"],
            "REST_AUTH": in_capitals(&rest_auth),
            "SIMPLE_JWT": in_capitals(simple_jwt),
        });
        let mut simple_jwt = simple_jwt.clone();
        simple_jwt["refresh_token_families"] = families.into();
        let settings = json!({
            "http": {"features": ["registration", "blacklist"], "authentication": ["jwt_cookie"]},
            "rest_auth": rest_auth, "simple_jwt": simple_jwt,
        });
        let settings = toml::to_string(&settings).unwrap();
        let peer = Peer::new(&database.url(), &django);
        let mut server = (first == There).then(|| peer.serve());
        let app = TestApp::built(database.clone(), &settings, |builder| builder.clock(Clock::System)).await;
        let server = server.take().unwrap_or_else(|| peer.serve());
        Self { app, peer, server }
    }

    /// A request to one of them without cookies: status and JSON.
    async fn ask(&self, side: Side, call: &str, access: &str, body: &Value) -> (u16, Value) {
        let (method, path) = call.split_once(' ').unwrap();
        match side {
            There => {
                let header = format!("Authorization: Bearer {access}\r\n");
                let header = if access.is_empty() { "" } else { &header };
                let (status, answer, _) = ask_peer(self.server.address(), method, path, header, body);
                (status, answer)
            }
            Here => {
                let request = self.app.client().request(method, &format!("/rest-auth/{path}"));
                let bearer = format!("Bearer {access}");
                let request =
                    if access.is_empty() { request } else { request.header("authorization", &bearer) };
                let answer = if method == "GET" { request } else { request.json(body) }.send().await;
                let json = if answer.text().is_empty() { Value::Null } else { answer.json() };
                (answer.status, json)
            }
        }
    }

    /// Signs somebody up.
    async fn sign_up(&self, side: Side, name: &str) -> Pair {
        let body = json!({
            "username": name, "email": format!("{name}@example.com"), "password1": PASSWORD, "password2": PASSWORD,
        });
        let (status, answer) = self.ask(side, "POST registration/", "", &body).await;
        assert_eq!(status, 201, "{side:?}: {answer}");
        Pair::of(&answer)
    }

    async fn log_in(&self, side: Side, name: &str) -> Pair {
        let body = json!({"username": name, "password": PASSWORD});
        let (status, answer) = self.ask(side, "POST login/", "", &body).await;
        assert_eq!(status, 200, "{side:?}: {answer}");
        Pair::of(&answer)
    }

    /// Who an access token is for.
    async fn who(&self, side: Side, access: &str) -> Value {
        let (status, answer) = self.ask(side, "GET user/", access, &Value::Null).await;
        if status == 200 { answer["username"].clone() } else { json!([status, answer["code"]]) }
    }

    async fn refresh(&self, side: Side, token: &str) -> Result<Pair, String> {
        let (status, answer) = self.ask(side, "POST token/refresh/", "", &json!({"refresh": token})).await;
        if status == 200 { Ok(Pair::of(&answer)) } else { Err(format!("{status} {}", answer["detail"])) }
    }

    async fn verify(&self, side: Side, token: &str) -> (u16, Value) {
        self.ask(side, "POST token/verify/", "", &json!({"token": token})).await
    }
}

/// The two tokens of an answer.
#[derive(Clone, Debug)]
struct Pair {
    access: String,
    refresh: String,
}

impl Pair {
    fn of(answer: &Value) -> Self {
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        Self { access: text("access"), refresh: text("refresh") }
    }
}

/// Our names of settings as Django's.
fn in_capitals(settings: &Value) -> Value {
    let entries = settings.as_object().unwrap().iter();
    entries.map(|(name, value)| (name.to_uppercase(), value.clone())).collect::<Map<_, _>>().into()
}

/// A key of the conformance scenarios.
fn key(name: &str) -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("conformance/base.toml");
    let base: toml::Table = std::fs::read_to_string(file).unwrap().parse().unwrap();
    base["keys"][name].as_str().unwrap().to_owned()
}

fn signed_with(algorithm: &str, name: &str) -> Value {
    json!({
        "algorithm": algorithm, "signing_key": key(name), "verifying_key": key(&format!("{name}_public")),
        "rotate_refresh_tokens": true, "blacklist_after_rotation": true, "issuer": "https://auth.example",
        "audience": ["app", "web"],
    })
}

fn rotating() -> Value {
    json!({"rotate_refresh_tokens": true, "blacklist_after_rotation": true})
}

const BLACKLISTED: &str = r#"401 "Token is blacklisted""#;

/// The tokens that `one` has handed out are good for `other`, until somebody uses or ends them there.
async fn each_takes_the_others(both: &Both, one: Side, other: Side, name: &str) {
    let first = both.sign_up(one, name).await;
    assert_eq!(both.who(other, &first.access).await, name, "{other:?} knows the access token of {one:?}");
    for token in [&first.access, &first.refresh] {
        assert_eq!(both.verify(other, token).await, (200, json!({})), "{other:?}");
    }
    assert_eq!(both.who(other, &first.refresh).await, json!([401, "token_not_valid"]), "of the wrong kind");

    let second = both.refresh(other, &first.refresh).await.unwrap();
    assert_eq!(both.who(one, &second.access).await, name);
    for side in [one, other] {
        assert_eq!(both.refresh(side, &first.refresh).await.unwrap_err(), BLACKLISTED, "{side:?}");
        assert_eq!(both.verify(side, &first.refresh).await.0, 400, "{side:?}");
    }
    let third = both.refresh(one, &second.refresh).await.unwrap();
    assert_eq!(both.refresh(other, &second.refresh).await.unwrap_err(), BLACKLISTED);

    let body = json!({"refresh": third.refresh});
    let (status, answer) = both.ask(other, "POST logout/", "", &body).await;
    assert_eq!((status, &answer["detail"]), (200, &json!("Successfully logged out.")));
    assert_eq!(both.refresh(one, &third.refresh).await.unwrap_err(), BLACKLISTED);
    let (status, answer) = both.ask(one, "POST logout/", "", &body).await;
    assert_eq!((status, &answer["detail"]), (401, &json!("Token is blacklisted")));
}

async fn tokens_are_good_for_both(databases: Vec<Database>, first: Side, simple_jwt: Value) {
    if !peer::is_there() {
        return;
    }
    for database in databases {
        let both = Both::on(&database, first, &simple_jwt, false).await;
        each_takes_the_others(&both, Here, There, "ann").await;
        each_takes_the_others(&both, There, Here, "bob").await;
        let rows = both.app.rows();
        let owners =
            "SELECT u.username FROM token_blacklist_outstandingtoken o JOIN auth_user u ON u.id = o.user_id
            ORDER BY o.id";
        assert_eq!(rows.texts(owners).await, ["ann", "ann", "ann", "bob", "bob", "bob"]);
        assert_eq!(rows.count("token_blacklist_blacklistedtoken").await, 6);
        let plan = both.peer.run(PLAN, &Value::Null);
        assert!(plan.as_str().unwrap().contains("No planned migration operations."), "{plan}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_by_hs256_on_a_database_of_djangos_are_good_for_both() {
    tokens_are_good_for_both(Database::each().await, There, rotating()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_by_rs256_on_a_database_of_ours_are_good_for_both() {
    tokens_are_good_for_both(Database::each().await, Here, signed_with("RS256", "rsa")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_by_es256_are_good_for_both() {
    tokens_are_good_for_both(vec![Database::file()], There, signed_with("ES256", "p256")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_by_eddsa_are_good_for_both() {
    tokens_are_good_for_both(vec![Database::file()], Here, signed_with("EdDSA", "ed25519")).await;
}

/// `CHECK_REVOKE_TOKEN`: both take the same stamp of the password.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_52_a_password_that_is_changed_on_one_side_ends_access_tokens_on_the_other() {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        let both = Both::on(&database, There, &json!({"check_revoke_token": true}), false).await;
        for (one, other, name) in [(Here, There, "ann"), (There, Here, "bob")] {
            let pair = both.sign_up(one, name).await;
            assert_eq!(both.who(other, &pair.access).await, name);
            let body = json!({"new_password1": "an0ther-horse", "new_password2": "an0ther-horse"});
            let (status, answer) = both.ask(one, "POST password/change/", &pair.access, &body).await;
            assert_eq!(status, 200, "{answer}");
            for side in [one, other] {
                let refused = both.who(side, &pair.access).await;
                assert_eq!(refused, json!([401, "password_changed"]), "{side:?}");
            }
        }
    }
}

/// Families are ours alone, and what ends with one is in upstream's own list.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s_41_a_family_that_ends_here_ends_there() {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        let mut settings = rotating();
        settings["refresh_token_lifetime"] = 3600.into();
        let both = Both::on(&database, There, &settings, true).await;
        // One of the peer's, which has no family until we see it.
        both.sign_up(There, "ann").await;
        let stolen = both.log_in(There, "ann").await;
        let second = both.refresh(Here, &stolen.refresh).await.unwrap();
        let third = both.refresh(Here, &second.refresh).await.unwrap();
        let rows = both.app.rows();
        // Longer ago than two tabs of one browser are apart.
        rows.run("UPDATE token_blacklist_outstandingtoken SET created_at = '2020-01-01 00:00:00+00:00'")
            .await;
        assert_eq!(both.refresh(Here, &stolen.refresh).await.unwrap_err(), BLACKLISTED);
        assert_eq!(
            both.refresh(There, &third.refresh).await.unwrap_err(),
            BLACKLISTED,
            "the family is ended"
        );
        let other = both.log_in(Here, "ann").await;
        assert!(both.refresh(There, &other.refresh).await.is_ok(), "another login goes on");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn expired_tokens_of_both_are_flushed_by_either() {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        let mut settings = rotating();
        settings["refresh_token_lifetime"] = 2.into();
        let both = Both::on(&database, There, &settings, false).await;
        let rows = both.app.rows();
        let tables = ["token_blacklist_outstandingtoken", "token_blacklist_blacklistedtoken"];
        both.sign_up(Here, "ann").await;
        for side in [Here, There] {
            for maker in [Here, There] {
                let pair = both.log_in(maker, "ann").await;
                both.refresh(side, &pair.refresh).await.unwrap();
            }
            assert!(rows.count(tables[0]).await >= 4 && rows.count(tables[1]).await == 2);
            tokio::time::sleep(Duration::from_secs(3)).await;
            match side {
                Here => {
                    let mut tx = both.app.store.write().await.unwrap();
                    let now = Clock::System.now();
                    assert!(tx.delete_expired_refresh_tokens(now, 1000).await.unwrap() >= 4);
                    tx.commit().await.unwrap();
                }
                There => drop(both.peer.run(FLUSH, &Value::Null)),
            }
            assert_eq!((rows.count(tables[0]).await, rows.count(tables[1]).await), (0, 0), "{side:?}");
        }
    }
}

/// Rows outlive whom they are of, as with Django: `on_delete=SET_NULL`.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tokens_of_an_account_that_is_deleted_here_stay_ended_and_are_nobodys() {
    if !peer::is_there() {
        return;
    }
    for database in Database::each().await {
        let both = Both::on(&database, There, &rotating(), false).await;
        let pair = both.sign_up(There, "ann").await;
        both.refresh(There, &pair.refresh).await.unwrap();
        let found = both.app.store.read().await.unwrap().users(UserLookup::Username("ann")).await.unwrap();
        let mut tx = both.app.store.write().await.unwrap();
        tx.delete_user(found[0].id).await.unwrap();
        tx.commit().await.unwrap();
        let rows = both.app.rows();
        assert_eq!(rows.count("token_blacklist_outstandingtoken WHERE user_id IS NULL").await, 2);
        for side in [Here, There] {
            assert_eq!(both.refresh(side, &pair.refresh).await.unwrap_err(), BLACKLISTED, "{side:?}");
        }
        assert_eq!(both.who(Here, &pair.access).await, json!([401, "user_not_found"]));
    }
}

/// What one side has put into a browser the other one reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cookies_with_tokens_go_from_one_to_the_other() {
    if !peer::is_there() {
        return;
    }
    let both = Both::on(&Database::file(), There, &rotating(), false).await;
    both.sign_up(There, "ann").await;
    let login = json!({"username": "ann", "password": PASSWORD});
    let (_, _, cookies) = ask_peer(both.server.address(), "POST", "login/", "", &login);
    let browser = both.app.client();
    for (name, value) in cookies.iter().filter_map(|pair| pair.split_once('=')) {
        browser.set_cookie(name, value);
    }
    assert_eq!(browser.get("/rest-auth/user/").send().await.json()["username"], "ann");
    let refreshed = browser.post("/rest-auth/token/refresh/").json(&json!({})).send().await;
    assert_eq!(refreshed.status, 200, "{}", refreshed.text());
    let cookie = |name| browser.cookie(name).unwrap_or_default();
    let header = format!("Cookie: access={}; refresh={}\r\n", cookie("access"), cookie("refresh"));
    let (status, answer, _) = ask_peer(both.server.address(), "GET", "user/", &header, &Value::Null);
    assert_eq!((status, &answer["username"]), (200, &json!("ann")));
    let (status, _, cookies) = ask_peer(both.server.address(), "POST", "token/refresh/", &header, &json!({}));
    assert_eq!((status, cookies.len()), (200, 2));
}

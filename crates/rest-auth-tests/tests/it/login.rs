//! Login: hashes of every kind, many at once, and what happens when there are more than the machine can hash.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use rest_auth_core::hooks::LoginHooks;
use rest_auth_core::model::{EncodedPassword, NewUser, Secret, User};
use rest_auth_core::settings::{HasherEntry, TunedHasher};
use rest_auth_core::store::UserLookup;
use rest_auth_core::{Context, Result, passwords};
use rest_auth_formats::passwords::Salt;
use rest_auth_tests::app::{BEGINNING, Database, PASSWORD, TestApp};
use serde_json::json;

const LOGIN: &str = "/rest-auth/login/";

/// Every algorithm that Django has, as cheap as it can be.
fn cheap_hashers() -> Vec<TunedHasher> {
    let named = |algorithm: &str| TunedHasher { algorithm: algorithm.to_owned(), ..TunedHasher::default() };
    let pbkdf2 = |algorithm| TunedHasher { iterations: Some(10), ..named(algorithm) };
    let bcrypt = |algorithm| TunedHasher { rounds: Some(4), ..named(algorithm) };
    let argon2 =
        TunedHasher { time_cost: Some(1), memory_cost: Some(64), parallelism: Some(1), ..named("argon2") };
    let scrypt = TunedHasher { work_factor: Some(16), ..named("scrypt") };
    vec![
        pbkdf2("pbkdf2_sha256"),
        pbkdf2("pbkdf2_sha1"),
        argon2,
        bcrypt("bcrypt_sha256"),
        bcrypt("bcrypt"),
        scrypt,
        named("md5"),
    ]
}

/// The column for [`PASSWORD`] by this hasher.
fn column(hasher: &TunedHasher) -> EncodedPassword {
    let chain = passwords::chain(&[HasherEntry::Tuned(hasher.clone())]).unwrap();
    chain.encode(PASSWORD, &Salt::draw(|bytes| bytes.fill(7))).unwrap()
}

/// An account as Django would have left it.
async fn add_user(app: &TestApp, name: &str, column: EncodedPassword) -> User {
    let mut tx = app.store.write().await.unwrap();
    let new = NewUser::new(Some(name.to_owned()), String::new(), column, BEGINNING);
    let user = tx.add_user(new).await.unwrap();
    tx.commit().await.unwrap();
    user
}

async fn column_of(app: &TestApp, name: &str) -> String {
    let found = app.store.read().await.unwrap().users(UserLookup::Username(name)).await.unwrap();
    found[0].password.as_str().to_owned()
}

const ALL_HASHERS: &str = r#"
[password]
hashers = [{ algorithm = "pbkdf2_sha256", iterations = 100 }, "pbkdf2_sha1", "argon2", "bcrypt_sha256", "bcrypt", "scrypt", "md5"]
"#;

#[tokio::test]
async fn s_10_a_password_hashed_by_any_of_djangos_hashers_logs_in_and_is_hashed_anew() {
    for database in Database::each().await {
        let app = TestApp::on(database, ALL_HASHERS).await;
        for hasher in cheap_hashers() {
            let (name, old) = (hasher.algorithm.clone(), column(&hasher));
            add_user(&app, &name, old.clone()).await;
            assert_eq!(app.log_in(&name, "wrong").await.status, 400, "{name}");
            assert_eq!(
                column_of(&app, &name).await,
                old.as_str(),
                "{name}: a wrong password changes nothing"
            );
            assert_eq!(app.log_in(&name, PASSWORD).await.status, 200, "{name}");
            let new = column_of(&app, &name).await;
            assert!(new.starts_with("pbkdf2_sha256$100$"), "{name}: {new}");
            assert_eq!(app.log_in(&name, PASSWORD).await.status, 200, "{name}");
            assert_eq!(column_of(&app, &name).await, new, "{name}: once is enough");
        }
    }
}

#[tokio::test]
async fn a_session_opened_with_a_hash_made_anew_lives() {
    for database in Database::each().await {
        let app = TestApp::on(database, ALL_HASHERS).await;
        for hasher in cheap_hashers() {
            add_user(&app, &hasher.algorithm, column(&hasher)).await;
            let browser = app.client();
            let body = json!({"username": hasher.algorithm, "password": PASSWORD});
            assert_eq!(browser.post(LOGIN).json(&body).send().await.status, 200);
            let user = browser.get("/rest-auth/user/").send().await;
            assert_eq!(user.json()["username"], hasher.algorithm, "{}", user.text());
        }
    }
}

/// Somebody changes the password while a login with the old one is under way.
struct ChangesPassword;

#[async_trait]
impl LoginHooks for ChangesPassword {
    async fn before_login(&self, cx: &Context, user: &User) -> Result<()> {
        let new = cx.passwords.encode(&Secret::from("a-new-passw0rd")).await?;
        let mut tx = cx.store.write().await?;
        assert!(tx.set_password(user.id, &user.password, &new).await?);
        tx.commit().await?;
        Ok(())
    }
}

#[tokio::test]
async fn hashing_anew_does_not_undo_a_change_of_the_password() {
    for database in Database::each().await {
        let app = TestApp::built(database, ALL_HASHERS, |builder| builder.login_hooks(ChangesPassword)).await;
        add_user(&app, "ann", column(&cheap_hashers()[1])).await;
        let browser = app.client();
        let body = json!({"username": "ann", "password": PASSWORD});
        let late = browser.post(LOGIN).json(&body).send().await;
        assert_eq!((late.status, late.set_cookies().len()), (400, 0), "the password does not fit any more");
        let column = EncodedPassword::from_column(column_of(&app, "ann").await);
        let kept = app.app().passwords.check(&Secret::from("a-new-passw0rd"), Some(&column)).await;
        assert!(kept.unwrap().correct);
    }
}

#[tokio::test]
async fn thirty_first_logins_of_one_account_get_the_same_token() {
    for database in Database::each().await {
        let app = TestApp::on(database, ALL_HASHERS).await;
        add_user(&app, "ann", column(&cheap_hashers()[3])).await;
        let crowd: Vec<_> = (0..30)
            .map(|_| {
                let (client, body) = (app.client(), json!({"username": "ann", "password": PASSWORD}));
                tokio::spawn(async move { client.post(LOGIN).json(&body).send().await })
            })
            .collect();
        let mut keys = Vec::new();
        for member in crowd {
            let answer = member.await.unwrap();
            assert_eq!(answer.status, 200, "{}", answer.text());
            keys.push(answer.json()["key"].to_string());
        }
        keys.dedup();
        assert_eq!(keys.len(), 1);
        assert_eq!(app.rows().count("authtoken_token").await, 1);
        assert_eq!(app.rows().count("django_session").await, 30);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_hash_queue_is_503_at_once_and_requests_that_hash_nothing_go_on() {
    let settings = "[password]\nthreads = 1\nmax_wait = 1\nhashers = [{ algorithm = \"pbkdf2_sha256\", iterations = 300000 }]";
    let app = TestApp::on(Database::file(), settings).await;
    let key = app.token_of("ann").await;
    let (refused, served) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let crowd: Vec<_> = (0..80)
        .map(|_| {
            let (client, body) = (app.client(), json!({"username": "ann", "password": PASSWORD}));
            let (refused, served) = (Arc::clone(&refused), Arc::clone(&served));
            tokio::spawn(async move {
                let answer = client.post(LOGIN).json(&body).send().await;
                let retry_after = answer.header("Retry-After").to_owned();
                match answer.status {
                    200 => served.fetch_add(1, Ordering::SeqCst),
                    503 => {
                        let before = served.load(Ordering::SeqCst);
                        assert!(
                            retry_after.parse::<u64>().is_ok_and(|seconds| seconds >= 1),
                            "{retry_after:?}"
                        );
                        assert_eq!(
                            answer.detail(),
                            "The service is temporarily unavailable. Please try again shortly."
                        );
                        refused.fetch_add(1, Ordering::SeqCst);
                        before
                    }
                    other => panic!("{other}: {}", answer.text()),
                }
            })
        })
        .collect();
    // While the queue is full, the token is looked up as ever.
    while refused.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    }
    let (waiting, running) = app.app().passwords.load();
    let user = app.client().get("/rest-auth/user/").token(&key).send().await;
    assert_eq!(user.status, 200);
    assert!(waiting + running > 0, "the queue was busy meanwhile");
    for member in crowd {
        member.await.unwrap();
    }
    let (refused, served) = (refused.load(Ordering::SeqCst), served.load(Ordering::SeqCst));
    assert!(served >= 1 && refused >= 1 && served + refused == 80, "{served} served, {refused} refused");
    assert_eq!(
        app.log_in("ann", PASSWORD).await.status,
        200,
        "and when it is empty again everybody is served"
    );
}

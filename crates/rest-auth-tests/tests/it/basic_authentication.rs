//! A name and a password with every request: hashes, hooks, and what no database can be asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rest_auth_core::hooks::LoginHooks;
use rest_auth_core::model::{EncodedPassword, NewUser, Secret};
use rest_auth_core::settings::{HasherEntry, TunedHasher};
use rest_auth_core::store::UserLookup;
use rest_auth_core::{Context, Result, passwords};
use rest_auth_formats::passwords::Salt;
use rest_auth_tests::app::{BEGINNING, Database, PASSWORD, Response, TestApp};
use serde_json::json;

const BASIC: &str = "[http]\nauthentication = [\"basic\", \"session\"]\n";

fn header(name: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{name}:{password}")))
}

async fn details(app: &TestApp, name: &str, password: &str) -> Response {
    app.client().get("/rest-auth/user/").header("Authorization", header(name, password)).send().await
}

async fn column_of(app: &TestApp, name: &str) -> String {
    let found = app.store.read().await.unwrap().users(UserLookup::Username(name)).await.unwrap();
    found[0].password.as_str().to_owned()
}

#[tokio::test]
async fn a_password_hashed_otherwise_is_hashed_anew_and_once() {
    let old = TunedHasher { algorithm: "md5".to_owned(), ..TunedHasher::default() };
    let old = passwords::chain(&[HasherEntry::Tuned(old)]).unwrap();
    let old: EncodedPassword = old.encode(PASSWORD, &Salt::draw(|bytes| bytes.fill(7))).unwrap();
    let settings = format!(
        "{BASIC}[password]\nhashers = [{{ algorithm = \"pbkdf2_sha256\", iterations = 100 }}, \"md5\"]"
    );
    for database in Database::each().await {
        let app = TestApp::on(database, &settings).await;
        let mut tx = app.store.write().await.unwrap();
        tx.add_user(NewUser::new(Some("ann".to_owned()), String::new(), old.clone(), BEGINNING))
            .await
            .unwrap();
        tx.commit().await.unwrap();

        assert_eq!(details(&app, "ann", "wrong").await.status, 401);
        assert_eq!(column_of(&app, "ann").await, old.as_str(), "a wrong password changes nothing");
        assert_eq!(details(&app, "ann", PASSWORD).await.status, 200);
        let new = column_of(&app, "ann").await;
        assert!(new.starts_with("pbkdf2_sha256$100$"), "{new}");
        assert_eq!(details(&app, "ann", PASSWORD).await.status, 200);
        assert_eq!(column_of(&app, "ann").await, new);
    }
}

struct Counts(Arc<AtomicUsize>);

#[async_trait]
impl LoginHooks for Counts {
    async fn login_failed(&self, _cx: &Context) -> Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test]
async fn failures_are_told_where_failed_logins_are() {
    let failures = Arc::new(AtomicUsize::new(0));
    let counts = Counts(Arc::clone(&failures));
    let app = TestApp::built(Database::Memory, BASIC, |builder| builder.login_hooks(counts)).await;
    app.register("ann").await;
    assert_eq!(details(&app, "ann", PASSWORD).await.status, 200);
    assert_eq!(failures.load(Ordering::SeqCst), 0);
    for (name, password) in [("ann", "wrong"), ("nobody", PASSWORD), ("", "")] {
        let refused = details(&app, name, password).await;
        assert_eq!((refused.status, refused.detail().as_str()), (401, "Invalid username/password."));
        assert_eq!(refused.header("www-authenticate"), "Basic realm=\"api\"");
    }
    assert_eq!(failures.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn s_53_no_basic_header_is_ever_a_500() {
    let long = header(&"ann".repeat(1000), &"x".repeat(3000));
    let words: Vec<Vec<u8>> = vec![
        header("a\0nn", PASSWORD).into_bytes(),
        header("ann\0", PASSWORD).into_bytes(),
        header("ann", "\0").into_bytes(),
        header("' OR 1=1 --", PASSWORD).into_bytes(),
        header("\u{1f600}\u{feff}\u{202e}", PASSWORD).into_bytes(),
        format!("Basic {}", STANDARD.encode(b"a\xff\xfe:\x80\x81")).into_bytes(),
        b"Basic \xff\xfe".to_vec(),
        b"Basic ====".to_vec(),
        b"basic".to_vec(),
        long.into_bytes(),
    ];
    for database in Database::each().await {
        let app = TestApp::on(database, BASIC).await;
        app.register("ann").await;
        for word in &words {
            let answer = app.client().get("/rest-auth/user/").header("Authorization", word).send().await;
            assert_eq!(answer.status, 401, "{:?}: {}", String::from_utf8_lossy(word), answer.text());
        }
    }
}

#[tokio::test]
async fn s_29_an_account_that_is_switched_off_is_out_at_once() {
    for database in Database::each().await {
        let app = TestApp::on(database, BASIC).await;
        app.register("ann").await;
        assert_eq!(details(&app, "ann", PASSWORD).await.status, 200);
        let mut tx = app.store.write().await.unwrap();
        let user = tx.users(UserLookup::Username("ann")).await.unwrap().remove(0);
        tx.set_active(user.id, false).await.unwrap();
        tx.commit().await.unwrap();
        let refused = details(&app, "ann", PASSWORD).await;
        assert_eq!((refused.status, refused.detail().as_str()), (401, "Invalid username/password."));
    }
}

#[tokio::test]
async fn where_accounts_log_in_with_their_address_it_is_the_name() {
    let settings = format!(
        "{BASIC}[account]\nlogin_methods = [\"email\"]\nsignup_fields = [\"email*\"]\n\
         [user_model]\nlogin_field = \"email\""
    );
    for features in ["[\"registration\"]", "[]"] {
        let settings = settings.replace("[http]\n", &format!("[http]\nfeatures = {features}\n"));
        let app = TestApp::with(&settings).await;
        let column = app.app().passwords.encode(&Secret::from(PASSWORD)).await.unwrap();
        let mut tx = app.store.write().await.unwrap();
        let new = NewUser::new(Some("ann".to_owned()), "ann@example.com".to_owned(), column, BEGINNING);
        tx.add_user(new).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(details(&app, "ann@example.com", PASSWORD).await.status, 200, "{features}");
        assert_eq!(details(&app, "bob@example.com", PASSWORD).await.status, 401, "{features}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_hash_queue_is_503_and_no_refusal_of_the_password() {
    let settings = format!(
        "{BASIC}[password]\nthreads = 1\nmax_wait = 1\nhashers = [{{ algorithm = \"pbkdf2_sha256\", iterations = 300000 }}]\n\
         [account]\nrate_limits = {{ login_failed = \"1000/m/key\" }}"
    );
    let app = Arc::new(TestApp::on(Database::file(), &settings).await);
    app.register("ann").await;
    let crowd: Vec<_> = (0..40)
        .map(|_| {
            let app = Arc::clone(&app);
            tokio::spawn(async move { details(&app, "ann", PASSWORD).await })
        })
        .collect();
    let (mut served, mut refused) = (0, 0);
    for member in crowd {
        let answer = member.await.unwrap();
        match answer.status {
            200 => served += 1,
            503 => {
                assert!(answer.header("retry-after").parse::<u64>().is_ok_and(|seconds| seconds >= 1));
                refused += 1;
            }
            other => panic!("{other}: {}", answer.text()),
        }
    }
    assert!(served >= 1 && refused >= 1, "{served} served, {refused} refused");
    let failures =
        app.rows().texts("SELECT key FROM rest_auth_throttle WHERE key LIKE 'login_failed%'").await;
    assert_eq!(failures, Vec::<String>::new(), "a password that nobody looked at was not wrong");
}

#[tokio::test]
async fn a_host_sees_that_a_password_is_the_proof() {
    let app = TestApp::with(&format!("{BASIC}features = [\"registration\", \"example\"]")).await;
    app.register("ann").await;
    let seen = app.client().get("/protected/").header("Authorization", header("ann", PASSWORD)).send().await;
    assert_eq!(seen.json(), json!({ "user": "ann", "auth": "None" }));
}

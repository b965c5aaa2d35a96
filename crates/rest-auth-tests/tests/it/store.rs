//! The SQL store on each database: the contract, and what only an SQL store can be asked.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use crate::statements::Recorder;
use rest_auth_core::model::{EncodedPassword, NewUser, Timestamp, TokenKey, User};
use rest_auth_core::settings;
use rest_auth_core::store::{Store, StoreError, UserLookup, contract};
use rest_auth_sql::{Options, SqlStore, UserModel};
use rest_auth_tests::postgres::{self, Cluster, Durability};
use rest_auth_tests::sqlite::SqliteFile;
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, Executor, PgConnection, Row};

const NOW: Timestamp = Timestamp::from_seconds(1_795_312_800);

fn model() -> UserModel {
    UserModel::new(&settings::UserModel::default()).unwrap()
}

fn open(url: &str) -> SqlStore {
    SqlStore::open(url, Options::default(), model()).unwrap()
}

async fn migrated(url: &str) -> SqlStore {
    let store = open(url);
    store.migrate(NOW).await.unwrap();
    store
}

async fn add_user(store: &SqlStore, name: &str) -> User {
    let new = NewUser::new(Some(name.to_owned()), String::new(), EncodedPassword::from_column("!"), NOW);
    let mut tx = store.write().await.unwrap();
    let user = tx.add_user(new).await.unwrap();
    tx.commit().await.unwrap();
    user
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_sqlite_in_memory() {
    let fresh = async || Arc::new(migrated("sqlite::memory:").await) as Arc<dyn Store>;
    assert_eq!(contract::failures(fresh).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_an_sqlite_file() {
    let files = std::sync::Mutex::new(Vec::new());
    let fresh = async || {
        let file = SqliteFile::new();
        let store = migrated(&file.url()).await;
        files.lock().unwrap().push(file);
        Arc::new(store) as Arc<dyn Store>
    };
    assert_eq!(contract::failures(fresh).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_postgresql() {
    let Some(cluster) = postgres::cluster() else { return };
    let template = cluster.database().await;
    migrated(&template).await.close().await;
    let fresh = async || Arc::new(open(&cluster.copy(&template).await)) as Arc<dyn Store>;
    assert_eq!(contract::failures(fresh).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_contract_holds_on_a_pool_of_the_hosts() {
    let Some(cluster) = postgres::cluster() else { return };
    let template = cluster.database().await;
    migrated(&template).await.close().await;
    let fresh = async || {
        let options = PgPoolOptions::new().max_connections(3).test_before_acquire(false);
        let pool = options.connect(&cluster.copy(&template).await).await.unwrap();
        Arc::new(SqlStore::postgres(pool, Options::default(), model())) as Arc<dyn Store>
    };
    assert_eq!(contract::failures(fresh).await, [""; 0]);
}

fn with_own_fields(url: &str) -> SqlStore {
    SqlStore::open(url, Options::default(), UserModel::new(&contract::own_fields_model()).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_fields_keep_the_contract_on_sqlite() {
    let fresh = async || {
        let store = with_own_fields("sqlite::memory:");
        store.migrate(NOW).await.unwrap();
        Arc::new(store) as Arc<dyn Store>
    };
    assert_eq!(contract::failures_with_own_fields(fresh).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn own_fields_keep_the_contract_on_postgresql() {
    let Some(cluster) = postgres::cluster() else { return };
    let template = cluster.database().await;
    let store = with_own_fields(&template);
    store.migrate(NOW).await.unwrap();
    store.close().await;
    let fresh = async || Arc::new(with_own_fields(&cluster.copy(&template).await)) as Arc<dyn Store>;
    assert_eq!(contract::failures_with_own_fields(fresh).await, [""; 0]);
}

/// One row in every table that refers to an account, directly or through another one. `{user}` is its key.
const ONE_OF_EVERYTHING: [(&str, &str); 14] = [
    (
        "token_blacklist_outstandingtoken",
        "(id, token, expires_at, jti, user_id) VALUES (7, 't', {now}, 'j', {user})",
    ),
    ("token_blacklist_blacklistedtoken", "(blacklisted_at, token_id) VALUES ({now}, 7)"),
    (
        "socialaccount_socialaccount",
        "(id, provider, uid, last_login, date_joined, extra_data, user_id) VALUES (7, 'p', 'u', {now}, {now}, '{}', {user})",
    ),
    ("socialaccount_socialtoken", "(token, token_secret, account_id) VALUES ('t', '', 7)"),
    (
        "account_emailaddress",
        "(id, email, verified, \"primary\", user_id) VALUES (7, 'a@b', true, true, {user})",
    ),
    ("account_emailconfirmation", "(created, sent, key, email_address_id) VALUES ({now}, {now}, 'k', 7)"),
    ("authtoken_token", "(key, created, user_id) VALUES ('k', {now}, {user})"),
    (
        "dj_rest_auth_mfa_authenticator",
        "(type, data, created_at, user_id) VALUES ('totp', '{}', {now}, {user})",
    ),
    ("mfa_authenticator", "(type, data, created_at, user_id) VALUES ('totp', '{}', {now}, {user})"),
    (
        "usersessions_usersession",
        "(created_at, ip, last_seen_at, session_key, user_agent, data, user_id) VALUES ({now}, '::1', {now}, 'k', '', '{}', {user})",
    ),
    (
        "django_admin_log",
        "(object_repr, action_flag, change_message, action_time, user_id) VALUES ('', 1, '', {now}, {user})",
    ),
    ("auth_group", "(id, name) VALUES (7, 'g')"),
    ("auth_user_groups", "(user_id, group_id) VALUES ({user}, 7)"),
    ("auth_user_user_permissions", "(user_id, permission_id) VALUES ({user}, 1)"),
];

fn inserts(user: &User) -> Vec<String> {
    ONE_OF_EVERYTHING
        .iter()
        .map(|(table, rest)| {
            let rest = rest.replace("{user}", &user.id.to_string()).replace("{now}", "'2026-11-22 02:00:00'");
            format!("INSERT INTO {table} {rest}")
        })
        .collect()
}

#[tokio::test]
async fn an_account_with_one_of_everything_can_be_deleted_on_sqlite() {
    let file = SqliteFile::new();
    let store = migrated(&file.url()).await;
    let (ann, bob) = (add_user(&store, "ann").await, add_user(&store, "bob").await);
    let behind = rusqlite::Connection::open(file.path()).unwrap();
    for sql in inserts(&ann) {
        behind.execute_batch(&sql).unwrap();
    }
    let sql = "SELECT t.name FROM sqlite_master t, pragma_foreign_key_list(t.name) k WHERE k.\"table\" = 'auth_user'";
    let mut referring = behind.prepare(sql).unwrap();
    let referring: BTreeSet<String> =
        referring.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    let filled: BTreeSet<String> = ONE_OF_EVERYTHING.iter().map(|(table, _)| (*table).to_owned()).collect();
    assert!(referring.is_subset(&filled), "a table is forgotten: {referring:?}");

    let mut tx = store.write().await.unwrap();
    tx.delete_user(ann.id).await.unwrap();
    tx.commit().await.unwrap();
    let count = |sql: &str| behind.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    for table in filled {
        // Refresh tokens forget their owner, groups have others.
        let stays = matches!(
            &*table,
            "token_blacklist_outstandingtoken" | "token_blacklist_blacklistedtoken" | "auth_group"
        );
        assert_eq!(count(&format!("SELECT count(*) FROM {table}")), i64::from(stays), "{table}");
    }
    assert_eq!(count("SELECT count(*) FROM token_blacklist_outstandingtoken WHERE user_id IS NULL"), 1);
    assert!(store.read().await.unwrap().user(bob.id).await.unwrap().is_some());
}

#[tokio::test]
async fn an_account_with_one_of_everything_can_be_deleted_on_postgresql() {
    let Some(url) = postgres::database().await else { return };
    let store = migrated(&url).await;
    let ann = add_user(&store, "ann").await;
    let mut behind = PgConnection::connect(&url).await.unwrap();
    for sql in inserts(&ann) {
        behind.execute(AssertSqlSafe(sql)).await.unwrap();
    }
    let sql = "SELECT conrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'auth_user'::regclass";
    for row in sqlx::query(sql).fetch_all(&mut behind).await.unwrap() {
        let table: String = row.get(0);
        assert!(ONE_OF_EVERYTHING.iter().any(|(known, _)| *known == table), "{table} is forgotten");
    }
    let mut tx = store.write().await.unwrap();
    tx.delete_user(ann.id).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.read().await.unwrap().user(ann.id).await.unwrap(), None);
}

#[tokio::test]
async fn a_user_model_without_djangos_optional_columns_works() {
    let file = SqliteFile::new();
    migrated(&file.url()).await.close().await;
    let behind = rusqlite::Connection::open(file.path()).unwrap();
    for column in ["first_name", "last_name", "is_staff", "date_joined", "last_login"] {
        behind.execute_batch(&format!("ALTER TABLE auth_user DROP COLUMN {column}")).unwrap();
    }
    let store = open(&file.url());
    store.ready().await.unwrap();
    let ann = add_user(&store, "ann").await;
    assert_eq!((ann.last_login, ann.is_staff, &*ann.first_name), (None, false, ""));
    let mut tx = store.write().await.unwrap();
    tx.set_last_login(ann.id, NOW).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.read().await.unwrap().user(ann.id).await.unwrap(), Some(ann));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answered_commit_survives_a_crash_of_the_process() {
    let file = SqliteFile::new();
    let store = migrated(&file.url()).await;
    let writers: Vec<_> = (0..30)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { add_user(&store, &format!("user{number}")).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    // What another process finds when this one is gone: the files as they are now.
    let copy = SqliteFile::new();
    for suffix in ["", "-wal"] {
        let from = format!("{}{suffix}", file.path().display());
        std::fs::copy(from, format!("{}{suffix}", copy.path().display())).unwrap();
    }
    let found: i64 = rusqlite::Connection::open(copy.path())
        .unwrap()
        .query_row("SELECT count(*) FROM auth_user", [], |row| row.get(0))
        .unwrap();
    assert_eq!(found, 30);
}

#[tokio::test]
async fn a_server_that_goes_away_is_reported_and_used_again_when_it_is_back() {
    let Some(mut cluster) = Cluster::start(Durability::Full) else { return };
    let url = cluster.database().await;
    cluster.stop();
    let recorder = Recorder::default();
    let _recording = recorder.start();
    let away = open(&url);
    assert!(matches!(away.ready().await, Err(StoreError::Unavailable(_))), "away at the start");
    assert!(matches!(away.migrate(NOW).await, Err(StoreError::Unavailable(_))));
    cluster.go().unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    away.migrate(NOW).await.unwrap();
    let store = away;
    let ann = add_user(&store, "ann").await;

    // A restart between two requests is not noticed: idle connections are dead, and are replaced.
    cluster.stop();
    cluster.go().unwrap();
    assert_eq!(store.read().await.unwrap().user(ann.id).await.unwrap(), Some(ann.clone()));
    cluster.stop();
    cluster.go().unwrap();
    store.write().await.unwrap().commit().await.unwrap();

    // A transaction that was open is lost, and says so.
    let mut tx = store.write().await.unwrap();
    tx.set_email(ann.id, "lost@example.com").await.unwrap();
    cluster.stop();
    assert!(matches!(tx.commit().await, Err(StoreError::Unavailable(_))));

    // While the server is away everybody is answered at once.
    let started = tokio::time::Instant::now();
    for _ in 0..50 {
        assert!(matches!(store.write().await.err(), Some(StoreError::Unavailable(_))));
        let read = store.read().await.unwrap().user(ann.id).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    }
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    cluster.go().unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(store.read().await.unwrap().user(ann.id).await.unwrap(), Some(ann));

    // A line when it goes and one when it is back, however many asked.
    let lines = recorder.lines();
    let about: Vec<_> =
        lines.iter().map(|line| (line.contains("is away"), line.ends_with("is back"))).collect();
    assert_eq!(about, [(true, false), (false, true), (true, false), (false, true)], "{lines:#?}");
}

#[tokio::test]
async fn a_connection_that_is_killed_costs_no_read_and_no_new_transaction() {
    let Some(url) = postgres::database().await else { return };
    let store = migrated(&url).await;
    let ann = add_user(&store, "ann").await;
    let mut behind = PgConnection::connect(&url).await.unwrap();
    let kill = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()";
    behind.execute(kill).await.unwrap();
    assert!(store.read().await.unwrap().user(ann.id).await.unwrap().is_some());
    behind.execute(kill).await.unwrap();
    store.write().await.unwrap().commit().await.unwrap();
    let mut tx = store.write().await.unwrap();
    tx.set_email(ann.id, "x@example.com").await.unwrap();
    behind.execute(kill).await.unwrap();
    assert!(matches!(tx.set_active(ann.id, false).await, Err(StoreError::Unavailable(_))));
    assert!(tx.commit().await.is_err());
    assert_eq!(store.read().await.unwrap().user(ann.id).await.unwrap(), Some(ann));
}

#[tokio::test]
async fn whoever_waits_too_long_for_a_connection_is_told() {
    let Some(url) = postgres::database().await else { return };
    migrated(&url).await.close().await;
    let options =
        Options { max_connections: 2, acquire_timeout: Duration::from_millis(100), ..Options::default() };
    let store = SqlStore::open(&url, options, model()).unwrap();
    let (one, two) = (store.write().await.unwrap(), store.write().await.unwrap());
    assert!(matches!(store.write().await.err(), Some(StoreError::Unavailable(_))));
    assert!(matches!(
        store.read().await.unwrap().users(UserLookup::Username("ann")).await,
        Err(StoreError::Unavailable(_))
    ));
    drop(one);
    two.commit().await.unwrap();
    store.write().await.unwrap().commit().await.unwrap();
}

#[tokio::test]
async fn an_index_of_the_deployments_own_names_its_field() {
    let unique = "CREATE UNIQUE INDEX one_address ON auth_user (lower(email))";
    let file = SqliteFile::new();
    let sqlite = migrated(&file.url()).await;
    rusqlite::Connection::open(file.path()).unwrap().execute_batch(unique).unwrap();
    let mut stores = vec![sqlite];
    if let Some(url) = postgres::database().await {
        let store = migrated(&url).await;
        // The store has read the catalogue by now; the index is younger.
        PgConnection::connect(&url).await.unwrap().execute(unique).await.unwrap();
        stores.push(store);
    }
    for store in stores {
        for _ in 0..2 {
            let new = |name: &str, email: &str| {
                NewUser::new(Some(name.to_owned()), email.to_owned(), EncodedPassword::from_column("!"), NOW)
            };
            let mut tx = store.write().await.unwrap();
            tx.add_user(new("ann", "us@example.com")).await.unwrap();
            let taken = tx.add_user(new("bob", "US@example.com")).await;
            assert!(matches!(taken, Err(StoreError::Conflict { field: "email" })), "{taken:?}");
        }
    }
}

#[tokio::test]
async fn errors_hold_no_password() {
    let url = "postgres://ann:s3cret@127.0.0.1:1/db";
    let refused = open(url).ready().await.unwrap_err();
    assert!(!format!("{refused} {refused:?}").contains("s3cret"), "{refused:?}");
    let refused = SqlStore::open("postgres://ann:s3cret@[", Options::default(), model()).err().unwrap();
    assert!(!format!("{refused} {refused:?}").contains("s3cret"), "{refused:?}");
}

#[tokio::test]
async fn a_token_is_found_in_one_query() {
    let recorder = Recorder::default();
    let store = migrated("sqlite::memory:").await;
    let ann = add_user(&store, "ann").await;
    let key = TokenKey::new("a".repeat(40));
    let mut tx = store.write().await.unwrap();
    tx.token_or_add(ann.id, key.clone(), NOW).await.unwrap();
    tx.commit().await.unwrap();
    let _recording = recorder.start();
    store.read().await.unwrap().token_user(&key).await.unwrap().unwrap();
    assert_eq!(recorder.texts().len(), 1);
}

//! The driver on SQLite: turns, flushes, failures.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rest_auth_core::model::Timestamp;
use rest_auth_core::settings;
use rusqlite::Connection;

use super::Database;
use crate::driver::{Conn, Error, Fields, Options, Pace, Param, Pool};
use crate::user_model::UserModel;

fn model() -> UserModel {
    let settings = settings::UserModel { table: "people".to_owned(), ..Default::default() };
    UserModel::new(&settings).unwrap()
}

/// A folder that goes with the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("rest-auth-sql-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self) -> PathBuf {
        self.0.join("db.sqlite3")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn open(path: &Path, options: Options) -> Pool {
    let fields = Fields::new(&model());
    Pool::open(&format!("sqlite://{}", path.display()), options, fields).unwrap()
}

async fn execute(conn: &mut Conn, sql: &str) -> Result<u64, Error> {
    conn.execute(sql, &[]).await
}

/// A database with people and what belongs to them, as Django declares it.
async fn people(path: &Path, options: Options) -> Pool {
    let pool = open(path, options);
    let mut tx = pool.write().await.unwrap();
    execute(&mut tx, "CREATE TABLE people (id integer PRIMARY KEY, email text UNIQUE)").await.unwrap();
    let child = "CREATE TABLE toys (id integer PRIMARY KEY,
        owner integer NOT NULL REFERENCES people (id) DEFERRABLE INITIALLY DEFERRED)";
    execute(&mut tx, child).await.unwrap();
    tx.commit().await.unwrap();
    pool
}

async fn count(pool: &Pool, table: &str) -> i64 {
    let sql = format!("SELECT count(*) FROM {table}");
    pool.read().row(&sql, &[]).await.unwrap().unwrap().int().unwrap()
}

/// How often the log beside the file says "commit": a frame's header has the size of the database then.
fn flushes(path: &Path) -> usize {
    let log = std::fs::read(path.with_extension("sqlite3-wal")).unwrap();
    let number = |at: usize| u32::from_be_bytes(log[at..at + 4].try_into().unwrap());
    let (page, salt) = (number(8) as usize, number(16));
    let frames = (32..log.len()).step_by(24 + page);
    frames.take_while(|at| number(at + 8) == salt).filter(|at| number(at + 4) != 0).count()
}

#[tokio::test]
async fn databases_in_memory_do_not_see_each_other() {
    let fields = || Fields::new(&model());
    let one = Pool::open("sqlite::memory:", Options::default(), fields()).unwrap();
    let other = Pool::open("sqlite::memory:", Options::default(), fields()).unwrap();
    let mut tx = one.write().await.unwrap();
    execute(&mut tx, "CREATE TABLE t (a integer)").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&one, "t").await, 0);
    assert!(other.read().row("SELECT count(*) FROM t", &[]).await.is_err());
}

#[tokio::test]
async fn writing_takes_a_transaction() {
    let folder = Folder::new();
    let pool = people(&folder.file(), Options::default()).await;
    let refused = execute(&mut pool.read(), "DELETE FROM people").await;
    assert!(matches!(refused, Err(Error::Backend(_))), "{refused:?}");
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_no_trace() {
    let folder = Folder::new();
    let pool = people(&folder.file(), Options::default()).await;
    let mut tx = pool.write().await.unwrap();
    execute(&mut tx, "INSERT INTO people (email) VALUES ('ann')").await.unwrap();
    assert_eq!(count(&pool, "people").await, 0, "nobody else sees it before the commit");
    drop(tx);
    let mut tx = pool.write().await.unwrap();
    assert_eq!(tx.row("SELECT count(*) FROM people", &[]).await.unwrap().unwrap().int().unwrap(), 0);
}

#[tokio::test]
async fn a_transaction_with_a_failure_can_only_be_dropped() {
    let folder = Folder::new();
    let pool = people(&folder.file(), Options::default()).await;
    let mut tx = pool.write().await.unwrap();
    execute(&mut tx, "INSERT INTO people (email) VALUES ('ann')").await.unwrap();
    let taken = execute(&mut tx, "INSERT INTO people (email) VALUES ('ann')").await;
    assert!(matches!(taken, Err(Error::Conflict { field: "email" })), "{taken:?}");
    assert!(execute(&mut tx, "INSERT INTO people (email) VALUES ('bob')").await.is_err());
    assert!(tx.commit().await.is_err());
    assert_eq!(count(&pool, "people").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_who_wait_share_a_flush_and_each_is_on_disk_when_it_is_answered() {
    let folder = Folder::new();
    let pool = people(&folder.file(), Options { gather: Duration::from_secs(5), ..Options::default() }).await;
    let before = flushes(&folder.file());
    let first = pool.write().await.unwrap();
    let waiting: Vec<_> = (0..20)
        .map(|number| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut tx = pool.write().await.unwrap();
                tx.execute("INSERT INTO people (id) VALUES ($1)", &[Param::from(number)]).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(50)).await;
    first.commit().await.unwrap();
    for task in waiting {
        task.await.unwrap();
    }
    assert_eq!(flushes(&folder.file()) - before, 1);
    // Another connection, with nothing closed: what was answered is there.
    let other = Connection::open(folder.file()).unwrap();
    let found: i64 = other.query_row("SELECT count(*) FROM people", [], |row| row.get(0)).unwrap();
    assert_eq!(found, 20);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_writers_lose_nothing() {
    let folder = Folder::new();
    let pool = people(&folder.file(), Options::default()).await;
    let mut tx = pool.write().await.unwrap();
    execute(&mut tx, "INSERT INTO people (id, email) VALUES (1, '0')").await.unwrap();
    tx.commit().await.unwrap();
    let writers: Vec<_> = (0..50)
        .map(|_| {
            let pool = pool.clone();
            tokio::spawn(async move {
                let mut tx = pool.write().await.unwrap();
                let mut row = tx.row("SELECT email FROM people WHERE id = 1", &[]).await.unwrap().unwrap();
                let next = (row.text().unwrap().parse::<u32>().unwrap() + 1).to_string();
                tokio::task::yield_now().await;
                tx.execute("UPDATE people SET email = $1 WHERE id = 1", &[Param::from(&next)]).await.unwrap();
                tx.commit().await.unwrap();
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let mut row = pool.read().row("SELECT email FROM people", &[]).await.unwrap().unwrap();
    assert_eq!(row.text().unwrap(), "50");
}

#[tokio::test]
async fn a_transaction_that_stalls_is_rolled_back_and_the_next_one_gets_its_turn() {
    let folder = Folder::new();
    let options = Options { transaction_limit: Duration::from_millis(100), ..Options::default() };
    let pool = people(&folder.file(), options).await;
    let mut stalled = pool.write().await.unwrap();
    execute(&mut stalled, "INSERT INTO people (email) VALUES ('slow')").await.unwrap();
    let mut next = pool.write().await.unwrap();
    execute(&mut next, "INSERT INTO people (email) VALUES ('quick')").await.unwrap();
    let late = execute(&mut stalled, "INSERT INTO people (email) VALUES ('slower')").await;
    assert!(matches!(late, Err(Error::Unavailable(_))), "{late:?}");
    next.commit().await.unwrap();
    assert!(stalled.commit().await.is_err());
    let mut row = pool.read().row("SELECT group_concat(email) FROM people", &[]).await.unwrap().unwrap();
    assert_eq!(row.text().unwrap(), "quick");
}

#[tokio::test]
async fn a_late_commit_is_refused() {
    let folder = Folder::new();
    let options = Options { transaction_limit: Duration::from_millis(50), ..Options::default() };
    let pool = people(&folder.file(), options).await;
    let mut tx = pool.write().await.unwrap();
    execute(&mut tx, "INSERT INTO people (email) VALUES ('slow')").await.unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert!(matches!(tx.commit().await, Err(Error::Unavailable(_))));
    assert_eq!(count(&pool, "people").await, 0);
}

#[tokio::test]
async fn whoever_has_committed_waits_for_nobodys_turn() {
    let folder = Folder::new();
    let options = Options { gather: Duration::from_secs(5), ..Options::default() };
    let database = Database::file(&folder.file(), options).unwrap();
    let lease = database.begin(Pace::Request).await.unwrap();
    lease.run("CREATE TABLE t (a integer)", &[]).unwrap();
    let mut next = Box::pin(database.begin(Pace::Request));
    assert!(tokio::time::timeout(Duration::ZERO, &mut next).await.is_err(), "it waits for its turn");
    let mut commit = Box::pin(lease.commit());
    assert!(tokio::time::timeout(Duration::ZERO, &mut commit).await.is_err(), "it waits for the next one");
    drop(next.await.unwrap());
    while database.read("SELECT a FROM t", &[]).await.is_err() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // The connection is in use, as while its thread waits for a lock that another process holds.
    let (taken, is_taken) = std::sync::mpsc::channel();
    let (release, released) = std::sync::mpsc::channel::<()>();
    let other = Arc::clone(&database);
    let user = std::thread::spawn(move || {
        other.writer.desk().with(|_| {
            taken.send(()).unwrap();
            released.recv_timeout(Duration::from_secs(10)).is_ok()
        })
    });
    is_taken.recv().unwrap();
    commit.await.unwrap();
    release.send(()).expect("the connection is still in use");
    assert!(user.join().unwrap().unwrap(), "and was until now");
}

#[tokio::test]
async fn whoever_waits_too_long_for_a_turn_is_told_and_leaves_nothing_behind() {
    let folder = Folder::new();
    let options = Options { acquire_timeout: Duration::from_millis(50), ..Options::default() };
    let pool = people(&folder.file(), options).await;
    let first = pool.write().await.unwrap();
    assert!(matches!(pool.write().await, Err(Error::Unavailable(_))));
    first.commit().await.unwrap();
    pool.write().await.unwrap().commit().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broken_foreign_key_fails_its_own_transaction_and_none_before_it() {
    let folder = Folder::new();
    let pool = people(&folder.file(), Options { gather: Duration::from_secs(5), ..Options::default() }).await;
    let first = pool.write().await.unwrap();
    let mut results = Vec::new();
    for sql in [
        "INSERT INTO people (id) VALUES (1)",
        "INSERT INTO toys (id, owner) VALUES (1, 1)",
        "INSERT INTO toys (id, owner) VALUES (2, 99)",
        "INSERT INTO toys (id, owner) VALUES (3, 1)",
    ] {
        let pool = pool.clone();
        results.push(tokio::spawn(async move {
            let mut tx = pool.write().await?;
            execute(&mut tx, sql).await?;
            tx.commit().await
        }));
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    first.commit().await.unwrap();
    let mut answers = Vec::new();
    for result in results {
        answers.push(result.await.unwrap());
    }
    assert!(
        matches!(answers[..], [Ok(()), Ok(()), Err(Error::Backend(_)), Err(Error::Unavailable(_))]),
        "{answers:?}"
    );
    assert_eq!(count(&pool, "toys").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_that_writes_is_waited_for() {
    let folder = Folder::new();
    let options = Options { acquire_timeout: Duration::from_millis(50), ..Options::default() };
    let pool = people(&folder.file(), options).await;
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE; INSERT INTO people (id) VALUES (7)").unwrap();
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(600));
        other.execute_batch("COMMIT").unwrap();
    });
    let mut tx = pool.write().await.expect("the lock is given up before the busy timeout");
    execute(&mut tx, "INSERT INTO people (id) VALUES (8)").await.unwrap();
    tx.commit().await.unwrap();
    release.join().unwrap();
    assert_eq!(count(&pool, "people").await, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_that_never_ends_makes_the_database_unavailable() {
    let folder = Folder::new();
    let options = Options {
        acquire_timeout: Duration::from_millis(50),
        busy_timeout: Duration::from_millis(400),
        ..Options::default()
    };
    let pool = people(&folder.file(), options).await;
    let other = Connection::open(folder.file()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    assert!(matches!(pool.write().await, Err(Error::Unavailable(_))));
    assert_eq!(count(&pool, "people").await, 0, "readers go on");
    other.execute_batch("ROLLBACK").unwrap();
    pool.write().await.unwrap();
}

#[tokio::test]
async fn a_database_that_is_away_is_used_when_it_is_there() {
    let folder = Folder::new();
    let path = folder.0.join("later").join("db.sqlite3");
    let pool = open(&path, Options::default());
    assert!(matches!(pool.write().await, Err(Error::Unavailable(_))));
    let refused = pool.write().await.err().unwrap().to_string();
    assert!(refused.ends_with("is away"), "the second caller does not try: {refused}");
    std::fs::create_dir(folder.0.join("later")).unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    let mut tx = pool.write().await.unwrap();
    execute(&mut tx, "CREATE TABLE t (a integer)").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(count(&pool, "t").await, 0);
}

#[tokio::test]
async fn a_closed_database_has_everything_and_answers_nothing() {
    let folder = Folder::new();
    let pool = people(&folder.file(), Options::default()).await;
    let mut tx = pool.write().await.unwrap();
    execute(&mut tx, "INSERT INTO people (id) VALUES (1)").await.unwrap();
    tx.commit().await.unwrap();
    pool.close().await;
    assert!(matches!(pool.write().await, Err(Error::Unavailable(_))));
    assert!(matches!(pool.read().row("SELECT 1", &[]).await, Err(Error::Unavailable(_))));
    assert_eq!(count(&open(&folder.file(), Options::default()), "people").await, 1);
}

#[tokio::test]
async fn values_survive_a_round_trip() {
    let folder = Folder::new();
    let pool = people(&folder.file(), Options::default()).await;
    let document = serde_json::json!({"secret": "ø", "used_mask": 0});
    let id = uuid::Uuid::from_u128(7);
    let params = [
        Param::Int(None),
        Param::from("ø"),
        Param::Text(None),
        Param::from(true),
        Param::from(Timestamp::from_micros(1_795_312_798_096_391)),
        Param::Time(None),
        Param::from(&document),
        Param::Uuid(Some(id.into_bytes())),
    ];
    let sql = "SELECT $1, $2, $3, $4, $5, $6, $7, $8";
    let mut row = pool.read().row(sql, &params).await.unwrap().unwrap();
    assert_eq!(row.opt_int().unwrap(), None);
    assert_eq!(row.text().unwrap(), "ø");
    assert_eq!(row.opt_text().unwrap(), None);
    assert!(row.bool().unwrap());
    assert_eq!(row.time().unwrap().micros(), 1_795_312_798_096_391);
    assert_eq!(row.opt_time().unwrap(), None);
    assert_eq!(row.json().unwrap(), document);
    assert_eq!(row.uuid().unwrap(), id);
    assert!(row.int().is_err(), "there is no ninth column");
}

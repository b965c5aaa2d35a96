//! Measures the store: `cargo run --release -p rest-auth-sql --example measure -- URL [USERS]`.
//!
//! Makes the tables and the users that are missing, then counts look-ups of a token's user by one task, and durable
//! commits of one row by one caller and by 64.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use rest_auth_core::model::{EncodedPassword, NewUser, SessionKey, SessionRow, Timestamp, TokenKey};
use rest_auth_core::settings;
use rest_auth_core::store::{Store, UserLookup};
use rest_auth_sql::{Options, SqlStore, UserModel};

const NOW: Timestamp = Timestamp::from_seconds(1_795_312_800);
const LENGTH: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("which URL?")?;
    let users: u64 = arguments.next().map_or(Ok(10_000), |number| number.parse())?;
    let model = UserModel::new(&settings::UserModel::default())?;
    let store = Arc::new(SqlStore::open(&url, Options::default(), model)?);
    let started = now();
    let migrated = store.migrate(NOW).await?;
    println!("tables made: {} in {:?}", migrated.tables.len(), started.elapsed());
    add_users(&store, users).await?;

    let (started, busy) = (now(), cpu_time());
    let mut found = 0_u64;
    while started.elapsed() < LENGTH {
        let key = token_key(found * 7919 % users);
        let mut records = store.read().await?;
        records.token_user(&key).await?.ok_or("no such token")?;
        found += 1;
    }
    let rate = per_second(found, started.elapsed());
    match (busy, cpu_time()) {
        (Some(before), Some(after)) => {
            let possible = per_second(found, after.saturating_sub(before));
            println!("look-ups of a token's user: {rate:.0}/s, {possible:.0} for each second of this thread");
        }
        _ => println!("look-ups of a token's user: {rate:.0}/s"),
    }

    for callers in [1, 64] {
        let (commits, took) = commit_for_a_while(&store, callers).await?;
        println!("commits of one row, {callers} callers: {:.0}/s", per_second(commits, took));
    }
    store.close().await;
    Ok(())
}

async fn add_users(store: &SqlStore, users: u64) -> Result<(), Box<dyn Error>> {
    let last = format!("user{}", users - 1);
    if !store.read().await?.users(UserLookup::Username(&last)).await?.is_empty() {
        return Ok(());
    }
    for chunk in 0..users.div_ceil(1000) {
        let mut tx = store.write().await?;
        for number in chunk * 1000..users.min((chunk + 1) * 1000) {
            let name = format!("user{number}");
            let email = format!("{name}@example.com");
            let password = EncodedPassword::from_column("argon2$argon2id$v=19$m=19456,t=2,p=1$c2FsdA$aGFzaA");
            let user = tx.add_user(NewUser::new(Some(name), email.clone(), password, NOW)).await?;
            tx.add_email_address(user.id, &email, true, true).await?;
            tx.token_or_add(user.id, token_key(number), NOW).await?;
        }
        tx.commit().await?;
    }
    Ok(())
}

async fn commit_for_a_while(store: &Arc<SqlStore>, callers: u64) -> Result<(u64, Duration), Box<dyn Error>> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let run = std::process::id();
    let started = now();
    let tasks: Vec<_> = (0..callers)
        .map(|_| {
            let store = Arc::clone(store);
            tokio::spawn(async move {
                let mut commits = 0_u64;
                while started.elapsed() < LENGTH {
                    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
                    let key =
                        SessionKey::parse(&format!("{run:010}{number:020}")).expect("it is long enough");
                    let mut tx = store.write().await?;
                    tx.add_session(&SessionRow { key, data: "x".repeat(200), expires: NOW }).await?;
                    tx.commit().await?;
                    commits += 1;
                }
                Ok::<_, rest_auth_core::store::StoreError>(commits)
            })
        })
        .collect();
    let mut commits = 0;
    for task in tasks {
        commits += task.await??;
    }
    Ok((commits, started.elapsed()))
}

/// What this thread has used of a processor, where the system tells: on a busy machine the better figure.
fn cpu_time() -> Option<Duration> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(Duration::from_nanos(text.split(' ').next()?.parse().ok()?))
}

fn token_key(number: u64) -> TokenKey {
    TokenKey::new(format!("{number:040x}"))
}

#[expect(clippy::disallowed_methods, reason = "measuring takes the machine's clock")]
fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
fn per_second(count: u64, took: Duration) -> f64 {
    count as f64 / took.as_secs_f64()
}

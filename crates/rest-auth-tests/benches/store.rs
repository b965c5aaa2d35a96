//! What requests ask of each database, among 20,000 users: the join by a token's key, the account by its name.
//!
//! Run with `cargo bench -p rest-auth-tests --bench store`. PostgreSQL is a server of our own at 127.0.0.1; where there
//! is none, its rows are left out.

use std::path::PathBuf;
use std::sync::LazyLock;

use divan::Bencher;
use rest_auth_core::model::{Timestamp, TokenKey};
use rest_auth_core::settings;
use rest_auth_core::store::{Store as _, UserLookup};
use rest_auth_sql::{Options, SqlStore, UserModel};
use rest_auth_tests::population::{Population, Sequence, token, username};
use rest_auth_tests::postgres::{Cluster, Durability};
use tokio::runtime::{Builder, Runtime};

const USERS: u32 = 20_000;

fn main() {
    divan::main();
    // Absent if no bench asked for it.
    for ending in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", sqlite_file().display()));
    }
}

/// A filled database, with the runtime that its connections live on.
struct Filled {
    runtime: Runtime,
    store: SqlStore,
    _server: Option<Cluster>,
}

static SQLITE: LazyLock<Filled> = LazyLock::new(|| {
    let url = format!("sqlite://{}", sqlite_file().display());
    fill(runtime(), &url, None)
});

static POSTGRES: LazyLock<Option<Filled>> = LazyLock::new(|| {
    let server = Cluster::start(Durability::Full)?;
    let runtime = runtime();
    let url = runtime.block_on(server.database());
    Some(fill(runtime, &url, Some(server)))
});

fn sqlite_file() -> PathBuf {
    std::env::temp_dir().join(format!("rest-auth-bench-{}.sqlite3", std::process::id()))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime can be built")
}

fn fill(runtime: Runtime, url: &str, server: Option<Cluster>) -> Filled {
    let store = runtime.block_on(async {
        let model = UserModel::new(&settings::UserModel::default()).expect("the default is good");
        let store = SqlStore::open(url, Options::default(), model).expect("the URL is ours");
        store.migrate(Timestamp::from_seconds(0)).await.expect("tables can be made");
        Population::settle(&store, USERS).await.expect("users can be made");
        store
    });
    Filled { runtime, store, _server: server }
}

impl Filled {
    fn token_user(&self, bencher: Bencher) {
        let mut random = Sequence::new(1);
        bencher.with_inputs(|| TokenKey::new(token(random.below(USERS)))).bench_local_refs(|key| {
            self.runtime.block_on(async {
                let mut records = self.store.read().await.expect("the database is there");
                records.token_user(key).await.expect("it answers").expect("the token is somebody's")
            })
        });
    }

    fn user_by_name(&self, bencher: Bencher) {
        let mut random = Sequence::new(2);
        bencher.with_inputs(|| username(random.below(USERS))).bench_local_refs(|name| {
            self.runtime.block_on(async {
                let mut records = self.store.read().await.expect("the database is there");
                let found = records.users(UserLookup::UsernameFolded(name)).await.expect("it answers");
                assert_eq!(found.len(), 1);
            });
        });
    }
}

#[divan::bench_group(sample_count = 1000, sample_size = 1)]
mod token_user {
    use super::{Bencher, POSTGRES, SQLITE};

    #[divan::bench]
    fn sqlite(bencher: Bencher) {
        SQLITE.token_user(bencher);
    }

    #[divan::bench]
    fn postgres(bencher: Bencher) {
        if let Some(filled) = &*POSTGRES {
            filled.token_user(bencher);
        }
    }
}

#[divan::bench_group(sample_count = 1000, sample_size = 1)]
mod user_by_name {
    use super::{Bencher, POSTGRES, SQLITE};

    #[divan::bench]
    fn sqlite(bencher: Bencher) {
        SQLITE.user_by_name(bencher);
    }

    #[divan::bench]
    fn postgres(bencher: Bencher) {
        if let Some(filled) = &*POSTGRES {
            filled.user_by_name(bencher);
        }
    }
}

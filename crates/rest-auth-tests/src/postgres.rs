//! A throw-away PostgreSQL for tests: one cluster for a test process, one database for a test.
//!
//! The server lives as long as a pipe to it: when the test process ends, in whatever way, it goes and its files with it.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use sqlx::{ConnectOptions, Connection, Executor};

use crate::process::{free_address, is_required};

/// How much is risked for speed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// `fsync=off`: all that most tests need.
    None,
    /// As in earnest.
    Full,
}

/// A running server with an empty `postgres` database, at a port of 127.0.0.1.
pub struct Cluster {
    folder: PathBuf,
    binaries: PathBuf,
    port: u16,
    durability: Durability,
    server: Option<Child>,
    /// Whether the files go when this process ends, rather than when the value does.
    shared: bool,
}

/// The cluster that the tests of this process share; `None`, and a line that says so, where there is no PostgreSQL. It
/// panics instead if `REST_AUTH_REQUIRE` asks for `postgres`.
pub fn cluster() -> Option<&'static Cluster> {
    static CLUSTER: OnceLock<Option<Cluster>> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::begin(Durability::None, true)).as_ref()
}

/// A new empty database in the shared cluster: its URL.
pub async fn database() -> Option<String> {
    Some(cluster()?.database().await)
}

/// Deletes every row that use has made, and lets keys count from 1 again: much cheaper than another database.
const EMPTY: &str = "DO $$
    DECLARE
        kept CONSTANT text[] := '{django_migrations, django_content_type, auth_permission, django_site}';
        name text;
    BEGIN
        FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> ALL (kept) LOOP
            EXECUTE format('DELETE FROM %I', name);
        END LOOP;
        PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences
            WHERE schemaname = 'public' AND last_value IS NOT NULL AND replace(sequencename, '_id_seq', '') <> ALL (kept);
    END
$$";

/// Empties a database that tests have used.
///
/// # Panics
///
/// If the database does not answer.
pub async fn empty(url: &str) {
    let options: sqlx::postgres::PgConnectOptions = url.parse().expect("the URL is ours");
    let mut connection = options.connect().await.expect("the cluster answers");
    connection.execute(EMPTY).await.expect("the tables are emptied");
    connection.close().await.expect("the connection closes");
}

impl Cluster {
    /// Starts a server of one's own, for a test that stops or starves it.
    pub fn start(durability: Durability) -> Option<Self> {
        Self::begin(durability, false)
    }

    fn begin(durability: Durability, shared: bool) -> Option<Self> {
        let Some(binaries) = binaries() else {
            assert!(
                !is_required("postgres"),
                "REST_AUTH_REQUIRE asks for postgres, and there is no initdb in PATH or /usr/lib/postgresql"
            );
            eprintln!("skipped: postgres (no initdb in PATH or /usr/lib/postgresql)");
            return None;
        };
        let mut cluster = Self {
            folder: folder(),
            binaries,
            port: free_address().port(),
            durability,
            server: None,
            shared,
        };
        cluster.create().expect("initdb makes a cluster");
        cluster.go().expect("postgres starts");
        Some(cluster)
    }

    /// Makes an empty database and tells its URL.
    pub async fn database(&self) -> String {
        self.make("template1").await
    }

    /// Makes a copy of a database, given by its URL, to which nobody may be connected. Quicker than making its tables.
    pub async fn copy(&self, url: &str) -> String {
        self.make(url.rsplit('/').next().unwrap_or_default()).await
    }

    async fn make(&self, template: &str) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let sql = format!("CREATE DATABASE {name} TEMPLATE {template}");
        let options: sqlx::postgres::PgConnectOptions =
            self.url("postgres").parse().expect("the URL is ours");
        let mut connection = options.connect().await.expect("the cluster answers");
        connection.execute(sqlx::AssertSqlSafe(sql)).await.expect("a database is made");
        connection.close().await.expect("the connection closes");
        self.url(&name)
    }

    /// The URL of a database in this cluster.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Stops the server at once, as an operator in a hurry does: connections are cut. [`Self::go`] starts it again.
    pub fn stop(&mut self) {
        if let Some(mut server) = self.server.take() {
            drop(server.stdin.take());
            server.wait().expect("the server ends");
        }
    }

    /// Starts the server and waits until it answers.
    pub fn go(&mut self) -> io::Result<()> {
        let mut command = self.command("sh");
        let risky = ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"];
        // The shell ends the server when its standard input ends, which is when we do.
        let script = r#"postgres=$1; shift; "$postgres" "$@" & server=$!; cat >/dev/null; kill -INT $server; wait $server; rm -rf $FOLDER"#;
        command.env("FOLDER", if self.shared { self.folder.as_os_str() } else { OsStr::new("") });
        command.args(["-c", script, "sh"]).arg(self.binaries.join("postgres"));
        command.arg("-D").arg(&self.folder).args(["-p", &self.port.to_string()]);
        command.arg("-k").arg(&self.folder).args([
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            "max_connections=200",
        ]);
        if self.durability == Durability::None {
            command.args(risky);
        }
        let log = std::fs::File::create(self.folder.join("log"))?;
        command.stdin(Stdio::piped()).stdout(log.try_clone()?).stderr(log);
        self.server = Some(command.spawn()?);
        for _ in 0..600 {
            let ready = self
                .command(self.binaries.join("pg_isready"))
                .args(["-q", "-h", "127.0.0.1", "-p", &self.port.to_string()])
                .status()?;
            if ready.success() {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let log = std::fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        Err(io::Error::other(format!("no answer within 30 s:\n{log}")))
    }

    fn create(&self) -> io::Result<()> {
        std::fs::create_dir_all(&self.folder)?;
        if let Some((user, group)) = postgres_account() {
            chown(&self.folder, Some(user), Some(group))?;
        }
        let mut command = self.command(self.binaries.join("initdb"));
        command.arg("-D").arg(&self.folder);
        command.args(["-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        let output = command.output()?;
        if output.status.success() {
            return Ok(());
        }
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }

    /// A command in the cluster's folder; as the user `postgres` where we are root, since the server refuses root.
    fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.folder);
        if let Some((user, group)) = postgres_account() {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.stop();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn folder() -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    std::env::temp_dir().join(format!("rest-auth-postgres-{}-{number}", std::process::id()))
}

/// The folder of initdb: the newest in Debian's place, else the one in PATH.
fn binaries() -> Option<PathBuf> {
    let mut versions: Vec<PathBuf> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path().join("bin")))
        .collect();
    versions.sort_by_key(|path| {
        path.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse::<u32>().ok())
    });
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders = versions.into_iter().rev().chain(std::env::split_paths(&path));
    folders.find(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

/// User and group of the account `postgres`, if we are root and there is one.
fn postgres_account() -> Option<(u32, u32)> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let is_root = status.lines().any(|line| line.starts_with("Uid:\t0\t"));
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let account = accounts.lines().find(|line| line.starts_with("postgres:"))?;
    let mut numbers = account.split(':').skip(2).map(str::parse::<u32>);
    let found = (numbers.next()?.ok()?, numbers.next()?.ok()?);
    is_root.then_some(found)
}

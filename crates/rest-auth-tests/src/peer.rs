//! The peer, a real dj-rest-auth, on a database of a test's: scripts in its shell, and its server.

use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use crate::process::{free_address, is_required, wait_until};

/// The peer with its settings, on one database.
pub struct Peer {
    url: String,
    folder: PathBuf,
}

/// The peer's server. It ends with the value.
pub struct PeerServer {
    child: Child,
    address: SocketAddr,
}

/// Whether there is a peer to ask: its packages are installed already, or `REST_AUTH_REQUIRE` asks for `peer` and they
/// can be. Otherwise a line says what is missing.
pub fn is_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        let required = is_required("peer");
        // Nobody who runs the tests wants packages downloaded without asking for it.
        let arguments: &[&str] = if required { &["setup"] } else { &["setup", "--check"] };
        let there =
            program().args(arguments).stdin(Stdio::null()).status().is_ok_and(|status| status.success());
        assert!(there || !required, "REST_AUTH_REQUIRE asks for peer, and peer/peer setup fails");
        if !there {
            eprintln!("skipped: peer (run peer/peer setup, which needs Python 3.11)");
        }
        there
    })
}

fn program() -> Command {
    let mut command = Command::new(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../peer/peer"));
    command.stderr(Stdio::inherit());
    command
}

impl Peer {
    /// With these settings, as peer/README.md describes them.
    ///
    /// # Panics
    ///
    /// If the folder for them cannot be made.
    pub fn new(url: &str, settings: &Value) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("rest-auth-peer-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder is made");
        std::fs::write(folder.join("settings.json"), settings.to_string()).expect("the file is written");
        Self { url: url.to_owned(), folder }
    }

    fn command(&self, name: &str) -> Command {
        let mut command = program();
        command
            .arg(name)
            .args(["--database", &self.url, "--settings"])
            .arg(self.folder.join("settings.json"));
        command.arg("--mail-dir").arg(self.folder.join("mails"));
        command
    }

    /// Runs a script in Django's shell. What it prints after `RESULT` is the result; `given` is in the environment.
    ///
    /// # Panics
    ///
    /// If the script fails.
    pub fn run(&self, script: &str, given: &Value) -> Value {
        let mut child = self
            .command("manage")
            .args(["shell"])
            .env("REST_AUTH_STORY", given.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the peer starts");
        child.stdin.take().expect("it is piped").write_all(script.as_bytes()).expect("it reads the script");
        let output = child.wait_with_output().expect("the script ends");
        let text = String::from_utf8_lossy(&output.stdout);
        let result = text.lines().find_map(|line| line.strip_prefix("RESULT "));
        let result = result.unwrap_or_else(|| panic!("the script fails: {text}"));
        serde_json::from_str(result).expect("the result is JSON")
    }

    /// Starts the server, and waits until it answers.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn serve(&self) -> PeerServer {
        let address = free_address();
        let port = address.port().to_string();
        let child = self.command("serve").args(["--port", &port]).spawn().expect("the peer starts");
        let server = PeerServer { child, address };
        let mut there = false;
        wait_until(|| {
            there = TcpStream::connect(address).is_ok();
            there
        });
        assert!(there, "the peer's server listens");
        server
    }

    /// The mails that it has sent, raw.
    pub fn mails(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.join("mails"));
        let mut paths: Vec<PathBuf> =
            entries.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        paths.sort();
        paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl PeerServer {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for PeerServer {
    fn drop(&mut self) {
        let id = self.child.id().to_string();
        let _ = Command::new("kill").args(["-s", "TERM", &id]).status();
        let _ = self.child.wait();
    }
}

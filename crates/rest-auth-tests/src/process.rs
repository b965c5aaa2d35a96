//! The binary `rest-auth` as a process, in a folder of its own; and requests to it as bytes on a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Duration;

use tokio::time::Instant;

/// Longer than anything takes that goes well, on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_mins(1);

/// A folder with a configuration, in which commands run. It goes with the value.
pub struct Deployment {
    folder: PathBuf,
    variables: Vec<(String, String)>,
}

impl Deployment {
    /// A folder with this `rest-auth.toml`, or without one if the text is empty.
    pub fn new(configuration: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("rest-auth-process-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder is made");
        let deployment = Self { folder, variables: Vec::new() };
        if !configuration.is_empty() {
            deployment.configure(configuration);
        }
        deployment
    }

    /// Replaces the configuration, for the next start.
    pub fn configure(&self, configuration: &str) {
        std::fs::write(self.folder.join("rest-auth.toml"), configuration).expect("the file is written");
    }

    /// With a variable in the environment.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With hashes that take no time.
    #[must_use]
    pub fn with_fast_hashes(self) -> Self {
        self.with("REST_AUTH__PASSWORD__HASHERS", r#"[{ algorithm = "pbkdf2_sha256", iterations = 10 }]"#)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.folder
    }

    /// The contents of the folder's files with this ending, by name.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut paths: Vec<PathBuf> = std::fs::read_dir(self.folder.join(folder))
            .map(|entries| entries.flatten().map(|entry| entry.path()).collect())
            .unwrap_or_default();
        paths.sort();
        paths.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect()
    }

    /// Runs a command to its end, with these lines on standard input.
    pub fn run(&self, arguments: &[&str], input: &[&str]) -> Done {
        let mut child = self.command(arguments).stdin(Stdio::piped()).spawn().expect("the binary starts");
        let mut stdin = child.stdin.take().expect("it is piped");
        for line in input {
            // A command that has ended before does not read it.
            let _ = writeln!(stdin, "{line}");
        }
        drop(stdin);
        let output = child.wait_with_output().expect("the command ends");
        Done {
            status: output.status,
            output: String::from_utf8_lossy(&output.stdout).into_owned(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Starts the server on a port of its own, and waits until it is ready.
    pub fn serve(&self) -> Server {
        let mut server = self.start("127.0.0.1:0");
        let line = server.wait_for_line(|line| line.contains(" listens on "));
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next());
        server.address = address.and_then(|address| address.parse().ok()).expect("the line has the address");
        server
    }

    /// Starts the server on an address, and waits for nothing but that it answers at all.
    pub fn serve_at(&self, address: SocketAddr) -> Server {
        let mut server = self.start(&address.to_string());
        server.address = address;
        wait_until(|| TcpStream::connect(address).is_ok());
        server
    }

    fn start(&self, listen: &str) -> Server {
        let mut child = self
            .command(&["serve", "--listen", listen])
            .stdin(Stdio::null())
            .spawn()
            .expect("the binary starts");
        let output = gather(child.stdout.take().expect("it is piped"));
        let errors = gather(child.stderr.take().expect("it is piped"));
        Server { child: Mutex::new(child), output, errors, address: SocketAddr::from(([127, 0, 0, 1], 0)) }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(&self.folder).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env_clear().envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// What a command left.
#[derive(Debug)]
pub struct Done {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output.
    pub output: String,
    /// Standard error.
    pub errors: String,
}

/// What a process has written so far.
type Page = Arc<Mutex<String>>;

/// A server that runs. It is killed with the value.
pub struct Server {
    child: Mutex<Child>,
    output: Page,
    errors: Page,
    address: SocketAddr,
}

impl Server {
    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Standard output so far.
    pub fn output(&self) -> String {
        self.output.lock().expect("nobody panics with it").clone()
    }

    /// Standard error so far.
    pub fn errors(&self) -> String {
        self.errors.lock().expect("nobody panics with it").clone()
    }

    /// Waits for a line on standard output.
    pub fn wait_for_line(&self, is_it: impl Fn(&str) -> bool) -> String {
        let mut found = None;
        wait_until(|| {
            found = self.output().lines().find(|line| is_it(line)).map(str::to_owned);
            found.is_some() || self.ended().is_some()
        });
        found.unwrap_or_else(|| panic!("no such line:\n{}\n{}", self.output(), self.errors()))
    }

    /// A request without a body.
    pub fn get(&self, path: &str) -> Answer {
        Answer::read(
            self.send(&format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")),
        )
    }

    /// A form.
    pub fn post(&self, path: &str, form: &str) -> Answer {
        Answer::read(self.send_post(path, form))
    }

    /// Sends a form, and leaves it to the caller when to read the answer.
    pub fn send_post(&self, path: &str, form: &str) -> TcpStream {
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\
             content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            form.len()
        ))
    }

    /// Sends bytes, as far as the server takes them.
    pub fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).expect("the server listens");
        stream.set_read_timeout(Some(PATIENCE)).expect("it is a time");
        let _ = stream.write_all(request.as_bytes());
        stream
    }

    /// Sends a signal, "TERM" or "INT" or "KILL".
    pub fn signal(&self, name: &str) {
        let id = self.child().id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("there is a kill");
        assert!(sent.success(), "the process is there");
    }

    /// Waits for its end.
    pub fn wait(&self) -> ExitStatus {
        let mut status = None;
        wait_until(|| {
            status = self.ended();
            status.is_some()
        });
        status.unwrap_or_else(|| panic!("the process does not end:\n{}", self.errors()))
    }

    fn ended(&self) -> Option<ExitStatus> {
        self.child().try_wait().expect("it is ours")
    }

    fn child(&self) -> MutexGuard<'_, Child> {
        self.child.lock().expect("nobody panics with it")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let mut child = self.child();
        let _ = child.kill();
        let _ = child.wait();
    }
}

/// An answer of a server.
#[derive(Debug)]
pub struct Answer {
    /// 0 where the connection ended without one.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// All of it.
    pub body: String,
}

impl Answer {
    /// Reads all that comes, until the connection ends in whatever way.
    pub fn read(mut stream: TcpStream) -> Self {
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok()).unwrap_or(0);
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { status, headers, body: body.to_owned() }
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Whether `REST_AUTH_REQUIRE` asks for something that not every machine has: a test that lacks it fails then.
pub fn is_required(name: &str) -> bool {
    let required = std::env::var("REST_AUTH_REQUIRE").unwrap_or_default();
    required.split(',').any(|one| one.trim() == name)
}

/// An address that nobody listens on.
///
/// # Panics
///
/// If there is none left.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
    listener.local_addr().expect("it has an address")
}

/// Waits until something holds; a caller that cannot go on without it asserts it again.
pub fn wait_until(mut holds: impl FnMut() -> bool) {
    let since = Instant::now();
    while !holds() && since.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn gather(stream: impl Read + Send + 'static) -> Page {
    let page = Page::default();
    let gathered = Arc::clone(&page);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut page = gathered.lock().expect("nobody panics with it");
            page.push_str(&line);
            page.push('\n');
        }
    });
    page
}

/// The binary, built once: cargo builds only the libraries of what a test depends on.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test has a path");
        let folder = test.parent().and_then(Path::parent).expect("target/PROFILE/deps/it");
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        // Named together with this package, so that both have the same features and nothing is compiled twice.
        build.args(["build", "--quiet", "--package", "rest-auth-server", "--package", "rest-auth-tests"]);
        build.args(["--bin", "rest-auth"]);
        // What cargo tells a test of itself would look like a change to the build scripts of our dependencies.
        for (name, _) in std::env::vars_os() {
            let told = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_CRATE_", "CARGO_BIN_"];
            if told.iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
                build.env_remove(name);
            }
        }
        build.current_dir(env!("CARGO_MANIFEST_DIR"));
        build.arg("--target-dir").arg(folder.parent().expect("target"));
        if folder.ends_with("release") {
            build.arg("--release");
        }
        assert!(build.status().expect("cargo starts").success(), "the binary builds");
        folder.join("rest-auth")
    })
}

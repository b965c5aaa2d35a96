//! A real OpenID provider, npm's `oidc-provider` in `peer/openid`, and a browser's way through its pages.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

use rest_auth_formats::{md5_hex, percent};

use crate::process::{Answer, free_address, is_required, wait_until};

/// Pages that a login goes through at most.
const PAGES: usize = 12;
const PACKAGE: &str = include_str!("../../../peer/openid/package.json");
const LOCK: &str = include_str!("../../../peer/openid/package-lock.json");
const PROGRAM: &str = include_str!("../../../peer/openid/provider.mjs");

/// A provider that runs. It ends with the value.
pub struct OpenIdProvider {
    child: Child,
    address: SocketAddr,
}

/// Whether there is one to start: it is installed already, or `REST_AUTH_REQUIRE` asks for `openid` and it can be.
/// Otherwise a line says what is missing.
///
/// # Panics
///
/// If it is required and cannot be installed.
pub fn is_there() -> bool {
    static THERE: OnceLock<bool> = OnceLock::new();
    *THERE.get_or_init(|| {
        let required = is_required("openid");
        let folder = folder();
        // Nobody who runs the tests wants packages downloaded without asking for it.
        let there = folder.join("node_modules").is_dir() || (required && install(&folder).is_some());
        assert!(
            there || !required,
            "REST_AUTH_REQUIRE asks for openid: node 18 or newer, and npm, are needed"
        );
        if !there {
            eprintln!("skipped: openid (needs node and npm; REST_AUTH_REQUIRE=openid installs the provider)");
        }
        there && Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok()
    })
}

/// Where the packages are: beside the peer's, and another folder for other versions.
fn folder() -> PathBuf {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let cache = || {
        let home = || variable("HOME").unwrap_or_else(std::env::temp_dir).join(".cache");
        variable("XDG_CACHE_HOME").unwrap_or_else(home).join("rest-auth-peer")
    };
    let home = variable("REST_AUTH_PEER_HOME").unwrap_or_else(cache);
    home.join(format!("openid-{}", &md5_hex(&format!("{LOCK}{PROGRAM}"))[..12]))
}

fn install(folder: &Path) -> Option<()> {
    let unfinished = folder.with_extension(std::process::id().to_string());
    std::fs::create_dir_all(&unfinished).ok()?;
    for (name, text) in [("package.json", PACKAGE), ("package-lock.json", LOCK), ("provider.mjs", PROGRAM)] {
        std::fs::write(unfinished.join(name), text).ok()?;
    }
    let mut npm = Command::new("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]).current_dir(&unfinished);
    npm.status().ok().filter(std::process::ExitStatus::success)?;
    let _ = std::fs::remove_dir_all(folder);
    // Somebody else may have been faster.
    let renamed = std::fs::rename(&unfinished, folder);
    let _ = std::fs::remove_dir_all(&unfinished);
    (renamed.is_ok() || folder.is_dir()).then_some(())
}

impl OpenIdProvider {
    /// Starts it, and waits until it answers.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start() -> Self {
        let address = free_address();
        let mut node = Command::new("node");
        node.arg(folder().join("provider.mjs")).arg(address.port().to_string());
        node.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let child = node.spawn().expect("node starts");
        let provider = Self { child, address };
        let mut there = false;
        wait_until(|| {
            there = TcpStream::connect(address).is_ok();
            there
        });
        assert!(there, "the provider listens");
        provider
    }

    /// Its issuer, below which everything is.
    pub fn issuer(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on it signs with another key, and publishes that one only.
    ///
    /// # Panics
    ///
    /// If it does not answer.
    pub fn rotate(&self) {
        assert_eq!(self.send("POST", "/rotate", &BTreeMap::new(), "").status, 200);
    }

    /// Walks through the pages as whoever `name` is: logs in, consents. The parameters that a browser would bring back.
    ///
    /// # Panics
    ///
    /// If the pages do not end in a redirect to the application.
    pub fn log_in(&self, name: &str, params: &[(&str, &str)]) -> BTreeMap<String, String> {
        let place = format!("{}/auth?{}", self.issuer(), percent::encode_pairs(params.iter().copied()));
        let back = self.visit(name, &place);
        let (_, query) = back.split_once('?').expect("it brings parameters");
        percent::decode_pairs(query).into_iter().collect()
    }

    /// The same from the address that a browser was sent to: the one that it goes back to.
    ///
    /// # Panics
    ///
    /// If the pages do not end in a redirect to the application.
    pub fn visit(&self, name: &str, address: &str) -> String {
        let (mut jar, issuer) = (BTreeMap::new(), self.issuer());
        let own = |address: &str| address.strip_prefix(&issuer).map(str::to_owned);
        let mut place = own(address).expect("the address is the provider's");
        for _ in 0..PAGES {
            let mut answer = self.send("GET", &place, &jar, "");
            keep(&mut jar, &answer);
            if answer.header("location").is_none() {
                // The first page asks who it is, the second whether that may be told.
                let prompt = if answer.body.contains("value=\"login\"") { "login" } else { "consent" };
                let form = percent::encode_pairs([("prompt", prompt), ("login", name), ("password", "any")]);
                answer = self.send("POST", &place, &jar, &form);
                keep(&mut jar, &answer);
            }
            let location = answer.header("location").expect("it goes on").to_owned();
            match own(&location) {
                Some(next) => place = next,
                None if location.starts_with('/') => place = location,
                None => return location,
            }
        }
        panic!("{name} does not come back");
    }

    fn send(&self, method: &str, path: &str, jar: &BTreeMap<String, String>, form: &str) -> Answer {
        let cookies: Vec<String> = jar.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\nCookie: {}\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            self.address,
            cookies.join("; "),
            form.len()
        );
        let mut stream = TcpStream::connect(self.address).expect("the provider listens");
        stream.write_all(request.as_bytes()).expect("it listens");
        Answer::read(stream)
    }
}

/// Every cookie, whatever its path: one login has one of each name at a time.
fn keep(jar: &mut BTreeMap<String, String>, answer: &Answer) {
    for (_, cookie) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
        let pair = cookie.split(';').next().unwrap_or_default();
        if let Some((name, value)) = pair.split_once('=') {
            jar.insert(name.to_owned(), value.to_owned());
        }
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

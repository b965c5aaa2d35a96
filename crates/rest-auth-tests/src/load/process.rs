//! A server in a process of its own, and what it uses of the machine.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde::Serialize;

use super::Failure;
use super::bare::Model;
use super::connection::Connection;
use super::stopwatch::{now, sleep_until};
use crate::process::free_address;

/// The unit of /proc/PID/stat: a constant of Linux's interface.
const TICKS_A_SECOND: u32 = 100;
/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(50);
/// Longer than any start takes.
const PATIENCE: Duration = Duration::from_mins(1);

/// A process that serves. It ends with this value.
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
    /// From the start of the process to the first good answer.
    pub(super) started_within: Duration,
}

/// What a process used in a span of time.
#[derive(Clone, Copy, Debug, Serialize)]
pub(super) struct Usage {
    /// CPU time of all its threads.
    #[serde(skip)]
    pub(super) cpu: Duration,
    /// The most memory that was resident at once, in MiB.
    pub(super) peak_mib: f64,
}

impl Process {
    /// The server, with a configuration file, as soon as it is ready.
    pub(super) fn server(binary: &Path, config: &Path, log: &Path) -> Result<Self, Failure> {
        let address = free_address();
        let log = fs::File::create(log)?;
        let begin = now();
        let child = Command::new(binary)
            .args(["serve", "--listen", &address.to_string(), "--config"])
            .arg(config)
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()
            .map_err(|error| format!("{}: {error}", binary.display()))?;
        let mut server = Self { child, address, started_within: Duration::ZERO };
        while !server.is_ready() {
            if let Some(status) = server.child.try_wait()? {
                return Err(format!("the server ended: {status}; see its log").into());
            }
            if begin.elapsed() > PATIENCE {
                return Err("the server is not ready; see its log".into());
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        server.started_within = begin.elapsed();
        Ok(server)
    }

    fn is_ready(&self) -> bool {
        let request = format!("GET /readyz HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        Connection::open(self.address)
            .and_then(|mut connection| Ok(connection.ask(request.as_bytes())?.status == 200))
            .unwrap_or(false)
    }

    /// This program again, as a server of one bare route.
    pub(super) fn bare(model: &Model) -> Result<Self, Failure> {
        let begin = now();
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--bare")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take());
        let mut input = input.ok_or("the bare route has no input")?;
        writeln!(input, "{}", serde_json::to_string(model)?)?;
        let mut line = String::new();
        BufReader::new(output.ok_or("the bare route has no output")?).read_line(&mut line)?;
        let address = line.trim().parse().map_err(|_| "the bare route did not start")?;
        Ok(Self { child, address, started_within: begin.elapsed() })
    }

    /// What the process uses between two moments; returns at the second one.
    pub(super) fn usage(&self, from: Instant, until: Instant) -> Result<Usage, Failure> {
        sleep_until(from);
        let before = self.cpu()?;
        let mut peak_mib = self.resident_mib()?;
        while now() < until {
            sleep_until(until.min(now() + LOOK));
            peak_mib = peak_mib.max(self.resident_mib()?);
        }
        Ok(Usage { cpu: self.cpu()?.saturating_sub(before), peak_mib })
    }

    /// Memory that is resident now, in MiB.
    pub(super) fn resident_mib(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: u32 = line
            .and_then(|line| line.trim().trim_end_matches(" kB").parse().ok())
            .ok_or("no VmRSS in /proc")?;
        Ok(f64::from(kib) / 1024.0)
    }

    /// CPU time since the start, all threads.
    fn cpu(&self) -> Result<Duration, Failure> {
        cpu(&fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?)
    }
}

/// CPU time of this thread since its start.
pub(super) fn own_cpu() -> Result<Duration, Failure> {
    cpu(&fs::read_to_string("/proc/thread-self/stat")?)
}

/// CPU time in a line of `stat`. The second field is a name, which may have spaces in it, between parentheses.
fn cpu(stat: &str) -> Result<Duration, Failure> {
    let (_, rest) = stat.rsplit_once(") ").ok_or("no CPU time in /proc")?;
    let ticks: u32 = rest.split(' ').skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    Ok(Duration::from_secs(1) * ticks / TICKS_A_SECOND)
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! What the figures were measured on.

use std::fs;

use serde::Serialize;

/// The machine, and what else it did.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    cpu: String,
    cores: usize,
    memory_gib: u64,
    /// The load average of the last minute before the first measurement: 0 on a quiet machine.
    load_before: String,
}

impl Machine {
    /// This machine, now.
    pub(super) fn look() -> Self {
        let first_word = |text: String| text.split(' ').next().unwrap_or_default().to_owned();
        Self {
            cpu: line_of("/proc/cpuinfo", "model name").unwrap_or_else(|| "unknown".to_owned()),
            cores: cores(),
            memory_gib: line_of("/proc/meminfo", "MemTotal")
                .and_then(|text| first_word(text).parse::<u64>().ok())
                .map_or(0, |kib| kib >> 20),
            load_before: fs::read_to_string("/proc/loadavg").map(first_word).unwrap_or_default(),
        }
    }
}

impl std::fmt::Display for Machine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cpu, cores, memory_gib, load_before } = self;
        write!(f, "{cores} × {cpu}, {memory_gib} GiB, load before the run {load_before}")
    }
}

/// How many threads can compute at once.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// What follows the colon in the first line that begins so.
fn line_of(file: &str, name: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

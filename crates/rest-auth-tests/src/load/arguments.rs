//! The command line.

use std::path::PathBuf;
use std::time::Duration;

/// Starts the release server with many users and reports logins and requests a second as ratios to ceilings of the same
/// run. Build the server first: cargo build --release -p rest-auth-server
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "load")]
pub(super) struct Arguments {
    /// How many users the database has
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(100..=10_000_000))]
    pub(super) users: u32,
    /// How long each measurement takes, after its warm-up
    #[arg(long, default_value_t = 8, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub(super) seconds: u64,
    /// How often everything is measured
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(super) rounds: u32,
    /// "sqlite", "postgres" (a server of our own for the run), or the postgres:// URL of a database that may be filled
    #[arg(long, default_value = "sqlite")]
    pub(super) database: String,
    /// The binary to measure; else the one beside this program
    #[arg(long)]
    pub(super) server: Option<PathBuf>,
    /// Where the figures of every round are written, beside the summary that is shown
    #[arg(long)]
    pub(super) json: Option<PathBuf>,
    /// Connections that ask as fast as they are answered
    #[arg(long, default_value_t = 32)]
    pub(super) connections: u32,
    /// Connections that all log in at once in the storm
    #[arg(long, default_value_t = 500)]
    pub(super) storm: u32,
    /// Requests a second whose times are compared without and with the storm
    #[arg(long, default_value_t = 500)]
    pub(super) watch: u32,
    /// The storm's clients ask again at once when they are refused, instead of after the time they are told
    #[arg(long)]
    pub(super) impatient: bool,
    /// Serve the bare route: what the program starts itself as
    #[arg(long, hide = true)]
    pub(super) bare: bool,
}

impl Arguments {
    /// How long each measurement takes.
    pub(super) fn span(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

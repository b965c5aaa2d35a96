//! The load program: starts the release server on a database with many users and reports what it does, as ratios to
//! ceilings that are measured in the same run.
//!
//! The server and the bare route that it is compared with are processes of their own, so that their CPU and memory are
//! counted without the clients'. Every answer is verified, status and body; one that is wrong ends the program.

mod arguments;
mod bare;
mod commit_rate;
mod connection;
mod crowd;
mod databases;
mod hash_rate;
mod latencies;
mod machine;
mod process;
mod report;
mod requests;
mod rounds;
mod stopwatch;
mod tokens;

use std::process::ExitCode;

use clap::Parser as _;

use crate::population::Failure;
use arguments::Arguments;

/// Does what the command line says.
pub fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = if arguments.bare { bare::serve() } else { rounds::run(&arguments) };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

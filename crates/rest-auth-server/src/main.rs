//! The binary: everything is in the library.

use std::process::ExitCode;

use rest_auth_server::{Console, Process};

#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    match Process::current() {
        Ok(process) => ExitCode::from(rest_auth_server::run(process)),
        Err(error) => {
            Console::standard().complain(&format!("error: the working directory cannot be read: {error}"));
            ExitCode::FAILURE
        }
    }
}

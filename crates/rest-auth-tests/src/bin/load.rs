//! The load program. `docs/internals/performance.md` says how to run it and what its figures mean.

use std::process::ExitCode;

fn main() -> ExitCode {
    rest_auth_tests::load::main()
}

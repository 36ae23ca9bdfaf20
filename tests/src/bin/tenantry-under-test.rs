//! The `tenantry` command, built beside the tests so that they can start it.

use std::process::ExitCode;

fn main() -> ExitCode {
    tenantry::cli::main()
}

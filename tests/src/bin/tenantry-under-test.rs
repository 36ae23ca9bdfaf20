//! The `tenantry` command, built beside the tests so that they can start it.

use std::process::ExitCode;

/// As in the command itself: tests watch its memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tenantry::cli::main()
}

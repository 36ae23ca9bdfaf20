//! The `tenantry` command, built with the tests so that they can start it.

use std::process::ExitCode;

/// The allocator of the command, since tests measure its memory.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tenantry::cli::main()
}

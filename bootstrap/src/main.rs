//! The `tenantry` command.

use std::process::ExitCode;

/// Returns freed memory to the system sooner than the system allocator does,
/// and is faster for many small allocations.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    tenantry::cli::main()
}

//! The terminal and the async runtime of commands.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use crate::error::StartError;

/// Writes a line to standard output. Ignores a closed pipe.
pub(super) fn print(line: &str) {
    // The reader of a pipe may have closed it.
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Writes a line to standard error.
pub(super) fn print_error(line: &str) {
    // There is no other place to report to.
    let _ = writeln!(io::stderr().lock(), "tenantry: {line}");
}

/// Runs an async command.
pub(super) fn block_on<F: Future<Output = Result<ExitCode, StartError>>>(
    future: F,
) -> Result<ExitCode, StartError> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| StartError::io("cannot start the async runtime", e))?
        .block_on(future)
}

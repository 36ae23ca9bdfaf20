//! Writing to the person at the terminal.

use std::io::{self, Write};

/// Writes a line to standard output. A closed pipe ends nothing: who reads has
/// seen enough.
pub(super) fn say(line: &str) {
    let _ = writeln!(io::stdout().lock(), "{line}");
}

/// Writes a line to standard error.
pub(super) fn complain(line: &str) {
    let _ = writeln!(io::stderr().lock(), "tenantry: {line}");
}

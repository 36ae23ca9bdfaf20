//! `Schemathesis`, which generates requests from the `OpenAPI` document.

use std::{path::Path, process::Command};

use super::programs_folder;

/// The version that `tests/scripts/services` installs.
const VERSION: &str = "4.32.5";

/// Returns a command that runs a Python file of `tests/schemathesis`.
pub fn schemathesis(file: &str) -> Command {
    let packages = programs_folder().join(format!("schemathesis-{VERSION}"));
    assert!(
        packages.join("schemathesis").is_dir(),
        "Schemathesis is missing: run tests/scripts/services"
    );
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemathesis");
    let mut command = Command::new("python3");
    command
        .arg(sources.join(file))
        .env("PYTHONPATH", packages)
        .env("PYTHONDONTWRITEBYTECODE", "1");
    command
}

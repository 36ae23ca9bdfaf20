//! Programs of the machine that the measurements use.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Whether a program is on the `PATH`.
pub(crate) fn is_there(program: &str) -> bool {
    let search = format!("command -v {program}");
    let found = Command::new("sh")
        .args(["-c", &search])
        .stdout(Stdio::null())
        .status();
    found.is_ok_and(|status| status.success())
}

/// A command on one core alone, where there are several: the one that serves
/// on the first, the one that asks on the second, so that neither takes the
/// other's time.
pub(crate) fn on_core(core: usize, program: &Path) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 || !is_there("taskset") {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// Runs a command to its end and returns what it says.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    said
}

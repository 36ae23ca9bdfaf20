//! Programs that the measurements use.

use std::{
    path::Path,
    process::{Command, Stdio},
};

/// Returns whether a program is on the `PATH`.
pub(crate) fn is_installed(program: &str) -> bool {
    let search = format!("command -v {program}");
    let found = Command::new("sh")
        .args(["-c", &search])
        .stdout(Stdio::null())
        .status();
    found.is_ok_and(|status| status.success())
}

/// Returns a command that runs on one core, if there are several. Servers run on
/// the first core and clients on the second.
pub(crate) fn on_core(core: usize, program: &Path) -> Command {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < 2 || !is_installed("taskset") {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.arg("-c").arg(core.to_string()).arg(program);
    command
}

/// Runs a command to its end and returns its output.
pub(crate) fn output_of(command: &mut Command) -> String {
    let output = command.output().expect("a program");
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{command:?}: {stdout}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    stdout
}

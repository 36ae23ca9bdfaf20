//! The service as a separate process.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
};

use super::{Actor, Settings};

/// A running `tenantry serve`.
pub struct ServiceProcess {
    child: Child,
    base: String,
}

impl ServiceProcess {
    /// Starts `program serve` with a data folder and waits until it serves.
    pub fn start(program: &str, data: &Path, settings: Settings<'_>) -> Self {
        Self::of(command(program, data, settings))
    }

    /// Starts `serve` on a command with options and waits until it serves.
    pub fn of(mut command: Command) -> Self {
        let child = command.arg("serve").stdout(Stdio::piped()).spawn();
        // Dropped, and thereby ended, if an assertion below fails.
        let mut process = Self {
            child: child.expect("a process"),
            base: String::new(),
        };
        let stdout = process.child.stdout.take().expect("its output");
        let mut line = String::new();
        // "Tenantry is listening on http://127.0.0.1:1234"
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("the first line of its output");
        let base = line.trim().rsplit(' ').next().unwrap_or_default();
        assert!(base.starts_with("http://"), "it did not start: {line:?}");
        base.clone_into(&mut process.base);
        process
    }

    /// Returns the base URL.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Returns the process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Creates a user without an account.
    pub fn anonymous(&self) -> Actor {
        Actor::anonymous(&self.base)
    }

    /// Kills the process (`SIGKILL`), as a power failure would.
    pub fn kill(mut self) -> ExitStatus {
        self.child.kill().expect("a kill");
        self.child.wait().expect("its end")
    }

    /// Asks the process to drain and stop (`SIGTERM`).
    pub fn terminate(&self) {
        self.signal("TERM");
    }

    /// Sends a signal, such as `HUP`.
    pub fn signal(&self, name: &str) {
        let id = self.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -\"$1\" \"$2\"", "kill", name, &id])
            .status();
        assert!(sent.expect("a shell").success(), "the signal was not sent");
    }

    /// Returns the exit status; `None` while the process runs.
    pub fn exit_status(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("the state of the process")
    }

    /// Returns the resident memory in bytes (`VmRSS`).
    pub fn resident_bytes(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id()));
        let status = status.expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.trim().parse::<u64>().ok())
            .expect("a size")
            * 1024
    }
}

impl Drop for ServiceProcess {
    fn drop(&mut self) {
        // Fails if the process has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Returns a command of the program with a data folder and the testing profile.
pub fn command(program: &str, data: &Path, settings: Settings<'_>) -> Command {
    let mut command = Command::new(program);
    command
        .env_clear()
        .env("TENANTRY_PROFILE", "testing")
        .env("TENANTRY_APP__DATA", data)
        .envs(settings.iter().copied())
        .current_dir(data);
    command
}

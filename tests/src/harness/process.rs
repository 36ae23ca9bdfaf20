//! The service as a separate process.

use std::{
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, ExitStatus, Stdio},
    thread::{self, JoinHandle},
};

use super::{Actor, Settings, until};

/// A running `tenantry serve`.
pub struct ServiceProcess {
    child: Child,
    base: String,
    /// The copy of its output to a log.
    output: Option<JoinHandle<u64>>,
}

impl ServiceProcess {
    /// Starts `program serve` with a data folder and waits until it serves.
    pub fn start(program: &str, data: &Path, settings: Settings<'_>) -> Self {
        Self::of(command(program, data, settings))
    }

    /// Starts `serve` on a command with options and waits until it serves.
    pub fn of(command: Command) -> Self {
        Self::begin(command).0
    }

    /// Starts `serve`, and returns the rest of its output as well.
    fn begin(mut command: Command) -> (Self, BufReader<ChildStdout>) {
        let child = command.arg("serve").stdout(Stdio::piped()).spawn();
        // Dropped, and thereby ended, if an assertion below fails.
        let mut process = Self {
            child: child.expect("a process"),
            base: String::new(),
            output: None,
        };
        let stdout = process.child.stdout.take().expect("its output");
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        // "Tenantry is listening on http://127.0.0.1:1234"
        stdout
            .read_line(&mut line)
            .expect("the first line of its output");
        let base = line.trim().rsplit(' ').next().unwrap_or_default();
        assert!(base.starts_with("http://"), "it did not start: {line:?}");
        base.clone_into(&mut process.base);
        (process, stdout)
    }

    /// Starts `serve` on a command, waits until it serves, and writes all its
    /// output to `log`.
    pub fn logged(mut command: Command, log: &File) -> Self {
        let mut copy = log.try_clone().expect("a second handle");
        command.stderr(log.try_clone().expect("a third handle"));
        let (mut process, mut output) = Self::begin(command);
        let copied = move || io::copy(&mut output, &mut copy).expect("a copy");
        process.output = Some(thread::spawn(copied));
        process
    }

    /// Stops the process by `SIGTERM`, and waits until it has ended and its output
    /// is written.
    pub async fn stop(mut self) {
        self.terminate();
        until("the process ends", async || self.exit_status()).await;
        if let Some(output) = self.output.take() {
            output.join().expect("its whole output");
        }
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

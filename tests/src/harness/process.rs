//! The service as a process of its own, to be killed and watched.

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
    /// Starts `program serve` on a data folder and waits until it serves.
    pub fn start(program: &str, data: &Path, settings: Settings<'_>) -> Self {
        Self::of(command(program, data, settings))
    }

    /// The same of a command that has its options and needs only to be told to
    /// serve.
    pub fn of(mut command: Command) -> Self {
        let child = command.arg("serve").stdout(Stdio::piped()).spawn();
        // Dropped, and so ended, where it says something else.
        let mut process = Self {
            child: child.expect("a process"),
            base: String::new(),
        };
        let stdout = process.child.stdout.take().expect("its output");
        let mut line = String::new();
        // "Tenantry is listening on http://127.0.0.1:1234"
        BufReader::new(stdout)
            .read_line(&mut line)
            .expect("its first line");
        let base = line.trim().rsplit(' ').next().unwrap_or_default();
        assert!(base.starts_with("http://"), "it did not start: {line:?}");
        base.clone_into(&mut process.base);
        process
    }

    /// Where it is.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Somebody nobody knows.
    pub fn anonymous(&self) -> Actor {
        Actor::anonymous(&self.base)
    }

    /// Ends it at once, as a power cut would end its work (`SIGKILL`).
    pub fn kill(mut self) -> ExitStatus {
        self.child.kill().expect("a kill");
        self.child.wait().expect("its end")
    }

    /// Asks it to stop (`SIGTERM`); it drains first.
    pub fn terminate(&self) {
        let id = self.id().to_string();
        let sent = Command::new("sh")
            .args(["-c", "kill -TERM \"$1\"", "kill", &id])
            .status();
        assert!(sent.expect("a shell").success(), "no signal was sent");
    }

    /// How it ended; `None` while it runs.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a process to ask for")
    }

    /// Memory it holds now, in bytes (`VmRSS`).
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
        // A process that was killed already has nothing left to end.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A command of the program on a data folder, with the testing profile.
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

//! The program and its commands.

use std::{path::Path, process::Output, time::Duration};

use tenantry_tests::harness::{ServiceProcess, Settings, command, until};
use tokio::time::{Instant, timeout};

/// Where it lies.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

/// How soon a service is ready again, whatever happened to it.
const READY: Duration = Duration::from_secs(10);

/// Starts it and waits until it is ready, which it must be in time.
pub(crate) async fn serve(data: &Path, settings: Settings<'_>) -> ServiceProcess {
    let begun = Instant::now();
    let process = ServiceProcess::start(PROGRAM, data, settings);
    let anyone = process.anonymous();
    let ready = until("the service is ready", async || {
        let answer = anyone.get("/health/ready").await;
        (answer.status == 200).then_some(())
    });
    let left = READY.saturating_sub(begun.elapsed());
    timeout(left, ready).await.expect("ready again in time");
    process
}

/// Runs a command of it to the end.
pub(crate) fn run(data: &Path, settings: Settings<'_>, arguments: &[&str]) -> Ended {
    let output = command(PROGRAM, data, settings).args(arguments).output();
    Ended(output.expect("a process"))
}

/// Holds everything against everything, and finds nothing wrong.
#[track_caller]
pub(crate) fn expect_clean(data: &Path, settings: Settings<'_>) {
    let checked = run(data, settings, &["fsck"]);
    assert!(checked.is_success(), "{}", checked.all());
}

/// A command that has ended.
pub(crate) struct Ended(Output);

impl Ended {
    /// Whether it says that all went well.
    pub(crate) fn is_success(&self) -> bool {
        self.0.status.success()
    }

    /// What it wrote to its standard output.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// What it wrote to its standard error.
    pub(crate) fn complained(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// All it wrote.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.said(), self.complained())
    }
}

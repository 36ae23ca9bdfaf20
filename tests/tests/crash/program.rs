//! The program and its commands.

use std::{path::Path, process::Output, time::Duration};

use tenantry_tests::harness::{ServiceProcess, Settings, command, until};
use tokio::time::{Instant, timeout};

/// The program, built for tests.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_tenantry-under-test");

/// The maximum time until a service is ready, from any state.
const READY: Duration = Duration::from_secs(10);

/// Starts the service and waits until it is ready.
pub(crate) async fn serve(data: &Path, settings: Settings<'_>) -> ServiceProcess {
    let started = Instant::now();
    let process = ServiceProcess::start(PROGRAM, data, settings);
    let anyone = process.anonymous();
    let ready = until("the service is ready", async || {
        let response = anyone.get("/health/ready").await;
        (response.status == 200).then_some(())
    });
    let left = READY.saturating_sub(started.elapsed());
    timeout(left, ready)
        .await
        .expect("the service is ready in time");
    process
}

/// Runs a command to its end.
pub(crate) fn run(data: &Path, settings: Settings<'_>, arguments: &[&str]) -> CommandOutput {
    let output = command(PROGRAM, data, settings).args(arguments).output();
    CommandOutput(output.expect("a process"))
}

/// Asserts that `fsck` finds no inconsistency.
#[track_caller]
pub(crate) fn expect_clean(data: &Path, settings: Settings<'_>) {
    let checked = run(data, settings, &["fsck"]);
    assert!(checked.is_success(), "{}", checked.text());
}

/// The output of a finished command.
pub(crate) struct CommandOutput(Output);

impl CommandOutput {
    /// Returns whether the command succeeded.
    pub(crate) fn is_success(&self) -> bool {
        self.0.status.success()
    }

    /// Returns its standard output.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8_lossy(&self.0.stdout).into_owned()
    }

    /// Returns its standard error.
    pub(crate) fn stderr(&self) -> String {
        String::from_utf8_lossy(&self.0.stderr).into_owned()
    }

    /// Returns all output.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout(), self.stderr())
    }
}

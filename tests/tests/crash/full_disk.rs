//! A disk without space, which a limit on the size of files imitates.

use std::process::Command;

use tenantry_tests::harness::{Actor, ServiceProcess, command, until};

use crate::{data_folder::DataFolder, program::PROGRAM};

/// Sets the maximum size of the files that a process can write, in bytes.
fn limit_files(process: &ServiceProcess, bytes: &str) {
    let limited = Command::new("prlimit")
        .arg(format!("--pid={}", process.id()))
        .arg(format!("--fsize={bytes}:unlimited"))
        .status();
    assert!(limited.expect("prlimit").success());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn readiness_follows_commits() {
    let data = DataFolder::new();
    // A write beyond the limit then fails instead of ending the process.
    let mut program = command("/bin/sh", data.path(), &[]);
    program.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\"", PROGRAM]);
    let process = ServiceProcess::of(program);
    let owner = Actor::register(process.base(), "acme").await;
    owner.upload_ready("before.txt", "text/plain", "one").await;
    let ready = async || owner.get("/health/ready").await.status;
    assert_eq!(ready().await, 200);

    // Enough for a small file, but not for the database.
    limit_files(&process, "4096");
    owner
        .upload("full.txt", "text/plain", "two")
        .await
        .expect(503);
    until("the service is not ready", async || {
        (ready().await == 503).then_some(())
    })
    .await;
    owner.get("/health/live").await.expect(200);
    owner.get("/api/v1/files").await.expect(200);

    limit_files(&process, "unlimited");
    until("the service is ready", async || {
        (ready().await == 200).then_some(())
    })
    .await;
    owner.upload_ready("after.txt", "text/plain", "three").await;
}

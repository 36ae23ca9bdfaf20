//! Generated requests of two tenants.

use std::{collections::BTreeMap, process::Output};

use tenantry_tests::{
    harness::{ServiceProcess, operations, record_count},
    services::schemathesis,
};
use tokio::task::spawn_blocking;

use crate::{data_folder::DataFolder, program::PROGRAM, tier::Tier};

/// The committed document.
const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/openapi.json");
/// The seed of all requests, so that each run sends the same.
const SEED: &str = "11";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn generated_requests_conform_to_the_document_and_name_nothing_of_another_tenant() {
    let data = DataFolder::new();
    let process = ServiceProcess::start(PROGRAM, data.path(), &[]);
    let cases: usize = Tier::of_this_run().pick(13, 500);
    let mut command = schemathesis("main.py");
    command
        .arg(process.base())
        .arg(data.path().join("tenantry.db"))
        .args([DOCUMENT, &cases.to_string(), SEED]);
    let output = spawn_blocking(move || command.output()).await;
    let Output {
        status,
        stdout,
        stderr,
    } = output.expect("a task").expect("python3");
    let (stdout, stderr) = (
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr),
    );
    assert!(status.success(), "{status}\n{stdout}\n{stderr}");

    let counts = stdout.lines().last().unwrap_or_default();
    let counts: BTreeMap<String, usize> = serde_json::from_str(counts).expect("counts");
    let document = std::fs::read_to_string(DOCUMENT).expect("the document");
    let document = serde_json::from_str(&document).expect("JSON");
    for operation in operations(&document) {
        let count = counts.get(&operation.id).copied().unwrap_or_default();
        assert!(count >= cases, "{} got {count} requests", operation.id);
    }
    record_count(
        env!("CARGO_TARGET_TMPDIR"),
        "generated",
        counts.values().sum(),
    );
}

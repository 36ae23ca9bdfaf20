//! The jobs of processes that are killed, or only stopped.

use tenantry_tests::harness::{Actor, Content, ServiceProcess, Settings, until};

use crate::{
    data_folder::DataFolder,
    program::{expect_clean, serve},
};

/// No lease expires during a test.
const SETTINGS: Settings<'static> = &[
    ("TENANTRY_WORKER__LEASE_SECONDS", "1800"),
    ("TENANTRY_WORKER__AUDIT_SEAL_SECONDS", "60"),
    ("TENANTRY_WORKER__SWEEP_INTERVAL_SECONDS", "3600"),
];

const BYTES: u64 = 64 * 1024 * 1024;
const RUNNING: &str = "SELECT COUNT(*) FROM jobs WHERE state = 'running'";

/// Uploads files until one is being validated, and returns its id. `interrupt` is
/// called at that time.
async fn begin_validation(data: &DataFolder, owner: &Actor, mut interrupt: impl FnMut()) -> String {
    let stored = owner
        .send(
            owner
                .put_content("large.bin", BYTES)
                .body(Content::new(1, BYTES).body()),
        )
        .await
        .expect(201);
    until("the file is being validated", async || {
        (data.number(RUNNING).await == 1).then_some(())
    })
    .await;
    interrupt();
    assert_eq!(data.number(RUNNING).await, 1, "the validation has ended");
    stored.text("file_id")
}

async fn start(data: &DataFolder) -> (ServiceProcess, Actor) {
    let process = serve(data.path(), SETTINGS).await;
    let owner = Actor::register(process.base(), "acme").await;
    (process, owner)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validation_is_repeated_soon_after_a_kill() {
    let data = DataFolder::new();
    let (process, owner) = start(&data).await;
    let mut process = Some(process);
    let id = begin_validation(&data, &owner, || {
        if let Some(process) = process.take() {
            process.kill();
        }
    })
    .await;

    let process = serve(data.path(), SETTINGS).await;
    let file = owner.at(process.base()).processed(&id).await;
    assert_eq!(file["status"], "ready");
    process.kill();
    expect_clean(data.path(), SETTINGS);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lease_of_a_process_that_runs_is_not_taken() {
    let data = DataFolder::new();
    let (process, owner) = start(&data).await;
    let id = begin_validation(&data, &owner, || process.signal("STOP")).await;

    let other = serve(data.path(), SETTINGS).await;
    // Its worker has looked for jobs of ended processes, and runs others.
    let owner = owner.at(other.base());
    for number in 0..3 {
        let path = format!("{number}.txt");
        let file = owner.upload_ready(&path, "text/plain", "small").await;
        assert_eq!(file["status"], "ready");
    }
    assert_eq!(data.number(RUNNING).await, 1);
    assert_eq!(
        data.number("SELECT MAX(attempt) FROM jobs WHERE state = 'running'")
            .await,
        1
    );
    process.signal("CONT");
    assert_eq!(owner.processed(&id).await["status"], "ready");
    let attempts = data.number("SELECT MAX(attempt) FROM jobs").await;
    assert_eq!(attempts, 1);
}

/// Adds many versions without content to the only file.
const PLANT: &str = "\
    WITH RECURSIVE numbers (n) AS (SELECT 2 UNION ALL SELECT n + 1 FROM numbers WHERE n < 5000) \
    INSERT INTO versions (id, tenant_id, file_id, number, size_bytes, digest, declared_type, \
    media_type, status, created_by, created_at, revision, charged_bytes) \
    SELECT randomblob(16), tenant_id, file_id, n, 0, digest, declared_type, media_type, 'ready', \
    created_by, created_at, 1, 4096 FROM versions, numbers";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deletion_of_many_versions_continues_after_a_kill() {
    let data = DataFolder::new();
    let (process, owner) = start(&data).await;
    let file = owner.upload_ready("a.txt", "text/plain", "one").await;
    data.change(PLANT).await;
    data.change("UPDATE quotas SET version_count = 5000").await;
    let id = file["id"].as_str().expect("an id");
    owner
        .delete(&format!("/api/v1/files/{id}"))
        .await
        .expect(204);
    process.kill();
    let left = data.number("SELECT COUNT(*) FROM versions").await;
    assert!(left > 0, "the deletion has ended");

    let process = serve(data.path(), SETTINGS).await;
    let owner = owner.at(process.base());
    owner.file(id).await.expect_problem(404, "file_not_found");
    until("every version is removed", async || {
        (data.number("SELECT COUNT(*) FROM versions").await == 0).then_some(())
    })
    .await;
    assert_eq!(owner.usage().await["storage_used_bytes"], 0);
    process.kill();
    expect_clean(data.path(), SETTINGS);
}

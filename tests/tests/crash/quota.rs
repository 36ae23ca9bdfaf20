//! The quota under parallel uploads, complete and aborted.

use futures_util::future::join_all;
use tenantry_tests::harness::{Actor, Content, Providers, Settings, until};

use crate::{
    data_folder::DataFolder,
    program::{expect_clean, serve},
};

const MIB: u64 = 1024 * 1024;
/// A quota of ten files of one MiB.
const SETTINGS: Settings<'static> = &[("TENANTRY_LIMITS__QUOTA_MB", "10")];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_quota_is_exact_under_parallel_uploads() {
    let data = DataFolder::new();
    let process = serve(data.path(), SETTINGS).await;
    let owner = Actor::register(process.base(), "acme").await;

    let uploads = (0..100).map(|number| upload(owner.clone(), number));
    let statuses = join_all(uploads).await;
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    assert_eq!((count(201), count(403)), (10, 90), "{statuses:?}");
    expect_usage(&owner, 10 * MIB).await;

    // Aborted uploads must not take the quota of the two deleted files.
    let files = crate::ledger::files(&owner).await;
    for file in files.iter().take(2) {
        let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
        owner.delete(&path).await.expect(204);
    }
    join_all((0..50).map(|number| upload_half(&owner, number))).await;
    expect_usage(&owner, 8 * MIB).await;
    assert_eq!(crate::ledger::files(&owner).await.len(), 8);
    assert!(data.staging_files().is_empty());
    assert_eq!(upload(owner.clone(), 200).await, 201);
    assert_eq!(upload(owner.clone(), 201).await, 201);
    assert_eq!(upload(owner.clone(), 202).await, 403);
    process.kill();
    expect_clean(data.path(), SETTINGS);
}

async fn upload(owner: Actor, number: u64) -> u16 {
    let content = Content::new(number, MIB);
    let request = owner.put_content(&format!("{number}.bin"), MIB);
    let response = owner.send(request.body(content.bytes())).await;
    if response.status == 403 {
        return response
            .expect_problem(403, "quota_exceeded")
            .status
            .as_u16();
    }
    response.status.as_u16()
}

/// Sends half of the declared bytes and closes the connection.
async fn upload_half(owner: &Actor, number: u64) {
    let path = format!("/api/v1/files/content?path=half-{number}.bin");
    let head = owner.head("PUT", &path);
    let mut wire = owner.wire().await;
    wire.send(format!(
        "{head}Content-Type: application/octet-stream\r\nContent-Length: {MIB}\r\n\r\n"
    ))
    .await;
    wire.send(Content::new(number, MIB / 2).bytes()).await;
}

/// Waits until nothing is reserved, and asserts the used bytes.
async fn expect_usage(owner: &Actor, used: u64) {
    until("nothing is reserved", async || {
        let usage = owner.usage().await;
        (usage["storage_reserved_bytes"] == 0).then_some(())
    })
    .await;
    let usage = owner.usage().await;
    assert_eq!(usage["storage_used_bytes"], used, "{usage}");
    assert_eq!(usage["open_uploads"], 0, "{usage}");
}

/// Times after which an upload without heartbeats is swept.
const SWEPT_SOON: Settings<'static> = &[
    ("TENANTRY_WORKER__UPLOAD_HEARTBEAT_SECONDS", "1"),
    ("TENANTRY_WORKER__UPLOAD_TIMEOUT_SECONDS", "2"),
    ("TENANTRY_WORKER__UPLOAD_GRACE_SECONDS", "4"),
    ("TENANTRY_WORKER__SWEEP_INTERVAL_SECONDS", "1"),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_releases_the_grown_reservation_of_an_upload_without_a_length() {
    let data = DataFolder::new();
    let place = Providers::of_this_run().place().await;
    let settings = [place.settings(), SWEPT_SOON.to_vec()].concat();
    let process = serve(data.path(), &settings).await;
    let owner = Actor::register(process.base(), "acme").await;
    let head = owner.head("PUT", "/api/v1/files/content?path=endless.bin");
    let mut wire = owner.wire().await;
    let sent = 20 * MIB;
    wire.send(format!(
        "{head}Content-Type: application/octet-stream\r\nTransfer-Encoding: chunked\r\n\r\n{sent:x}\r\n"
    ))
    .await;
    wire.send(Content::new(1, sent).bytes()).await;
    until("the reservation has grown", async || {
        let reserved = owner.usage().await["storage_reserved_bytes"].as_u64();
        reserved.filter(|reserved| *reserved >= sent)
    })
    .await;
    process.kill();
    drop(wire);

    let process = serve(data.path(), &settings).await;
    expect_usage(&owner.at(process.base()), 0).await;
    process.kill();
    expect_clean(data.path(), &settings);
}

//! Retries of uploads whose process was killed.

use reqwest::{Method, header::CONTENT_TYPE};
use tenantry_tests::harness::{Actor, Form, Settings, Wire, until};

use crate::{
    data_folder::DataFolder,
    program::{expect_clean, serve},
};

/// The grace period stays at its default of 15 minutes.
const SETTINGS: Settings<'static> = &[
    ("TENANTRY_WORKER__UPLOAD_HEARTBEAT_SECONDS", "1"),
    ("TENANTRY_WORKER__UPLOAD_TIMEOUT_SECONDS", "2"),
    // The retry, not the sweeper, ends the upload.
    ("TENANTRY_WORKER__SWEEP_INTERVAL_SECONDS", "3600"),
];

/// Returns the body of an upload of 4 MiB.
fn form() -> Vec<u8> {
    let content = "x".repeat(4 * 1024 * 1024);
    Form::new().file("a.txt", "text/plain", &content).end()
}

/// Sends the first half of an upload, and waits until its bytes are reserved.
async fn begin_upload(base: &str, owner: &Actor) -> Wire {
    let mut wire = Wire::connect(base).await;
    let (token, form) = (owner.token.as_deref().expect("signed in"), form());
    wire.send(format!(
        "POST /api/v1/files HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer {token}\r\n\
         Idempotency-Key: upload-1\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
        Form::CONTENT_TYPE,
        form.len()
    ))
    .await;
    wire.send(&form[..form.len() / 2]).await;
    until("the upload has begun", async || {
        (owner.usage().await["storage_reserved_bytes"] != 0).then_some(())
    })
    .await;
    wire
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_retry_takes_over_from_a_killed_process() {
    let data = DataFolder::new();
    let process = serve(data.path(), SETTINGS).await;
    let owner = Actor::register(process.base(), "acme").await;
    let wire = begin_upload(process.base(), &owner).await;
    process.kill();
    drop(wire);

    let process = serve(data.path(), SETTINGS).await;
    let owner = owner.at(process.base());
    let stored = until("the key can be used again", async || {
        let request = owner
            .request(Method::POST, "/api/v1/files")
            .header(CONTENT_TYPE, Form::CONTENT_TYPE)
            .header("Idempotency-Key", "upload-1")
            .body(form());
        let response = owner.send(request).await;
        if response.status == 409 {
            return None;
        }
        Some(response.expect(201))
    })
    .await;
    owner.processed(&stored.text("file_id")).await;
    assert_eq!(owner.usage().await["storage_reserved_bytes"], 0);
    drop(process);
    expect_clean(data.path(), SETTINGS);
}

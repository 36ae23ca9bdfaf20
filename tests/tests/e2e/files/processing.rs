//! Processing of versions, from pending to ready or failed.

use std::time::Duration;

use serde_json::json;
use tenantry_domain::quota::MIN_CHARGE_BYTES;
use tenantry_tests::harness::{TestService, expect_null, member, until};

const PNG: &[u8] =
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

#[tokio::test]
async fn the_media_type_is_detected_from_the_content() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (path, declared, content, kept) in [
        (
            "a.pdf",
            "application/octet-stream",
            b"%PDF-1.7\n".as_slice(),
            "application/pdf",
        ),
        ("a.png", "image/png", PNG, "image/png"),
        ("b.png", "image/png; charset=utf-8", PNG, "image/png"),
        ("a.md", "text/markdown", b"# hello", "text/markdown"),
        ("a.csv", "text/csv", b"a,b\n1,2\n", "text/csv"),
        ("a.any", "application/octet-stream", b"hello", "text/plain"),
        (
            "b.any",
            "application/octet-stream",
            b"\0\x01",
            "application/octet-stream",
        ),
    ] {
        let file = alice.upload_ready(path, declared, content).await;
        assert_eq!(file["status"], "ready", "{path}: {file}");
        assert_eq!(file["mime_type"], kept, "{path}");
        assert!(file["processed_at"].is_string());
        expect_null(&file, "error");
    }
}

#[tokio::test]
async fn mismatched_content_fails_and_releases_its_quota() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    for (path, declared, content) in [
        ("a.png", "image/png", b"%PDF-1.7\n".as_slice()),
        ("a.pdf", "application/pdf", PNG),
    ] {
        let file = alice.upload_ready(path, declared, content).await;
        assert_eq!(file["status"], "failed", "{file}");
        assert_eq!(file["error"]["code"], "content_type_mismatch");
        expect_null(&file, "content_version");
        let id = file["id"].as_str().expect("an id");
        let refused = alice.download(id).await;
        refused.expect_problem(409, "state_conflict");
    }
    let usage = alice.usage().await;
    assert_eq!(usage["storage_used_bytes"], 0);
    assert_eq!(usage["storage_reserved_bytes"], 0);
}

#[tokio::test]
async fn a_failed_version_does_not_replace_the_previous_one() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let good = alice.upload_ready("a.png", "image/png", PNG).await;
    let id = good["id"].as_str().expect("an id");

    let bad = alice.upload_ready("a.png", "image/png", "%PDF-1.7\n").await;

    assert_eq!(bad["status"], "failed");
    assert_eq!(
        (&bad["version"], &bad["content_version"]),
        (&json!(2), &json!(1))
    );
    assert_eq!(member(&bad, "digest"), member(&good, "digest"));
    let download = alice.download(id).await.expect(200);
    assert_eq!(download.body, PNG);
    let refused = alice
        .get(&format!("/api/v1/files/{id}/content?version=2"))
        .await;
    refused.expect_problem(409, "state_conflict");
    let versions = alice.get(&format!("/api/v1/files/{id}/versions")).await;
    assert_eq!(versions.text("items/0/error/code"), "content_type_mismatch");
    assert_eq!(alice.usage().await["storage_used_bytes"], MIN_CHARGE_BYTES);
}

#[tokio::test]
async fn pending_content_is_not_served() {
    let idle = [("TENANTRY_WORKER__INLINE", "false")];
    let mut service = TestService::with(&idle).await;
    let alice = service.company("acme").await;
    let first = alice.upload("a.txt", "text/plain", "one").await.expect(201);
    let id = first.text("file_id");
    for path in [
        format!("/api/v1/files/{id}/content"),
        format!("/api/v1/files/{id}/content?version=1"),
        "/api/v1/files/content?path=a.txt".to_owned(),
    ] {
        let refused = alice.get(&path).await;
        refused.expect_problem(409, "state_conflict");
        let head = alice.request(reqwest::Method::HEAD, &path);
        alice.send(head).await.expect(409);
    }
    let listed = alice.get("/api/v1/files?status=pending").await.expect(200);
    assert_eq!(listed.text("items/0/id"), id);
    let job = service.jobs_of(&alice).await.pop().expect("a job");
    let job = alice.get(&format!("/api/v1/jobs/{job}")).await.expect(200);
    assert_eq!(job.text("state"), "queued");

    // Queued work is done after a worker starts.
    service.restart(&[]).await;
    let alice = alice.at(service.base());
    assert_eq!(alice.processed(&id).await["status"], "ready");
    assert_eq!(alice.download(&id).await.expect(200).body, "one");
}

#[tokio::test]
async fn the_previous_version_is_served_until_the_next_is_ready() {
    let mut service = TestService::start().await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.txt", "text/plain", "one").await;
    let id = file["id"].as_str().expect("an id");
    service
        .restart(&[("TENANTRY_WORKER__INLINE", "false")])
        .await;
    let alice = alice.at(service.base());

    alice.upload("a.txt", "text/plain", "two").await.expect(200);

    let file = alice.file(id).await.expect(200).json();
    assert_eq!(
        (&file["status"], &file["version"]),
        (&json!("pending"), &json!(2))
    );
    assert_eq!(file["content_version"], 1);
    assert_eq!(alice.download(id).await.expect(200).body, "one");
    service.restart(&[]).await;
    let alice = alice.at(service.base());
    alice.processed(id).await;
    assert_eq!(alice.download(id).await.expect(200).body, "two");
    let first = alice
        .get(&format!("/api/v1/files/{id}/content?version=1"))
        .await;
    assert_eq!(first.expect(200).body, "one");
}

#[tokio::test]
async fn a_job_is_visible_to_its_requester() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    alice.upload_ready("a.txt", "text/plain", "one").await;
    let job = service.jobs_of(&alice).await.pop().expect("a job");
    let path = format!("/api/v1/jobs/{job}");
    let done = until("the job is done", async || {
        let job = alice.get(&path).await.expect(200).json();
        (job["state"] == "succeeded").then_some(job)
    })
    .await;
    assert_eq!(done["requested_by"], alice.user_id);
    assert_eq!(done["attempt"], 1);
    expect_null(&done, "error");
    assert!(done["finished_at"].is_string());
    let bob = service.company("globex").await;
    bob.get(&path).await.expect_problem(404, "job_not_found");
}

/// Checks that a job that crashes every worker is not retried forever, and that
/// its version does not stay pending.
#[tokio::test]
async fn a_version_fails_when_its_job_is_dead() {
    let mut service = TestService::with(&[("TENANTRY_WORKER__INLINE", "false")]).await;
    let alice = service.company("acme").await;
    let uploaded = alice.upload("a.txt", "text/plain", "one").await;
    let id = uploaded.expect(201).text("file_id");
    let jobs = service.services().store.jobs();
    let (mut now, step) = (service.services().now(), Duration::from_millis(2));
    let job = loop {
        now = now.plus(step);
        let job = jobs.claim("lost", now, step / 2).await;
        let job = job.expect("a queue").expect("a job");
        if job.is_hopeless() {
            break job.id;
        }
    };

    service.restart(&[]).await;
    let alice = alice.at(service.base());
    let file = alice.processed(&id).await;
    assert_eq!(file["status"], "failed");
    assert_eq!(file["error"]["code"], "processing_failed");
    let job = alice.get(&format!("/api/v1/jobs/{job}")).await.expect(200);
    assert_eq!(job.text("state"), "dead");
    assert_eq!(alice.usage().await["storage_used_bytes"], 0);
}

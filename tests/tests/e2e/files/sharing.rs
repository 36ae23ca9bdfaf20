//! Deduplication of equal content within a tenant, never across tenants.

use futures_util::future::join_all;
use tenantry_application::upkeep::fsck;
use tenantry_domain::quota::MIN_CHARGE_BYTES;
use tenantry_tests::harness::{TestService, until};

const CONTENT: &str = "the same bytes";

#[tokio::test]
async fn equal_content_of_a_tenant_is_stored_once() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let mut ids = Vec::new();
    for path in ["a.txt", "b.txt", "c.txt"] {
        let file = alice.upload_ready(path, "text/plain", CONTENT).await;
        ids.push(file["id"].as_str().expect("an id").to_owned());
    }
    assert_eq!(service.stored(&alice).await.len(), 1);
    let usage = alice.usage().await;
    assert_eq!(usage["stored_bytes"], CONTENT.len());
    assert_eq!(usage["storage_used_bytes"], 3 * MIN_CHARGE_BYTES);

    // The content stays until its last file is deleted.
    let (last, others) = ids.split_last().expect("files");
    for id in others {
        alice
            .delete(&format!("/api/v1/files/{id}"))
            .await
            .expect(204);
        assert_eq!(alice.download(last).await.expect(200).body, CONTENT);
    }
    assert_eq!(alice.usage().await["storage_used_bytes"], MIN_CHARGE_BYTES);
}

#[tokio::test]
async fn two_tenants_share_nothing() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let acme_file = alice.upload_ready("a.txt", "text/plain", CONTENT).await;
    let globex_file = bob.upload_ready("a.txt", "text/plain", CONTENT).await;

    assert_eq!(service.stored(&alice).await.len(), 1);
    assert_eq!(service.stored(&bob).await.len(), 1);
    assert_ne!(acme_file["id"], globex_file["id"]);
    for person in [&alice, &bob] {
        assert_eq!(person.usage().await["stored_bytes"], CONTENT.len());
    }

    let acme_file = acme_file["id"].as_str().expect("an id");
    alice
        .delete(&format!("/api/v1/files/{acme_file}"))
        .await
        .expect(204);
    let globex_file = globex_file["id"].as_str().expect("an id");
    assert_eq!(bob.download(globex_file).await.expect(200).body, CONTENT);
    assert_eq!(bob.usage().await["storage_used_bytes"], MIN_CHARGE_BYTES);
}

#[tokio::test]
async fn unreferenced_content_is_swept() {
    let settings = [
        ("TENANTRY_WORKER__SWEEP_INTERVAL_SECONDS", "1"),
        ("TENANTRY_WORKER__UPLOAD_GRACE_SECONDS", "2"),
        ("TENANTRY_WORKER__UPLOAD_HEARTBEAT_SECONDS", "1"),
    ];
    let service = TestService::with(&settings).await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.txt", "text/plain", CONTENT).await;
    let kept = alice.upload_ready("b.txt", "text/plain", "other").await;
    let id = file["id"].as_str().expect("an id");
    alice
        .delete(&format!("/api/v1/files/{id}"))
        .await
        .expect(204);

    until("the content is removed", async || {
        (service.stored(&alice).await.len() == 1).then_some(())
    })
    .await;
    let kept = kept["id"].as_str().expect("an id");
    assert_eq!(alice.download(kept).await.expect(200).body, "other");
    assert_eq!(alice.usage().await["stored_bytes"], 5);
}

/// Checks that usage is exact even if concurrent uploads are stored separately.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn concurrent_uploads_of_equal_content_count_exactly() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let uploads = (0..16).map(|number| {
        let alice = alice.clone();
        async move {
            let path = format!("{number}.txt");
            alice.upload_ready(&path, "text/plain", CONTENT).await
        }
    });
    let files = join_all(uploads).await;
    assert!(files.iter().all(|file| file["status"] == "ready"));
    let usage = alice.usage().await;
    assert_eq!(usage["storage_used_bytes"], 16 * MIN_CHARGE_BYTES);

    let deletions = files.iter().map(|file| {
        let path = format!("/api/v1/files/{}", file["id"].as_str().expect("an id"));
        let alice = alice.clone();
        async move { alice.delete(&path).await.expect(204) }
    });
    join_all(deletions).await;
    assert_eq!(alice.usage().await["storage_used_bytes"], 0);
    let report = fsck(service.services(), false).await.expect("a report");
    assert_eq!(report.findings, []);
}

/// Damages content in ways that no read notices before an equal upload.
#[tokio::test]
async fn an_equal_upload_heals_damaged_content() {
    let service = TestService::embedded(&[]).await;
    let alice = service.company("acme").await;
    let old = alice.upload_ready("old.txt", "text/plain", CONTENT).await;
    let folder = service.data().join("blobs/t").join(&alice.tenant_id);
    let files = || std::fs::read_dir(&folder).expect("a directory");
    let blob = files().next().expect("a blob").expect("an entry").path();
    for damage in ["THE SAME BYTES", "short", ""] {
        std::fs::write(&blob, damage).expect("damaged");
        let new = alice.upload_ready("new.txt", "text/plain", CONTENT).await;
        for file in [&old, &new] {
            let id = file["id"].as_str().expect("an id");
            assert_eq!(alice.download(id).await.expect(200).body, CONTENT);
        }
        assert_eq!(files().count(), 1, "spare content is left");
    }
    std::fs::remove_file(&blob).expect("lost");
    alice.upload_ready("lost.txt", "text/plain", CONTENT).await;
    let id = old["id"].as_str().expect("an id");
    assert_eq!(alice.download(id).await.expect(200).body, CONTENT);
    let checked = fsck(service.services(), false).await.expect("checked");
    assert!(checked.findings.is_empty(), "{:?}", checked.findings);
}

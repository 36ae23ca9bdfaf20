//! The same service on other providers: configuration decides, and nothing
//! else changes.

use reqwest::Method;
use tenantry_tests::{
    harness::{Content, Form, Providers, Settings, TestService, borrowed, record_text},
    services::{Azurite, Minio, Mongodb, Postgres, Webdav},
};

/// For the table of providers.
#[tokio::test]
async fn the_servers_of_this_run_tell_their_versions() {
    for (word, version) in Providers::of_this_run().versions().await {
        record_text(
            env!("CARGO_TARGET_TMPDIR"),
            &format!("version.{word}"),
            &version,
        );
    }
}

#[tokio::test]
async fn metadata_on_postgres() {
    let url = Postgres::shared().await.fresh().await;
    a_file_comes_and_goes(&[("TENANTRY_DATABASE__URL", url.as_str())]).await;
}

#[tokio::test]
async fn metadata_on_mongodb() {
    let url = Mongodb::shared().await.fresh();
    let settings = [
        ("TENANTRY_DATABASE__URL", url.as_str()),
        // The tests share a small server.
        ("TENANTRY_DATABASE__ANSWER_WITHIN_MS", "30000"),
    ];
    a_file_comes_and_goes(&settings).await;
}

async fn a_file_comes_and_goes(settings: Settings<'_>) {
    let mut service = TestService::embedded(settings).await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;

    let form = Form::new().file("a.txt", "text/plain", "one").end();
    let id = alice.upload_form(form).await.expect(201).text("file_id");
    alice.processed(&id).await;
    let file = alice.upload_ready("a.txt", "text/plain", "two").await;
    assert_eq!(file["content_version"], 2);
    bob.download(&id)
        .await
        .expect_problem(404, "file_not_found");
    let found = alice.get("/api/v1/files?search=A.T").await.expect(200);
    assert_eq!(found.text("items/0/id"), id);
    assert_eq!(alice.usage().await["storage_used_bytes"], 6);

    service.restart(settings).await;
    let alice = alice.at(service.base());
    assert_eq!(alice.download(&id).await.expect(200).body, "two");
    alice
        .delete(&format!("/api/v1/files/{id}"))
        .await
        .expect(204);
    alice.file(&id).await.expect_problem(404, "file_not_found");
    assert_eq!(alice.usage().await["storage_used_bytes"], 0);
    // Nothing lies in a file of this machine.
    assert!(!service.data().join("tenantry.db").exists());
}

#[tokio::test]
async fn files_on_s3() {
    let minio = Minio::shared().await;
    files_elsewhere(&minio.settings("STORAGE", &minio.fresh())).await;
}

#[tokio::test]
async fn files_on_azure() {
    let azurite = Azurite::shared().await;
    files_elsewhere(&azurite.settings("STORAGE", &azurite.fresh())).await;
}

#[tokio::test]
async fn files_on_webdav() {
    let webdav = Webdav::shared().await;
    files_elsewhere(&webdav.settings("STORAGE", &webdav.fresh())).await;
}

/// A journey of files whose bytes lie elsewhere.
async fn files_elsewhere(settings: &[(String, String)]) {
    let settings = &borrowed(settings)[..];
    let mut service = TestService::embedded(settings).await;
    let alice = service.company("acme").await;
    let bob = service.company("globex").await;
    let large = Content::new(7, 20 * 1024 * 1024 + 3);

    let file = alice.upload_ready("a.txt", "text/plain", "one").await;
    let id = file["id"].as_str().expect("an id").to_owned();
    let file = alice
        .upload_ready("large.bin", "application/octet-stream", large.body())
        .await;
    assert_eq!(file["status"], "ready", "{file}");
    let large_id = file["id"].as_str().expect("an id").to_owned();
    assert_eq!(alice.download(&id).await.expect(200).body, "one");
    bob.download(&id)
        .await
        .expect_problem(404, "file_not_found");
    // Over the boundary of two parts.
    let range = alice
        .request(Method::GET, &format!("/api/v1/files/{large_id}/content"))
        .header("Range", "bytes=8388600-8388620");
    let part = alice.send(range).await.expect(206).body;
    let ready = alice.get("/health/storage").await.expect(200);
    assert_eq!(ready.text("status"), "healthy");

    service.restart(settings).await;
    let alice = alice.at(service.base());
    let whole = alice.download(&large_id).await.expect(200).body;
    assert_eq!(whole.slice(8_388_600..8_388_621), part);
    assert_eq!(whole.len() as u64, large.size());
    alice
        .delete(&format!("/api/v1/files/{large_id}"))
        .await
        .expect(204);
    assert_eq!(alice.usage().await["storage_used_bytes"], 3);
    // No content lies on this machine.
    assert!(!service.data().join("blobs").exists());
}

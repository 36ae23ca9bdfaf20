//! The same service on other providers: configuration decides, and nothing
//! else changes.

use tenantry_tests::{
    harness::{Form, TestService},
    services::Postgres,
};

#[tokio::test]
async fn metadata_on_postgres() {
    let url = Postgres::shared().await.fresh().await;
    let settings = [("TENANTRY_DATABASE__URL", url.as_str())];
    let mut service = TestService::with(&settings).await;
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

    service.restart(&settings).await;
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

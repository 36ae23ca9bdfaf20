//! The shortest complete journey: register, upload a file, download it.

use tenantry_domain::quota::MIN_CHARGE_BYTES;
use tenantry_tests::harness::TestService;

#[tokio::test]
async fn a_new_company_uploads_and_downloads_a_file() {
    let service = TestService::start().await;
    let alice = service.company("acme").await;
    let content = b"%PDF-1.4\nhello\n%%EOF\n".to_vec();

    let file = alice
        .upload_ready("reports/q1.pdf", "application/pdf", content.clone())
        .await;

    assert_eq!(file["status"], "ready");
    let id = file["id"].as_str().expect("an id");
    let download = alice.download(id).await.expect(200);
    assert_eq!(download.body, content);
    let usage = alice.usage().await;
    assert_eq!(usage["storage_used_bytes"], MIN_CHARGE_BYTES);
    assert_eq!(usage["storage_reserved_bytes"], 0);
}

//! A storage that goes away while the service runs.

use std::time::Duration;

use tenantry_tests::{
    harness::{TestService, borrowed, until},
    services::{Gate, Minio, Way},
};
use tokio::time::timeout;

/// How soon a reader is told, with some room for a busy machine.
const PROMPTLY: Duration = Duration::from_secs(4);

#[tokio::test]
async fn a_storage_that_is_away_answers_soon_and_comes_back() {
    let minio = Minio::shared().await;
    let gate = Gate::to(minio.address()).await;
    let mut settings = minio.settings("STORAGE", &minio.fresh());
    let endpoint = format!("http://{}", gate.address());
    settings.push(("TENANTRY_STORAGE__ENDPOINT".to_owned(), endpoint));
    let service = TestService::embedded(&borrowed(&settings)).await;
    let alice = service.company("acme").await;
    let file = alice.upload_ready("a.txt", "text/plain", "one").await;
    let id = file["id"].as_str().expect("an id");
    for way in [Way::Hanging, Way::Cut] {
        gate.set(way);
        let refused = timeout(PROMPTLY, alice.download(id)).await;
        let refused = refused.expect("an answer in time");
        refused.expect_problem(503, "storage_unavailable");
        let health = async |status: u16| {
            let answer = timeout(PROMPTLY, alice.get("/health/storage")).await;
            (answer.expect("an answer in time").status == status).then_some(())
        };
        until("the storage is away", async || health(503).await).await;
        gate.set(Way::Open);
        until("the storage is back", async || health(200).await).await;
        assert_eq!(alice.download(id).await.expect(200).body, "one");
    }
}

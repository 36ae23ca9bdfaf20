//! Kills and second processes with metadata on MongoDB.

use tenantry_tests::{
    harness::{Actor, Settings},
    services::Mongodb,
};

use crate::{
    data_folder::DataFolder,
    program::{expect_clean, run, serve},
};

fn settings(url: &str) -> [(&str, &str); 1] {
    [("TENANTRY_DATABASE__URL", url)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn acknowledged_writes_survive_a_kill() {
    let url = Mongodb::shared().await.fresh();
    let settings: Settings<'_> = &settings(&url);
    let data = DataFolder::new();
    let process = serve(data.path(), settings).await;
    let alice = Actor::register(process.base(), "acme").await;
    let file = alice.upload_ready("a.txt", "text/plain", "one").await;
    let id = file["id"].as_str().expect("an id").to_owned();
    process.kill();

    let process = serve(data.path(), settings).await;
    let alice = alice.at(process.base());
    assert_eq!(alice.download(&id).await.expect(200).body, "one");
    alice.upload_ready("b.txt", "text/plain", "two").await;
    process.kill();
    expect_clean(data.path(), settings);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_needs_a_replica_set() {
    let mongodb = Mongodb::shared().await;
    let url = mongodb.fresh();
    let settings: Settings<'_> = &settings(&url);
    let (data, other) = (DataFolder::new(), DataFolder::new());
    let _process = serve(data.path(), settings).await;
    let second = run(other.path(), settings, &["fsck"]);
    if mongodb.is_replica_set().await {
        assert!(second.is_success(), "{}", second.text());
        return;
    }
    assert!(!second.is_success(), "{}", second.text());
    let stderr = second.stderr();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("used by another process"), "{stderr}");
}

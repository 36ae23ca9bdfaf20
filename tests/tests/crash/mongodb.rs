//! Kills and second starts where metadata is on a `MongoDB` server.

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
async fn a_killed_service_is_ready_again_with_all_it_acknowledged() {
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
async fn a_second_service_says_why_it_does_not_start() {
    let url = Mongodb::shared().await.fresh();
    let settings: Settings<'_> = &settings(&url);
    let (data, other) = (DataFolder::new(), DataFolder::new());
    let _process = serve(data.path(), settings).await;
    let refused = run(other.path(), settings, &["fsck"]);
    // A replica set is there for several.
    if refused.is_success() {
        return;
    }
    let complained = refused.complained();
    assert_eq!(complained.lines().count(), 1, "{complained}");
    assert!(
        complained.contains("used by another process"),
        "{complained}"
    );
}

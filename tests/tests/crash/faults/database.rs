//! The database fails.

use std::time::Duration;

use tenantry_tests::{
    harness::{Actor, Settings},
    services::{Fault, FaultProxy, Postgres},
};

use super::outage::{flapping, outage};
use crate::{
    data_folder::DataFolder,
    program::{expect_clean, run, serve},
};

/// The ways in which a server fails.
const FAULTS: [(&str, Fault); 4] = [
    ("down", Fault::Down),
    ("mute", Fault::Hang),
    ("lost", Fault::Lost),
    ("slow", Fault::Slow(Duration::from_secs(2))),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_fails_and_comes_back() {
    let url = Postgres::shared().await.fresh().await;
    let (proxy, through) = FaultProxy::before(&url).await;
    let data = DataFolder::new();
    let settings: Settings<'_> = &[
        ("TENANTRY_DATABASE__URL", &through),
        ("TENANTRY_LOG__LEVEL", "error"),
    ];
    let process = serve(data.path(), settings).await;
    let owner = Actor::register(process.base(), "acme").await;
    owner.upload_ready("before.txt", "text/plain", "one").await;
    let before = process.resident_bytes();

    for (name, fault) in FAULTS {
        let seen = outage(&process, &proxy, fault, &owner, "/api/v1/files").await;
        println!("PostgreSQL {name}: {seen:?}");
        seen.expect_bounded();
        let path = format!("after-{name}.txt");
        owner.upload_ready(&path, "text/plain", "two").await;
    }
    let recovered = flapping(&proxy, &owner, "/api/v1/files").await;
    println!("PostgreSQL flapping: well again after {recovered:?}");
    let grown = process.resident_bytes().saturating_sub(before);
    assert!(grown < 32 << 20, "{} KiB more", grown / 1024);
    process.kill();
    expect_clean(data.path(), settings);
}

/// What cannot be mended by waiting ends the start with one line.
#[tokio::test]
async fn a_start_that_cannot_be_says_why() {
    let url = Postgres::shared().await.fresh().await;
    let data = DataFolder::new();
    let line = |url: &str| {
        let settings = [
            ("TENANTRY_DATABASE__URL", url),
            ("TENANTRY_DATABASE__CONNECT_WAIT_SECONDS", "0"),
        ];
        let ended = run(data.path(), &settings, &["serve"]);
        assert!(!ended.is_success());
        let line = ended.complained();
        assert!(!line.contains("hunter2"), "{line}");
        assert_eq!(line.lines().count(), 1, "{line}");
        line
    };
    let elsewhere = url.replace("/postgres?", "/nowhere?");
    assert!(
        line(&elsewhere).contains("no such database"),
        "{}",
        line(&elsewhere)
    );
    let stranger = url.replace("tenantry@", "stranger:hunter2@");
    assert!(
        line(&stranger).contains("refuses the login"),
        "{}",
        line(&stranger)
    );
    let (begin, rest) = url.split_once("127.0.0.1:").expect("a port");
    let (_, path) = rest.split_once('/').expect("a path");
    let nobody = format!("{begin}127.0.0.1:1/{path}");
    assert!(
        line(&nobody).contains("does not answer"),
        "{}",
        line(&nobody)
    );
    let encrypted = format!("{url}&sslmode=require");
    assert!(line(&encrypted).contains("TLS"), "{}", line(&encrypted));
}

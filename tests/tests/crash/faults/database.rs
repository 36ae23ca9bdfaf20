//! The database fails.

use tenantry_tests::{
    harness::{Actor, Settings},
    services::{FaultProxy, Mongodb, Postgres},
};

use super::outage::Watched;
use crate::{
    data_folder::DataFolder,
    program::{expect_clean, serve},
};

/// What a service may have more in memory after many faults, in bytes.
const GROWTH: u64 = 32 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_fails_and_comes_back() {
    let url = Postgres::shared().await.fresh().await;
    it_fails_and_comes_back("PostgreSQL", &url).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mongodb_fails_and_comes_back() {
    let url = Mongodb::shared().await.fresh();
    it_fails_and_comes_back("MongoDB", &url).await;
}

async fn it_fails_and_comes_back(server: &str, url: &str) {
    let (proxy, through) = FaultProxy::before(url).await;
    let data = DataFolder::new();
    let settings: Settings<'_> = &[
        ("TENANTRY_DATABASE__URL", &through),
        ("TENANTRY_LOG__LEVEL", "error"),
    ];
    let process = serve(data.path(), settings).await;
    let owner = Actor::register(process.base(), "acme").await;
    owner.upload_ready("before.txt", "text/plain", "one").await;
    let before = process.resident_bytes();
    let watched = Watched {
        process: &process,
        proxy: &proxy,
        reader: &owner,
        path: "/api/v1/files",
        health: "/health/ready",
        may_fail: true,
    };
    watched.every_fault(server).await;
    owner.upload_ready("after.txt", "text/plain", "two").await;
    let grown = process.resident_bytes().saturating_sub(before);
    assert!(grown < GROWTH, "{} KiB more", grown / 1024);
    drop(process);
    expect_clean(data.path(), settings);
}

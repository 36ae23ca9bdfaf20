//! The cache fails, and nobody but its own health notices.

use tenantry_tests::{
    harness::{Actor, Settings},
    services::{FaultProxy, Redis},
};

use super::outage::Watched;
use crate::{data_folder::DataFolder, program::serve};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn redis_fails_and_comes_back() {
    let place = Redis::shared().await.fresh();
    let (proxy, through) = FaultProxy::before(&place.url).await;
    let data = DataFolder::new();
    let settings: Settings<'_> = &[
        ("TENANTRY_CACHE__KIND", "redis"),
        ("TENANTRY_CACHE__URL", &through),
        ("TENANTRY_CACHE__NAMESPACE", &place.namespace),
        ("TENANTRY_LOG__LEVEL", "error"),
    ];
    let process = serve(data.path(), settings).await;
    let owner = Actor::register(process.base(), "acme").await;
    let watched = Watched {
        process: &process,
        proxy: &proxy,
        reader: &owner,
        path: "/api/v1/files",
        health: "/health/cache",
        may_fail: false,
    };
    watched.every_fault("Redis").await;
}

//! The faults of each server.

use tenantry_tests::{
    harness::{Actor, Provider, Section, borrowed, providers::provider_named},
    services::FaultProxy,
};

use super::outage::Watched;
use crate::{
    data_folder::DataFolder,
    program::{expect_clean, serve},
};

/// The growth of the resident memory during the faults of a database, in bytes.
const GROWTH: u64 = 32 << 20;

macro_rules! tests {
    ($($name:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                recovers(provider_named(stringify!($name))).await;
            }
        )*
    };
}
tenantry_tests::each_server!(tests);

/// Runs a service on one server behind a proxy, and lets the server fail.
async fn recovers(provider: &'static Provider) {
    let address = provider.server.as_ref().expect("a server").address;
    let mut namespace = provider.namespace().await;
    let (proxy, through) = FaultProxy::before(namespace.setting(address)).await;
    namespace.set(address, through);
    let mut settings = namespace.variables(&provider.section.name().to_uppercase());
    settings.push(("TENANTRY_LOG__LEVEL".to_owned(), "error".to_owned()));
    let settings = borrowed(&settings);
    let data = DataFolder::new();
    let process = serve(data.path(), &settings).await;
    let owner = Actor::register(process.base(), "acme").await;
    let file = owner.upload_ready("before.txt", "text/plain", "one").await;
    let content = format!(
        "/api/v1/files/{}/content",
        file["id"].as_str().expect("an id")
    );
    let watched = Watched {
        process: &process,
        proxy: &proxy,
        reader: &owner,
        path: match provider.section {
            Section::Storage => &content,
            Section::Database | Section::Cache => "/api/v1/files",
        },
        health: match provider.section {
            Section::Cache => "/health/cache",
            Section::Database | Section::Storage => "/health/ready",
        },
        may_fail: provider.section != Section::Cache,
    };
    let before = process.resident_bytes();
    watched.every_fault(provider).await;
    watched.expect_written("after.txt").await;
    let grown = process.resident_bytes().saturating_sub(before);
    let is_bounded = grown < GROWTH || provider.section != Section::Database;
    assert!(is_bounded, "{} KiB more", grown / 1024);
    drop(process);
    expect_clean(data.path(), &settings);
}
